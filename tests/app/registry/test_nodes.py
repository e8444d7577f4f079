"""A cell of several nodes, for real: collected where ``FALIN_CITUS_URL`` names one (``infra/citus``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from falin.kernel.transactions import inside
from services.duty.models import Visit
from tenants.registry.api import Kind, provision_tenant
from tests import databases
from tests.app.audit.logs import seal, settle
from tests.app.duty.cast import at, engage, log
from tests.app.registry.archives import rows_in
from tests.world import World

DAY = date(2026, 11, 13)
_WHERE = "select distinct nodename, nodeport from citus_shards where table_name::text ~ %s"
_OPEN = """
select result from run_command_on_placements(%s, 'select relforcerowsecurity from pg_class where oid = ''%%s''::regclass')
"""


@contextmanager
def _admin() -> Iterator[psycopg.Connection[Any]]:
    name = settings.DATABASE_OWNER_URL.rsplit("/", 1)[1]
    with psycopg.connect(databases.with_name(databases.ADMIN, name), autocommit=True) as admin:
        yield admin


def _node_of(schema: str) -> tuple[str, int]:
    with _admin() as admin:
        (node,) = admin.execute(_WHERE, [f"^{schema}\\."]).fetchall()  # one, or it does not lie whole
    return node  # type: ignore[return-value]


def test_the_tenants_of_a_world_lie_whole_on_workers_and_all_workers_hold_some(world: World) -> None:
    schemas = [world.schema(code) for code in ("33", "330102", "330106", "330203", "330205")]
    assert {_node_of(schema) for schema in schemas} == set(databases.workers())


def test_a_tenant_moves_with_every_row_and_is_filtered_there_as_it_was(world: World) -> None:
    adviser = engage(world)
    for hour in (8, 9, 7):
        log(world, adviser.scope(world), begins_at=at(DAY, hour), ends_at=at(DAY, hour, 50))
    schema = world.schema("330106")
    here, before = _node_of(schema), rows_in(schema)
    assert len(before["duty_visit"]) == 3
    there = next(node for node in databases.workers() if node != here)
    for _twice in range(2):  # the second time it lies there already
        call_command("tenants", "place", "330106", node="{}:{}".format(*there), username="operator")
    assert _node_of(schema) == there
    assert rows_in(schema) == before
    with _admin() as admin:
        for table in ("duty_visit", "advisers_appointment"):
            assert admin.execute(_OPEN, [f"{schema}.{table}"]).fetchall() == [("t",)]
    village, gem = world.scope("street"), world.scope("street2")  # the visits were made under the first one's street
    seen = []
    for scope in (village, gem):
        with inside(scope, read_only=True):
            seen.append(Visit._plain.count())  # row security alone
    assert seen == [3, 0]
    log(world, adviser.scope(world))
    assert len(rows_in(schema)["duty_visit"]) == 4


def test_a_body_that_has_rows_already_is_distributed_with_all_of_them(world: World) -> None:
    """One that was made after the others begins at the coordinator."""
    west = world.schema("330106")
    made = provision_tenant(node_id=world.node("330106002"), kind=Kind.COUNTY, name="北山", now=world.now)
    adviser = engage(world)
    log(world, adviser.scope(world))
    with _admin() as admin:
        for table in ("duty_visit", "advisers_appointment"):
            admin.execute(f"insert into {made.schema}.{table} overriding system value select * from {west}.{table}")
    before = rows_in(made.schema)
    assert len(before["duty_visit"]) == 1
    there = databases.workers()[-1]
    call_command("tenants", "place", made.schema, node="{}:{}".format(*there), username="operator")
    assert _node_of(made.schema) == there
    assert rows_in(made.schema) == before
    with _admin() as admin:
        assert admin.execute(_OPEN, [f"{made.schema}.duty_visit"]).fetchall() == [("t",)]


def test_a_node_the_cell_does_not_have_is_refused_and_nothing_moves(world: World) -> None:
    schema = world.schema("330106")
    here = _node_of(schema)
    with pytest.raises(CommandError, match="没有这台机器"):
        call_command("tenants", "place", "330106", node="10.0.0.9:5432", username="operator")
    assert _node_of(schema) == here


def test_nothing_is_sealed_while_a_node_does_not_show_yet_what_was_decided(world: World) -> None:
    scope = world.scope("county")
    engage(world)
    settle(scope)
    host, port = _node_of(scope.schema)
    url = next(url for url in databases.at_nodes(settings.DATABASE_OWNER_URL) if f"{host}:{port}" in url)
    with psycopg.connect(url, autocommit=True) as node:
        for statement in ("begin", "create table public.held ()", "prepare transaction 'held'"):
            node.execute(statement)
        assert seal(scope) is None
        node.execute("rollback prepared 'held'")
    assert seal(scope) is not None
