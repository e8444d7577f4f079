"""
The place where an archive becomes a tenant again, in the cell it came from or in another one.

Everything is loaded into a schema that nobody knows and compared there with the archive, table by table; only then does it
take the tenant's place, in one transaction. Shared rows that are there already stay as they are: the cell's own word is
newer. Numbers are never changed: a tenant, person or place whose number means another here is refused.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import secrets
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.errors import UniqueViolation

from falin.kernel import crypto
from falin.kernel.audit import keys as audit_keys
from falin.kernel.audit import record, sealing
from falin.kernel.crypto.columns import Place
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import system_scope
from falin.kernel.transactions import inside
from tenants.registry import schemas
from tenants.registry.archives.format import BUFFER, FORMAT, MANIFEST, SEALED, Reader, Table
from tenants.registry.archives.writing import Tell, belonging_of, buffered, filled, look_at, plain_values
from tenants.registry.types import Kind, State, TenantInfo

Values = Mapping[str, Mapping[str, Mapping[str, str]]]  # table → column → row → value


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it. ``kept``: shared rows that were there already, by table; ``missing``: files the archive lacks."""

    tenant: TenantInfo
    rows: int
    kept: Mapping[str, int]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """An archive that was opened and is whole: its manifest, the key of its hashes, what was sealed."""

    zip: zipfile.ZipFile
    reader: Reader
    manifest: Mapping[str, Any]
    key: bytes
    values: Values

    @property
    def tenant(self) -> TenantInfo:
        said = self.manifest["tenant"]
        return TenantInfo(id=said["id"], schema=said["schema"], node_id=said["node_id"], kind=Kind(said["kind"]),
                          name=said["name"], state=State.CLOSED)  # fmt: skip

    def tables(self) -> Iterator[tuple[Table, Mapping[str, Any]]]:
        return ((Table.from_json(said), said) for said in self.manifest["tables"])


def restore_archive(path: Path, reader: Reader, *, check: bool, tell: Tell, now: datetime) -> Restored:
    """
    Put a tenant back from its archive, suspended, so that somebody looks before everybody works; or with ``check`` only
    try whether it could be, and leave nothing.

    A tenant of that number that is there must be suspended or closed; its schema is kept under ``replaced_…``.

    :raises Invalid: no archive, not whole, not for this key. :raises Refused: it cannot stand in this cell.
    """
    try:
        opened = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise _not_one() from None
    with opened as file:
        archive = _open(file, reader)
        if set(archive.manifest["migrations"]) != set(schemas.plan()):
            raise Refused("registry.other_release", _("档案的库结构和这里的版本不同。请先把两边升级到同一版本。"))
        draft = f"restore_{secrets.token_hex(6)}"
        schemas.make_schema(draft)
        try:
            with schemas.owner() as own:
                found = _restore(own, archive, draft, check=check, tell=tell, now=now)
        finally:
            with schemas.owner() as own:
                own.execute(sql.SQL("drop schema if exists {s} cascade").format(s=sql.Identifier(draft)))
        if not check:
            _carry_on(archive, now)
    return found


class _OnlyChecked(Exception):
    """Everything could be restored, and is undone."""


def _restore(
    own: psycopg.Connection, archive: _Opened, draft: str, *, check: bool, tell: Tell, now: datetime
) -> Restored:
    tenant, kept = archive.tenant, dict[str, int]()
    tables = list(archive.tables())
    missing = () if check else tuple(_put_files(archive))
    try:
        with own.transaction():
            look_at(own, replace(tenant, schema=draft))
            _enter(own, tenant, now)
            for done, (table, said) in enumerate(tables):
                tell(done, len(tables), table.name)
                if table.shared:
                    kept[table.name] = _merge(own, archive, table, said, tenant)
                else:
                    _load(own, archive, table, said, tenant, draft)
            _continue_sequences(own, archive.manifest["sequences"], draft)
            own.execute("set constraints all immediate")
            if check:
                raise _OnlyChecked
            _take_place(own, tenant, draft, now)
    except _OnlyChecked:
        pass
    except UniqueViolation as twice:
        raise Refused("registry.number_taken", _("这里已有编号或名称相同的另一项（%(what)s），不能恢复到这个库。")
                      % {"what": twice.diag.constraint_name}) from None  # fmt: skip
    rows = sum(said["rows"] for _table, said in tables)
    return Restored(tenant=tenant, rows=rows, kept={name: n for name, n in kept.items() if n}, missing=missing)


# ---- opening ---------------------------------------------------------------------------------------------------------
def _open(file: zipfile.ZipFile, reader: Reader) -> _Opened:
    try:
        manifest = json.loads(file.read(MANIFEST))
        known = manifest["format"] == FORMAT
    except (KeyError, ValueError, TypeError):
        known = False
    if not known:
        raise _not_one()
    if lacking := [one for one in _members(manifest) if one not in set(file.namelist())]:
        _compare("", "-", lacking[0])
    sealed = reader.open(file.read(SEALED))
    key = bytes.fromhex(sealed.split(b"\n", 1)[0].decode())
    _compare(manifest["sealed"]["hash"], hmac.digest(key, sealed, "sha256").hex(), SEALED)
    values: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    lines = io.StringIO(sealed.decode(), newline="")
    next(lines)
    for table, row, column, value in csv.reader(lines):
        values[table][column][row] = value
    return _Opened(file, reader, manifest, key, values)


def _members(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield SEALED
    yield from (said["path"] for said in manifest["tables"])
    yield from (f"files/{said['path']}.cms" for said in manifest["files"] if not said.get("missing"))


def _not_one() -> Invalid:
    return Invalid("registry.no_archive", _("这不是法邻的单位档案，或版本不认识。"), field="archive")


def _compare(wanted: str, found: str, what: str) -> None:
    if not hmac.compare_digest(wanted, found):
        raise Invalid(
            "registry.damaged", _("档案不完整或被改过：%(what)s。没有恢复。") % {"what": what}, field="archive"
        )


_INDEXES = """
select c.relname, pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = %s::regclass and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
"""


# ---- tables ----------------------------------------------------------------------------------------------------------
def _load(
    own: psycopg.Connection, archive: _Opened, table: Table, said: Mapping[str, Any], tenant: TenantInfo, draft: str
) -> None:
    """One table of the tenant's own, and whether what lies there now is what the archive holds."""
    target = sql.Identifier(draft, table.name)
    row = own.execute("select relforcerowsecurity from pg_class where oid = %s::regclass",
                      [target.as_string(own)]).fetchone()  # fmt: skip
    forced = bool(row and row[0])
    if forced:  # COPY does not go through row security, and nobody can see this schema yet
        own.execute(sql.SQL("alter table {t} no force row level security").format(t=target))
    indexes = own.execute(_INDEXES, [target.as_string(own)]).fetchall()
    for name, _again in indexes:  # built in one go afterwards: row by row takes most of the time there is
        own.execute(sql.SQL("drop index {i}").format(i=sql.Identifier(draft, name)))
    _copy_in(own, archive, table, said, target)
    _seal_again(own, archive, table, target, sql.Literal(tenant.schema))
    for _name, again in indexes:
        own.execute(again)
    mac = hmac.new(archive.key, table.head(), hashlib.sha256)
    with own.cursor() as cursor:
        for chunk in buffered(cursor, table.copy_out(target, sql.SQL("true"))):
            mac.update(chunk)
    _compare(said["hash"], mac.hexdigest(), table.name)
    _check_values(own, archive, table, target, sql.SQL("true"), tenant)
    if forced:
        own.execute(sql.SQL("set constraints all immediate"))
        own.execute(sql.SQL("set constraints all deferred"))
        own.execute(sql.SQL("alter table {t} force row level security").format(t=target))


def _copy_in(
    own: psycopg.Connection, archive: _Opened, table: Table, said: Mapping[str, Any], target: sql.Identifier
) -> None:
    mac = hmac.new(archive.key, b"", hashlib.sha256)
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    words = sql.SQL("copy {t} ({columns}) from stdin (format csv, header, encoding 'UTF8')")
    with own.cursor() as cursor:
        with archive.zip.open(said["path"]) as file, cursor.copy(words.format(t=target, columns=columns)) as rows:
            while chunk := file.read(BUFFER):
                mac.update(chunk)
                rows.write(chunk)
        if cursor.rowcount != said["rows"]:
            _compare(str(said["rows"]), str(cursor.rowcount), table.name)
    _compare(said["hash"], mac.hexdigest(), table.name)


def _seal_again(
    own: psycopg.Connection, archive: _Opened, table: Table, target: sql.Identifier, under: sql.Composable
) -> None:
    """What left sealed goes back under this cell's keys, and blind indexes are made with them."""
    if not table.blank or not archive.values.get(table.name):
        return
    key = sql.Identifier("x", table.key[0])
    schema_of: dict[str, str] = dict(
        own.execute(sql.SQL("select {k}::text, {u} from {t} x").format(k=key, u=under, t=target)).fetchall()
    )
    declared = {one.field: one.column for one in crypto.declared() if one.table == table.name}
    belonging = belonging_of(table.name) if table.shared else None
    for name in table.blank:
        plain = archive.values[table.name].get(name, {})
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


def _check_values(
    own: psycopg.Connection, archive: _Opened, table: Table, source: sql.Composable, where: sql.Composable,
    tenant: TenantInfo,
) -> None:  # fmt: skip
    """That what was sealed opens here again and says the same."""
    found = {(column, row): value for _name, row, column, value in plain_values(own, table, source, where, tenant)}
    wanted = {(column, row): value for column, rows in archive.values.get(table.name, {}).items()
              for row, value in rows.items()}  # fmt: skip
    if found != wanted:
        _compare("", "x", table.name)


def _merge(own: psycopg.Connection, archive: _Opened, table: Table, said: Mapping[str, Any], tenant: TenantInfo) -> int:
    """Shared rows that are not here yet; how many were."""
    belonging, target = belonging_of(table.name), sql.Identifier("public", table.name)
    come = sql.Identifier(f"came_{table.name}")
    own.execute(sql.SQL("create temp table {c} (like {t}) on commit drop").format(c=come, t=target))
    _copy_in(own, archive, table, said, come)
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
    row = own.execute(sql.SQL("delete from {c} x where exists ({here})").format(c=come, here=here))
    kept = row.rowcount
    _seal_again(own, _without(archive, own, table, come), table, come, filled(belonging.sealed_under, tenant))
    names = [column.name for column in table.columns if not (belonging.natural and column.name in table.key)]
    own.execute(sql.SQL("insert into {t} ({n}) select {n} from {c} x").format(
        t=target, n=sql.SQL(", ").join(map(sql.Identifier, names)), c=come
    ))  # fmt: skip
    inserted = sql.SQL("exists (select from {c} c where ({p}) = ({x}))").format(
        c=come, p=_columns("c", known), x=_columns("x", known)
    )
    _check_values(own, _without(archive, own, table, come), table, target, inserted, tenant)
    _past_the_largest(own, table, target)
    return kept


def _without(archive: _Opened, own: psycopg.Connection, table: Table, come: sql.Identifier) -> _Opened:
    """The archive with the sealed values of those rows alone that come in."""
    if table.name not in archive.values:
        return archive
    coming = {row for (row,) in own.execute(sql.SQL("select {k}::text from {c}").format(
        k=sql.Identifier(table.key[0]), c=come))}  # fmt: skip
    fewer = {column: {row: value for row, value in rows.items() if row in coming}
             for column, rows in archive.values[table.name].items()}  # fmt: skip
    return replace(archive, values={**archive.values, table.name: fewer})


def _columns(alias: str, names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


# ---- numbers and places ----------------------------------------------------------------------------------------------
def _enter(own: psycopg.Connection, tenant: TenantInfo, now: datetime) -> None:
    """
    The tenant's line in the directory, closed until all is done.

    :raises Refused: it is open here, or its number or place is another tenant's.
    """
    row = own.execute("select id, schema_name, node_id, state from registry_tenant where id = %s or schema_name = %s or"
                      " node_id = %s for update", [tenant.id, tenant.schema, tenant.node_id]).fetchone()  # fmt: skip
    if row is None:
        own.execute(
            "insert into registry_tenant (id, schema_name, node_id, kind, name, state, provisioned_at, state_at)"
            " values (%s, %s, %s, %s, %s, 'closed', %s, %s)",
            [tenant.id, tenant.schema, tenant.node_id, tenant.kind, tenant.name, now, now],
        )
        own.execute(
            "select setval(pg_get_serial_sequence('registry_tenant', 'id'), (select max(id) from registry_tenant))"
        )
    elif row[:3] != (tenant.id, tenant.schema, tenant.node_id):
        raise Refused("registry.number_taken", _("这里已有编号或名称相同的另一项（%(what)s），不能恢复到这个库。")
                      % {"what": row[1]})  # fmt: skip
    elif row[3] == State.OPEN:
        raise Refused("registry.still_open", _("这个单位正在使用。请先停用，再从档案恢复。"))


def _continue_sequences(own: psycopg.Connection, sequences: Mapping[str, int | None], draft: str) -> None:
    for name, last in sequences.items():
        if last is not None:
            own.execute("select setval(%s::regclass, %s)", [sql.Identifier(draft, name).as_string(own), last])


def _past_the_largest(own: psycopg.Connection, table: Table, target: sql.Identifier) -> None:
    """A shared table counts on after the largest number that came in."""
    (key, *_rest) = table.key
    row = own.execute("select pg_get_serial_sequence(%s, %s)", [target.as_string(own), key]).fetchone()
    if row and row[0]:
        own.execute(sql.SQL("select setval({s}, greatest((select max({k}) from {t}),"
                            " (select last_value from {q})))").format(
            s=sql.Literal(row[0]), k=sql.Identifier(key), t=target, q=sql.SQL(row[0]),
        ))  # fmt: skip


def _take_place(own: psycopg.Connection, tenant: TenantInfo, draft: str, now: datetime) -> None:
    name = sql.Identifier(tenant.schema)
    if own.execute("select 1 from pg_namespace where nspname = %s", [tenant.schema]).fetchone():
        aside = sql.Identifier(f"replaced_{tenant.schema}_{now:%Y%m%d%H%M%S}")
        own.execute(sql.SQL("alter schema {n} rename to {a}").format(n=name, a=aside))
    own.execute(sql.SQL("alter schema {d} rename to {n}").format(d=sql.Identifier(draft), n=name))


def _put_files(archive: _Opened) -> Iterator[str]:
    """Files to where they lay; the paths of those the archive never held."""
    for said in archive.manifest["files"]:
        if said.get("missing"):
            yield said["path"]
            continue
        data = archive.reader.open(archive.zip.read(f"files/{said['path']}.cms"))
        _compare(said["hash"], hmac.digest(archive.key, data, "sha256").hex(), said["path"])
        if not default_storage.exists(said["path"]):
            default_storage.save(said["path"], ContentFile(data))


def _carry_on(archive: _Opened, now: datetime) -> None:
    """
    The sealed log goes on: our key vouches for those it was signed with, and one batch under this cell's numbers closes
    what came along unsealed. Then the tenant stands, suspended.
    """
    tenant = archive.tenant
    scope = system_scope(schema=tenant.schema, tenant_id=tenant.id, grants=frozenset(), roots=(tenant.node_id,))
    with inside(scope, read_only=False):
        for key in archive.manifest["audit_keys"]:
            audit_keys.vouch_for(key["public"], now=now)
        record(scope=scope, act="registry.tenant.restored", subject=("tenant", tenant.schema), node_id=tenant.node_id,
               now=now, after={"as_of": archive.manifest["at"]})  # fmt: skip
        sealing.carry_on(scope=scope, now=now)
    with schemas.owner() as own:
        own.execute("update registry_tenant set state = 'suspended', state_at = %s, state_why = %s where id = %s",
                    [now, _("从档案恢复，等运维人员核对后恢复使用"), tenant.id])  # fmt: skip
