"""What PostgreSQL itself says: row security on every scoped table, nothing owned by the application, no key across schemas."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from falin.kernel.database.operations import POLICIES, RowSecurity, quoted
from falin.kernel.models import ScopedModel
from falin.kernel.transactions import inside
from services.indicators.models import BoardModel
from tenants.registry import schemas
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
    wanted = {model._meta.db_table for model in apps.get_models() if issubclass(model, BoardModel)} | {
        "duty_postedhours",
        "desk_news",
        "stations_station",
    }
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_policies where schemaname = 'public' and with_check is not null")
        assert {row[0] for row in cursor.fetchall()} == wanted


NAME = "only_places_in_scope"
# Beside the generated ones: an adviser reads the hours posted in his own communities, in whatever county.
BESIDE = {("public", "duty_postedhours", "those_of_ones_communities_are_read")}


def _declared() -> dict[str, str]:
    """Which table has which kind of policy, as the migrations say it."""
    steps = [
        (app, step)
        for (app, _name), migration in MigrationLoader(None).disk_migrations.items()
        for step in migration.operations
        if isinstance(step, RowSecurity)
    ]
    return {apps.get_model(app, step.model_name)._meta.db_table: step.policy for app, step in steps}


def _normal_forms(own: Any, declared: dict[str, str], schema: str) -> dict[str, str]:
    """Each rule as PostgreSQL writes it down, read off an empty copy of its table that is gone afterwards."""
    found = {}
    with own.transaction(force_rollback=True):
        for table, kind in declared.items():
            home = schema if kind == "node" else "public"
            own.execute(f"create table public.copied (like {home}.{quoted(table)})")
            own.execute(f"create policy {NAME} on public.copied using ({POLICIES[kind]})")
            found[table] = own.execute("select qual from pg_policies where tablename = 'copied'").fetchone()[0]
            own.execute("drop table public.copied")
    return found


def strange_policies(world: World) -> set[tuple[str, str, str]]:
    """Policies, in whatever schema, that are not word for word what their table's kind generates, or are not there."""
    declared = _declared()
    with schemas.owner() as own:
        normal = _normal_forms(own, declared, world.schema("330106"))
        there = own.execute(
            "select schemaname, tablename, policyname, permissive, roles::text[], cmd, qual, with_check from pg_policies"
        ).fetchall()
        homes = own.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and c.relname = any(%s)", [list(declared)],
        ).fetchall()  # fmt: skip
    right = {
        (schema, table, name)
        for schema, table, name, permissive, roles, command, qual, with_check in there
        if (name, permissive, roles, command) == (NAME, "PERMISSIVE", ["public"], "ALL")
        and qual == with_check == normal.get(table)
    }
    wanted = {(schema, table, NAME) for schema, table in homes}
    return ({tuple(row[:3]) for row in there} ^ wanted | wanted - right) - BESIDE


def test_every_policy_of_every_schema_is_word_for_word_the_one_its_table_generates(world: World) -> None:
    scoped = {model._meta.db_table for model in apps.get_models() if issubclass(model, ScopedModel)}
    assert {table for table, kind in _declared().items() if kind == "node"} == scoped
    assert strange_policies(world) == set()


@pytest.mark.parametrize(
    "widened",
    [
        f"alter policy {NAME} on duty_visit using (true)",
        f"alter policy {NAME} on duty_visit with check (true)",
        f"alter policy {NAME} on duty_visit using (true) with check (true)",
        f"alter policy {NAME} on duty_visit to falin_app",
        f"drop policy {NAME} on duty_visit",
        "create policy another on duty_visit using (true)",
    ],
)
def test_a_policy_that_lets_more_through_in_one_schema_is_seen(world: World, widened: str) -> None:
    schema = world.schema("330102")
    with schemas.owner() as own:
        own.execute(f"set search_path to {schema}")
        own.execute(widened)
    name = "another" if "another" in widened else NAME
    assert strange_policies(world) == {(schema, "duty_visit", name)}


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


def test_the_application_owns_nothing_and_can_become_nobody_else(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication from pg_roles"
            " where rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False)
        for kind, catalogue, owner in (
            ("table", "pg_class", "relowner"), ("function", "pg_proc", "proowner"), ("schema", "pg_namespace", "nspowner"),
            ("type", "pg_type", "typowner"), ("database", "pg_database", "datdba"),
        ):  # fmt: skip
            cursor.execute(f"select count(*) from {catalogue} where {owner} = current_user::regrole")
            assert cursor.fetchone() == (0,), f"the application owns a {kind}"
        cursor.execute("select rolname from pg_roles where rolname <> current_user and pg_has_role(oid, 'member')")
        assert cursor.fetchall() == []
        for role in ("falin_owner", "postgres"):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(f"set local role {role}")


@pytest.mark.parametrize(
    "statement",
    [
        "create table made (id int)",
        "create schema made",
        "create temporary table made (id int)",
        "create function made() returns int language sql as 'select 1'",
        "create extension pg_trgm",
        "create role made",
        "alter table kernel_auditentry disable row level security",
        "alter role current_user bypassrls",
        "drop policy only_places_in_scope on duty_visit",
        "copy kernel_auditentry to program 'cat'",
    ],
)
def test_the_application_cannot_make_change_or_open(world: World, statement: str) -> None:
    with schemas.owner() as own:
        schemas.prepare_rights(own)  # as at set-up; what is said of a database itself is not copied with it
    with pytest.raises(DatabaseError), inside(world.scope("county"), read_only=False), connection.cursor() as cursor:
        cursor.execute(statement)


# A tenant's table without a policy stands here, with its reason.
WITHOUT_POLICY = {
    "kernel_auditentry": "read by place in queries; append-only, and system acts carry no place",
    "kernel_auditbatch": "closes the whole tenant's entries",
    "kernel_outboxevent": "read by the relay alone, for the whole tenant",
    "kernel_webhookendpoint": "the whole tenant's; read by who manages receivers",
    "kernel_webhookmessage": "what a receiver of the whole tenant is told",
    "kernel_webhookattempt": "how a message of the whole tenant went",
    "kernel_job": "its owner's; read by person",
    "desk_firstday": "its person's; read by person",
    "desk_savedview": "its keeper's, or his role's",
    "desk_comment": "of a thing of the tenant; read by who may see the thing, which its own service says",
    "desk_notice": "its reader's; read by person",
    "desk_chosenway": "its chooser's; read by person",
    "kernel_idempotencykey": "its sender's; read by person",
    "kernel_storedfile": "opened one by one through files.open_file, which asks the scope",
    "django_migrations": "how far the schema is",
    "duty_closedmonth": "a month of the whole tenant",
    "duty_dirtymonth": "a month of the whole tenant",
    "indicators_run": "a roll-up of the whole tenant",
    "advisers_namedcolumn": "the county team's words for columns, of no place",
    "advisers_importsheet": "the county team's, who sees the whole tenant",
}


def test_every_table_of_a_tenant_has_a_policy_or_a_reason(world: World) -> None:
    with connection.cursor() as cursor:
        for code in ("33", "330106"):
            cursor.execute(
                "select c.relname from pg_class c where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p')"
                " and not (c.relrowsecurity and c.relforcerowsecurity)", [world.schema(code)],
            )  # fmt: skip
            assert {name for (name,) in cursor.fetchall()} == set(WITHOUT_POLICY)
