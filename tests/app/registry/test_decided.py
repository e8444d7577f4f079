"""Every shared table was decided: it goes along with a tenant that is exported or moves, or stays, and why."""

from __future__ import annotations

import psycopg
from django.conf import settings

from tenants.registry import belongings
from tests.world import World


def test_every_shared_table_goes_along_or_stays_for_a_reason(world: World) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL) as own:
        tables = {name for (name,) in own.execute("select tablename from pg_tables where schemaname = 'public'")}
    goes = {one.table for one in belongings.declared()}
    assert tables - goes - set(belongings.STAYS) == set(), (
        "declare it in its floor's BELONGINGS, or in STAYS with the reason"
    )
    assert goes & set(belongings.STAYS) == set()
    assert (goes | set(belongings.STAYS)) - tables == set()
    assert all(belongings.STAYS.values())
