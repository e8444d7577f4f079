"""Every kind of job of the registry, and what does it."""

from falin.kernel import jobs
from tenants.registry.commands.archiving import ARCHIVE, make_archive
from tenants.registry.commands.removing import REMOVE, destroy


def register_jobs() -> None:
    jobs.register(ARCHIVE, make_archive)
    jobs.register(REMOVE, destroy)
