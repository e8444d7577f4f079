"""
The place where places change hands: what one body holds of them goes to another one, in one transaction.

A county that merges gives everything; one that is split gives what lies in the new one today; where a boundary moved, the
same. Which places those are is read from the tree, which a reviewed update has changed before. Numbers that PostgreSQL
counts are counted anew in the other body, and what refers to them follows. Nothing else of a row changes; the sums of
hashes on both sides must add up, or nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, LiteralString

import psycopg
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import SerializationFailure

from falin.kernel.refusals import Refused
from tenants.registry import hands
from tenants.registry.archives.format import SESSION
from tenants.registry.archives.writing import tables_of_schema
from tenants.registry.fingerprints import Print, print_of
from tenants.registry.hands import Goes
from tenants.registry.holding import StillBusy, lock, without_writers
from tenants.registry.types import TenantInfo

_EVER_BELOW = """
select distinct node_id from divisions_divisionversion where county_id = %(county)s or node_id = %(county)s
"""
_NOW_BELOW = """
select v.node_id, min(first.valid_from) from divisions_divisionversion v
join divisions_divisionversion first on first.node_id = v.node_id
    and (first.county_id = %(county)s or first.node_id = %(county)s)
where v.valid_to is null and (v.county_id = %(county)s or v.node_id = %(county)s) group by 1
"""
_STILL_OPEN = "select node_id from divisions_divisionversion where valid_to is null and node_id = any (%(nodes)s)"
_FOREIGN = """
select a.relname, c.attname, b.relname, d.attname
from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
join pg_attribute c on c.attrelid = k.conrelid and c.attnum = k.conkey[1]
join pg_attribute d on d.attrelid = k.confrelid and d.attnum = k.confkey[1]
where k.contype = 'f' and a.relnamespace = %s::text::regnamespace
"""
_COUNTED = """
select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = %s::text::regnamespace and c.relkind = 'r' and a.attidentity <> '' and not a.attisdropped
"""
FILES = "kernel_storedfile"  # its rows name where the file lies: in the folder of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Which places go from whom to whom, since which day, and whether that is all the body had."""

    source: TenantInfo
    target: TenantInfo
    nodes: frozenset[int]
    day: date
    whole: bool


@dataclass(frozen=True, slots=True)
class Folded:
    """What went, table by table: on both sides before and after. The sums were compared."""

    tables: Mapping[str, Mapping[str, Print]] = field(default_factory=dict)

    def as_json(self) -> dict[str, dict[str, str]]:
        return {name: {when: one.as_text() for when, one in prints.items()} for name, prints in self.tables.items()}


class NotTheSame(Exception):
    """What came is not what went: a mistake of ours. Everything is undone."""


# ---- which places -----------------------------------------------------------------------------------------------------
Ask = Callable[
    [LiteralString, Mapping[str, object]], list[tuple[Any, ...]]
]  # rows of a statement, on whatever connection


def change_between(ask: Ask, source: TenantInfo, target: TenantInfo, *, whole: bool) -> Change:
    """
    The places the source had and the target has today. A target that is no tenant yet is known by its place.

    :raises Refused: there are none; or all should go, and some are still the source's or a third body's.
    """
    ever = {node for (node,) in ask(_EVER_BELOW, {"county": source.node_id})}
    begun: dict[int, date] = dict(ask(_NOW_BELOW, {"county": target.node_id}))
    going = {node for node in ever if node in begun and node != source.node_id}
    if not going:
        raise Refused("registry.no_places", _("%(target)s现在没有从%(source)s划来的地方。请先在区划更新里划好，再来办。")
                      % {"source": source.name, "target": target.name})  # fmt: skip
    if whole:
        left = [node for (node,) in ask(_STILL_OPEN, {"nodes": sorted(ever)}) if node not in going]
        if left:
            raise Refused("registry.places_left", _("%(source)s还有 %(n)s 个地方没有划给%(target)s，不能整个并入。")
                          % {"source": source.name, "target": target.name, "n": len(left)})  # fmt: skip
    return Change(
        source=source, target=target, nodes=frozenset(ever if whole else going), whole=whole,
        day=min(begun[node] for node in going),
    )  # fmt: skip


# ---- what goes --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Plan:
    """How each table of the two schemas takes part: read from the catalogue and the declarations."""

    own: psycopg.Connection
    change: Change

    @property
    def schema(self) -> str:
        return self.change.source.schema

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        return {table.name: tuple(column.name for column in table.columns)
                for table in tables_of_schema(self.own, self.schema)}  # fmt: skip

    @cached_property
    def parents(self) -> dict[str, list[tuple[str, str, str]]]:
        """Table → its column, the table above and the column there."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for table, column, above, there in self.own.execute(_FOREIGN, [self.schema]).fetchall():
            found.setdefault(table, []).append((column, above, there))
        return found

    @cached_property
    def counted(self) -> dict[str, str]:
        """Table → the column PostgreSQL counts."""
        return dict(self.own.execute(_COUNTED, [self.schema]).fetchall())

    def going(self) -> Iterator[str]:
        """Tables with rows that go, the ones above first."""
        left = [name for name in self.columns if self.condition(name) is not None]
        while left:
            for name in left:
                if not any(above in left and above != name for _column, above, _there in self.parents.get(name, ())):
                    left.remove(name)
                    yield name
                    break
            else:
                raise NotTheSame(f"tables refer to each other in a ring: {left}")

    def condition(self, table: str) -> sql.Composable | None:
        """Which rows of a table go, over ``x``; ``None`` where none does."""
        way = hands.ways().get(table)
        if way is not None and (way.goes == Goes.STAYS or (way.goes == Goes.WITH_THE_LAST) != self.change.whole):
            return None
        if way is not None and way.goes == Goes.COPIED:  # a body with books of its own keeps them
            return sql.SQL("not exists (select 1 from {t})").format(t=sql.Identifier(self.change.target.schema, table))
        if way is not None or (self.change.whole and "node_id" in self.columns[table]):
            return sql.SQL("true")
        if "node_id" in self.columns[table]:
            return sql.SQL("x.node_id = any ({n})").format(n=sql.Literal(sorted(self.change.nodes)))
        for column, above, there in self.parents.get(table, ()):
            if (upper := self.condition(above)) is not None:
                name = sql.Identifier(f"above_{above}")
                return sql.SQL("exists (select 1 from {t} {p} where {p}.{k} = x.{c} and {w})").format(
                    t=sql.Identifier(self.schema, above), p=name, k=sql.Identifier(there), c=sql.Identifier(column),
                    w=sql.SQL(upper.as_string(self.own).replace("x.", f"{name.as_string(self.own)}.")),
                )  # fmt: skip
            return None
        raise NotTheSame(f"nobody said what becomes of {table}")

    def stays_too(self, table: str) -> bool:
        way = hands.ways().get(table)
        return way is not None and way.goes == Goes.COPIED

    def changed(self, table: str) -> set[str]:
        """The columns that read otherwise afterwards."""
        found = {self.counted[table]} if table in self.counted else set()
        found |= {column for column, above, _there in self.parents.get(table, ()) if above in self.counted}
        return found | ({"path"} if table == FILES else set())


# ---- doing it ---------------------------------------------------------------------------------------------------------
def fold(
    own: psycopg.Connection, change: Change, *, tell: Callable[[int, int], None], now: datetime,
    held: Callable[[], None], after: Callable[[Folded], None],
) -> Folded:  # fmt: skip
    """
    Have the rows go. ``held`` is called when nobody writes in the source any more, ``after`` in the transaction, when
    everything adds up.

    As the owner. Either all of it is done or nothing: a kill leaves the source as it was.

    :raises StillBusy: somebody writes there for longer than others can wait.
    """
    carry_files(own, change)
    tables = sorted(Plan(own, change).columns)
    with without_writers(own, change.source):
        held()
        carry_files(own, change)  # those of the last moment
        own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            with own.transaction():
                lock(own, change.source.schema, tables)
                prints = _carry_all(own, change, tell)
                for one in hands.rewritten():
                    for statement in one.statements:
                        own.execute(statement.encode(), _words(change, now))
                after(folded := Folded(prints))
        except SerializationFailure:
            raise StillBusy from None
        finally:
            own.isolation_level = None
    return folded


def _carry_all(
    own: psycopg.Connection, change: Change, tell: Callable[[int, int], None]
) -> dict[str, dict[str, Print]]:
    _look_at_both(own, change)
    plan, prints = Plan(own, change), dict[str, dict[str, Print]]()
    going = list(plan.going())
    for done, name in enumerate(going):
        tell(done, len(going))
        prints[name] = _carry(plan, name)
    own.execute("set constraints all immediate")
    return prints


def _look_at_both(own: psycopg.Connection, change: Change) -> None:
    for statement in SESSION:
        own.execute(statement)
    own.execute("set local app.whole = 'on'")
    seats = f"{{{change.source.node_id},{change.target.node_id}}}"
    own.execute(sql.SQL("set local app.roots = {n}").format(n=sql.Literal(seats)))
    own.execute("set constraints all deferred")


def _words(change: Change, now: datetime) -> dict[str, object]:
    return {
        "from_node": change.source.node_id, "to_node": change.target.node_id, "from_tenant": change.source.id,
        "to_tenant": change.target.id, "nodes": sorted(change.nodes), "whole": change.whole,
        "month": f"{change.day:%Y-%m}", "now": now,
    }  # fmt: skip


def _carry(plan: Plan, name: str) -> dict[str, Print]:
    """
    One table's rows.

    :raises NotTheSame: what came is not what went.
    """
    own, where = plan.own, plan.condition(name)
    assert where is not None
    source, target = (sql.Identifier(one.schema, name) for one in (plan.change.source, plan.change.target))
    changed, columns = plan.changed(name), plan.columns[name]

    def print_in(table: sql.Identifier, condition: sql.Composable | None = None) -> Print:
        return print_of(own, table, columns, where=condition or sql.SQL("true"), without=changed)

    went, before = print_in(source, where), {"from": print_in(source), "to": print_in(target)}
    came = _insert(plan, name, where, source, target)
    if not plan.stays_too(name):
        own.execute(sql.SQL("delete from {s} x where {w}").format(s=source, w=where))
    after = {"from": print_in(source), "to": print_in(target)}
    left = before["from"] if plan.stays_too(name) else before["from"] - went
    if came != went.rows or after["to"] != before["to"] + went or after["from"] != left:
        raise NotTheSame(f"{name}: {went} {before} {after}")
    return {"went": went, "from before": before["from"], "from after": after["from"], "to before": before["to"],
            "to after": after["to"]}  # fmt: skip


def _insert(plan: Plan, name: str, where: sql.Composable, source: sql.Identifier, target: sql.Identifier) -> int:
    """The rows into the other body's table, under numbers of that one; how many."""
    own, joins = plan.own, list[sql.Composable]()
    shown = {column: sql.SQL("x.{c}").format(c=sql.Identifier(column)) for column in plan.columns[name]}
    if name in plan.counted:
        key = plan.counted[name]
        own.execute(sql.SQL("create temp table {m} on commit drop as select x.{k} as was,"
                            " nextval(pg_get_serial_sequence({t}, {n})) as becomes from {s} x where {w}").format(
            m=sql.Identifier(f"map_{name}"), k=sql.Identifier(key), t=sql.Literal(target.as_string(own)),
            n=sql.Literal(key), s=source, w=where,
        ))  # fmt: skip
        joins.append(_joined(name, key, name))
        shown[key] = sql.SQL("{m}.becomes").format(m=sql.Identifier(f"by_{key}"))
    for column, above, _there in plan.parents.get(name, ()):
        if above in plan.counted:
            joins.append(_joined(above, column, name, left=True))
            shown[column] = sql.SQL("{m}.becomes").format(m=sql.Identifier(f"by_{column}"))
    if name == FILES:
        shown["path"] = sql.SQL("{to} || substr(x.path, {n})").format(
            to=sql.Literal(plan.change.target.schema), n=sql.Literal(len(plan.change.source.schema) + 1)
        )
    return own.execute(
        sql.SQL("insert into {t} ({columns}) overriding system value select {shown} from {s} x {joins} where {w}").format(
            t=target, s=source, w=where, joins=sql.SQL(" ").join(joins),
            columns=sql.SQL(", ").join(map(sql.Identifier, shown)), shown=sql.SQL(", ").join(shown.values()),
        )
    ).rowcount  # fmt: skip


def _joined(mapped: str, column: str, name: str, *, left: bool = False) -> sql.Composed:
    """The new numbers of ``mapped`` beside the rows of ``name`` that hold the old ones in ``column``."""
    return sql.SQL("{kind} join {m} {by} on {by}.was = x.{c}").format(
        kind=sql.SQL("left" if left else ""), m=sql.Identifier(f"map_{mapped}"), by=sql.Identifier(f"by_{column}"),
        c=sql.Identifier(column),
    )  # fmt: skip


# ---- files ------------------------------------------------------------------------------------------------------------
def carry_files(own: psycopg.Connection, change: Change) -> int:
    """Copies of the files that go, in the other body's folder; those that lie there already stay. How many were copied."""
    with own.transaction():
        _look_at_both(own, change)
        where = Plan(own, change).condition(FILES)
        assert where is not None
        paths = own.execute(sql.SQL("select x.path from {t} x where {w} order by x.path").format(
            t=sql.Identifier(change.source.schema, FILES), w=where,
        )).fetchall()  # fmt: skip
    copied = 0
    for (path,) in paths:
        there = change.target.schema + path[len(change.source.schema) :]
        if default_storage.exists(there) or not default_storage.exists(path):
            continue
        with default_storage.open(path) as file:
            default_storage.save(there, file)
        copied += 1
    return copied
