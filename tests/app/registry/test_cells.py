"""The directory of cells, which cell holds a place, and a cell of several nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Forbidden, Invalid
from falin.kernel.transactions import inside, shared
from falin.portal import elsewhere
from tenants.registry import commands, directory
from tenants.registry.models import Cell, Deed, Tenant
from tenants.registry.types import CellInfo
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.changed_places import merge_into_west
from tests.conftest import ADMIN, with_name
from tests.world import NOW, World

LIST = [
    {"code": "a", "name": "平台一", "address": "https://a.example", "places": ["33"]},
    {"code": "b", "name": "平台二", "address": "https://b.example/", "places": ["44", "3302"]},
]


@pytest.fixture(autouse=True)
def _here() -> Iterator[None]:
    kept, settings.CELL = settings.CELL, "a"
    yield
    settings.CELL = kept


def _load(world: World, cells: list[dict[str, Any]], by: str = "operator") -> None:
    scope = world.scope(by)
    with inside(scope, read_only=False):
        given = [CellInfo(**{**cell, "places": tuple(cell["places"])}) for cell in cells]
        commands.replace_cells(scope=scope, cells=given, now=NOW)


def test_the_longest_code_says_which_cell_holds_a_place(world: World) -> None:
    with shared(read_only=True):
        assert directory.cell_holding("4419") is None  # an empty list: one cell, which holds everything
    _load(world, LIST)
    with shared(read_only=True):
        held = {code: directory.cell_holding(code) for code in ("4419", "330106", "330203", "11")}
    assert {code: cell.code if cell else None for code, cell in held.items()} == {
        "4419": "b", "330106": None, "330203": "b", "11": None,
    }  # fmt: skip
    away = elsewhere.find({"node_id": world.node("330203")}, None)
    assert away is not None
    assert away.address == "https://b.example"
    assert elsewhere.find({"node_id": world.node("330106")}, None) is None
    assert elsewhere.find({"code": "441900"}, None) is not None
    assert elsewhere.find({"node_id": 99_999_999}, None) is None


def test_a_list_is_replaced_whole_booked_and_only_by_an_operator(world: World) -> None:
    _load(world, LIST)
    _load(world, LIST[:1])
    assert list(Cell.objects.values_list("code", "address")) == [("a", "https://a.example")]
    assert AuditEntry.objects.filter(act="registry.cells.replaced").count() == 2
    bad = [
        ("no_address", [{**LIST[0], "address": "a.example"}]), ("no_address", [{**LIST[0], "address": "https://[x"}]),
        ("held_twice", [*LIST, {**LIST[0], "code": "c"}]), ("cell_twice", [LIST[0], {**LIST[0], "places": ["44"]}]),
        ("no_cell_code", [{**LIST[0], "code": "A!"}]), ("no_cell_name", [{**LIST[0], "name": " "}]),
        ("no_place_code", [{**LIST[0], "places": ["西湖"]}]), ("no_place_code", [{**LIST[0], "places": ["330"]}]),
    ]  # fmt: skip
    for code, cells in bad:
        with pytest.raises(Invalid) as refused:
            _load(world, cells)
        assert refused.value.code == f"registry.{code}"
    with pytest.raises(Forbidden):
        _load(world, LIST, by="county")
    assert Cell.objects.count() == 1


def test_a_line_that_says_what_it_said_keeps_its_day(world: World) -> None:
    _load(world, LIST)
    later = NOW + timedelta(days=3)
    scope = world.scope("operator")
    with inside(scope, read_only=False):
        second = {**LIST[1], "places": ("44",)}
        commands.replace_cells(
            scope=scope, now=later, cells=[CellInfo(**{**LIST[0], "places": ("33",)}), CellInfo(**second)]
        )
    assert dict(Cell.objects.values_list("code", "since")) == {"a": NOW, "b": later}


def test_the_terminal_loads_and_shows_the_list_and_asks_for_changes(world: World, tmp_path: Path) -> None:
    (tmp_path / "cells.json").write_text(json.dumps(LIST))
    out = StringIO()
    call_command("tenants", "cells", load=tmp_path / "cells.json", username="operator", stdout=out)
    shown = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["code"], one["here"]) for one in shown] == [("a", True), ("b", False)]
    assert all(one["since"] for one in shown)
    for text in ("[", '{"a": 1}', '[{"code": "a"}]'):
        (tmp_path / "cells.json").write_text(text)
        with pytest.raises(CommandError, match="这不是各库的名录"):
            call_command("tenants", "cells", load=tmp_path / "cells.json", username="operator")
    second_operator(world)
    merge_into_west(world)
    upper = Tenant.objects.get(name="上城区")
    asked, done = StringIO(), StringIO()
    words = ["--into", "330106", "--why", "区划调整", "--as", "operator"]
    call_command("tenants", "merge", upper.schema_name, *words, stdout=asked)
    deed = int(asked.getvalue())
    with pytest.raises(CommandError, match="有人处理过"):
        call_command("tenants", "do", str(deed), username="operator2")
    call_command("tenants", "confirm", str(deed), username="operator2")
    with pytest.raises(CommandError, match="正在办"):
        call_command("tenants", "do", str(deed), username="operator2")
    from falin.kernel.models import Job

    Job.objects.update(state="failed")
    call_command("tenants", "do", str(deed), username="operator2", stdout=done)
    assert json.loads(done.getvalue())["rows"] == 0  # nobody had done anything there
    assert Tenant.objects.get(id=upper.id).state == "closed"
    with pytest.raises(CommandError, match="没有这个县"):
        call_command("tenants", "split", "330203", "--to", "999999", "--why", "x", "--as", "operator")
    with pytest.raises(CommandError, match="没有这个库"):
        call_command("tenants", "move", "330203", "--to", "zz", "--why", "x", "--as", "operator")


CITUS = """
create table told (line text);
create table citus_shards (table_name regclass, nodename text, nodeport int);
create table pg_dist_node (nodename text, nodeport int, isactive bool, shouldhaveshards bool);
insert into pg_dist_node values ('w2', 5432, true, true), ('w3', 5433, true, true), ('c', 5432, true, false);
create table pg_dist_partition (logicalrelid regclass, repmodel text);
create function create_reference_table(t regclass) returns void language sql as
$$ insert into told values ('copy ' || t); insert into pg_dist_partition values (t, 't') $$;
create function citus_schema_distribute(s regnamespace) returns void language sql as $$
    insert into told select 'distribute ' || s || ' forced ' || count(*) from pg_class
    where relnamespace = s and relforcerowsecurity;
    insert into citus_shards values ((s || '.django_migrations')::regclass, 'w3', 5433);
    insert into pg_dist_partition values ((s || '.django_migrations')::regclass, 's')
$$;
create function citus_schema_move(s regnamespace, host text, port int) returns void language sql as $$
    insert into told select 'move ' || s || ' ' || host || ' ' || port || ' forced ' || count(*) from pg_class
    where relnamespace = s and relforcerowsecurity;
    update citus_shards set nodename = host, nodeport = port
$$;
create function citus_schema_move(s regnamespace, node int) returns void language sql as $$ $$;
grant all on told, citus_shards, pg_dist_node, pg_dist_partition to public;
"""


@pytest.mark.one_node("a double of Citus; tests/app/registry/test_nodes.py has the real one")
def test_a_schema_is_put_on_a_node_without_forced_row_security_which_it_has_again_afterwards(world: World) -> None:
    with pytest.raises(CommandError, match="只有一台机器"):
        call_command("tenants", "place", "330106", node="w2:5432", username="operator")
    with pytest.raises(CommandError, match="主机名:端口"):
        call_command("tenants", "place", "330106", node="w2", username="operator")
    name = settings.DATABASE_OWNER_URL.rsplit("/", 1)[1]
    with psycopg.connect(with_name(ADMIN, name), autocommit=True) as admin:
        admin.execute(CITUS)
        schema = world.schema("330106")
        forced = "select count(*) from pg_class where relnamespace = %s::text::regnamespace and relforcerowsecurity"
        before = admin.execute(forced, [schema]).fetchone()
        with pytest.raises(CommandError, match="propagate_set_commands"):
            call_command("tenants", "place", "330106", node="w2:5432", username="operator")
        admin.execute(f"alter database {name} set citus.propagate_set_commands = 'local'")
        for unknown in ("w4:5432", "w2:5433", "c:5432"):
            with pytest.raises(CommandError, match="没有这台机器"):
                call_command("tenants", "place", "330106", node=unknown, username="operator")
        assert admin.execute("select from told").fetchall() == []
        with pytest.raises(CommandError, match="没有这名运维人员"):
            call_command("tenants", "place", "330106", node="w2:5432", username="county")
        assert not AuditEntry.objects.filter(act="registry.tenant.placed").exists()
        for node in ("w2:5432", "w3:5433", "w3:5433"):  # the last time it lies there already
            call_command("tenants", "place", "330106", node=node, username="operator")
        assert [line for (line,) in admin.execute("select line from told")] == [
            "copy advisers_firm", "copy advisers_adviser", "copy advisers_seat", f"distribute {schema} forced 0",
            f"move {schema} w2 5432 forced 0", f"move {schema} w3 5433 forced 0",
        ]  # fmt: skip
        assert admin.execute(forced, [schema]).fetchone() == before != (0,)
    booked = AuditEntry.objects.filter(act="registry.tenant.placed", person_id=world.scope("operator").person_id)
    assert list(booked.order_by("id").values_list("subject_id", "after")) == [
        (schema, {"host": "w2:5432"}), (schema, {"host": "w3:5433"})
    ]  # fmt: skip


@pytest.mark.one_node("a double of Citus; there merges and splits are a known limit")
@pytest.mark.parametrize("placed", ["上城区", "西湖区"])
def test_who_lies_on_a_node_of_his_own_is_not_merged_and_is_told_so_before_anything_is_asked(
    world: World, placed: str
) -> None:
    second_operator(world)
    merge_into_west(world)
    upper, west = (Tenant.objects.get(name=name).schema_name for name in ("上城区", "西湖区"))
    name = settings.DATABASE_OWNER_URL.rsplit("/", 1)[1]
    with psycopg.connect(with_name(ADMIN, name), autocommit=True) as admin:
        admin.execute(CITUS)
        admin.execute("select citus_schema_distribute(%s::text::regnamespace)", [upper if placed == "上城区" else west])
    with pytest.raises(CommandError, match=f"{placed}的数据已经放到单独的机器上"):
        call_command("tenants", "merge", upper, "--into", "330106", "--why", "区划调整", "--as", "operator")
    assert not Deed.objects.exists()


def test_a_pointer_to_another_cell_is_no_tenant_here(world: World) -> None:
    from falin.config import tasks
    from tenants.registry import queries

    _load(world, LIST)
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="elsewhere", cell="b")
    schema = world.schema("330203")
    assert "西湖区" not in {tenant.name for tenant in queries.list_tenants()}
    assert len([scope for scope in tasks.systems() if scope.schema != "public"]) == 4
    assert schema in {scope.schema for scope in tasks.systems()}
    operator = world.scope("operator")
    with inside(operator, read_only=True):
        (row,) = queries.list_overview(scope=operator, tenant_id=tenant_of(world, "330106"))
    assert (row.trouble, row.behind, row.tenant.cell) == ("", 0, "b")
