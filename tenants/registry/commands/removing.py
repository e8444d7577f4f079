"""
The place where rows are destroyed for good: a tenant that ends, or the copies that one left behind here when it moved away or
was put back from an archive. Confirmed by two, the waiting time over; what a tenant leaves behind exported first.

Its schemas, its files, its keys and the shared rows that are nobody else's are destroyed. What stays is a receipt signed with
the installation's audit key: what was destroyed, how much, by whose decision, and which archive holds what the law keeps.
Of copies the tenant itself stays: its line in the directory, where its people read where it is; and as long as it works
here, its files and keys.
A job: killed anywhere it goes on, for each part is gone or not, and the receipt is written with the last of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.types.json import Jsonb

from falin.kernel import audit, clock, jobs
from falin.kernel.audit import canonical, keys
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import belongings, policies, schemas
from tenants.registry.archives.writing import filled, look_at
from tenants.registry.commands.backing_up import backup_paths, forget_backups
from tenants.registry.models import Archive, Deed, Receipt, Tenant
from tenants.registry.types import DESTROYS, Act, Outcome, State, TenantInfo

REMOVE, REMOVED, CLEARED = "registry.remove", "registry.tenant.removed", "registry.tenant.cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goes:
    """What a deed destroys: the tenant with all of it, or only copies of it."""

    tenant: TenantInfo
    deed: Deed
    archive: Archive | None  # which holds what the law keeps of a tenant that ends

    @property
    def whole(self) -> bool:
        return self.deed.act == Act.REMOVE

    @property
    def last(self) -> bool:
        """Nothing of it works here any more, so that its files, backups and keys go too."""
        return self.whole or self.tenant.state == State.ELSEWHERE


def due_removals(*, now: datetime) -> list[int]:
    """Deeds whose waiting time is over."""
    rows = Deed.objects.filter(act__in=DESTROYS, outcome=Outcome.CONFIRMED, due_at__lte=now).order_by("id")
    return list(rows.values_list("id", flat=True))


def remove_tenant(*, scope: Scope, deed_id: int, now: datetime) -> uuid.UUID:
    """
    Queue the destruction of a tenant or its copies; called when its day has come, by the nightly task or an operator.

    :raises Refused: the day has not come, or it goes on already.
    """
    if scope.person_id:
        policies.check_may_manage(scope)
    deed = Deed.objects.select_for_update(of=("self",)).filter(id=deed_id).first()
    if deed is None:
        raise policies.no_deed()
    policies.check_is_due(deed, now)
    title = _("删除%(name)s") if deed.act == Act.REMOVE else _("清除%(name)s留下的副本")
    return jobs.ask(scope=scope, kind=REMOVE, title=title % {"name": deed.name}, parameters={"deed": deed.id}, now=now)


def destroy(run: jobs.Run) -> Mapping[str, Any]:
    """The job behind ``remove_tenant``."""
    now, deed_id = clock.now(), int(run.parameters["deed"])
    with inside(run.scope, read_only=True):
        deed: Deed = Deed.objects.get(id=deed_id)
        goes = None if find_receipt(deed) else _what_goes(deed, now)
    if goes is not None:
        _destroy(run, goes, now)
    with inside(run.scope, read_only=False):
        receipt = find_receipt(deed)
        assert receipt is not None
        return _book(run.scope, deed, receipt, now)


def find_receipt(deed: Deed) -> Receipt | None:
    """The receipt of a deed that is done; those of an older release name no deed."""
    named = Q(body__deed=deed.id) | Q(body__deed__isnull=True)
    found: Receipt | None = Receipt.objects.filter(named, tenant_id=deed.tenant_id).order_by("-at").first()
    return found


def _what_goes(deed: Deed, now: datetime) -> _Goes:
    """:raises Refused: its day has not come, or the tenant's state does not allow it any more."""
    policies.check_is_due(deed, now)
    row: Tenant = Tenant.objects.get(id=deed.tenant_id)
    if deed.act == Act.CLEAR:
        policies.check_may_clear(row)
        return _Goes(tenant=row.info(), deed=deed, archive=None)
    policies.check_may_remove(row)
    archive = Archive.objects.filter(tenant_id=row.id, number=None).latest("at")
    return _Goes(tenant=row.info(), deed=deed, archive=archive)


def _book(scope: Scope, deed: Deed, receipt: Receipt, now: datetime) -> Mapping[str, Any]:
    """The act in the log, once: a try that was killed after the destruction has written the receipt and no more."""
    body, act = receipt.body, REMOVED if deed.act == Act.REMOVE else CLEARED
    tables = [body["rows"], *body.get("copies", {}).values()]
    facts = {"rows": sum(sum(one.values()) for one in tables), "files": body["files"], "deed": deed.id}
    if not AuditEntry.objects.filter(act=act, after__deed=deed.id).exists():
        audit.record(scope=scope, act=act, subject=("tenant", str(body["tenant"])), node_id=body["node"], now=now,
                     why=body["why"], after=facts)  # fmt: skip
    return facts


def _destroy(run: jobs.Run, goes: _Goes, now: datetime) -> None:
    run.progress(0, 3)
    with inside(run.scope, read_only=False):
        signer = keys.signer(now=now)
    with schemas.owner() as own:
        files = 0
        if goes.last:
            with _nobody_comes(own, goes):
                files = _destroy_files(run, goes)
        run.progress(1, 3)
        with _nobody_comes(own, goes):
            look_at(own, goes.tenant)
            counts, copies = _rows(own, goes)
            run.progress(2, 3)
            _destroy_rows(own, goes, _body(goes, counts, copies, files, now), signer, now)


@contextmanager
def _nobody_comes(own: psycopg.Connection, goes: _Goes) -> Iterator[None]:
    """
    In one transaction in which the tenant stays what it is.

    :raises Refused: it is another thing by now, or on its way back from another cell.
    """
    with own.transaction():
        held = own.execute("select from registry_tenant where id = %s and state = %s for update",
                           [goes.tenant.id, goes.tenant.state])  # fmt: skip
        comes = own.execute("select from pg_namespace where nspname = %s", [f"coming_{goes.tenant.schema}"])
        if held.fetchone() is None or comes.fetchone() is not None:
            raise Refused("registry.held", _("这个单位正在换库，请等它做完。"))
        yield


def _destroy_files(run: jobs.Run, goes: _Goes) -> int:
    """Its files and nightly backups; how many. Counted before the first of them goes, and not again by another try."""
    paths = [*_files(goes.tenant.schema), *backup_paths(goes.tenant.id)]
    with inside(run.scope, read_only=False):
        deed = Deed.objects.select_for_update(of=("self",)).get(id=goes.deed.id)
        deed.result = deed.result or {"files": len(paths)}
        deed.save(update_fields=["result"])
    for path in paths:
        default_storage.delete(path)
    forget_backups(run.scope, goes.tenant.id)
    return int(deed.result["files"])


def _files(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
    for name in folders:
        yield from _files(f"{folder}/{name}")


def _rows(own: psycopg.Connection, goes: _Goes) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """How many rows of each table are about to be destroyed; and in each copy that was left behind."""
    counts: dict[str, int] = {}
    if goes.whole:
        counts = _counted(own, goes.tenant.schema)
        for one in _alone():
            counts[one.table] = _count(own, sql.Identifier("public", one.table), filled(one.where, goes.tenant))
    copies = {name: _counted(own, name) for name in schemas.copies_of(own, goes.tenant.schema)}
    return {name: count for name, count in counts.items() if count}, copies


def _counted(own: psycopg.Connection, schema: str) -> dict[str, int]:
    tables = own.execute("select relname from pg_class where relnamespace = %s::text::regnamespace and relkind = 'r'"
                         " and relname <> 'django_migrations' order by 1", [schema]).fetchall()  # fmt: skip
    counts = {name: _count(own, sql.Identifier(schema, name), sql.SQL("true")) for (name,) in tables}
    return {name: count for name, count in counts.items() if count}


def _alone() -> list[belongings.Belonging]:
    return [one for one in reversed(belongings.declared()) if one.alone]


def _count(own: psycopg.Connection, table: sql.Identifier, where: sql.Composable) -> int:
    row = own.execute(sql.SQL("select count(*) from {t} x where {w}").format(t=table, w=where)).fetchone()
    assert row
    return int(row[0])


def _body(
    goes: _Goes, counts: Mapping[str, int], copies: Mapping[str, Mapping[str, int]], files: int, now: datetime
) -> dict[str, Any]:  # fmt: skip
    deed, tenant, archive = goes.deed, goes.tenant, goes.archive
    body: dict[str, Any] = {
        "kind": "falin receipt of destruction 2", "what": "body" if goes.whole else "copies", "deed": deed.id,
        "tenant": tenant.schema, "name": tenant.name, "node": tenant.node_id,
        "why": deed.why, "asked_by": deed.asked_by, "confirmed_by": deed.decided_by,
        "confirmed_at": audit.moment(deed.decided_at or now), "at": audit.moment(now), "rows": dict(counts),
        "copies": {name: dict(tables) for name, tables in copies.items()}, "files": files,
        "keys": "data keys destroyed: what is left of it in backups cannot be read" if goes.last
        else "data keys stay: the body works on under them",
    }  # fmt: skip
    if archive is not None:
        body["archive"] = {
            "sha256": archive.sha256,
            "recipient": archive.recipient,
            "at": audit.moment(archive.at),
        }
    return body


def _destroy_rows(
    own: psycopg.Connection, goes: _Goes, body: Mapping[str, Any], signer: keys.Signer, now: datetime
) -> None:
    """Everything in the database, the line of the directory, and the receipt: all of it or nothing."""
    tenant, deed = goes.tenant, goes.deed
    if goes.last:
        own.execute("delete from kernel_datakey where tenant = %s", [tenant.schema])
    if goes.whole:
        for one in _alone():
            own.execute(sql.SQL("delete from {t} x where {w}").format(
                t=sql.Identifier("public", one.table), w=filled(one.where, tenant)
            ))  # fmt: skip
        own.execute("delete from kernel_delivery where schema = %s", [tenant.schema])
        own.execute("delete from registry_trouble where schema = %s", [tenant.schema])
        own.execute("delete from registry_tenant where id = %s", [tenant.id])
    for name in [tenant.schema, *body["copies"]] if goes.whole else body["copies"]:
        own.execute(sql.SQL("drop schema {s} cascade").format(s=sql.Identifier(name)))
    own.execute("update registry_deed set outcome = 'done', done_at = %s where id = %s", [now, deed.id])
    own.execute(
        "insert into registry_receipt (id, tenant_id, name, at, body, key, signature) values (%s, %s, %s, %s, %s, %s, %s)",
        [uuid.uuid4(), tenant.id, tenant.name, now, Jsonb(dict(body)), signer.key, signer.sign(canonical(body))],
    )  # fmt: skip
