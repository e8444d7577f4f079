"""Falin's child of the benches `migrate` and `tenants`."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import django
from stand.children import obey
from stand.growing import back


def make(*, tenants: int) -> None:
    """A cell with so many counties, at the newest migration."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from falin.kernel.clock import now
    from tenants.registry.api import Kind, keep_spares, provision_tenant

    call_command("migrate_cell", spares=0, verbosity=0)
    keep_spares(now=now(), wanted=tenants + 1)  # as everywhere, a spare is left
    for number in range(tenants):
        provision_tenant(node_id=1000 + number, kind=Kind.COUNTY, name=f"county {number}", now=now())
    connection.close()


def migrate(*, pending: bool, parallel: int) -> tuple[float, int]:
    """Seconds until every tenant is up to date, and how many have the column then. Nothing is remembered from before."""
    from tenants.registry import schemas

    address = _owner()
    if pending:
        back.set_back(address)
        back.set_back(address, back.spares_of(address))
    schemas.forget()
    began = perf_counter()
    report = schemas.migrate_all(back.names_of(address), parallel=parallel)
    taken = perf_counter() - began
    assert not report.failed, report.failed
    return taken, back.grown(address)


def _owner() -> str:
    from django.conf import settings

    return str(settings.DATABASE_OWNER_URL)


ORDERS: dict[str, Any] = {"make": make, "migrate": migrate}

if __name__ == "__main__":
    obey(ORDERS)
