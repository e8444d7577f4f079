"""Migrations of tenants' tables: whatever Django can do, in every schema, one bad schema never stopping the others."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from tenants.registry import schemas
from tenants.registry.schemas.owning import apart, settle
from tests.app.registry.growing import Growing, installed
from tests.world import NOW, World

# Every operation Django brings, and PostgreSQL's: names are of migrations, in this order, on tables with rows.
OPERATIONS = {
    "add_field": 'migrations.AddField("thing", "colour", models.CharField(max_length=10, default="red"))',
    "add_field_kept": 'migrations.AddField("thing", "weight", models.IntegerField(db_default=7))',
    "alter_type": 'migrations.AlterField("thing", "name", models.TextField())',
    "alter_check_away": 'migrations.AlterField("thing", "size", models.IntegerField(default=1))',
    "alter_not_null": 'migrations.AlterField("thing", "note", models.TextField(default="none"))',
    "alter_unique_away": 'migrations.AlterField("thing", "code", models.CharField(max_length=10, null=True))',
    "alter_unique_again": 'migrations.AlterField("thing", "code", models.CharField(max_length=12, unique=True, null=True))',
    "alter_key": 'migrations.AlterField("part", "thing", models.ForeignKey("growing.thing", models.CASCADE, null=True))',
    "alter_key_free": 'migrations.AlterField("part", "thing", models.ForeignKey('
                      '"growing.thing", models.CASCADE, null=True, db_constraint=False, db_index=False))',
    "alter_index": 'migrations.AlterField("part", "number", models.IntegerField(default=1, db_index=True))',
    "rename_field": 'migrations.RenameField("thing", "colour", "paint")',
    "remove_field": 'migrations.RemoveField("thing", "weight")',
    "unique_together": 'migrations.AlterUniqueTogether("part", {("thing", "number")})',
    "unique_together_away": 'migrations.AlterUniqueTogether("part", set())',
    "order": 'migrations.AlterOrderWithRespectTo("part", "thing")',
    "rename_model": 'migrations.RenameModel("Part", "Item")',
    "table": 'migrations.AlterModelTable("item", "growing_goods")',
    "table_comment": 'migrations.AlterModelTableComment("item", "goods")',
    "options": 'migrations.AlterModelOptions("item", {"verbose_name": "good"}),'
               'migrations.AlterModelManagers("item", [])',
    "delete_model": 'migrations.DeleteModel("Old")',
    "add_index": 'migrations.AddIndex("thing", models.Index(fields=["name"], name="by_name"))',
    "rename_index": 'migrations.RenameIndex("thing", new_name="by_its_name", old_name="by_name")',
    "remove_index": 'migrations.RemoveIndex("thing", "by_its_name")',
    "add_check": 'migrations.AddConstraint("thing", models.CheckConstraint(condition=Q(size__gte=0), name="positive"))',
    "alter_constraint": 'migrations.AlterConstraint("thing", "positive", models.CheckConstraint('
                        'condition=Q(size__gte=0), name="positive", violation_error_message="no"))',
    "remove_check": 'migrations.RemoveConstraint("thing", "positive")',
    "add_unique": 'migrations.AddConstraint("thing", models.UniqueConstraint(fields=["name", "size"], name="once"))',
    "add_exclusion": 'migrations.AddConstraint("thing", ExclusionConstraint(name="apart", expressions=[("size", "=")]))',
    "not_valid": 'pg.AddConstraintNotValid("thing", models.CheckConstraint(condition=Q(size__lt=99), name="small"))',
    "validate": 'pg.ValidateConstraint("thing", "small")',
    "index_concurrently": 'pg.AddIndexConcurrently("thing", models.Index(fields=["paint"], name="by_paint"))',
    "no_index_concurrently": 'pg.RemoveIndexConcurrently("thing", "by_paint")',
    "extension": "pg.TrigramExtension()",
    "collation": 'pg.CreateCollation("plain", locale="C")',
    "collation_away": 'pg.RemoveCollation("plain", locale="C")',
    "sql": 'migrations.RunSQL("update growing_thing set size = size + 1; update growing_thing set size = size + 1",'
           ' migrations.RunSQL.noop)',
    "sql_with_values": 'migrations.RunSQL([("update growing_thing set note = %s", ["100% 好"])])',
    "python": "migrations.RunPython(double)",
    "python_that_says_sql": "migrations.RunPython(sql_by_hand)",
    "between": 'migrations.RunSQL("update growing_thing set size = size + 10"), migrations.RunPython(double),'
               'migrations.RunSQL("update growing_thing set size = size + 1")',
    "separate": 'migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(double)],'
                'state_operations=[migrations.RemoveField("thing", "note")])',
}  # fmt: skip
SHAPE = """
select 'column', table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema = %(s)s and table_name like 'growing%%'
union all
select 'constraint', c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.convalidated::text, ''
from pg_constraint c join pg_class t on t.oid = c.conrelid
where c.connamespace = %(s)s::text::regnamespace and t.relname like 'growing%%'
union all
select 'index', tablename, indexname, indexdef, '', '' from pg_indexes
where schemaname = %(s)s and tablename like 'growing%%'
union all
select 'comment', relname, obj_description(oid), '', '', '' from pg_class
where relnamespace = %(s)s::text::regnamespace and relname like 'growing%%' and relkind = 'r'
order by 1, 2, 3
"""


@pytest.fixture
def app(world: World, tmp_path: Path) -> Iterator[Growing]:
    with installed(tmp_path) as one:
        yield one


def _own() -> psycopg.Connection:
    return psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True)


def _names() -> list[str]:
    with _own() as own:
        return [name for (name,) in own.execute("select schema_name from registry_tenant order by id")]


def _shape(schema: str) -> list[tuple[str, ...]]:
    with _own() as own:
        rows = own.execute(SHAPE, {"s": schema}).fetchall()
    return [tuple(str(value).replace(f"{schema}.", "") for value in row) for row in rows]


def _fill(schema: str, name: str = "good") -> None:
    with _own() as own:
        own.execute(sql.SQL("set search_path = {s}").format(s=sql.Identifier(schema)))
        own.execute("insert into growing_thing (name, size, code) values (%s, 3, 'a')", [name])
        own.execute("insert into growing_part (thing_id, number) select id, 5 from growing_thing")


def _sizes(schema: str) -> list[Any]:
    with _own() as own:
        where = sql.Identifier(schema, "growing_thing")
        return own.execute(sql.SQL("select size, note, paint from {t}").format(t=where)).fetchall()


@pytest.mark.one_node(
    "Django's whole range of operations, among them some a node refuses and no migration of ours may use"
)
def test_every_operation_of_django_reaches_every_tenant_as_django_itself_would_do_it(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    with _own() as own:
        own.execute("create schema reference")
    _by_django("reference")
    for name in (*names, "reference"):
        _fill(name)
    app.grow(OPERATIONS)
    report = schemas.migrate_all(names)
    assert report.failed == {}
    assert report.applied == dict.fromkeys(names, len(OPERATIONS))
    _by_django("reference")
    wanted, rows = _shape("reference"), _sizes("reference")
    assert len(wanted) > 20
    assert rows == [(((3 + 2) * 2 + 10) * 2 * 2 + 2, "100% 好", "red")]
    for name in names:
        assert _shape(name) == wanted
        assert _sizes(name) == rows
    schemas.make_schema("newcomer")
    assert _shape("newcomer") == wanted
    assert _drafts() == []


def _by_django(schema: str) -> None:
    """Django's own executor, in a schema of its own."""

    def run(wrapper: Any) -> None:
        settle(wrapper, schema)
        executor = MigrationExecutor(wrapper)
        executor.migrate([key for key in executor.loader.graph.leaf_nodes() if key[0] == "growing"])

    apart(run)


def _drafts() -> list[Any]:
    with _own() as own:
        return own.execute("select nspname from pg_namespace where nspname like 'draft%'").fetchall()


def test_one_bad_schema_is_booked_and_never_stops_the_others(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    for name in names:
        _fill(name, "bad" if name == names[1] else "good")
    app.grow({"before": OPERATIONS["add_index"], "check": "migrations.RunPython(broken)", "after": OPERATIONS["sql"]})
    report = schemas.migrate_all(names)
    assert report.applied == dict.fromkeys([name for name in names if name != names[1]], 3)
    assert list(report.failed) == [names[1]]
    standing = schemas.standing_of(names)
    bad = standing.pop(names[1])
    assert bad.migration == "growing.0002_before"
    assert bad.lacking == ("growing.0003_check", "growing.0004_after")
    assert bad.trouble == "growing.0003_check: AssertionError: a thing is bad"
    assert {(one.lacking, one.trouble) for one in standing.values()} == {((), "")}
    with _own() as own:
        own.execute(sql.SQL("update {t} set name = 'mended'").format(t=sql.Identifier(names[1], "growing_thing")))
    again = schemas.migrate_all(names)
    assert again.applied == {name: 2 if name == names[1] else 0 for name in names}
    assert schemas.standing_of(names)[names[1]].trouble == ""


def test_what_fails_in_an_empty_schema_touches_no_tenant(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    before = [_shape(name) for name in names]
    app.grow({"good": OPERATIONS["add_index"], "wrong": 'migrations.RunSQL("select nonsense")'})
    with pytest.raises(schemas.CannotRender, match=r"growing\.0003_wrong"):
        schemas.migrate_all(names)
    assert [_shape(name) for name in names] == before
    assert _drafts() == []


def test_a_draft_that_was_left_behind_is_swept_away(app: Growing) -> None:
    with _own() as own:
        own.execute("create schema draft_left")
    schemas.steps()
    assert _drafts() == []


def test_a_kill_between_two_steps_goes_on_where_it_was(app: Growing, monkeypatch: pytest.MonkeyPatch) -> None:
    names = _names()
    schemas.migrate_all(names)
    app.grow({"one": OPERATIONS["add_index"], "two": OPERATIONS["add_unique"]})
    from tenants.registry.schemas import applying

    whole = applying._apply

    def dies(wrapper: Any, batch: Any) -> None:
        if batch[0].name == "0003_two":
            raise KeyboardInterrupt
        whole(wrapper, batch)

    monkeypatch.setattr(applying, "_apply", dies)
    with pytest.raises(KeyboardInterrupt):
        schemas.migrate_all(names, parallel=1)
    monkeypatch.undo()
    lacking = [one.lacking for one in schemas.standing_of(names).values()]
    assert lacking == [("growing.0003_two",)] + [("growing.0002_one", "growing.0003_two")] * (len(names) - 1)
    assert schemas.migrate_all(names).applied == {name: 1 if name == names[0] else 2 for name in names}


def test_an_index_half_built_is_built_anew(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    where = sql.Identifier(names[0], "growing_thing")
    with _own() as own:
        for _twice in range(2):
            own.execute(sql.SQL("insert into {t} (name, size) values ('same', 1)").format(t=where))
        with pytest.raises(psycopg.errors.UniqueViolation):
            own.execute(sql.SQL("create unique index concurrently by_paint on {t} (name)").format(t=where))
        own.execute(sql.SQL("delete from {t}").format(t=where))
    app.grow({"add_field": OPERATIONS["add_field"], "concurrently": OPERATIONS["index_concurrently"].replace("paint", "colour")
              .replace("by_colour", "by_paint")})  # fmt: skip
    assert schemas.migrate_all(names).failed == {}
    assert len({tuple(_shape(name)) for name in names}) == 1


def test_a_lock_that_is_held_a_moment_is_waited_for(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    app.grow({"add_field": OPERATIONS["add_field"]})
    schemas.steps()
    with _own() as holder:
        holder.execute("begin")
        holder.execute(
            sql.SQL("lock table {t} in access exclusive mode").format(t=sql.Identifier(names[0], "growing_thing"))
        )
        release = threading.Timer(3.2, lambda: holder.execute("rollback"))
        release.start()
        report = schemas.migrate_all(names)
        release.join()
    assert report.failed == {}


def test_two_upgrades_at_once_do_each_step_once(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    for name in names:
        _fill(name)
    app.grow({"sql": OPERATIONS["sql"]})
    schemas.steps()
    reports: list[schemas.Report] = []

    def upgrade() -> None:
        reports.append(schemas.migrate_all(names))
        connection.close()

    both = [threading.Thread(target=upgrade) for _n in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [report.failed for report in reports] == [{}, {}]
    with _own() as own:
        sizes = [own.execute(sql.SQL("select size from {t}").format(t=sql.Identifier(name, "growing_thing"))).fetchall()
                 for name in names]  # fmt: skip
    assert sizes == [[(5,)]] * len(names)


def test_spares_follow_a_new_migration_and_a_tenant_made_of_one_lacks_nothing(app: Growing, world: World) -> None:
    from tenants.registry.commands import keep_spares

    assert keep_spares(now=world.now, wanted=2) == 2  # the world's own are outdated now
    with _own() as own:
        (name,) = own.execute("select name from registry_spareschema").fetchall()[0]
    assert schemas.standing_of([name])[name].lacking == ()


def test_the_command_says_where_everybody_is(app: Growing) -> None:
    names = _names()
    schemas.migrate_all(names)
    _fill(names[2], "bad")
    app.grow({"check": "migrations.RunPython(broken)"})
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("tenants", "migrate", "--json", stdout=out)
    lines = {line["schema"]: line for line in map(json.loads, out.getvalue().splitlines())}
    assert list(lines) == names
    assert lines[names[2]]["behind"] == 1
    assert lines[names[2]]["trouble"] == "growing.0002_check: AssertionError: a thing is bad"
    assert lines[names[0]] == lines[names[0]] | {
        "behind": 0,
        "trouble": "",
        "applied": 1,
        "migration": "growing.0002_check",
    }
    plain = StringIO()
    call_command("tenants", "list", stdout=plain)
    assert "西湖区" in plain.getvalue()
    assert "a thing is bad" in plain.getvalue()


@pytest.mark.one_node(
    "Django's whole range of operations, among them some a node refuses and no migration of ours may use"
)
def test_what_is_new_is_rendered_in_a_spare_which_stays_as_it_was(
    app: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenants.registry.commands import keep_spares
    from tenants.registry.models import SpareSchema
    from tenants.registry.schemas import rendering

    names = _names()
    schemas.migrate_all(names)
    keep_spares(now=NOW, wanted=1)
    spare = SpareSchema.objects.get().name
    before = _shape(spare)
    new = {name: text for name, text in OPERATIONS.items() if "concurrently" not in name}
    app.grow(new)

    def never() -> Any:
        raise AssertionError("everything was run again from the beginning")

    monkeypatch.setattr(rendering, "steps", never)
    report = schemas.migrate_all(names)
    assert (report.failed, set(report.applied.values())) == ({}, {len(new)})
    assert _shape(spare) == before
    monkeypatch.undo()
    lacking = schemas.standing_of([spare])[spare].lacking
    assert [key.partition(".")[0] for key in lacking] == ["growing"] * len(new)
    with _own() as own:
        own.execute("create schema reference")
    _by_django("reference")
    assert [_shape(name) for name in names] == [_shape("reference")] * len(names)


def test_a_step_that_wants_no_transaction_is_rendered_from_the_beginning(app: Growing) -> None:
    from tenants.registry.commands import keep_spares

    names = _names()
    schemas.migrate_all(names)
    keep_spares(now=NOW, wanted=1)
    app.grow({"add_field": OPERATIONS["add_field"], "rename_field": OPERATIONS["rename_field"],
              "index_concurrently": OPERATIONS["index_concurrently"]})  # fmt: skip
    report = schemas.migrate_all(names)
    assert (report.failed, set(report.applied.values())) == ({}, {3})
