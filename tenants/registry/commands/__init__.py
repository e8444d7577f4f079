"""Every way the directory of tenants changes."""

from tenants.registry.commands.addressing import add_address, remove_address
from tenants.registry.commands.archiving import ask_archive
from tenants.registry.commands.life import ask_deed, confirm_deed, refuse_deed, reopen_tenant, suspend_tenant
from tenants.registry.commands.provisioning import SPARES, keep_spares, provision_tenant, upgrade
from tenants.registry.commands.removing import due_removals, remove_tenant
from tenants.registry.commands.working import register_jobs

__all__ = ["SPARES", "add_address", "ask_archive", "ask_deed", "confirm_deed", "due_removals", "keep_spares",
           "provision_tenant", "refuse_deed", "register_jobs", "remove_address", "remove_tenant",
           "reopen_tenant", "suspend_tenant", "upgrade"]  # fmt: skip
