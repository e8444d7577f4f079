"""
`falin drill schemas`: what a province pays as its counties become more: catalogue, memory of a connection, provisioning.

A cluster of its own that is thrown away. None may grow more than linearly from the first count to the last.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

import psycopg
from reporting import commit

from falin.runtime.home import Home
from falin.runtime.postgres import Postgres, start_postgres
from falin.runtime.sentences import say

# Every relation of every tenant, opened once: what a pooled connection knows after it has served everybody.
TOUCH = """
do $$ declare t record; begin
    for t in select schemaname, tablename from pg_tables where schemaname in (select schema_name from registry_tenant) loop
        execute format('select 1 from %I.%I limit 1', t.schemaname, t.tablename);
    end loop;
end $$
"""
CATALOGUE = "select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = 'pg_catalog'::regnamespace"
MEMORY = "select sum(total_bytes) from pg_backend_memory_contexts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The counts of schemas that are looked at, and how often provisioning is timed at each."""

    counts: tuple[int, ...] = (1, 50, 150, 200)
    timed: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was measured among so many schemas."""

    schemas: int
    relations: int
    catalogue: int  # bytes
    memory: int  # bytes
    made: float  # seconds until a spare lies ready
    taken: float  # seconds until a county has it


def run(home: Home, size: Size | None = None, out: Path | None = None) -> int:
    """1 when something grew more than linearly."""
    size = size or Size()
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    with _ground(home) as postgres:
        found = [_measure(postgres, count, size.timed) for count in size.counts]
    grown = _grown(found)
    place = out or checkout / "docs" / "measured" / "schemas.md"
    place.write_text(_report(found, grown), encoding="utf-8")
    say(f"{'有超出线性的' if grown else '没有超出线性的'}：{place}", f"more than linear: {', '.join(grown) or 'none'}")
    return 1 if grown else 0


@contextmanager
def _ground(home: Home) -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.root, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root the database runs as a user of its own
        own = Home(root=Path(folder)).prepare()
        postgres = start_postgres(place=own.postgres, log=own.logs / "postgres.log")
        os.environ.update(FALIN_HOME=str(own.root), DATABASE_URL=postgres.urls.app, DATABASE_OWNER_URL=postgres.urls.owner,
                          FALIN_DEMO="", DJANGO_SETTINGS_MODULE="falin.config.settings")  # fmt: skip
        try:
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connection

            call_command("migrate_cell", spares=0, verbosity=0)
            yield postgres
            connection.close()
        finally:
            postgres.stop()


def _measure(postgres: Postgres, count: int, timed: int) -> Found:
    """Tenants until there are ``count``, of which the last ones are timed."""
    from falin.kernel.clock import now
    from tenants.registry.api import Kind, keep_spares, provision_tenant
    from tenants.registry.models import Tenant

    say(f"共 {count} 个库…", f"{count} schemas…")
    there, made, taken = Tenant.objects.count(), list[float](), list[float]()
    for number in range(there, count):
        began = perf_counter()
        keep_spares(now=now(), wanted=1)
        ready = perf_counter()
        provision_tenant(node_id=1000 + number, kind=Kind.COUNTY, name=f"county {number}", now=now())
        made.append(ready - began)
        taken.append(perf_counter() - ready)
    with psycopg.connect(postgres.urls.admin, autocommit=True) as admin:
        admin.execute("vacuum full pg_catalog.pg_statistic")  # what is left of making them is not what they cost
        before = _number(admin, MEMORY)
        admin.execute(TOUCH)
        return Found(
            schemas=count, relations=_number(admin, "select count(*) from pg_class"), catalogue=_number(admin, CATALOGUE),
            memory=_number(admin, MEMORY) - before, made=median(made[-timed:]), taken=median(taken[-timed:]),
        )  # fmt: skip


def _number(admin: psycopg.Connection, statement: str) -> int:
    row = admin.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def _grown(found: list[Found]) -> list[str]:
    """What costs more for each further schema at the end than it did on the way there, by half as much again."""
    first, middle, last = found[0], found[len(found) // 2], found[-1]
    worse = []
    for name in ("catalogue", "memory"):
        early = (getattr(middle, name) - getattr(first, name)) / max(middle.schemas - first.schemas, 1)
        late = (getattr(last, name) - getattr(first, name)) / max(last.schemas - first.schemas, 1)
        if late > 1.5 * early:
            worse.append(name)
    # A time that does not depend on the others' number at all would be constant; linear is allowed.
    worse += [name for name in ("made", "taken")
              if getattr(last, name) > getattr(middle, name) * 1.5 * last.schemas / middle.schemas]  # fmt: skip
    return worse


def _report(found: list[Found], grown: list[str]) -> str:
    rows = [
        f"| {one.schemas} | {one.relations:,} | {one.catalogue / 2**20:.1f} | {one.memory / 2**20:.1f} |"
        f" {one.made * 1000:.0f} | {one.taken * 1000:.1f} |"
        for one in found
    ]
    return (
        "# Schemas drill\n\nWritten by `./falin drill schemas`: a province whose counties become more. Memory is what one"
        " connection holds after it has opened every table of every tenant; connections live ten minutes at most.\n\n"
        f"**{'More than linear: ' + ', '.join(grown) if grown else 'Passed'}**: nothing may grow more than linearly.\n\n"
        f"- commit: {commit(Path(__file__).parent)}\n"
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Python {platform.python_version()}\n\n"
        "| schemas | relations | catalogue, MB | memory of a connection, MB | spare made, ms | county provisioned, ms |\n"
        "|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
