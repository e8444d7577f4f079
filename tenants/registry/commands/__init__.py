"""Every way the directory of tenants changes."""

from tenants.registry.commands.archiving import ask_archive, register_jobs
from tenants.registry.commands.life import ask_deed, confirm_deed, refuse_deed, reopen_tenant, suspend_tenant
from tenants.registry.commands.provisioning import SPARES, keep_spares, provision_tenant, upgrade

__all__ = ["SPARES", "ask_archive", "ask_deed", "confirm_deed", "keep_spares", "provision_tenant", "refuse_deed",
           "register_jobs", "reopen_tenant", "suspend_tenant", "upgrade"]  # fmt: skip
