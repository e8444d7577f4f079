"""
The end of the pipe in the cell a tenant comes to. Until ``open`` nobody here sees any of it: rows lie in a schema
``coming_…``, those for shared tables beside them, and the directory still points to where the tenant lives.

``open`` is said when the other cell has given the tenant up, by this line or, after a kill, by a new one: all it needs lies in
the schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import UniqueViolation

from falin.kernel import clock
from falin.kernel.refusals import Refused
from tenants.registry import schemas
from tenants.registry.archives import arriving
from tenants.registry.archives.format import Table
from tenants.registry.archives.writing import look_at, plain_values, tables_of_schema
from tenants.registry.fingerprints import print_of
from tenants.registry.moving.wire import Broken, Line, Message
from tenants.registry.types import Kind, State, TenantInfo

MOVED_IN = "registry.tenant.arrived"


def receive(line: Line) -> None:
    """Answer until the other end is done or gone. What is not ready when it goes is thrown away."""
    with schemas.owner() as own:
        receiver = Receiver(own, line)
        try:
            while True:
                message = line.hear()
                if message.name not in {"data", "end"}:  # what is left of rows that were refused
                    receiver.answer(message)
        except Broken:
            receiver.throw_away()


class Receiver:
    """One tenant on its way in."""

    def __init__(self, own: psycopg.Connection, line: Line) -> None:
        self.own, self.line = own, line
        self.tenant: TenantInfo | None = None
        self.again: list[Any] = []
        self.shared: dict[str, Table] = {}
        self.settled = self.ready = False

    def answer(self, message: Message) -> None:
        """One message; a refusal goes back as one."""
        known: dict[str, Callable[[Message], Mapping[str, Any]]] = {
            "hello": self.hello, "rows": self.rows, "settle": self.settle, "prints": self.prints, "files": self.files,
            "file": self.file, "ready": self.be_ready, "open": self.open, "begin": self.begin, "commit": self.commit,
            "forget": self.forget,
        }  # fmt: skip
        try:
            self.line.say("done", **known[message.name](message))
        except UniqueViolation as twice:
            refused = arriving.number_taken(twice.diag.constraint_name)
            self.line.say("refused", code=refused.code, message=refused.message)
        except Refused as refused:
            self.line.say("refused", code=refused.code, message=refused.message)

    @property
    def schema(self) -> str:
        assert self.tenant is not None
        return f"coming_{self.tenant.schema}"

    @property
    def drafted(self) -> TenantInfo:
        assert self.tenant is not None
        return replace(self.tenant, schema=self.schema)

    # ---- before the other cell gives it up ------------------------------------------------------------------------
    def hello(self, message: Message) -> Mapping[str, Any]:
        """Who comes; what an earlier try left is thrown away."""
        said = message.words
        if set(said["migrations"]) != set(schemas.plan()):
            raise Refused("registry.other_release", _("两个库的结构版本不同。请先把两边升级到同一版本。"))
        self.tenant = _tenant(said["tenant"])
        arriving.keep_one_spare(self.own, now=clock.now())
        with self.own.transaction():
            for one in filter(None, (said["province"], said["tenant"])):
                state = arriving.enter(self.own, _tenant(one), cell=said["cell"], now=clock.now())
                if one is said["tenant"] and state not in {None, State.ELSEWHERE}:
                    raise Refused("registry.still_open", _("那个库里已经有这个单位了。"))
            self._drop()
            spare = arriving.take_draft(self.own)
            self.own.execute(sql.SQL("alter schema {a} rename to {b}").format(
                a=sql.Identifier(spare), b=sql.Identifier(self.schema)
            ))  # fmt: skip
            for table in list(tables_of_schema(self.own, self.schema)):
                self.again += arriving.made_bare(self.own, self.schema, table.name)
        return {}

    def rows(self, message: Message) -> Mapping[str, Any]:
        """Rows of one table: all there are, or those that changed."""
        table, whole = Table.from_json(message.words["table"]), message.words["whole"]
        target, fresh = self._place_of(table), sql.Identifier("fresh")
        if whole and not self.settled:
            ended = self._copy(table, target)
        else:
            self.own.execute(sql.SQL("create temp table {f} (like {t})").format(f=fresh, t=target))
            ended = self._copy(table, fresh)
            gone = sql.SQL("true") if whole else sql.SQL("exists (select from {f} f where {k})").format(
                f=fresh, k=sql.SQL(" and ").join(
                    sql.SQL("f.{k} = x.{k}").format(k=sql.Identifier(name)) for name in table.key
                ),
            )  # fmt: skip
            self.own.execute(sql.SQL("delete from {t} x where {w}").format(t=target, w=gone))
            self.own.execute(sql.SQL("insert into {t} overriding system value select * from {f}").format(
                t=target, f=fresh
            ))  # fmt: skip
            self.own.execute(sql.SQL("drop table {f}").format(f=fresh))
        arriving.seal_again(self.own, table, target, self.drafted, ended.words["values"])
        return {}

    def begin(self, message: Message) -> Mapping[str, Any]:
        """A pass over all tables: in one transaction, for rows come before those they refer to."""
        self.own.execute("begin")
        look_at(self.own, self.drafted)
        self.own.execute("set constraints all deferred")
        return {}

    def commit(self, message: Message) -> Mapping[str, Any]:
        self.own.execute("commit")
        return {}

    def _place_of(self, table: Table) -> sql.Identifier:
        """Where a table's rows lie meanwhile; those for a shared one in a copy of it."""
        if not table.shared:
            return sql.Identifier(self.schema, table.name)
        place = sql.Identifier(self.schema, f"came_{table.name}")
        if table.name not in self.shared:
            self.own.execute(sql.SQL("create table {c} (like {t})").format(
                c=place, t=sql.Identifier("public", table.name)
            ))  # fmt: skip
            self.shared[table.name] = table
        return place

    def _copy(self, table: Table, target: sql.Identifier) -> Message:
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
        words = sql.SQL("copy {t} ({columns}) from stdin (format csv, encoding 'UTF8')")
        with self.own.cursor() as cursor, cursor.copy(words.format(t=target, columns=columns)) as copy:
            while (part := self.line.hear()).name == "data":
                copy.write(part.data)
        return part

    def settle(self, message: Message) -> Mapping[str, Any]:
        """Indexes and row security as they belong; what comes after is little."""
        with self.own.transaction():
            look_at(self.own, self.drafted)
            self.own.execute("set local maintenance_work_mem = '256MB'")
            for statement in self.again:
                self.own.execute(statement)
        for table in list(tables_of_schema(self.own, self.schema)):
            self.own.execute(sql.SQL("analyze {t}").format(t=sql.Identifier(self.schema, table.name)))
        self.settled = True
        return {}

    def prints(self, message: Message) -> Mapping[str, Any]:
        """What lies here, table by table."""
        found = {}
        with self.own.transaction():
            look_at(self.own, self.drafted)
            for said in message.words["tables"]:
                table = Table.from_json(said)
                found[table.name] = fingerprint(self.own, table, self._place_of(table), sql.SQL("true"), self.drafted)
        return {"tables": found}

    def files(self, message: Message) -> Mapping[str, Any]:
        return {"lacking": [path for path in message.words["paths"] if not default_storage.exists(path)]}

    def file(self, message: Message) -> Mapping[str, Any]:
        default_storage.save(message.words["path"], ContentFile(message.data))
        return {}

    def be_ready(self, message: Message) -> Mapping[str, Any]:
        """Everything is here. That the shared rows can come in is tried now, while there is a way back."""
        with self.own.transaction():
            look_at(self.own, self.drafted)
            arriving.continue_sequences(self.own, message.words["sequences"], self.schema)
            note = {"shared": [table.as_json() for table in self.shared.values()]}
            self.own.execute(sql.SQL("comment on schema {s} is {n}").format(
                s=sql.Identifier(self.schema), n=sql.Literal(json.dumps(note))
            ))  # fmt: skip
            with self.own.transaction() as rehearsal:
                _bring_all(self.own, self.schema, self.shared.values())
                raise psycopg.Rollback(rehearsal)
        self.ready = True
        return {}

    def forget(self, message: Message) -> Mapping[str, Any]:
        """The other cell keeps the tenant after all."""
        self.ready = False
        return {}

    # ---- afterwards -----------------------------------------------------------------------------------------------
    def open(self, message: Message) -> Mapping[str, Any]:
        """The other cell has given it up: here it stands. Said again it does nothing."""
        said, now = message.words, clock.now()
        self.tenant, mark = _tenant(said["tenant"]), f"move {said['move']}"
        row = self.own.execute("select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
                               [self.schema]).fetchone()  # fmt: skip
        if row is not None:
            note = json.loads(row[0])
            with self.own.transaction():
                look_at(self.own, self.drafted)
                _bring_all(self.own, self.schema, [Table.from_json(one) for one in note["shared"]])
                for one in note["shared"]:
                    self.own.execute(
                        sql.SQL("drop table {t}").format(t=sql.Identifier(self.schema, f"came_{one['name']}"))
                    )
                arriving.take_place(self.own, self.tenant, self.schema, mark=mark, now=now)
                tell_directory(self.own, said["code"], settings.CELL)
        if arriving.stands_under(self.own, self.tenant, mark):
            arriving.carry_on(self.tenant, act=MOVED_IN, after={"from": said["cell"]}, public_keys=said["keys"],
                              state=State(said["state"]), why=said["why"], now=now)  # fmt: skip
        self.ready = True
        return {}

    def throw_away(self) -> None:
        """What came so far, unless the other cell may have given the tenant up."""
        if self.tenant is not None and not self.ready:
            self.own.rollback()  # a pass that broke off
            with self.own.transaction():
                self._drop()

    def _drop(self) -> None:
        self.own.execute(sql.SQL("drop schema if exists {s} cascade").format(s=sql.Identifier(self.schema)))


def _bring_all(own: psycopg.Connection, schema: str, tables: Any) -> None:
    for table in tables:
        come = sql.Identifier(schema, f"came_{table.name}")
        arriving.leave_known(own, table, come)
        arriving.bring_in(own, table, come)
    own.execute("set constraints all immediate")


def fingerprint(
    own: psycopg.Connection, table: Table, source: sql.Composable, where: sql.Composable, tenant: TenantInfo
) -> list[str]:
    """Of what is readable by a sum of hashes, of what is sealed by a hash of the plain values."""
    columns = [column.name for column in table.columns]
    blank = {*table.blank, *(index for index, _field in table.kept)}
    shown = print_of(own, source, columns, where=where, without=blank)
    plain = sorted(plain_values(own, table, source, where, tenant)) if table.blank else []
    return [shown.as_text(), hashlib.sha256(json.dumps(plain).encode()).hexdigest()]


def tell_directory(own: psycopg.Connection, code: str, cell: str) -> None:
    """From now on the place with this code is that cell's, in this cell's copy of the list."""
    own.execute(
        "update registry_cell set places = (places - %(code)s) || case when code = %(cell)s then"
        " jsonb_build_array(%(code)s::text) else '[]'::jsonb end where jsonb_exists(places, %(code)s) or code = %(cell)s",
        {"code": code, "cell": cell},
    )


def _tenant(said: Mapping[str, Any]) -> TenantInfo:
    return TenantInfo(id=said["id"], schema=said["schema"], node_id=said["node_id"], kind=Kind(said["kind"]),
                      name=said["name"], state=State.CLOSED)  # fmt: skip
