"""
The end of the pipe in the cell a tenant leaves, which drives: a copy while everybody works, what changed meanwhile, then the
seconds in which nobody writes, for the rest.

What changed since a snapshot is read off the rows themselves: PostgreSQL keeps with each the transaction that wrote it. That
needs no right a managed database would not give, no slot that fills its disk, and sealed columns pass through here to be
sealed again. Deleted rows show in the fingerprint; a table whose fingerprint differs is sent whole again.

Who has the tenant is what this cell's directory says, until the one transaction that points to the other; there it stands as
soon as it is told so, again and again until it answers. So it has one home at every moment.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.types.json import Jsonb

from falin.kernel import audit, clock, jobs
from falin.kernel.audit import keys as audit_keys
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside
from tenants.divisions.api import Division, Level, list_divisions
from tenants.registry import schemas
from tenants.registry.archives.copying import Copied
from tenants.registry.archives.format import Table
from tenants.registry.archives.writing import look_at, plain_values, rows_of, sequences_of, tables_of
from tenants.registry.holding import lock, mine, release, without_writers
from tenants.registry.models import Deed, Tenant
from tenants.registry.moving.receiving import fingerprint, tell_directory
from tenants.registry.moving.wire import Broken, Line
from tenants.registry.queries import list_tenants
from tenants.registry.types import Kind, State, TenantInfo

MOVED = "registry.tenant.moved"
PASSES, FEW = 5, 200  # so often what changed is sent on, or until it is this little, before anybody has to wait
_SNAPSHOT = "select (pg_snapshot_xmin(pg_current_snapshot())::text::numeric % 4294967296)::bigint"
# Numbers of transactions go round: newer is what lies less than half the way ahead. Below 3 none is anybody's.
_NEWER = (
    "({w}) and x.xmin::text::bigint > 2 and ((x.xmin::text::bigint - {since} + 4294967296) % 4294967296) < 2147483648"
)


class Differs(Exception):
    """What lies there is not what lies here: a mistake of ours. The tenant stays."""


class There:
    """The other end: a process that was started with the command the cell is reached by."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout
        self.process = process
        self.line = Line(process.stdout, process.stdin)

    def call(self, name: str, /, *, data: bytes = b"", **words: Any) -> Mapping[str, Any]:
        """
        Say something and hear what came of it.

        :raises Refused: what the other cell says, or that it is gone.
        """
        try:
            self.line.say(name, data, **words)
            return self.hear()
        except Broken:
            raise _away() from None

    def hear(self) -> Mapping[str, Any]:
        answer = self.line.hear()
        if answer.name == "refused":
            raise Refused(answer.words["code"], answer.words["message"])
        return answer.words


def _away() -> Refused:
    return Refused("registry.cell_away", _("那个库没有应答，这次没有搬完。这里照常使用，可以再办一次。"))


@contextmanager
def _reached(cell: str) -> Iterator[There]:
    command = shlex.split(settings.CELL_RECEIVERS[cell])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  the installation's own setting
        try:
            yield There(process)
        finally:
            assert process.stdin
            process.stdin.close()


@dataclass(slots=True)
class _Leaving:
    """What a move holds in its hands."""

    own: psycopg.Connection
    there: There
    tenant: TenantInfo
    sent: set[str]  # files that are there


def move(run: jobs.Run, deed: Deed) -> Mapping[str, Any]:
    """The job: the tenant of a confirmed deed goes to the cell it names."""
    with inside(run.scope, read_only=True):
        row: Tenant = Tenant.objects.get(id=deed.tenant_id)
        tenant, code = row.info(), _short(list_divisions([row.node_id])[0])
        province = next((one for one in list_tenants() if one.kind == Kind.PROVINCE and one.id != row.id), None)
    with schemas.owner() as own, mine(own, tenant), _reached(deed.target) as there:
        release(own, tenant)  # an earlier try may have been killed while it held it
        told: dict[str, Any] = {"tenant": _said(tenant), "cell": settings.CELL, "move": str(deed.id)}
        if tenant.state != State.ELSEWHERE:
            there.call("hello", province=_said(province), migrations=list(schemas.plan()), **told)
            _carry(run, deed, _Leaving(own, there, tenant, set()), code)
        with inside(run.scope, read_only=True):
            deed = Deed.objects.get(id=deed.id)
            public = [key["public"] for key in audit_keys.published()]
        assert deed.result is not None
        there.call("open", keys=public, state=deed.result["state"], why=deed.result["why"], code=code, **told)
    return _book(run, deed, tenant)


def _short(place: Division) -> str:
    """A place's code as far as its level reaches."""
    return place.code[: {Level.PROVINCE: 2, Level.CITY: 4}.get(place.level, 6)]


def _said(tenant: TenantInfo | None) -> dict[str, Any] | None:
    if tenant is None:
        return None
    return {
        "id": tenant.id,
        "schema": tenant.schema,
        "node_id": tenant.node_id,
        "kind": tenant.kind,
        "name": tenant.name,
    }


# ---- the work ---------------------------------------------------------------------------------------------------------
def _carry(run: jobs.Run, deed: Deed, leaving: _Leaving, code: str) -> None:
    own, there, tenant = leaving.own, leaving.there, leaving.tenant
    own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    since, _rows = _pass(leaving, None)
    run.progress(1, PASSES + 2)
    there.call("settle")
    for done in range(PASSES):
        _files(leaving)
        since, rows = _pass(leaving, since)
        run.progress(done + 2, PASSES + 2)
        if rows <= FEW:
            break
    tables = [table.name for table in tables_of(own, tenant.schema) if not table.shared]
    began = time.monotonic()
    with without_writers(own, tenant):
        try:
            with own.transaction():
                lock(own, tenant.schema, tables)
                look_at(own, tenant)
                _send(leaving, since)
                _files(leaving)
                prints = _compared(leaving)
                there.call("ready", sequences=sequences_of(own, tenant.schema))
                _give_up(own, deed, tenant, code, prints, time.monotonic() - began)
        except BaseException:
            with suppress(Refused):
                there.call("forget")
            raise


def _pass(leaving: _Leaving, since: int | None) -> tuple[int, int]:
    """Everything, or what changed since a snapshot; the number of this one, and how many rows it was."""
    with leaving.own.transaction():
        look_at(leaving.own, leaving.tenant)
        row = leaving.own.execute(_SNAPSHOT).fetchone()
        assert row
        return int(row[0]), _send(leaving, since)


def _send(leaving: _Leaving, since: int | None) -> int:
    leaving.there.call("begin")
    rows = 0
    for table in list(tables_of(leaving.own, leaving.tenant.schema)):
        rows += _send_table(leaving, table, since)
    leaving.there.call("commit")
    return rows


def _send_table(leaving: _Leaving, table: Table, since: int | None) -> int:
    own, line = leaving.own, leaving.there.line
    source, where = rows_of(table, leaving.tenant)
    if since is not None:
        where = sql.SQL(_NEWER).format(w=where, since=sql.Literal(since))
    copied = Copied(own, table.copy_out(source, where))
    parts = iter(copied)
    first = next(parts, b"")
    if since is not None and not first:
        return 0
    try:
        line.say("rows", table=table.as_json(), whole=since is None)
        line.say("data", first)
        for part in parts:
            line.say("data", part)
        values: dict[str, dict[str, str]] = {}
        for _table, key, column, value in plain_values(own, table, source, where, leaving.tenant):
            values.setdefault(column, {})[key] = value
        line.say("end", values=values)
        leaving.there.hear()
    except Broken:
        raise _away() from None
    return copied.rows


def _files(leaving: _Leaving) -> None:
    """The tenant's files that are not there yet."""
    with leaving.own.transaction():
        look_at(leaving.own, leaving.tenant)
        rows = leaving.own.execute("select path from kernel_storedfile order by path").fetchall()
    paths = [path for (path,) in rows if path not in leaving.sent]
    for path in leaving.there.call("files", paths=paths)["lacking"] if paths else ():
        if default_storage.exists(path):  # its days may be over since
            with default_storage.open(path) as file:
                leaving.there.call("file", data=file.read(), path=path)
    leaving.sent.update(paths)


def _compared(leaving: _Leaving) -> dict[str, list[str]]:
    """
    The fingerprints, the same here and there. Both sides make them at the same time; what differs is sent whole, once.

    :raises Differs:
    """
    tables = list(tables_of(leaving.own, leaving.tenant.schema))
    for again in (True, False):
        here, there = _prints(leaving, tables)
        differing = [table for table in tables if here[table.name] != there[table.name]]
        if not differing:
            return here
        if not again:
            break
        leaving.there.call("begin")
        for table in differing:
            _send_table(leaving, table, None)
        leaving.there.call("commit")
    raise Differs(f"{[table.name for table in differing]}")


def _prints(leaving: _Leaving, tables: list[Table]) -> tuple[dict[str, list[str]], Mapping[str, list[str]]]:
    try:
        leaving.there.line.say("prints", tables=[table.as_json() for table in tables])
        here = {}
        for table in tables:
            source, where = rows_of(table, leaving.tenant)
            here[table.name] = fingerprint(leaving.own, table, source, where, leaving.tenant)
        return here, leaving.there.hear()["tables"]
    except Broken:
        raise _away() from None


def _give_up(
    own: psycopg.Connection, deed: Deed, tenant: TenantInfo, code: str, prints: Mapping[str, list[str]], held: float
) -> None:
    """
    The point of no return, in the transaction that holds the locks: who waited for them finds nothing to write in, and the
    directory points to the other cell.
    """
    now = clock.now()
    result = {"tables": prints, "state": _goes_on_as(tenant), "why": tenant.why, "held_seconds": round(held, 3)}
    words = {"s": sql.Identifier(tenant.schema), "role": sql.Identifier(settings.APP_ROLE),
             "aside": sql.Identifier(f"moved_{tenant.schema}_{now:%Y%m%d%H%M%S}")}  # fmt: skip
    own.execute(sql.SQL("revoke usage on schema {s} from {role}").format(**words))
    own.execute(sql.SQL("revoke all on all tables in schema {s} from {role}").format(**words))
    own.execute(sql.SQL("alter schema {s} rename to {aside}").format(**words))
    own.execute("update registry_tenant set state = 'elsewhere', cell = %s, state_at = %s, state_by = %s, state_why = %s"
                " where id = %s", [deed.target, now, deed.decided_by, deed.why, tenant.id])  # fmt: skip
    tell_directory(own, code, deed.target)
    done = own.execute("update registry_deed set outcome = 'done', done_at = %s, result = %s where id = %s and"
                       " outcome = 'confirmed'", [now, Jsonb(result), deed.id])  # fmt: skip
    if not done.rowcount:  # taken back at the last moment
        raise Refused("registry.decided", _("这件事已经有人处理过了。"))


def _goes_on_as(tenant: TenantInfo) -> State:
    return State.SUSPENDED if tenant.state == State.SUSPENDED else State.OPEN


def _book(run: jobs.Run, deed: Deed, tenant: TenantInfo) -> Mapping[str, Any]:
    """In the shared log, once."""
    assert deed.result is not None
    rows = sum(int(shown.partition(":")[0]) for shown, _sealed in deed.result["tables"].values())
    with inside(run.scope, read_only=False):
        if not AuditEntry.objects.filter(act=MOVED, after__deed=deed.id).exists():
            audit.record(
                scope=run.scope,
                act=MOVED,
                subject=("tenant", tenant.schema),
                node_id=tenant.node_id,
                now=clock.now(),
                why=deed.why,
                after={"deed": deed.id, "rows": rows, "cell": deed.target},
            )
    return {"rows": rows, "tables": deed.result["tables"], "held_seconds": deed.result["held_seconds"]}
