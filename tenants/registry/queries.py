"""Every way the directory of tenants is read."""

from __future__ import annotations

from tenants.registry.commands import info
from tenants.registry.models import Tenant
from tenants.registry.types import Kind, TenantInfo


def list_tenants(*, kind: Kind | None = None) -> list[TenantInfo]:
    rows = Tenant.objects.order_by("id")
    return [info(row) for row in (rows.filter(kind=kind) if kind else rows)]


def find_tenant_of(node_id: int) -> TenantInfo | None:
    """The tenant whose body sits at this place."""
    row = Tenant.objects.filter(node_id=node_id).first()
    return info(row) if row else None


def get_tenant(tenant_id: int) -> TenantInfo:
    return info(Tenant.objects.get(id=tenant_id))


def find_by_schema(schema: str) -> TenantInfo | None:
    row = Tenant.objects.filter(schema_name=schema).first()
    return info(row) if row else None
