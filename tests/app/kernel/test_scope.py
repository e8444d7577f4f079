"""A scope holds in the application and, with the application's own lock gone, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, InternalError
from psycopg.pq import TransactionStatus

from falin.kernel.database.base import ScopeChangedInside, TenantOutsideTransaction
from falin.kernel.rows import Unscoped
from falin.kernel.transactions import inside
from services.advisers.models import Vacancy
from tests.world import NOW, World


def _say_vacant(world: World, code: str) -> None:
    with inside(world.scope("county"), read_only=False):
        Vacancy.objects.create(node_id=world.node(code), reason="hiring", said_at=NOW, person_id=1)


def test_a_street_sees_its_own_communities_and_not_its_neighbours(world: World) -> None:
    _say_vacant(world, "330106109200")
    _say_vacant(world, "330106002001")
    scope = world.scope("street")
    with inside(scope, read_only=True):
        assert [row.node_id for row in Vacancy.objects.in_scope(scope)] == [world.node("330106109200")]


def test_row_security_alone_hides_the_neighbour(world: World) -> None:
    _say_vacant(world, "330106109200")
    _say_vacant(world, "330106002001")
    with inside(world.scope("street"), read_only=True):
        found = [row.node_id for row in Vacancy.objects.unscoped(reason="test")]
    assert found == [world.node("330106109200")]


def test_another_county_is_another_schema(world: World) -> None:
    _say_vacant(world, "330106109200")
    with inside(world.scope("county2"), read_only=True):
        assert Vacancy.objects.unscoped(reason="test").count() == 0


def test_a_read_door_cannot_write(world: World) -> None:
    with pytest.raises(InternalError), inside(world.scope("county"), read_only=True):
        Vacancy.objects.create(node_id=world.node("330106109200"), reason="x", said_at=NOW, person_id=1)


def test_a_scoped_table_without_a_scope_raises(world: World) -> None:
    with inside(world.scope("county"), read_only=True), pytest.raises(Unscoped):
        list(Vacancy.objects.all())


def test_a_tenants_sql_outside_a_transaction_raises(world: World) -> None:
    connection.set_scope(world.scope("county"))  # type: ignore[attr-defined]
    with pytest.raises(TenantOutsideTransaction):
        Vacancy.objects.unscoped(reason="test").count()


def test_the_scope_cannot_change_inside_a_transaction(world: World) -> None:
    other: Any = world.scope("county2")
    with inside(world.scope("county"), read_only=True), pytest.raises(ScopeChangedInside):
        connection.set_scope(other)  # type: ignore[attr-defined]


def test_the_scope_survives_a_savepoint_that_was_rolled_back(world: World) -> None:
    _say_vacant(world, "330106109200")
    scope = world.scope("street")
    with inside(scope, read_only=True):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Vacancy.objects.in_scope(scope).count()
            raise ZeroDivisionError
        assert Vacancy.objects.in_scope(scope).count() == 1


def _by_execute(cursor: Any) -> list[Any]:
    cursor.execute("select node_id from advisers_vacancy where reason = %s and '%%' <> %s", ["hiring", "%s;"])
    return [row[0] for row in cursor.fetchall()]


def _by_copy(cursor: Any) -> list[Any]:
    with cursor.copy("copy (select node_id from advisers_vacancy) to stdout") as rows:
        return [int(row[0]) for row in rows.rows()]


def _by_stream(cursor: Any) -> list[Any]:
    return [row[0] for row in cursor.stream("select node_id from advisers_vacancy")]


def _by_a_cursor_opened_earlier(cursor: Any) -> list[Any]:
    with connection.cursor() as other:
        other.execute("select 1")
    return _by_execute(cursor)


def _after_an_error(cursor: Any) -> list[Any]:
    with pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("select no_such_column from advisers_vacancy")
    return _by_execute(cursor)


def _after_words_that_are_none(cursor: Any) -> list[Any]:
    with pytest.raises(DatabaseError):
        cursor.execute("selekt")
    return _by_execute(cursor)


@pytest.mark.parametrize(
    "ask",
    [_by_execute, _by_copy, _by_stream, _by_a_cursor_opened_earlier, _after_an_error, _after_words_that_are_none],
)
def test_whatever_a_transaction_says_first_it_says_inside_the_scope(
    world: World, ask: Callable[[Any], list[Any]]
) -> None:
    _say_vacant(world, "330106109200")
    _say_vacant(world, "330106002001")
    with inside(world.scope("street"), read_only=True), connection.cursor() as cursor:
        assert ask(cursor) == [world.node("330106109200")]
        assert connection.connection.info.transaction_status == TransactionStatus.INTRANS  # type: ignore[union-attr]


def test_rows_written_in_one_call_are_written_inside_the_scope_and_with_the_transaction(world: World) -> None:
    words = "insert into advisers_vacancy (node_id, reason, note, said_at, person_id) values (%s, 'hiring', '', %s, 1)"
    rows = [(world.node(code), NOW) for code in ("330106109200", "330106002001")]
    with pytest.raises(ZeroDivisionError), inside(world.scope("county"), read_only=False):
        with connection.cursor() as cursor:
            cursor.executemany(words, rows)
        raise ZeroDivisionError
    with inside(world.scope("county"), read_only=True):
        assert Vacancy.objects.unscoped(reason="test").count() == 0


def test_a_transaction_without_a_tenant_is_one_too(world: World) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("insert into django_content_type (app_label, model) values ('nobody', 'nothing')")
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from django_content_type where app_label = 'nobody'")
        assert cursor.fetchone() == (0,)


def test_the_application_role_owns_nothing_and_cannot_step_around_row_security(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "select count(*) from pg_class where relowner = (select oid from pg_roles where rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "select count(*) from pg_auth_members where member = (select oid from pg_roles where rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)
