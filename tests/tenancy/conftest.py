"""
Copies of the peopled world: one a run that is only read (and whatever is written to it all the same is noticed), and
fresh ones for tests that change it.

Its template is built once, beside the small world's, when the code it is made by has changed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection

from falin.kernel import crypto, jobs
from tests import conftest as run
from tests import databases
from tests import peopled as making
from tests.tenancy.ground import Ground, read_ground
from tests.world import NOW

SOURCES = (
    "services",
    "tenants",
    "platform/falin/kernel",
    "tests/peopled.py",
    "tests/world.py",
    "tests/tenancy/conftest.py",
)
# Statements that changed a tenant's or the shared rows and were committed leave a line here, with the table's name.
# Counted by PostgreSQL itself: what an answer says of what it did is not asked.
_NOTICE = f"""
create unlogged table public.tests_touched (schema_name text, table_name text, act text);
create function public.tests_touch() returns trigger language plpgsql security definer set search_path = public as
$$ begin insert into public.tests_touched values (tg_table_schema, tg_table_name, tg_op); return null; end $$;
do $$ declare one record; begin
  for one in select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and (n.nspname = 'public' or n.nspname ~ '^t[0-9]+$')
      and {databases.WHOLE} not in ('identity_session', 'tests_touched') and not {databases.LIES_ELSEWHERE}
  loop
    execute format('create trigger tests_touch after insert or update or delete on %I.%I'
                   ' for each statement execute function public.tests_touch()', one.nspname, one.relname);
  end loop; end $$
"""


def address_of(name: str) -> str:
    """A database of the run's cluster, as its superuser."""
    return run.with_name(run.ADMIN, name)


def _fingerprint(template: str) -> str:
    whole = hashlib.sha256(template.encode())
    for name in SOURCES:
        source = run.ROOT / name
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


@pytest.fixture(scope="session")
def peopled_template(template: str, django_db_blocker: Any) -> str:
    """The name of a database with the peopled world in it; its files lie in the store of this run."""
    name = f"falin_peopled_{_fingerprint(template)}"
    stored = Path(os.environ["FALIN_HOME"]) / "files" / name  # the files belong to the rows: both are there or neither
    with psycopg.connect(run.ADMIN, autocommit=True) as admin, django_db_blocker.unblock():
        admin.execute("select pg_advisory_lock(4712)")
        standing = [
            row[0] for row in admin.execute("select datname from pg_database where datname like 'falin_peopled_%'")
        ]
        if name in standing and stored.exists():
            return name
        for old in standing:
            databases.drop(old)
        building = f"{name}_building"
        databases.drop(building)
        databases.copy(template, building)
        with pointed_at(building), time_machine.travel(NOW):
            making.build()
        for node in databases.at_nodes(address_of(building)):
            with psycopg.connect(node, autocommit=True) as own:
                own.execute(databases.AS_IT_IS)
                own.execute(_NOTICE)
        databases.finish(building, name)
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.touch()
    return name


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Django and provisioning use the database ``name`` meanwhile."""
    crypto.forget_keys()
    run._point_at(name)
    try:
        yield
    finally:
        if connection.in_atomic_block:
            connection.set_rollback(True)
        connection.close()
        connection.set_scope(None)  # type: ignore[attr-defined]
        run._point_at("none")


@contextmanager
def own_copy(template: str) -> Iterator[str]:
    name = f"falin_test_{os.getpid()}_{secrets.token_hex(3)}"
    databases.copy(template, name)
    try:
        yield name
    finally:
        databases.drop(name)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Jobs that would have gone to the broker."""
    told: list[tuple[str, str]] = []
    jobs.register(making.ERRAND, lambda run: {})
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    return told


@pytest.fixture(scope="session")
def _read_copy(peopled_template: str) -> Iterator[tuple[str, dict[str, Any]]]:
    kept: dict[str, Any] = {}
    with own_copy(peopled_template) as name:
        yield name, kept
        if "ground" in kept:
            kept["ground"].close()


@pytest.fixture
def opened_copy(django_db_blocker: Any) -> Any:
    """``with opened_copy((name, kept)) as ground:`` a copy that outlives the test; what was read of it is kept."""

    @contextmanager
    def opened(copy: tuple[str, dict[str, Any]]) -> Iterator[Ground]:
        name, kept = copy
        with django_db_blocker.unblock(), pointed_at(name), time_machine.travel(NOW):
            if "ground" not in kept:
                kept["ground"] = read_ground(address_of(name))
                assert settings.APP_ROLE != "postgres", "row security does not bind a superuser"
            yield kept["ground"]

    return opened


@pytest.fixture
def ground(_read_copy: tuple[str, dict[str, Any]], opened_copy: Any) -> Iterator[Ground]:
    """The peopled world to be asked, not to be changed."""
    with opened_copy(_read_copy) as ground:
        yield ground


@pytest.fixture
def fresh(peopled_template: str, django_db_blocker: Any) -> Iterator[Any]:
    """``with fresh() as ground:`` a copy of the peopled world of one's own."""

    @contextmanager
    def make() -> Iterator[Ground]:
        with own_copy(peopled_template) as name, pointed_at(name):
            ground = read_ground(address_of(name))
            try:
                yield ground
            finally:
                ground.close()

    with django_db_blocker.unblock(), time_machine.travel(NOW):
        yield make
