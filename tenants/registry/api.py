"""The names others may use."""

from tenants.registry.commands import keep_spares, provision_tenant
from tenants.registry.hanging import JOBS_AT, TENANTS_AT
from tenants.registry.hosts import Face, find_face, list_faces
from tenants.registry.queries import find_by_schema, find_tenant_of, get_tenant, list_deeds, list_tenants, list_working
from tenants.registry.quotas import at_once, seat_of
from tenants.registry.schemas import django_as_owner
from tenants.registry.telling import tell_body
from tenants.registry.types import Act, DeedInfo, Kind, Outcome, Overview, State, TenantInfo

__all__ = [
           "JOBS_AT",
           "TENANTS_AT",
           "Act",
           "DeedInfo",
           "Face",
           "Kind",
           "Outcome",
           "Overview",
           "State",
           "TenantInfo",
           "at_once",
           "django_as_owner",
           "find_by_schema",
           "find_face",
           "find_tenant_of",
           "get_tenant",
           "keep_spares",
           "list_deeds",
           "list_faces",
           "list_tenants",
           "list_working",
           "provision_tenant",
           "seat_of",
           "tell_body",
]  # fmt: skip
