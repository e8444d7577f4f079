"""
The place of long work: every job is a row with owner, progress, log, cancel and result.

A job runs as its owner, in the scope he had when he asked. It survives a killed worker: a running job whose heartbeat
stopped is queued again, and after three tries says that it failed. Nothing is ever silent.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from falin.kernel import clock
from falin.kernel.models import Job, JobState
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside

log = logging.getLogger("falin.jobs")

MAX_ATTEMPTS = 3
SILENT = timedelta(seconds=60)


class Cancelled(Exception):
    """The owner asked to stop; what was done so far is kept or not as the job says."""


@dataclass(slots=True)
class Run:
    """What a running job holds in its hands: its scope, its parameters, and a way to say how far it is."""

    scope: Scope
    job_id: uuid.UUID
    parameters: Mapping[str, Any]

    def progress(self, done: int, total: int, line: str = "") -> None:
        """
        Say how far the work is, outside any transaction of the work itself.

        :raises Cancelled: when the owner asked to stop.
        """
        with inside(self.scope, read_only=False):
            row = Job.objects.select_for_update(of=("self",)).get(id=self.job_id)
            if row.cancel_asked:
                raise Cancelled
            row.done, row.total, row.heartbeat_at = done, total, clock.now()
            if line:
                row.log = (row.log + line + "\n")[-20_000:]
            row.save(update_fields=["done", "total", "heartbeat_at", "log"])


Runner = Callable[[Run], Mapping[str, Any]]
_runners: dict[str, Runner] = {}
_sender: list[Callable[[str, str], None]] = []


def register(kind: str, runner: Runner) -> None:
    """Name the function that does jobs of a kind."""
    _runners[kind] = runner


def send_with(sender: Callable[[str, str], None]) -> None:
    """Have queued jobs handed to ``sender(schema, job_id)``; the composition root puts the broker behind it."""
    _sender[:] = [sender]


def ask(*, scope: Scope, kind: str, title: str, parameters: Mapping[str, Any], now: datetime) -> uuid.UUID:
    """Queue a job in the open transaction; a worker hears of it after the commit."""
    assert kind in _runners, kind
    kept = asdict(scope) | {"nodes": sorted(scope.nodes), "grants": sorted(scope.grants)}
    job = Job.objects.create(kind=kind, title=title, person_id=scope.person_id, scope=kept,
                             parameters=dict(parameters), created_at=now)  # fmt: skip
    transaction.on_commit(lambda: send(scope.schema, str(job.id)))
    return job.id


def send(schema: str, job_id: str) -> None:
    """Tell a worker; a broker that is down costs nothing but time: the sweep tells again."""
    try:
        _sender[0](schema, job_id)
    except Exception as error:
        log.warning("job %s could not be sent now (%s); the sweep sends it again", job_id, type(error).__name__)


def cancel(*, scope: Scope, job_id: uuid.UUID, now: datetime) -> None:
    """
    Ask a job to stop; one that has not begun ends at once.

    :raises Refused: when it is over already.
    """
    job = _mine(scope).select_for_update(of=("self",)).filter(id=job_id).first()
    if job is None:
        raise Missing("jobs.missing", _("没有这项任务。"))
    if job.state == JobState.QUEUED:
        job.state, job.ended_at = JobState.CANCELLED, now
    elif job.state == JobState.RUNNING:
        job.cancel_asked = True
    else:
        raise Refused("jobs.over", _("这项任务已经结束了。"))
    job.save(update_fields=["state", "ended_at", "cancel_asked"])


def find(*, scope: Scope, job_id: uuid.UUID) -> Job | None:
    return _mine(scope).filter(id=job_id).first()


def list_jobs(*, scope: Scope, limit: int = 50) -> list[Job]:
    return list(_mine(scope).order_by("-created_at")[:limit])


def _mine(scope: Scope) -> QuerySet[Job]:
    return Job.objects.filter(person_id=scope.person_id)


def restored_scope(kept: Mapping[str, Any]) -> Scope:
    """The scope a job was asked in."""
    fields = dict(kept)
    fields["roots"] = tuple(fields["roots"])
    fields["nodes"] = frozenset(fields["nodes"])
    fields["grants"] = frozenset(fields["grants"])
    return Scope(**fields)


def work(*, system: Scope, job_id: uuid.UUID) -> str:
    """
    Do one job; the state it ended in. Called by the worker, perhaps twice for the same job.

    The claim is a transaction of its own, so that two workers never do one job at once.
    """
    with inside(system, read_only=False):
        row = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(id=job_id).first()
        if row is None or row.state != JobState.QUEUED:
            return "not mine"
        row.state, row.heartbeat_at, row.attempts = JobState.RUNNING, clock.now(), row.attempts + 1
        row.save(update_fields=["state", "heartbeat_at", "attempts"])
        run = Run(scope=restored_scope(row.scope), job_id=row.id, parameters=row.parameters)
        kind = row.kind
    try:
        result = dict(_runners[kind](run))
        state, line = JobState.DONE, ""
    except Cancelled:
        result, state, line = {}, JobState.CANCELLED, _("已按要求停下。")
    except Refused as refused:
        result, state, line = {"code": refused.code, "message": refused.message}, JobState.FAILED, refused.message
    except Exception as error:
        log.exception("job %s (%s) failed", job_id, kind)
        result, state = {"code": "jobs.broke"}, JobState.FAILED
        line = _("任务中断：系统出错（%(kind)s）。已记录，请联系运维人员。") % {"kind": type(error).__name__}
    with inside(system, read_only=False):
        Job.objects.filter(id=job_id).update(state=state, result=result, ended_at=clock.now(), done=F("done"))
        if line:
            done = Job.objects.select_for_update(of=("self",)).get(id=job_id)
            done.log = (done.log + line + "\n")[-20_000:]
            done.save(update_fields=["log"])
    return str(state)


def sweep(*, now: datetime) -> list[uuid.UUID]:
    """
    In the open transaction's tenant: jobs to send again (a worker died, a message was lost). Gives up after three tries.
    """
    again: list[uuid.UUID] = []
    for job in Job.objects.select_for_update(of=("self",), skip_locked=True).filter(state__in=["queued", "running"]):
        if job.state == JobState.RUNNING:
            if job.heartbeat_at and now - job.heartbeat_at < SILENT:
                continue
            if job.attempts >= MAX_ATTEMPTS:
                job.state, job.ended_at = JobState.FAILED, now
                job.log += _("试了三次都中断了，已停下。") + "\n"
                job.save(update_fields=["state", "ended_at", "log"])
                continue
            job.state = JobState.QUEUED
            job.save(update_fields=["state"])
        elif now - job.created_at < timedelta(seconds=10):
            continue
        again.append(job.id)
    return again
