"""Falin's child of the bench `provision`."""

from __future__ import annotations

from time import perf_counter

import django
from stand.children import obey
from stand.schemas import shape_of


def make() -> None:
    """The shared schema, by the command an installation runs."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate_cell", spares=0, verbosity=0)


def provision(*, node: int, spares: int, fresh: bool) -> tuple[float, dict[str, int]]:
    """
    Seconds until a county is ready, and what its schema holds.

    :param spares: how many spare schemas lie ready beforehand; making them is not timed.
    :param fresh: forget the SQL this process has rendered, as in the first minute of its life.
    """
    from falin.kernel.clock import now
    from tenants.registry import schemas
    from tenants.registry.api import Kind, keep_spares, provision_tenant

    keep_spares(now=now(), wanted=spares)
    if fresh:
        schemas.forget()
    began = perf_counter()
    tenant = provision_tenant(node_id=node, kind=Kind.COUNTY, name=f"county {node}", now=now())
    taken = perf_counter() - began
    return taken, shape_of(tenant.schema)


if __name__ == "__main__":
    obey({"make": make, "provision": provision})
