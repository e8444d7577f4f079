"""What the engine does without asking the server: it notices a closed connection and quotes what it sends itself."""

from __future__ import annotations

import os
from unittest import mock

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from falin.kernel.database.base import DatabaseWrapper, literal
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from tenants.registry.api import Kind, list_tenants, provision_tenant
from tests.world import NOW, World


def test_an_idle_connection_is_not_asked_whether_it_is_there(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 'the last word'")
    assert connection.is_usable()
    with psycopg.connect(os.environ["FALIN_TEST_ADMIN_URL"], autocommit=True) as admin:
        pid = connection.connection.info.backend_pid  # type: ignore[union-attr]
        said = admin.execute("select query from pg_stat_activity where pid = %s", [pid]).fetchone()
    assert said == ("select 'the last word'",)


def test_a_connection_the_server_has_closed_is_noticed_and_replaced(world: World) -> None:
    connection.ensure_connection()
    old = connection.connection.info.backend_pid  # type: ignore[union-attr]
    with psycopg.connect(os.environ["FALIN_TEST_ADMIN_URL"], autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 5000)", [old])
    assert not connection.is_usable()
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    assert list_tenants()
    assert connection.connection.info.backend_pid != old  # type: ignore[union-attr]


def test_who_read_and_went_leaves_the_connection_fit_for_the_next(world: World) -> None:
    for _time in range(3):
        with inside(world.scope("county"), read_only=True), connection.cursor() as cursor:
            cursor.execute("select 1")
        assert connection.is_usable()
        with inside(world.scope("county"), read_only=False), connection.cursor() as cursor:
            cursor.execute("select current_setting('transaction_read_only')")
            assert cursor.fetchone() == ("off",)
    with inside(world.scope("county"), read_only=True), connection.cursor() as cursor:
        cursor.execute("select 1")
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.nodes', true)")
        assert cursor.fetchone() in {("",), (None,)}


def _pid() -> int:
    return int(connection.connection.info.backend_pid)  # type: ignore[union-attr]


@pytest.mark.parametrize("read_only", [True, False])
def test_a_transaction_that_says_nothing_may_follow_one_that_read(world: World, read_only: bool) -> None:
    scope = world.scope("county")

    def read() -> None:
        with inside(scope, read_only=True), connection.cursor() as cursor:
            cursor.execute("select 1")

    read()
    before = _pid()
    with inside(scope, read_only=read_only):
        pass
    read()
    with pytest.raises(ZeroDivisionError), inside(scope, read_only=read_only):
        raise ZeroDivisionError
    read()
    with inside(scope, read_only=read_only):
        transaction.set_rollback(True)
    assert list_tenants()
    assert _pid() == before


def test_a_transaction_somebody_left_open_is_not_taken_for_the_next_ones(world: World) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        mock.patch.object(DatabaseWrapper, "_commit", side_effect=KeyboardInterrupt),
        inside(world.scope("county"), read_only=False),
        connection.cursor() as cursor,
    ):
        cursor.execute("insert into advisers_vacancy (node_id, reason, note, said_at, person_id)"
                       " values (%s, 'hiring', '', %s, 1)", [world.node("330106109200"), NOW])  # fmt: skip
    with inside(world.scope("county"), read_only=False), connection.cursor() as cursor:
        cursor.execute("select count(*) from advisers_vacancy")
        assert cursor.fetchone() == (0,)


def test_a_server_that_goes_while_somebody_reads_costs_the_next_one_nothing(world: World) -> None:
    with inside(world.scope("county"), read_only=True), connection.cursor() as cursor:
        cursor.execute("select 1")
        with psycopg.connect(os.environ["FALIN_TEST_ADMIN_URL"], autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])  # type: ignore[union-attr]
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    assert list_tenants()


def test_a_schema_that_is_not_there_is_an_error_of_the_database(world: World) -> None:
    with pytest.raises(DatabaseError), inside(world.scope("county"), read_only=True), connection.cursor() as cursor:
        cursor.execute("select * from no_such_table")
    assert list_tenants()  # the connection is fit for the next one


def test_names_are_quoted_and_strange_ones_refused(world: World) -> None:
    assert literal("o'brien") == "'o''brien'"
    with pytest.raises(ValueError, match="back"):
        literal("back\\slash")
    hostile = system_scope(schema="public", tenant_id=0, grants=frozenset(), subject_id="x', '', true, true) --")
    with inside(hostile, read_only=True), connection.cursor() as cursor:
        cursor.execute("select current_setting('app.subject')")
        assert cursor.fetchone() == (hostile.subject_id,)


def test_a_body_asked_for_twice_gets_one_schema(world: World) -> None:
    place = world.node("330205001")
    first = provision_tenant(node_id=place, kind=Kind.COUNTY, name="中马街道", now=NOW)
    assert provision_tenant(node_id=place, kind=Kind.COUNTY, name="中马街道", now=NOW) == first
    assert first.schema == f"t{first.id:05d}"
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_tables where schemaname = %s and tablename = 'duty_visit'", [first.schema]
        )
        assert cursor.fetchone() == (1,)
