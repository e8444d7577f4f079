"""
The place of the nightly backups: each tenant's archive, one after the other, for the holder of one certificate.

A night begins at the hour the province set and lasts until that hour of the next day: what was missed is made up. Each
tenant's row says for which night it has one, so that whoever is killed goes on with the tenant it was at, and a clock that
was wrong costs nothing but a night's name: which backup is older is told by counting, never by the clock.

A job works for a minute and asks for the next one, so that an operator's own job waits no longer than that for it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import audit, clock, jobs, outbox, parameters
from falin.kernel.clock import legal_day
from falin.kernel.models import Job, JobState, StoredFile
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry.archives.format import Recipient
from tenants.registry.commands.archiving import keep_archive, written_out
from tenants.registry.commands.restoring import Opener, book_trial, restore_kept
from tenants.registry.models import Archive, Backup
from tenants.registry.queries import get_tenant, list_tenants
from tenants.registry.types import State, TenantInfo

log = logging.getLogger("falin.backups")

HOUR = parameters.declare(parameters.Parameter(
    key="registry.backup_hour", label=gettext_noop("夜间备份从几点开始"), unit=gettext_noop("点"), default=3, minimum=0,
    maximum=23, rule="decision 63", set_by=("province",),
))  # fmt: skip
KEPT = parameters.declare(parameters.Parameter(
    key="registry.backups_kept", label=gettext_noop("每个单位保留几份夜间备份"), unit=gettext_noop("份"), default=7, minimum=2,
    maximum=90, rule="decision 63", set_by=("province",),
))  # fmt: skip
TRIAL_DAYS = parameters.declare(parameters.Parameter(
    key="registry.backup_trial_days", label=gettext_noop("每隔几天试恢复一份夜间备份"), unit=gettext_noop("天"), default=7,
    minimum=1, maximum=31, rule="decision 63", set_by=("province",), direction=-1,
))  # fmt: skip

BACK_UP, TRY_OUT = "registry.back_up", "registry.try_out"
FAILED = "registry.backup.failed"
SLICE: Final = 60.0  # seconds a job works before it makes room
AGAIN: Final = timedelta(hours=1)  # before what failed is tried again
DEATHS: Final = 3  # tries in a night that were killed, before that counts as a failure
_OPEN = (JobState.QUEUED, JobState.RUNNING)


def recipient() -> Recipient | None:
    """
    For whom backups are sealed; nobody: there are none.

    :raises Invalid: the certificate cannot be used. :raises OSError: it is not there.
    """
    path = settings.BACKUP_CERTIFICATE
    return Recipient.read(path.read_bytes()) if path else None


def ask_backups(*, scope: Scope, now: datetime, after: uuid.UUID | None = None) -> uuid.UUID | None:
    """
    Queue the job if a tenant lacks tonight's backup and nobody is at it; its number.

    :param after: the job that asks for the next one.
    """
    if settings.BACKUP_CERTIFICATE is None or _is_under_way(BACK_UP, after) or _next(now) is None:
        return None
    return jobs.ask(scope=scope, kind=BACK_UP, title=_("夜间备份"), parameters={}, now=now)


def ask_trial(*, scope: Scope, now: datetime) -> uuid.UUID | None:
    """
    Queue a trial restore if the last one is long enough ago: of a tenant whose last one failed, else of the one whose
    backups were tried longest ago.
    """
    if settings.BACKUP_CERTIFICATE is None or settings.BACKUP_KEY is None or _is_under_way(TRY_OUT):
        return None
    rows = {row.tenant_id: row for row in Backup.objects.filter(count__gt=0)}
    there = [tenant for tenant in list_tenants() if tenant.id in rows]
    tried = [at for row in rows.values() if (at := row.trial_at) and at <= now]
    days = parameters.value(TRIAL_DAYS, node_id=there[0].node_id if there else None, on=legal_day(now))
    if not there or (tried and now - max(tried) < timedelta(days=days)):
        return None
    first = datetime.min.replace(tzinfo=now.tzinfo)
    tenant = min(there, key=lambda one: (not rows[one.id].trial_error, rows[one.id].trial_at or first, one.id))
    return jobs.ask(scope=scope, kind=TRY_OUT, title=_("试恢复：%(name)s") % {"name": tenant.name},
                    parameters={"tenant": tenant.id}, now=now)  # fmt: skip


def _is_under_way(kind: str, but: uuid.UUID | None = None) -> bool:
    """Asked by one at a time: two that looked at once would both find nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"registry.backups:{kind}"])
    open_ones = Job.objects.filter(kind=kind, state__in=_OPEN)
    return (open_ones.exclude(id=but) if but else open_ones).exists()


def night_of(tenant: TenantInfo, now: datetime) -> date:
    """To which night a moment belongs there."""
    hour = parameters.value(HOUR, node_id=tenant.node_id, on=legal_day(now))
    return legal_day(now - timedelta(hours=hour))


def _next(now: datetime) -> tuple[TenantInfo, Backup] | None:
    """Whose turn it is: of those without tonight's backup who was tried longest ago. Nobody else waits for who fails."""
    rows = {row.tenant_id: row for row in Backup.objects.all()}
    due = [
        (tenant, row)
        for tenant in list_tenants() if tenant.state != State.MOVING
        for row in [rows.get(tenant.id) or Backup(tenant_id=tenant.id)] if _is_due(row, night_of(tenant, now), now)
    ]  # fmt: skip
    first = datetime.min.replace(tzinfo=now.tzinfo)
    return min(due, key=lambda one: (one[1].tried_at or first, one[0].id)) if due else None


def _is_due(row: Backup, tonight: date, now: datetime) -> bool:
    if row.night == tonight:
        return False
    if row.trying != tonight or not row.error or row.tried_at is None:
        return True
    return not timedelta() <= now - row.tried_at < AGAIN  # a try in the future is a clock's that was wrong


def _begin(scope: Scope, now: datetime) -> TenantInfo | None:
    found = _next(now)
    if found is None:
        return None
    tenant, row = found
    tonight = night_of(tenant, now)
    if row.trying != tonight:
        row.tries = 0
    elif row.error and row.error == _died():
        _tell(scope, tenant, tonight, now)  # who was killed could not
    row.trying, row.tries, row.tried_at = tonight, row.tries + 1, now
    row.error = _died() if row.tries >= DEATHS else ""
    row.save()
    return tenant


def _died() -> str:
    return _("做的时候中断了几次。")


def back_up(run: jobs.Run) -> Mapping[str, Any]:
    """The job: one tenant after the other until its time is up. Who fails is booked, told and passed over."""
    named, until, made, failed = recipient(), time.monotonic() + SLICE, 0, 0
    while named is not None:
        with inside(run.scope, read_only=False):
            tenant = _begin(run.scope, clock.now())
        if tenant is None:
            break
        try:
            _make(run, tenant, named)
            made += 1
        except (jobs.Superseded, jobs.Cancelled, OperationalError, InterfaceError):
            raise  # it is another try's
        except Exception as error:
            log.exception("no backup of %s", tenant.schema)
            with inside(run.scope, read_only=False):
                _fail(run.scope, tenant, _words(error), clock.now())
            failed += 1
        if time.monotonic() > until:
            break
    with inside(run.scope, read_only=False):
        ask_backups(scope=run.scope, now=clock.now(), after=run.job_id)
    return {"made": made, "failed": failed}


def _make(run: jobs.Run, tenant: TenantInfo, named: Recipient) -> None:
    with written_out(run, tenant, named) as (part, written), inside(run.scope, read_only=False):
        row = Backup.objects.select_for_update(of=("self",)).get(tenant_id=tenant.id)
        kept = keep_archive(run.scope, tenant, named, part, written, number=row.count + 1)
        row.night, row.count, row.error = row.trying, row.count + 1, ""
        row.made_at, row.size = written.at, kept.size
        row.save(update_fields=["night", "count", "error", "made_at", "size"])
        if row.trial_error:
            return  # the newest could not be restored: who knows since when; the older ones stay until one can be
        most = parameters.value(KEPT, node_id=tenant.node_id, on=legal_day(clock.now()))
        for path in _drop(run.scope, Archive.objects.filter(tenant_id=tenant.id, number__lte=row.count - most)):
            transaction.on_commit(partial(default_storage.delete, path))


def _drop(scope: Scope, rows: Any) -> list[str]:
    """Backups out of the tables, booked; the paths of their files."""
    gone = list(rows)
    StoredFile.objects.filter(id__in=[one.id for one in gone]).delete()
    rows.delete()
    audit.record_many(
        audit.entry(scope=scope, act="kernel.file.removed", subject=("file", one.id), node_id=None, now=clock.now(),
                    after={"purpose": "backup", "bytes": one.size})
        for one in gone
    )  # fmt: skip
    return [one.path for one in gone]


def backup_paths(tenant_id: int) -> list[str]:
    """Where a tenant's backups lie in the store."""
    return list(Archive.objects.filter(tenant_id=tenant_id, number__isnull=False).values_list("path", flat=True))


def forget_backups(scope: Scope, tenant_id: int) -> None:
    """A tenant that is destroyed leaves no backup of ours; their files go before."""
    with inside(scope, read_only=False):
        Backup.objects.filter(tenant_id=tenant_id).delete()
        _drop(scope, Archive.objects.filter(tenant_id=tenant_id, number__isnull=False))


def _fail(scope: Scope, tenant: TenantInfo, words: str, now: datetime) -> None:
    row = Backup.objects.select_for_update(of=("self",)).get(tenant_id=tenant.id)
    row.error = words
    row.save(update_fields=["error"])
    _tell(scope, tenant, row.trying or legal_day(now), now)


def _tell(scope: Scope, tenant: TenantInfo, night: date, now: datetime) -> None:
    """The operators hear of it; once a night, however many fail and however often."""
    outbox.put(scope=scope, event=FAILED, version=1, key=f"backup:{tenant.id}", now=now,
               payload={"night": night.isoformat(), "node_id": tenant.node_id})  # fmt: skip


def _words(error: Exception) -> str:
    if isinstance(error, Refused):
        return error.message[:300]
    return _("系统出错（%(kind)s），详情在服务器的日志里。") % {"kind": type(error).__name__}


# ---- trials ----------------------------------------------------------------------------------------------------------
def try_out(run: jobs.Run) -> Mapping[str, Any]:
    """The job: a tenant's newest backup into a schema nobody knows, every table compared with it, and all undone."""
    with inside(run.scope, read_only=True):
        row = Backup.objects.get(tenant_id=int(run.parameters["tenant"]))
        archive = Archive.objects.get(tenant_id=row.tenant_id, number=row.count)
        tenant = get_tenant(row.tenant_id)
    try:
        found = restore_kept(run, archive.path, _opener(), check=True)
    except (jobs.Superseded, jobs.Cancelled, OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("the backup of %s could not be restored", archive.schema)
        with inside(run.scope, read_only=False):
            book_trial(path=archive.path, error=_words(error), now=clock.now())
            _tell(run.scope, tenant, legal_day(clock.now()), clock.now())
        raise
    with inside(run.scope, read_only=False):
        book_trial(path=archive.path, error="", now=clock.now())
    return {"rows": found.rows}


def _opener() -> Opener:
    """:raises Refused: the key was taken away since the trial was asked for."""
    if settings.BACKUP_CERTIFICATE is None or settings.BACKUP_KEY is None:
        raise Refused("registry.no_backup_key", _("没有配置私钥，不能试恢复。"))
    return Opener(certificate=settings.BACKUP_CERTIFICATE.read_bytes(), key=settings.BACKUP_KEY.read_bytes())
