"""Every way the directory of tenants is read."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection

from falin.kernel import sorting
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from tenants.divisions.rules import sound_of
from tenants.registry import policies, schemas
from tenants.registry.archives.format import Recipient
from tenants.registry.models import Archive, Backup, Deed, Domain, Receipt, Tenant
from tenants.registry.types import (
    CHANGES,
    Act,
    Address,
    ArchiveInfo,
    BackupInfo,
    Backups,
    DeedInfo,
    Kind,
    LeftBehind,
    Outcome,
    Overview,
    ReceiptInfo,
    State,
    TenantInfo,
)

# What the operator's list stands by; else in the order the bodies were opened.
OVERVIEW_ORDERS: Final[dict[str, Callable[[Overview], Any]]] = {
    "name": lambda row: (sound_of(row.tenant.name).pinyin, row.tenant.name),
    "state": lambda row: row.tenant.state,
    "release": lambda row: (bool(row.trouble), row.behind),
    "size": lambda row: row.size,
    "archive": lambda row: row.archived_at or datetime.min.replace(tzinfo=UTC),
    "backup": lambda row: row.backup.made_at or datetime.min.replace(tzinfo=UTC),
}
_SIZES = """
select n.nspname, sum(pg_total_relation_size(c.oid))::bigint from pg_class c
join pg_namespace n on n.oid = c.relnamespace where (n.nspname = any (%s) or n.nspname ~ %s) and c.relkind = 'r' group by 1
"""


def list_tenants(*, kind: Kind | None = None) -> list[TenantInfo]:
    """Those with a schema in this cell, whatever their state."""
    rows = Tenant.objects.exclude(state=State.ELSEWHERE).order_by("id")
    return [row.info() for row in (rows.filter(kind=kind) if kind else rows)]


def list_working(*, kind: Kind | None = None) -> list[TenantInfo]:
    """Those in which work goes on, also to prepare one: nothing is done at night in a suspended or closed one."""
    return [tenant for tenant in list_tenants(kind=kind) if tenant.state in {State.PREPARING, State.OPEN}]


def find_tenant(tenant_id: int) -> TenantInfo | None:
    row = Tenant.objects.filter(id=tenant_id).first()
    return row.info() if row else None


def find_tenant_of(node_id: int) -> TenantInfo | None:
    """The tenant whose body sits at this place."""
    row: Tenant | None = Tenant.objects.filter(node_id=node_id).first()
    return row.info() if row else None


def get_tenant(tenant_id: int) -> TenantInfo:
    row: Tenant = Tenant.objects.get(id=tenant_id)
    return row.info()


def find_by_schema(schema: str) -> TenantInfo | None:
    row = Tenant.objects.filter(schema_name=schema).first()
    return row.info() if row else None


# ---- for the operator ------------------------------------------------------------------------------------------------
def list_overview(*, scope: Scope, tenant_id: int | None = None, sort: str = "") -> list[Overview]:
    """
    Tenants as their operator sees them: state, newest migration, size, last archive and backup. Four statements for all.

    :param sort: one of ``OVERVIEW_ORDERS``, with - before it the other way round.
    :raises Missing: the one that is asked for is not there.
    """
    policies.check_may_manage(scope)
    rows = list(Tenant.objects.order_by("id") if tenant_id is None else Tenant.objects.filter(id=tenant_id))
    if tenant_id is not None and not rows:
        raise policies.no_tenant()
    names = [row.schema_name for row in rows]
    standing, sizes = schemas.standing_of(names), _sizes(names)
    left: dict[str, list[LeftBehind]] = {}
    for schema, size in sorted(sizes.items()):
        if whose := schemas.left_by(schema):
            left.setdefault(whose, []).append(LeftBehind(schema=schema, size=size))
    last: dict[int, Archive] = {}
    for archive in Archive.objects.filter(tenant_id__in=[row.id for row in rows], number=None).order_by("at"):
        last[archive.tenant_id] = archive
    backups = {row.tenant_id: row for row in Backup.objects.filter(tenant_id__in=[row.id for row in rows])}
    found = [
        Overview(tenant=row.info(), migration=standing[row.schema_name].migration, at=standing[row.schema_name].at,
                 behind=0 if row.state == State.ELSEWHERE else len(standing[row.schema_name].lacking),
                 trouble="" if row.state == State.ELSEWHERE else standing[row.schema_name].trouble,
                 size=sizes.get(row.schema_name, 0), archived_at=last[row.id].at if row.id in last else None,
                 backup=_backup(backups.get(row.id)), left=tuple(left.get(row.schema_name, ())))
        for row in rows
    ]  # fmt: skip
    return sorting.in_order(found, sort, OVERVIEW_ORDERS)


def _backup(row: Backup | None) -> BackupInfo:
    if row is None:
        return BackupInfo()
    return BackupInfo(made_at=row.made_at, size=row.size, error=row.error, tried_at=row.tried_at,
                      verified_at=row.verified_at, trial_error=row.trial_error)  # fmt: skip


def get_backups(*, scope: Scope) -> Backups:
    """Whether there are nightly backups here, and for whom."""
    policies.check_may_manage(scope)
    path, trials = settings.BACKUP_CERTIFICATE, settings.BACKUP_KEY is not None
    if path is None:
        return Backups(recipient="", trouble="", trials=False)
    try:
        return Backups(recipient=Recipient.read(path.read_bytes()).subject, trouble="", trials=trials)
    except Invalid as wrong:
        return Backups(recipient="", trouble=wrong.message, trials=trials)
    except OSError as wrong:
        return Backups(recipient="", trouble=f"{path}: {wrong.strerror}", trials=trials)


def _sizes(names: Iterable[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [list(names), schemas.LEFT_BEHIND])
        return dict(cursor.fetchall())


def list_deeds(*, scope: Scope, tenant_id: int | None = None) -> list[DeedInfo]:
    """What waits for a second operator or for its day, oldest first."""
    policies.check_may_manage(scope)
    rows = Deed.objects.filter(outcome__in=[Outcome.WAITING, Outcome.CONFIRMED]).order_by("id")
    return [_deed(row) for row in (rows.filter(tenant_id=tenant_id) if tenant_id else rows)]


def list_changes(*, scope: Scope, tenant_id: int) -> list[DeedInfo]:
    """What a tenant went through: merges, splits and moves that are done, newest first."""
    policies.check_may_manage(scope)
    rows = Deed.objects.filter(tenant_id=tenant_id, act__in=CHANGES, outcome=Outcome.DONE).order_by("-id")
    return [_deed(row) for row in rows]


def list_archives(*, scope: Scope, tenant_id: int) -> list[ArchiveInfo]:
    """A tenant's exports that lie in the store, newest first. :raises Missing: there is no such tenant."""
    policies.check_may_manage(scope)
    if not Tenant.objects.filter(id=tenant_id).exists():
        raise policies.no_tenant()
    return [_archive(row) for row in Archive.objects.filter(tenant_id=tenant_id).order_by("-at")]


def get_archive(*, scope: Scope, archive_id: uuid.UUID) -> ArchiveInfo:
    """:raises Missing: there is none."""
    policies.check_may_manage(scope)
    row = Archive.objects.filter(id=archive_id).first()
    if row is None:
        raise policies.no_archive()
    return _archive(row)


def _archive(row: Archive) -> ArchiveInfo:
    return ArchiveInfo(
        id=row.id, name=row.name, at=row.at, size=row.size, rows=row.rows, nightly=row.number is not None
    )


def get_deed(*, scope: Scope, deed_id: int) -> DeedInfo:
    """:raises Missing: there is none."""
    policies.check_may_manage(scope)
    row = Deed.objects.filter(id=deed_id).first()
    if row is None:
        raise policies.no_deed()
    return _deed(row)


def _deed(row: Deed) -> DeedInfo:
    return DeedInfo(id=row.id, tenant_id=row.tenant_id, name=row.name, act=Act(row.act), target=row.target, why=row.why,
                    asked_by=row.asked_by, asked_at=row.asked_at, outcome=Outcome(row.outcome),
                    decided_by=row.decided_by, decided_at=row.decided_at, due_at=row.due_at, done_at=row.done_at,
                    result=row.result or {})  # fmt: skip


def list_addresses(*, scope: Scope, tenant_id: int) -> list[Address]:
    """Under which addresses a body is found, in the order in which they were entered. :raises Missing:"""
    policies.check_may_manage(scope)
    if not Tenant.objects.filter(id=tenant_id).exists():
        raise policies.no_tenant()
    rows = Domain.objects.filter(tenant_id=tenant_id).order_by("id")
    return [Address(id=row.pk, entered=_readable(row.domain), leads=_leads(row.domain)) for row in rows]


def _readable(domain: str) -> str:
    try:
        return domain.encode().decode("idna")
    except UnicodeError:
        return domain


def _leads(domain: str) -> str:
    if "." in domain:
        return f"//{domain}/"
    return f"//{domain}.{settings.DOMAIN}/" if settings.DOMAIN else f"/public/{domain}/"


def list_receipts(*, scope: Scope) -> list[ReceiptInfo]:
    """What is left of tenants that were removed, newest first."""
    policies.check_may_manage(scope)
    return [
        ReceiptInfo(name=row.name, at=row.at, body=row.body, key=row.key, signature=row.signature)
        for row in Receipt.objects.order_by("-at")
    ]
