"""
The place where an archive becomes a tenant again, in the cell it came from or in another one.

One transaction from the spare schema that is taken to the name it gets: whoever is killed leaves nothing. Each table is
compared with the archive where it then lies.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
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

from falin.kernel.refusals import Invalid, Refused
from tenants.registry import schemas
from tenants.registry.archives import arriving
from tenants.registry.archives.copying import Copied
from tenants.registry.archives.format import BUFFER, FORMAT, MANIFEST, SEALED, Reader, Table
from tenants.registry.archives.writing import Tell, look_at
from tenants.registry.types import Kind, State, TenantInfo


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
    values: Mapping[str, arriving.Values]

    @property
    def tenant(self) -> TenantInfo:
        said = self.manifest["tenant"]
        return TenantInfo(id=said["id"], schema=said["schema"], node_id=said["node_id"], kind=Kind(said["kind"]),
                          name=said["name"], state=State.CLOSED)  # fmt: skip

    @property
    def mark(self) -> str:
        """What the directory says of a tenant that was put in its place from this very archive, and not yet opened."""
        return f"restore {hashlib.sha256(json.dumps(self.manifest).encode()).hexdigest()[:16]}"

    def tables(self) -> list[tuple[Table, Mapping[str, Any]]]:
        return [(Table.from_json(said), said) for said in self.manifest["tables"]]


def restore_archive(path: Path, reader: Reader, *, check: bool, tell: Tell, now: datetime) -> Restored:
    """
    Put a tenant back from its archive, suspended, so that somebody looks before everybody works; or with ``check`` only
    try whether it could be, and leave nothing. That holds nobody up who works there.

    Else a tenant of that number that is there must be suspended or closed; its schema is kept under ``replaced_…``. Another
    try goes on where a killed one stopped.

    :raises Invalid: no archive, not whole, not for this key. :raises Refused: it cannot stand in this cell.
    """
    try:
        opened = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise _not_one() from None
    with opened as file, schemas.owner() as own:
        archive = _open(file, reader)
        if set(archive.manifest["migrations"]) != set(schemas.plan()):
            raise Refused("registry.other_release", _("档案的库结构和这里的版本不同。请先把两边升级到同一版本。"))
        if arriving.stands_under(own, archive.tenant, archive.mark):
            kept = {}
        else:
            arriving.keep_one_spare(own, now=now)
            kept = _restore(own, archive, check=check, tell=tell, now=now)
        if not check:
            arriving.carry_on(
                archive.tenant, act="registry.tenant.restored", after={"as_of": archive.manifest["at"]}, now=now,
                public_keys=[key["public"] for key in archive.manifest["audit_keys"]], state=State.SUSPENDED,
                why=_("从档案恢复，等运维人员核对后恢复使用"),
            )  # fmt: skip
    said = archive.manifest
    return Restored(tenant=archive.tenant, rows=sum(one["rows"] for one in said["tables"]), kept=kept,
                    missing=tuple(one["path"] for one in said["files"] if one.get("missing")))  # fmt: skip


class _OnlyChecked(Exception):
    """Everything could be restored, and is undone."""


def _restore(own: psycopg.Connection, archive: _Opened, *, check: bool, tell: Tell, now: datetime) -> dict[str, int]:
    """How many shared rows of each table were here already."""
    tenant, kept, tables = archive.tenant, dict[str, int](), archive.tables()
    try:
        with own.transaction():
            draft = arriving.take_draft(own)
            look_at(own, replace(tenant, schema=draft))
            own.execute("set local maintenance_work_mem = '256MB'")
            _enter(own, tenant, now, check=check)
            for done, (table, said) in enumerate(tables):
                tell(done, len(tables), table.name)
                if table.shared:
                    kept[table.name] = _merge(own, archive, table, said, tenant)
                else:
                    _load(own, archive, table, said, tenant, draft)
            arriving.continue_sequences(own, archive.manifest["sequences"], draft)
            own.execute("set constraints all immediate")
            if check:
                raise _OnlyChecked
            _put_files(archive)
            arriving.take_place(own, tenant, draft, mark=archive.mark, now=now)
    except _OnlyChecked:
        pass
    except UniqueViolation as twice:
        raise arriving.number_taken(twice.diag.constraint_name) from None
    return {name: count for name, count in kept.items() if count}


def _enter(own: psycopg.Connection, tenant: TenantInfo, now: datetime, *, check: bool) -> None:
    """:raises Refused: it is open here, changes hands at this moment, or is another cell's."""
    state = arriving.enter(own, tenant, cell="", now=now, hold=not check)
    if not check and state in {State.PREPARING, State.OPEN, State.MOVING}:
        raise Refused("registry.still_open", _("这个单位正在使用。请先停用（还在准备的，先关闭），再从档案恢复。"))
    if state == State.ELSEWHERE:
        raise Refused("registry.lives_elsewhere", _("这个单位已经搬到另一个库，不能在这里恢复成第二份。"))


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


# ---- tables ----------------------------------------------------------------------------------------------------------
def _load(
    own: psycopg.Connection, archive: _Opened, table: Table, said: Mapping[str, Any], tenant: TenantInfo, draft: str
) -> None:
    """One table of the tenant's own, and whether what lies there now is what the archive holds."""
    target, values = sql.Identifier(draft, table.name), archive.values.get(table.name, {})
    again = arriving.made_bare(own, draft, table.name)
    _copy_in(own, archive, table, said, target)
    arriving.seal_again(own, table, target, tenant, values)
    mac = hmac.new(archive.key, table.head(), hashlib.sha256)
    for chunk in Copied(own, table.copy_out(target, sql.SQL("true"))):
        mac.update(chunk)
    _compare(said["hash"], mac.hexdigest(), table.name)
    if not arriving.opens_the_same(own, table, target, sql.SQL("true"), tenant, values):
        _compare("", "x", table.name)
    for statement in again:
        own.execute(statement.as_bytes(own))


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


def _merge(own: psycopg.Connection, archive: _Opened, table: Table, said: Mapping[str, Any], tenant: TenantInfo) -> int:
    """Shared rows that are not here yet; how many were."""
    come = sql.Identifier(f"came_{table.name}")
    own.execute(sql.SQL("create temp table {c} (like {t}) on commit drop").format(
        c=come, t=sql.Identifier("public", table.name)
    ))  # fmt: skip
    _copy_in(own, archive, table, said, come)
    kept = arriving.leave_known(own, table, come)
    values = _coming(own, archive.values.get(table.name, {}), table, come)
    arriving.seal_again(own, table, come, tenant, values)
    those = arriving.bring_in(own, table, come)
    if not arriving.opens_the_same(own, table, sql.Identifier("public", table.name), those, tenant, values):
        _compare("", "x", table.name)
    return kept


def _coming(own: psycopg.Connection, values: arriving.Values, table: Table, come: sql.Identifier) -> arriving.Values:
    """The sealed values of those rows alone that come in."""
    if not values:
        return values
    coming = {row for (row,) in own.execute(sql.SQL("select {k}::text from {c}").format(
        k=sql.Identifier(table.key[0]), c=come))}  # fmt: skip
    return {column: {row: value for row, value in rows.items() if row in coming} for column, rows in values.items()}


def _put_files(archive: _Opened) -> None:
    """Files to where they lay. They lie there before the tenant stands, and are put once: another try finds them."""
    for said in archive.manifest["files"]:
        if said.get("missing"):
            continue
        data = archive.reader.open(archive.zip.read(f"files/{said['path']}.cms"))
        _compare(said["hash"], hmac.digest(archive.key, data, "sha256").hex(), said["path"])
        if not default_storage.exists(said["path"]):
            default_storage.save(said["path"], ContentFile(data))
