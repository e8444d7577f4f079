"""Every way the directory of tenants changes."""

from tenants.registry.commands.addressing import add_address, remove_address
from tenants.registry.commands.archiving import ask_archive
from tenants.registry.commands.backing_up import ask_backups, ask_trial
from tenants.registry.commands.life import (
    ask_deed,
    carry_out_again,
    confirm_deed,
    open_all,
    open_tenant,
    refuse_deed,
    reopen_tenant,
    suspend_tenant,
)
from tenants.registry.commands.provisioning import SPARES, keep_spares, provision_tenant, upgrade
from tenants.registry.commands.removing import due_removals, remove_tenant
from tenants.registry.commands.restoring import Opener, ask_restore, restored
from tenants.registry.commands.working import register_jobs
from tenants.registry.directory import replace_cells
from tenants.registry.holding import let_go

__all__ = [
    "SPARES",
    "Opener",
    "add_address",
    "ask_archive",
    "ask_backups",
    "ask_deed",
    "ask_restore",
    "ask_trial",
    "carry_out_again",
    "confirm_deed",
    "due_removals",
    "keep_spares",
    "let_go",
    "open_all",
    "open_tenant",
    "provision_tenant",
    "refuse_deed",
    "register_jobs",
    "remove_address",
    "remove_tenant",
    "reopen_tenant",
    "replace_cells",
    "restored",
    "suspend_tenant",
    "upgrade",
]  # fmt: skip
