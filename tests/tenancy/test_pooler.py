"""
Behind a pooler in transaction mode nobody reads or writes another tenant's rows (decision 1).

Two processes with six threads each share two server connections and serve five tenants, one after the other and all at
once. django-tenants' own engine in the same harness is seen to leak: so the harness can.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tenants.registry.api import list_tenants
from tests import conftest as run
from tests.tenancy.pooler import SERVER_CONNECTIONS, pooled, server_connections
from tests.world import World

PROCESSES, THREADS = 2, 6
READER = run.ROOT / "tests/fixtures/pooled_reader.py"


@pytest.fixture
def marked(world: World) -> str:
    """A database in which each tenant's schema holds one row that says whose it is."""
    name = str(connection.settings_dict["NAME"])
    tenants = list_tenants()
    connection.close()
    with psycopg.connect(run.with_name(run.ADMIN, name), autocommit=True) as own:
        for tenant in tenants:
            own.execute(
                f'insert into "{tenant.schema}".kernel_idempotencykey (person_id, key, fingerprint, status, location,'
                " body, content_type, at) values (1, %s, '', 0, '', '', '', now())", [tenant.schema],
            )  # fmt: skip
    assert len(tenants) == 5
    return name


def work(mode: str, folder: Path, database: str, turns: int) -> Counter[str]:
    """What the processes counted together."""
    with pooled(folder, settings.APP_ROLE) as port:
        tenants = [{"schema": one.schema, "id": one.id} for one in list_tenants()]
        connection.close()
        environ = {**os.environ, "DATABASE_URL": f"postgresql://{settings.APP_ROLE}@127.0.0.1:{port}/{database}"}
        running = [
            subprocess.Popen([sys.executable, str(READER), mode], env=environ, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
            for _process in range(PROCESSES)
        ]  # fmt: skip
        for number, one in enumerate(running):  # all are told what to do before any is waited for
            assert one.stdin
            plan = {"database": database, "tenants": tenants, "threads": THREADS, "turns": turns, "seed": number}
            one.stdin.write(json.dumps(plan) + "\n")
            one.stdin.flush()
        total: Counter[str] = Counter()
        for one in running:
            said, _nothing = one.communicate(timeout=300)
            assert one.returncode == 0
            total.update(json.loads(said))
        assert 1 <= server_connections(database, settings.APP_ROLE) <= SERVER_CONNECTIONS
    return total


def astray(database: str) -> int:
    """Rows that lie in another schema than the one they were written for."""
    with psycopg.connect(run.with_name(run.ADMIN, database), autocommit=True) as own:
        counts: Any = [
            own.execute(
                f'select count(*) from "{schema}".kernel_idempotencykey where person_id = 2 and fingerprint <> %s',
                [schema]
            ).fetchone()[0]  # type: ignore[index]
            for (schema,) in own.execute(
                "select schema_name from registry_tenant union all select 'public'"
            ).fetchall()
        ]  # fmt: skip
    return int(sum(counts))


def tell(engine: str, counts: Counter[str], strayed: int) -> None:
    """For the drill, which writes a report of what the suite only asserts."""
    if report := os.environ.get("FALIN_LEAK_REPORT"):
        with Path(report).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"engine": engine, **counts, "astray": strayed}) + "\n")


def test_whatever_is_read_and_written_through_two_connections_is_ones_own(marked: str, tmp_path: Path) -> None:
    turns = int(os.environ.get("FALIN_LEAK_OURS", "126"))
    counts = work("ours", tmp_path, marked, turns=turns)
    tell("ours", counts, astray(marked))
    assert counts == {"reads": turns * 10, "writes": turns * 2, "wrong": 0}
    assert astray(marked) == 0


def test_the_same_harness_sees_django_tenants_own_engine_leak(marked: str, tmp_path: Path) -> None:
    counts = work("stock", tmp_path, marked, turns=int(os.environ.get("FALIN_LEAK_STOCK", "50")))
    tell("stock", counts, astray(marked))
    assert counts["wrong"] > 0
    assert astray(marked) > 0
