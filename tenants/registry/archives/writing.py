"""The place where an archive is written: one snapshot of the database, table after table, and nothing in clear that is not."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

import psycopg
from django.core.files.storage import default_storage
from psycopg import sql

from falin.kernel import crypto
from falin.kernel.audit import keys as audit_keys
from falin.kernel.crypto.columns import Place
from tenants.registry import belongings
from tenants.registry.archives.copying import Copied
from tenants.registry.archives.format import (
    FORMAT,
    MANIFEST,
    READ_ME,
    README,
    SEALED,
    SESSION,
    Column,
    Recipient,
    Table,
)
from tenants.registry.schemas import owner
from tenants.registry.types import TenantInfo

Tell = Callable[[int, int, str], None]  # how many parts are done, of how many, which one

_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull from pg_attribute a
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
_KEY = """
select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
where i.indrelid = %s::regclass and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)
"""
_TABLES = """
select relname from pg_class where relnamespace = %s::text::regnamespace and relkind = 'r'
and relname <> 'django_migrations' order by relname
"""
_SEQUENCES = "select sequencename, last_value from pg_sequences where schemaname = %s order by 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an archive holds."""

    rows: int
    tables: int
    files: int
    at: datetime


class _Body:
    """The archive while it is written, with the key its hashes are made with."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.zip = file
        self.key = secrets.token_bytes(32)
        self.sealed = io.StringIO()
        self.sealed.write(self.key.hex() + "\n")
        self.values = csv.writer(self.sealed, lineterminator="\n")

    def put(self, name: str, data: bytes | str) -> None:
        self.zip.writestr(name, data)

    def hash_of(self, data: bytes) -> str:
        return hmac.digest(self.key, data, "sha256").hex()


def write_archive(tenant: TenantInfo, recipient: Recipient, out: IO[bytes], *, tell: Tell) -> Written:
    """
    Write a tenant's archive to ``out``, which holds nothing whole before this returns.

    As the owner, read-only, in one snapshot (REPEATABLE READ): what is written meanwhile is not in it.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        return _write(_Body(file), tenant, recipient, tell)


def _write(body: _Body, tenant: TenantInfo, recipient: Recipient, tell: Tell) -> Written:
    with owner() as own:
        own.isolation_level, own.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        with own.transaction():
            look_at(own, tenant)
            row = own.execute("select now()").fetchone()
            assert row
            at = cast(datetime, row[0])
            tables, stored = list(tables_of(own, tenant.schema)), _stored(own)
            total = len(tables) + len(stored)
            said = []
            for done, table in enumerate(tables):
                tell(done, total, table.name)
                said.append(_write_table(own, body, table, tenant))
            ledger = own.execute("select app || '.' || name from django_migrations order by id").fetchall()
            sequences = sequences_of(own, tenant.schema)
    files = list(_write_files(body, recipient, stored, lambda done, name: tell(len(tables) + done, total, name)))
    sealed = body.sealed.getvalue().encode()
    body.put(SEALED, recipient.seal(sealed))
    body.put(README, READ_ME)
    manifest = {
        "format": FORMAT, "at": at.isoformat(), "tables": said, "files": files, "sequences": sequences,
        "sealed": {"hash": body.hash_of(sealed), "values": sealed.count(b"\n") - 1},
        "migrations": [key for (key,) in ledger], "audit_keys": audit_keys.published(),
        "tenant": {"id": tenant.id, "schema": tenant.schema, "name": tenant.name, "kind": tenant.kind,
                   "node_id": tenant.node_id},
        "recipient": {"fingerprint": recipient.name, "subject": recipient.subject},
    }  # fmt: skip
    body.put(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return Written(rows=sum(one["rows"] for one in said), tables=len(tables), files=len(stored), at=at)


def look_at(own: psycopg.Connection, tenant: TenantInfo) -> None:
    """Point the open transaction at one tenant, all of whose rows it sees, on the board too."""
    for statement in SESSION:
        own.execute(statement)
    own.execute(sql.SQL("set local search_path = {s}, public").format(s=sql.Identifier(tenant.schema)))
    own.execute("set local app.whole = 'on'")
    own.execute(sql.SQL("set local app.roots = {n}").format(n=sql.Literal(f"{{{tenant.node_id}}}")))


# ---- tables ----------------------------------------------------------------------------------------------------------
def tables_of(own: psycopg.Connection, schema: str) -> Iterator[Table]:
    """The tenant's own tables, then the shared ones with rows of it, as they stand in an archive."""
    yield from tables_of_schema(own, schema)
    for one in belongings.declared():
        yield _table(own, one.table, "public", shared=True)


def tables_of_schema(own: psycopg.Connection, schema: str) -> Iterator[Table]:
    """The tenant's own tables."""
    for (name,) in own.execute(_TABLES, [schema]).fetchall():
        yield _table(own, name, schema, shared=False)


def _table(own: psycopg.Connection, name: str, schema: str, *, shared: bool) -> Table:
    where = sql.Identifier(schema, name).as_string(own)
    belonging = belonging_of(name) if shared else None
    kept = {index: field for index, (field, _purpose) in belonging.indexes.items()} if belonging else {}
    blank = {one.field for one in crypto.declared() if one.table == name} | (belonging.secret if belonging else set())
    return Table(
        name=name, shared=shared, key=tuple(key for (key,) in own.execute(_KEY, [where])), blank=tuple(sorted(blank)),
        kept=tuple(sorted(kept.items())),
        columns=tuple(Column(name=column, kind=kind, nullable=null)
                      for column, kind, null in own.execute(_COLUMNS, [where])),
    )  # fmt: skip


def sequences_of(own: psycopg.Connection, schema: str) -> dict[str, int | None]:
    """How far each of the tenant's own sequences has counted."""
    return dict(own.execute(_SEQUENCES, [schema]).fetchall())


def belonging_of(table: str) -> belongings.Belonging:
    return next(one for one in belongings.declared() if one.table == table)


def rows_of(table: Table, tenant: TenantInfo) -> tuple[sql.Composable, sql.Composable]:
    """Where a table's rows lie, and which of them are the tenant's."""
    if not table.shared:
        return sql.Identifier(tenant.schema, table.name), sql.SQL("true")
    return sql.Identifier("public", table.name), filled(belonging_of(table.name).where, tenant)


def filled(text: str, tenant: TenantInfo) -> sql.Composable:
    """A declared condition with the tenant's number, schema and place in it; words of our own, never a user's."""
    words = {"tenant": tenant.id, "schema": tenant.schema, "node": tenant.node_id}
    return sql.SQL(text % {name: sql.quote(value) for name, value in words.items()})


def _write_table(own: psycopg.Connection, body: _Body, table: Table, tenant: TenantInfo) -> dict[str, Any]:
    source, where = rows_of(table, tenant)
    mac = hmac.new(body.key, table.head(), hashlib.sha256)
    copied = Copied(own, table.copy_out(source, where))
    with body.zip.open(table.path, "w") as file:
        file.write(table.head())
        for chunk in copied:
            file.write(chunk)
            mac.update(chunk)
    body.put(f"schemas/{table.name}.json", json.dumps(table.json_schema(), ensure_ascii=False, indent=1))
    for line in plain_values(own, table, source, where, tenant):
        body.values.writerow(line)
    return {**table.as_json(), "path": table.path, "rows": copied.rows, "hash": mac.hexdigest()}


def plain_values(
    own: psycopg.Connection, table: Table, source: sql.Composable, where: sql.Composable, tenant: TenantInfo
) -> Iterator[tuple[str, str, str, str]]:
    """What of a table leaves sealed: table, row, column, value. In the order of rows."""
    under = filled(belonging_of(table.name).sealed_under, tenant) if table.shared else sql.Literal(tenant.schema)
    declared = {one.field: one.column for one in crypto.declared() if one.table == table.name}
    for name in table.blank:
        rows = own.execute(
            sql.SQL("select {key}::text, {under}, {column} from {source} x where ({where}) and {column} <> ''"
                    " order by {key}").format(
                key=sql.Identifier("x", table.key[0]), under=under, column=sql.Identifier("x", name), source=source,
                where=where,
            )
        ).fetchall()  # fmt: skip
        for row, schema, value in rows:
            plain = value if name not in declared else crypto.decrypt(
                value, Place(schema, table.name, declared[name], row)
            )  # fmt: skip
            yield table.name, row, name, plain


# ---- files -----------------------------------------------------------------------------------------------------------
def _stored(own: psycopg.Connection) -> list[str]:
    return [path for (path,) in own.execute("select path from kernel_storedfile order by path")]


def _write_files(
    body: _Body, recipient: Recipient, paths: list[str], tell: Callable[[int, str], None]
) -> Iterator[dict[str, Any]]:
    """Each file by itself for the recipient: photographs and sheets are full of people."""
    for done, path in enumerate(paths):
        tell(done, path)
        try:
            with default_storage.open(path) as file:
                data = file.read()
        except FileNotFoundError:  # its days were over while we were at it, or it was lost: said, not hidden
            yield {"path": path, "missing": True}
            continue
        body.put(f"files/{path}.cms", recipient.seal(data))
        yield {"path": path, "size": len(data), "hash": body.hash_of(data)}
