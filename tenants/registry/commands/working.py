"""Every kind of job of the registry, and what does it."""

from falin.kernel import jobs
from tenants.registry.commands.archiving import ARCHIVE, make_archive
from tenants.registry.commands.backing_up import BACK_UP, TRY_OUT, back_up, try_out
from tenants.registry.commands.changing import CARRY_OUT, carry_out
from tenants.registry.commands.removing import REMOVE, destroy
from tenants.registry.commands.restoring import RESTORE, restore


def register_jobs() -> None:
    jobs.register(ARCHIVE, make_archive)
    jobs.register(REMOVE, destroy)
    jobs.register(RESTORE, restore)
    jobs.register(CARRY_OUT, carry_out)
    jobs.register(BACK_UP, back_up)
    jobs.register(TRY_OUT, try_out)
