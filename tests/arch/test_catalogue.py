"""What PostgreSQL itself says: row security on every scoped table, nothing owned by the application, no key across schemas."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from falin.kernel.models import ScopedModel
from services.indicators.models import BoardModel
from tests.world import World


def test_every_scoped_table_of_every_tenant_has_forced_row_security_with_both_checks(world: World) -> None:
    wanted = {model._meta.db_table for model in apps.get_models() if issubclass(model, ScopedModel)}
    schema = world.schema("330106")
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join pg_policies p on p.schemaname = n.nspname and p.tablename = c.relname"
            " where n.nspname = %s and c.relrowsecurity and c.relforcerowsecurity"
            " and p.qual is not null and p.with_check is not null",
            [schema],
        )
        assert {row[0] for row in cursor.fetchall()} == wanted


def test_every_table_of_the_notice_board_has_forced_row_security(world: World) -> None:
    wanted = {model._meta.db_table for model in apps.get_models() if issubclass(model, BoardModel)}
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_policies where schemaname = 'public' and with_check is not null")
        assert {row[0] for row in cursor.fetchall()} == wanted


def test_no_foreign_key_leaves_a_tenants_schema(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid"
            " where k.contype = 'f' and a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []


def test_the_application_cannot_change_or_delete_what_was_booked(world: World) -> None:
    with connection.cursor() as cursor:
        for schema in ("public", world.schema("33"), world.schema("330106")):
            table = f"{schema}.kernel_auditentry"
            cursor.execute(
                "select has_table_privilege(%s, 'insert'), has_table_privilege(%s, 'update'),"
                " has_table_privilege(%s, 'delete'), has_table_privilege(%s, 'truncate')",
                [table] * 4,
            )
            assert cursor.fetchone() == (True, False, False, False)


def test_the_application_can_make_nothing(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select has_database_privilege(current_database(), 'create'), has_schema_privilege('public', 'create')"
        )
        assert cursor.fetchone() == (False, False)
        cursor.execute("select has_schema_privilege(%s, 'create')", [world.schema("330106")])
        assert cursor.fetchone() == (False,)
