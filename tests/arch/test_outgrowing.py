"""SQL, migrations and models keep to what a cell of several machines can hold; each rule is seen to fail on a bad sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import connection, models
from django.test.utils import isolate_apps

from falin.kernel.database.operations import POLICIES
from falin.kernel.models import PublicModel, TenantModel
from falin.kernel.transactions import inside
from tenants.registry import schemas
from tests.arch.outgrowing import SOURCE_RULES, SQL_RULES, model_breaks, several, sql_in, strangers_in
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
OURS = ("platform/falin", "tenants", "services")


def _sources() -> Iterator[Path]:
    for folder in OURS:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts)


def test_every_written_statement_keeps_the_rules() -> None:
    bad, seen = [], 0
    for source in _sources():
        for line, sql in sql_in(source):
            seen += 1
            bad += [f"{source.relative_to(ROOT)}:{line} {rule.words}: {found[:80]}"
                    for rule in SQL_RULES for found in rule.broken(sql)]  # fmt: skip
    assert not bad, "\n".join(bad)
    assert seen > 50


def test_every_migration_of_a_tenants_schema_keeps_the_rules(world: World) -> None:
    sent = {step.key: ";\n".join(part for part in step.parts if isinstance(part, str)) for step in schemas.steps()}
    bad = [f"{step} {rule.words}: {found[:80]}" for step, statements in sent.items()
           for rule in SQL_RULES if rule.code != "alone" for found in rule.broken(statements)]  # fmt: skip
    bad += [f"{step.key}: several statements in one message" for step in schemas.steps() for part in step.parts
            if isinstance(part, str) and several(part)]  # fmt: skip
    assert not bad, "\n".join(bad)
    assert sum("create policy" in statements for statements in sent.values()) == 2


def test_what_a_migration_says_at_once_is_counted() -> None:
    assert several("update t set a = 1; update t set b = 2")
    assert not several("create function f() returns void language plpgsql as $$ begin perform 1; perform 2; end $$;")


def test_every_policy_there_is_keeps_the_rules() -> None:
    for name, rule in POLICIES.items():
        statement = f"create policy p on t using ({rule}) with check ({rule})"
        assert [one.code for one in SQL_RULES if list(one.broken(statement))] == [], name


def test_the_source_keeps_the_rules() -> None:
    bad = [f"{source.relative_to(ROOT)} {rule.words}: {found}" for source in _sources()
           for rule in SOURCE_RULES for found in rule.broken(source.read_text(encoding="utf-8"))]  # fmt: skip
    assert not bad, "\n".join(bad)


def test_every_model_keeps_the_rules() -> None:
    ours = [model for model in apps.get_models() if hasattr(model, "tenancy")]
    assert len(ours) > 25
    assert [line for model in ours for line in model_breaks(model)] == []


BAD_SQL = {
    "scope": "select set_config('app.nodes', '{1}', true)",
    "alone": "set local app.whole = 'on'; select 1",
    "policy": [
        "create policy p on t using (node_id in (select node_id from seats))",
        "create policy p on t using (node_id = current_setting('app.node')::bigint)",
    ],
    "serial": ["create table t (id bigserial primary key)", "create table t (id serial)"],
    "volatile": [
        "update duty_visit set recorded_at = clock_timestamp() where id = 1",
        "select * from duty_visit where random() < 0.1",
        "delete from kernel_job where id = gen_random_uuid()",
        "create function f() returns void language sql as $$ select 1; delete from t where id = nextval('a') $$",
    ],
    "values": "insert into t (a) values ((select max(a) from t))",
    "trigger": [
        "create function f() returns trigger language plpgsql as $$ begin insert into notes values (1); return new; end $$",
        "create function f() returns trigger language plpgsql as $$ begin perform pg_notify('a', ''); return new; end $$",
    ],
    "public": 'alter table t add constraint c foreign key (a) references "public"."identity_person" (id)',
    "named": 'select * from "t00012".duty_visit',
    "deferred": "alter table t add constraint c unique (a) deferrable initially deferred",
    "moment": [
        "update duty_visit set ends_at = ends_at - interval '10 minutes' where id = %s",
        "update duty_visit set ends_at = ends_at + '10 minutes'::interval where id = %s",
    ],
    "beside": "select * from duty_visit v where exists (select 1 from public.divisions_node n where n.id = v.node_id)",
}
GOOD_SQL = (
    "create function enter(t text) returns void language plpgsql as $$ begin execute format('set local a = %L', t); end $$",
    "set local lock_timeout = '3s'",
    "create policy p on t using (current_setting('app.whole', true) = 'on')",
    "create table t (id bigint generated by default as identity)",
    "update duty_visit set recorded_at = %s where id = %s and note <> 'where random() is a word'",
    "insert into t (id) values (gen_random_uuid())",
    ("create function f() returns trigger language plpgsql as"
     " $$ begin execute format('insert into %I.notes values (1)', tg_table_schema); return new; end $$"),
    'alter table t add constraint c foreign key (a) references "duty_visit" (id) deferrable initially deferred',
    "select nextval(pg_get_serial_sequence('divisions_node', 'id'))",
    "select ends_at - interval '10 minutes' from duty_visit",
)  # fmt: skip


@pytest.mark.parametrize("rule", SQL_RULES, ids=lambda rule: rule.code)
def test_a_rule_of_sql_fails_on_what_breaks_it_and_on_nothing_else(rule: object) -> None:
    samples = BAD_SQL[rule.code]  # type: ignore[attr-defined]
    for sample in [samples] if isinstance(samples, str) else samples:
        assert [one.code for one in SQL_RULES if list(one.broken(sample))] == [rule.code], sample  # type: ignore[attr-defined]


@pytest.mark.parametrize("sql", GOOD_SQL)
def test_what_is_right_breaks_no_rule(sql: str) -> None:
    assert [one.code for one in SQL_RULES if list(one.broken(sql))] == []


def test_a_rule_of_the_source_fails_on_what_breaks_it() -> None:
    samples = {"prefix": 'if diagnosis.constraint_name == "one_open_binding":', "chance": 'rows.order_by("?")'}
    for rule in SOURCE_RULES:
        assert [code for code, sample in samples.items() if list(rule.broken(sample))] == [rule.code]


def test_sql_is_found_where_it_is_written(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text(
        '"""select nothing here"""\nwho = 1\nrun(f"select * from {who} where random() < 1")\nsay("chosen ones")\n'
    )
    assert list(sql_in(source)) == [(3, "select * from {} where random() < 1")]


@pytest.mark.parametrize(
    ("sql", "strange"),
    [
        ('select * from "duty_visit" v join "indicators_figure" f on f.node_id = v.node_id', ("indicators_figure",)),
        ("select 1 from public.divisions_node n where exists (select from kernel_job)", ("divisions_node",)),
        ('select * from "advisers_adviser" a where exists (select 1 from "advisers_appointment" u)', ()),
        ("select * from identity_person join identity_binding on true", ()),
        ("insert into indicators_figure (month) select month from indicators_run", ()),
        ("update duty_visit set note = 'as in identity_person' where id = 1", ()),
    ],
)
def test_a_bodys_table_meets_no_shared_one_that_not_every_node_has(sql: str, strange: tuple[str, ...]) -> None:
    assert strangers_in(sql) == strange


def test_a_statement_a_test_sends_is_judged_in_a_bodys_transaction(world: World) -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from duty_visit v join public.divisions_node n on n.id = v.node_id")

    with inside(world.scope("county"), read_only=True), pytest.raises(AssertionError, match="divisions_node"):
        ask()


@isolate_apps("falin.kernel")
def test_a_model_is_told_what_it_does_wrong() -> None:
    class Shared(PublicModel):
        id = models.BigAutoField(primary_key=True)

        class Meta:
            app_label = "kernel"

    class Held(TenantModel):
        id = models.AutoField(primary_key=True)
        shared = models.ForeignKey(Shared, models.PROTECT)
        span = models.IntegerField()

        class Meta:
            app_label = "kernel"
            constraints = [
                models.UniqueConstraint(fields=["span"], name="late", deferrable=models.Deferrable.DEFERRED),
                ExclusionConstraint(name="later", expressions=[("span", RangeOperators.EQUAL)],
                                    deferrable=models.Deferrable.DEFERRED),
            ]  # fmt: skip

    assert model_breaks(Shared) == []
    assert [line.partition(": ")[2] for line in model_breaks(Held)] == [
        "key of 32 bits", "foreign key to a shared table", "late is found out at the commit",
        "later is found out at the commit",
    ]  # fmt: skip
