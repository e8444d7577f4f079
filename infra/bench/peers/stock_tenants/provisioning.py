"""The child of stock django-tenants of the bench `provision`."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

import django
from stand.children import obey
from stand.schemas import shape_of


def make() -> None:
    """The shared schema, by the command django-tenants' documentation names."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)


def save(*, node: int) -> tuple[float, dict[str, int]]:
    """Seconds of one `Tenant.save()`, and what the schema holds afterwards."""
    from tenants.registry.models import Tenant

    Tenant.auto_create_schema = True
    name = f"t{node:05d}"
    tenant = Tenant(schema_name=name, node_id=node, kind="county", name=name, provisioned_at=datetime.now(UTC))
    began = perf_counter()
    tenant.save(verbosity=0)
    return perf_counter() - began, shape_of(name)


if __name__ == "__main__":
    obey({"make": make, "save": save})
