"""
The place where a tenant ends: confirmed by two, its waiting time over, what it leaves behind exported first.

Its schema, its files, its keys and the shared rows that are nobody else's are destroyed. What stays is a receipt signed with
the installation's audit key: what was destroyed, how much, by whose decision, and which archive holds what the law keeps.
A job: killed anywhere it goes on, for each part is gone or not, and the receipt is written with the last of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import psycopg
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from psycopg import sql
from psycopg.types.json import Jsonb

from falin.kernel import audit, clock, jobs
from falin.kernel.audit import canonical, keys
from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import belongings, policies, schemas
from tenants.registry.archives.writing import filled, look_at
from tenants.registry.commands.backing_up import forget_backups
from tenants.registry.models import Archive, Deed, Receipt, Tenant
from tenants.registry.types import Act, Outcome, TenantInfo

REMOVE, REMOVED = "registry.remove", "registry.tenant.removed"


def due_removals(*, now: datetime) -> list[int]:
    """Deeds whose waiting time is over."""
    rows = Deed.objects.filter(act=Act.REMOVE, outcome=Outcome.CONFIRMED, due_at__lte=now).order_by("id")
    return list(rows.values_list("id", flat=True))


def remove_tenant(*, scope: Scope, deed_id: int, now: datetime) -> uuid.UUID:
    """
    Queue the destruction of a tenant; called when its day has come, by the nightly task or an operator.

    :raises Refused: the day has not come, or it goes on already.
    """
    if scope.person_id:
        policies.check_may_manage(scope)
    deed = Deed.objects.select_for_update(of=("self",)).filter(id=deed_id).first()
    if deed is None:
        raise policies.no_deed()
    policies.check_is_due(deed, now)
    return jobs.ask(
        scope=scope, kind=REMOVE, title=_("删除%(name)s") % {"name": deed.name}, parameters={"deed": deed.id}, now=now
    )


def destroy(run: jobs.Run) -> Mapping[str, Any]:
    """The job behind ``remove_tenant``."""
    now, deed_id = clock.now(), int(run.parameters["deed"])
    with inside(run.scope, read_only=True):
        deed: Deed = Deed.objects.get(id=deed_id)
        done: Receipt | None = Receipt.objects.filter(tenant_id=deed.tenant_id).first()
        if done is None:
            policies.check_is_due(deed, now)
            row: Tenant = Tenant.objects.get(id=deed.tenant_id)
            policies.check_may_remove(row)
            tenant, archive = row.info(), Archive.objects.filter(tenant_id=row.id, number=None).latest("at")
    if done is None:
        _destroy(run, tenant, deed, archive, now)
    with inside(run.scope, read_only=False):
        receipt: Receipt = Receipt.objects.get(tenant_id=deed.tenant_id)
        return _book(run.scope, receipt, now)


def _book(scope: Scope, receipt: Receipt, now: datetime) -> Mapping[str, Any]:
    """The act in the log, once: a try that was killed after the destruction has written the receipt and no more."""
    body, subject = receipt.body, ("tenant", str(receipt.body["tenant"]))
    facts = {"rows": sum(body["rows"].values()), "files": body["files"]}
    if not AuditEntry.objects.filter(act=REMOVED, subject_kind=subject[0], subject_id=subject[1]).exists():
        audit.record(
            scope=scope, act=REMOVED, subject=subject, node_id=body["node"], now=now, why=body["why"], after=facts
        )
    return facts


def _destroy(run: jobs.Run, tenant: TenantInfo, deed: Deed, archive: Archive, now: datetime) -> None:
    run.progress(0, 3)
    paths = [*_files(tenant.schema), *forget_backups(run.scope, tenant.id)]
    for path in paths:
        default_storage.delete(path)
    run.progress(1, 3)
    with inside(run.scope, read_only=False):
        signer = keys.signer(now=now)
    with schemas.owner() as own:
        counts = _rows(own, tenant)
        run.progress(2, 3)
        _destroy_rows(own, tenant, deed, _body(deed, tenant, archive, counts, len(paths), now), signer, now)


def _files(folder: str) -> Iterator[str]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)
    for name in folders:
        yield from _files(f"{folder}/{name}")


def _rows(own: psycopg.Connection, tenant: TenantInfo) -> dict[str, int]:
    """How many rows of each table are about to be destroyed."""
    counts: dict[str, int] = {}
    with own.transaction():
        look_at(own, tenant)
        tables = own.execute("select relname from pg_class where relnamespace = %s::text::regnamespace and relkind = 'r'"
                             " and relname <> 'django_migrations' order by 1", [tenant.schema]).fetchall()  # fmt: skip
        for (name,) in tables:
            counts[name] = _count(own, sql.Identifier(tenant.schema, name), sql.SQL("true"))
        for one in _alone():
            counts[one.table] = _count(own, sql.Identifier("public", one.table), filled(one.where, tenant))
    return {name: count for name, count in counts.items() if count}


def _alone() -> list[belongings.Belonging]:
    return [one for one in reversed(belongings.declared()) if one.alone]


def _count(own: psycopg.Connection, table: sql.Identifier, where: sql.Composable) -> int:
    row = own.execute(sql.SQL("select count(*) from {t} x where {w}").format(t=table, w=where)).fetchone()
    assert row
    return int(row[0])


def _body(
    deed: Deed, tenant: TenantInfo, archive: Archive, counts: Mapping[str, int], files: int, now: datetime
) -> dict[str, Any]:
    return {
        "kind": "falin receipt of destruction 1", "tenant": tenant.schema, "name": tenant.name, "node": tenant.node_id,
        "why": deed.why, "asked_by": deed.asked_by, "confirmed_by": deed.decided_by,
        "confirmed_at": audit.moment(deed.decided_at or now), "at": audit.moment(now), "rows": dict(counts), "files": files,
        "keys": "data keys destroyed: what is left of it in backups cannot be read",
        "archive": {"sha256": archive.sha256, "recipient": archive.recipient, "at": audit.moment(archive.at)},
    }  # fmt: skip


def _destroy_rows(
    own: psycopg.Connection, tenant: TenantInfo, deed: Deed, body: Mapping[str, Any], signer: keys.Signer, now: datetime
) -> None:
    """Everything in the database, the line of the directory, and the receipt: all of it or nothing."""
    with own.transaction():
        look_at(own, tenant)
        for one in _alone():
            own.execute(sql.SQL("delete from {t} x where {w}").format(
                t=sql.Identifier("public", one.table), w=filled(one.where, tenant)
            ))  # fmt: skip
        own.execute("delete from kernel_datakey where tenant = %s", [tenant.schema])
        own.execute("delete from kernel_delivery where schema = %s", [tenant.schema])
        own.execute("delete from registry_trouble where schema = %s", [tenant.schema])
        own.execute("delete from registry_tenant where id = %s", [tenant.id])
        replaced = own.execute("select nspname from pg_namespace where starts_with(nspname, %s)",
                               [f"replaced_{tenant.schema}_"]).fetchall()  # fmt: skip
        for (name,) in [(tenant.schema,), *replaced]:  # what a restore put aside is the tenant's too
            own.execute(sql.SQL("drop schema {s} cascade").format(s=sql.Identifier(name)))
        own.execute("update registry_deed set outcome = 'done', done_at = %s where id = %s", [now, deed.id])
        own.execute(
            "insert into registry_receipt (id, tenant_id, name, at, body, key, signature) values (%s, %s, %s, %s, %s, %s, %s)",
            [uuid.uuid4(), tenant.id, tenant.name, now, Jsonb(dict(body)), signer.key,
             signer.sign(canonical(body))],
        )  # fmt: skip
