"""
The place where a tenant's rows come into a cell, whoever brings them: an archive, or another cell.

They are loaded into a schema nobody knows and compared there; only then does it take the tenant's place, in one
transaction. Shared rows that are there already stay as they are: the cell's own word is newer. Numbers are never changed:
a tenant, person or place whose number means another here is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel import crypto
from falin.kernel.audit import keys as audit_keys
from falin.kernel.audit import record, sealing
from falin.kernel.crypto.columns import Place
from falin.kernel.refusals import Refused
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from tenants.registry import schemas
from tenants.registry.archives.format import Table
from tenants.registry.archives.writing import belonging_of, filled, plain_values
from tenants.registry.commands.provisioning import make_spare
from tenants.registry.models import Tenant
from tenants.registry.types import State, TenantInfo

Values = Mapping[str, Mapping[str, str]]  # column → row → plain value

_INDEXES = """
select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = %s::regclass and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
"""
_TAKE = """
delete from registry_spareschema where name = (
    select name from registry_spareschema where heads = %s order by made_at limit 1 for update skip locked
) returning name
"""


# ---- a schema for them ------------------------------------------------------------------------------------------------
def keep_one_spare(own: psycopg.Connection, *, now: datetime) -> None:
    """That a spare schema lies ready; before the transaction that takes it."""
    if own.execute("select from registry_spareschema where heads = %s", [schemas.heads()]).fetchone() is None:
        make_spare(own, schemas.heads(), now)


def take_draft(own: psycopg.Connection) -> str:
    """
    A spare schema for the open transaction: undone, by a kill too, it is a spare again.

    :raises Refused: somebody else took the last one.
    """
    row = own.execute(_TAKE, [schemas.heads()]).fetchone()
    if row is None:
        raise Refused("registry.no_spare", _("没有备用的库空间，请稍后再试。"))
    return str(row[0])


def made_bare(own: psycopg.Connection, schema: str, table: str) -> list[sql.Composable]:
    """
    A table ready for loading; what puts back what was taken off it. COPY does not go through row security, which nobody
    needs who cannot see the schema; and an index built in one go takes a fraction of one that grows row by row.
    """
    target, again = sql.Identifier(schema, table), list[sql.Composable]()
    row = own.execute("select relforcerowsecurity from pg_class where oid = %s::regclass",
                      [target.as_string(own)]).fetchone()  # fmt: skip
    for name, definition in own.execute(_INDEXES, [target.as_string(own)]).fetchall():
        own.execute(sql.SQL("drop index {i}").format(i=sql.Identifier(schema, name)))
        again.append(sql.SQL(definition))  # as PostgreSQL itself writes it
    if row and row[0]:
        own.execute(sql.SQL("alter table {t} no force row level security").format(t=target))
        again += [sql.SQL("set constraints all immediate"), sql.SQL("set constraints all deferred"),
                  sql.SQL("alter table {t} force row level security").format(t=target)]  # fmt: skip
    return again


# ---- what came sealed -------------------------------------------------------------------------------------------------
def seal_again(
    own: psycopg.Connection, table: Table, target: sql.Identifier, tenant: TenantInfo, values: Values
) -> None:
    """
    What left sealed goes under this cell's keys, and blind indexes are made with them.

    :raises Refused: the province's key, under which a row would be, is not here.
    """
    if not any(values.values()):
        return
    key, belonging = sql.Identifier("x", table.key[0]), belonging_of(table.name) if table.shared else None
    under = filled(belonging.sealed_under, tenant) if belonging else sql.Literal(tenant.schema)
    schema_of: dict[str, str] = dict(
        own.execute(sql.SQL("select {k}::text, {u} from {t} x").format(k=key, u=under, t=target)).fetchall()
    )
    declared = {one.field: one.column for one in crypto.declared() if one.table == table.name}
    for name in table.blank:
        plain = values.get(name, {})
        if any(schema_of[row] is None for row in plain):
            raise Refused("registry.no_province", _("这个库里还没有省级单位，号码没有密钥可用。请先恢复或开通省级。"))
        sealed = {row: crypto.encrypt(value, Place(schema_of[row], table.name, declared[name], row))
                  if name in declared else value for row, value in plain.items()}  # fmt: skip
        _write(own, table, target, name, sealed)
        for index, (field, purpose) in (belonging.indexes if belonging else {}).items():
            if field == name:
                _write(own, table, target, index, {
                    row: crypto.blind_index(value, tenant=schema_of[row], purpose=purpose) for row, value in plain.items()
                })  # fmt: skip


def _write(own: psycopg.Connection, table: Table, target: sql.Identifier, name: str, fresh: Mapping[str, Any]) -> None:
    kinds = {column.name: column.kind for column in table.columns}
    words = sql.SQL("update {t} x set {c} = v.value from unnest(%s::{key_kind}[], %s::{kind}[]) v (row, value)"
                    " where x.{k} = v.row").format(
        t=target, c=sql.Identifier(name), k=sql.Identifier(table.key[0]), kind=sql.SQL(kinds[name].partition("(")[0]),
        key_kind=sql.SQL(kinds[table.key[0]]),
    )  # fmt: skip
    own.execute(words, [list(fresh), list(fresh.values())])


def opens_the_same(
    own: psycopg.Connection, table: Table, source: sql.Composable, where: sql.Composable, tenant: TenantInfo,
    values: Values,
) -> bool:  # fmt: skip
    """That what was sealed opens here again and says what it said."""
    found = {(column, row): value for _name, row, column, value in plain_values(own, table, source, where, tenant)}
    return found == {(column, row): value for column, rows in values.items() for row, value in rows.items()}


# ---- shared rows ------------------------------------------------------------------------------------------------------
def leave_known(own: psycopg.Connection, table: Table, come: sql.Identifier) -> int:
    """
    Take out of ``come`` the rows that are here already; how many.

    :raises Refused: a number of theirs means something else here.
    """
    belonging, target = belonging_of(table.name), sql.Identifier("public", table.name)
    known = belonging.natural or table.key
    here = sql.SQL("select from {t} p where ({p}) = ({x})").format(
        t=target, p=_columns("p", known), x=_columns("x", known)
    )
    if belonging.same:
        others = own.execute(sql.SQL("select {k}::text from {c} x where exists ({here} and ({p}) is distinct from ({x}))"
                                     " limit 1").format(
            k=sql.Identifier("x", known[0]), c=come, here=here, p=_columns("p", belonging.same),
            x=_columns("x", belonging.same),
        )).fetchone()  # fmt: skip
        if others:
            raise Refused("registry.not_the_same", _("%(table)s 中编号 %(row)s 在这个库里是另一项，不能恢复到这里。")
                          % {"table": table.name, "row": others[0]})  # fmt: skip
    # Found first and then taken out: a node deletes nothing by what another one's table holds.
    key = sql.Identifier(table.key[0])
    found = own.execute(
        sql.SQL("select x.{k} from {c} x where exists ({here})").format(k=key, c=come, here=here)
    ).fetchall()
    own.execute(sql.SQL("delete from {c} where {k} = any (%s)").format(c=come, k=key), [[one for (one,) in found]])
    return len(found)


def bring_in(own: psycopg.Connection, table: Table, come: sql.Identifier) -> sql.Composed:
    """The rows of ``come`` into the shared table; which of its rows they are now, as a condition over ``x``."""
    belonging, target = belonging_of(table.name), sql.Identifier("public", table.name)
    names = [column.name for column in table.columns if not (belonging.natural and column.name in table.key)]
    largest = _largest(own, table, target) if belonging.derived else 0
    own.execute(sql.SQL("insert into {t} ({n}) select {n} from {c} x").format(
        t=target, n=sql.SQL(", ").join(map(sql.Identifier, names)), c=come
    ))  # fmt: skip
    _past_the_largest(own, table, target)
    if belonging.derived:
        belonging.derived(own, largest)
    known = belonging.natural or table.key
    return sql.SQL("exists (select from {c} c where ({p}) = ({x}))").format(
        c=come, p=_columns("c", known), x=_columns("x", known)
    )


def _columns(alias: str, names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


def _largest(own: psycopg.Connection, table: Table, target: sql.Identifier) -> int:
    row = own.execute(sql.SQL("select coalesce(max({k}), 0) from {t}").format(k=sql.Identifier(table.key[0]), t=target))
    return int((row.fetchone() or (0,))[0])


def _past_the_largest(own: psycopg.Connection, table: Table, target: sql.Identifier) -> None:
    """A shared table counts on after the largest number that came in."""
    (key, *_rest) = table.key
    row = own.execute("select pg_get_serial_sequence(%s, %s)", [target.as_string(own), key]).fetchone()
    if row and row[0]:
        own.execute(sql.SQL("select setval({s}, greatest((select max({k}) from {t}),"
                            " (select last_value from {q})))").format(
            s=sql.Literal(row[0]), k=sql.Identifier(key), t=target, q=sql.SQL(row[0]),
        ))  # fmt: skip


# ---- numbers and places -----------------------------------------------------------------------------------------------
def number_taken(what: object) -> Refused:
    return Refused(
        "registry.number_taken", _("这里已有编号或名称相同的另一项（%(what)s），不能恢复到这个库。") % {"what": what}
    )


def enter(own: psycopg.Connection, tenant: TenantInfo, *, cell: str, now: datetime, hold: bool = True) -> State | None:
    """
    The tenant's line in the directory, as a pointer to where it comes from until all is done; its state if it had one.
    ``hold``: nobody else changes it meanwhile.

    :raises Refused: its number or place is another tenant's.
    """
    numbers = [tenant.id, tenant.schema, tenant.node_id]
    if hold:
        own.execute("select from registry_tenant where id = %s or schema_name = %s or node_id = %s for update", numbers)
    row = own.execute(
        "select id, schema_name, node_id, state from registry_tenant where id = %s or schema_name = %s or node_id = %s",
        numbers,
    ).fetchone()
    if row is None:
        own.execute(
            "insert into registry_tenant (id, schema_name, node_id, kind, name, state, cell, provisioned_at, state_at)"
            " values (%s, %s, %s, %s, %s, 'elsewhere', %s, %s, %s)",
            [tenant.id, tenant.schema, tenant.node_id, tenant.kind, tenant.name, cell, now, now],
        )
        own.execute(
            "select setval(pg_get_serial_sequence('registry_tenant', 'id'), (select max(id) from registry_tenant))"
        )
        return None
    if row[:3] != (tenant.id, tenant.schema, tenant.node_id):
        raise number_taken(row[1])
    return State(row[3])


def continue_sequences(own: psycopg.Connection, sequences: Mapping[str, int | None], schema: str) -> None:
    for name, last in sequences.items():
        if last is not None:
            own.execute("select setval(%s::regclass, %s)", [sql.Identifier(schema, name).as_string(own), last])


def take_place(own: psycopg.Connection, tenant: TenantInfo, draft: str, *, mark: str, now: datetime) -> None:
    """The draft becomes the tenant's schema, closed under ``mark`` until its log was closed; one that is there is kept."""
    name = sql.Identifier(tenant.schema)
    if own.execute("select 1 from pg_namespace where nspname = %s", [tenant.schema]).fetchone():
        aside = sql.Identifier(f"replaced_{tenant.schema}_{now:%Y%m%d%H%M%S}")
        own.execute(sql.SQL("alter schema {n} rename to {a}").format(n=name, a=aside))
    own.execute(sql.SQL("alter schema {d} rename to {n}").format(d=sql.Identifier(draft), n=name))
    own.execute("update registry_tenant set state = 'closed', cell = '', state_at = %s, state_why = %s where id = %s",
                [now, mark, tenant.id])  # fmt: skip


def stands_under(own: psycopg.Connection, tenant: TenantInfo, mark: str) -> bool:
    """Whether an earlier try has put it in its place already."""
    words = "select from registry_tenant where id = %s and state = 'closed' and state_why = %s"
    return own.execute(words, [tenant.id, mark]).fetchone() is not None


def carry_on(
    tenant: TenantInfo, *, act: str, after: Mapping[str, Any], public_keys: Iterable[str], state: State, why: str,
    now: datetime,
) -> None:  # fmt: skip
    """
    The sealed log goes on: our key vouches for those it was signed with, and one batch under this cell's numbers closes
    what came along unsealed. In the same transaction the tenant stands.
    """
    scope = system_scope(schema=tenant.schema, tenant_id=tenant.id, grants=frozenset(), roots=(tenant.node_id,))
    with inside(scope, read_only=False):
        for public in public_keys:
            audit_keys.vouch_for(public, now=now)
        record(
            scope=scope, act=act, subject=("tenant", tenant.schema), node_id=tenant.node_id, now=now, after=dict(after)
        )
        sealing.carry_on(scope=scope, now=now)
        Tenant.objects.filter(id=tenant.id).update(state=state, state_at=now, state_why=why)
