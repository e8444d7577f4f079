"""
The place of long work: every job is a row with owner, progress, log, cancel and result.

A job runs as its owner, under the hat he asked in, with the places and grants that hat has when the work begins; who has
lost it meanwhile gets a sentence instead. It survives a killed worker: a running job whose heartbeat
stopped is queued again, and after three tries says that it failed. Nothing is ever silent: each turn leaves a line.

A job may be held until a second person says yes: somebody else of the same body, who holds the grant it names, for places
that cover the owner's. It never begins without him, and who said yes must still be able to when it does.

A try that was given up for dead may live on (a machine that stood still). Tries are therefore numbered: an older one can
neither report nor end the job.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from falin.kernel import audit, clock, outbox, parameters, quotas
from falin.kernel.models import Job, JobState
from falin.kernel.refusals import Missing, Refused
from falin.kernel.retention import RowRule
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside

log = logging.getLogger("falin.jobs")

KEPT = parameters.declare(parameters.Parameter(
    key="kernel.jobs_kept", label=gettext_noop("做完的任务和它的日志保留的天数"), unit=gettext_noop("天"), default=365,
    minimum=60, maximum=1100, rule="PIPL 19", set_by=("province",), direction=-1,
))  # fmt: skip
# A file that a job made is opened through the job: its days are fewer than the fewest of this.
ENDED = RowRule(purpose="job", label=gettext_lazy("做完的任务和它的日志"), days=KEPT, over="ended_at",
                rows=lambda scope: Job.objects.all())  # fmt: skip

MAX_ATTEMPTS = 3
BEAT = 5.0  # seconds between two heartbeats, whatever the work itself says
SILENT = timedelta(seconds=20)
LOST = timedelta(seconds=10)  # queued this long without being begun: the message may be lost
LONGEST_LOG = 20_000
WAITED_FOR = timedelta(minutes=1)  # so long somebody watches a job; of one that takes longer he is told
ENDED_EVENT = "kernel.job.ended"


class Cancelled(Exception):
    """The owner asked to stop; what was done so far is kept or not as the job says."""


class Superseded(Exception):
    """This try was given up for dead, and another one has the job now."""


class NotHeld(Missing):
    """Nothing of this name waits for somebody's yes."""

    def __init__(self) -> None:
        super().__init__("jobs.not_held", _("没有这项等您确认的事，或者它已经办过了。"))


@dataclass(slots=True)
class Run:
    """What a running job holds in its hands: its scope, its parameters, and a way to say how far it is."""

    scope: Scope
    job_id: uuid.UUID
    parameters: Mapping[str, Any]
    attempt: int = 1

    def progress(self, done: int, total: int, line: str = "") -> None:
        """
        Say how far the work is, outside any transaction of the work itself.

        :raises Cancelled: when the owner asked to stop.
        :raises Superseded: when another try has the job.
        """
        with inside(self.scope, read_only=False):
            row = Job.objects.select_for_update(of=("self",)).get(id=self.job_id)
            if row.state != JobState.RUNNING or row.attempts != self.attempt:
                raise Superseded
            if row.cancel_asked:
                raise Cancelled
            row.done, row.total, row.heartbeat_at = done, total, clock.now()
            if line:
                _say(row, line)
            row.save(update_fields=["done", "total", "heartbeat_at", "log"])


class Lane(StrEnum):
    """What waits behind what: no short job behind a long one, however many of these there are."""

    LONG = "long"
    SHORT = "short"


Runner = Callable[[Run], Mapping[str, Any]]
_runners: dict[str, Runner] = {}
_short: set[str] = set()  # kinds
_sender: list[Callable[[str, str, Lane], None]] = []
_reader: list[Callable[[int, str], Scope | None]] = []


def register(kind: str, runner: Runner, *, lane: Lane = Lane.LONG) -> None:
    """Name the function that does jobs of a kind, and the lane they go by: short is what somebody looks on at."""
    _runners[kind] = runner
    (_short.add if lane is Lane.SHORT else _short.discard)(kind)


def lane_of(job: Job) -> Lane:
    return Lane.SHORT if job.kind in _short else Lane.LONG


def send_with(sender: Callable[[str, str, Lane], None]) -> None:
    """Have queued jobs handed to ``sender(schema, job_id, lane)``; the composition root puts the broker behind it."""
    _sender[:] = [sender]


def read_scopes_with(reader: Callable[[int, str], Scope | None]) -> None:
    """Have ``reader(person_id, hat)`` say what a person may under a hat at this moment."""
    _reader[:] = [reader]


def ask(
    *, scope: Scope, kind: str, title: str, parameters: Mapping[str, Any], now: datetime, held_for: str = "",
    held_until: datetime | None = None,
) -> uuid.UUID:  # fmt: skip
    """
    Queue a job in the open transaction; a worker hears of it after the commit.

    :param held_for: the grant of the second person it waits for. :param held_until: when it ends if nobody confirms it.
    :raises OverQuota: the tenant has asked for as many today as it may.
    """
    assert kind in _runners, kind
    assert bool(held_for) == bool(held_until), "what waits for somebody ends some day"
    quotas.check_may_ask(scope, now=now)
    job = Job.objects.create(
        kind=kind, title=audit.without_numbers(title), person_id=scope.person_id, parameters=dict(parameters),
        scope={"hat": scope.hat, "language": translation.get_language() or settings.LANGUAGE_CODE},
        created_at=now, state=JobState.HELD if held_for else JobState.QUEUED, held_for=held_for, held_until=held_until,
    )  # fmt: skip
    if not held_for:
        transaction.on_commit(lambda: send(scope.schema, job.id, lane_of(job)))
    return job.id


def list_held(*, scope: Scope, now: datetime) -> list[Job]:
    """What waits for a second person whom the scope's holder could be, oldest first."""
    waiting = Job.objects.filter(state=JobState.HELD, held_for__in=scope.grants, held_until__gt=now)
    return [job for job in waiting.exclude(person_id=scope.person_id).order_by("created_at") if _is_second(scope, job)]


def confirm(*, scope: Scope, job_id: uuid.UUID, now: datetime) -> Job:
    """
    Yes, as the second person: it is queued.

    :raises NotHeld: nothing of this name waits for him.
    """
    job = _waiting_for(scope, job_id, now)
    job.state, job.second_id, job.second_hat, job.second_at = JobState.QUEUED, scope.person_id, scope.hat, now
    with _in_words_of(job):
        _say(job, _("另一个人确认了。"))
    job.save(update_fields=["state", "second_id", "second_hat", "second_at", "log"])
    transaction.on_commit(lambda: send(scope.schema, job.id, lane_of(job)))
    return job


def refuse(*, scope: Scope, job_id: uuid.UUID, why: str, now: datetime) -> Job:
    """
    No, as the second person: it ends with his reason.

    :raises NotHeld: nothing of this name waits for him.
    """
    job = _waiting_for(scope, job_id, now)
    job.second_id, job.second_hat, job.second_at = scope.person_id, scope.hat, now
    job.result = {"code": "jobs.refused", "message": why}
    with _in_words_of(job):
        _end(job, JobState.FAILED, _("另一个人没有同意：%(why)s") % {"why": why}, now)
    job.save(update_fields=["state", "second_id", "second_hat", "second_at", "result", "ended_at", "log"])
    return job


def end_unconfirmed(*, now: datetime) -> list[Job]:
    """In the open transaction's tenant: end what nobody confirmed in its time."""
    over = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=JobState.HELD, held_until__lte=now
    )
    ended = list(over.order_by("held_until"))
    for job in ended:
        job.result = {"code": "jobs.not_confirmed"}
        with _in_words_of(job):
            _end(job, JobState.FAILED, _("到期没有人确认，已经结束。"), now)
        job.save(update_fields=["state", "result", "ended_at", "log"])
    return ended


def _waiting_for(scope: Scope, job_id: uuid.UUID, now: datetime) -> Job:
    waiting = Job.objects.select_for_update(of=("self",)).filter(id=job_id, state=JobState.HELD, held_until__gt=now)
    job = waiting.first()
    if job is None or not _is_second(scope, job):
        raise NotHeld
    return job


def _is_second(scope: Scope, job: Job) -> bool:
    """Whether somebody can say yes to a job at this moment, whose owner still wears the hat he asked in."""
    owner = _reader[0](job.person_id, job.scope["hat"])
    if owner is None or scope.person_id == owner.person_id or scope.schema != owner.schema or scope.emergency:
        return False
    covers = scope.whole or (not owner.whole and owner.nodes <= scope.nodes)
    return covers and scope.may(job.held_for)


def send(schema: str, job_id: uuid.UUID, lane: Lane) -> None:
    """Tell a worker of the lane; a broker that is down costs nothing but time: the sweep tells again."""
    try:
        _sender[0](schema, str(job_id), lane)
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
    if job.state in {JobState.HELD, JobState.QUEUED}:
        _end(job, JobState.CANCELLED, _("还没有开始，已按要求取消。"), now)
    elif job.state == JobState.RUNNING:
        job.cancel_asked = True
    else:
        raise Refused("jobs.over", _("这项任务已经结束了。"))
    job.save(update_fields=["state", "ended_at", "cancel_asked", "log"])


def find(*, scope: Scope, job_id: uuid.UUID) -> Job | None:
    return _mine(scope).filter(id=job_id).first()


def list_jobs(*, scope: Scope, limit: int = 50) -> list[Job]:
    return list(_mine(scope).order_by("-created_at")[:limit])


def _mine(scope: Scope) -> QuerySet[Job]:
    return Job.objects.filter(person_id=scope.person_id)


def _scope_now(system: Scope, job: Job) -> Scope:
    """
    What the owner may at this moment under the hat he asked in; the system's own jobs have the system's scope.

    :raises Refused: he does not wear that hat any more, or who confirmed it not his. :raises Suspended: his tenant is.
    """
    if job.person_id == system.person_id:
        return system
    with inside(system, read_only=True):
        scope = _reader[0](job.person_id, job.scope.get("hat", ""))
    if scope is None or scope.schema != system.schema:
        raise Refused("jobs.hat_lost", _("提交这项任务时的身份已经到期或停用，任务没有做。"))
    scope.check_may_write()
    if job.held_for:
        with inside(system, read_only=True):
            second = _reader[0](job.second_id, job.second_hat) if job.second_id else None
            if second is None or not _is_second(second, job):
                raise Refused("jobs.second_lost", _("确认的人现在已经不能确认了，任务没有做。请重新请求。"))
    return scope


def work(*, system: Scope, job_id: uuid.UUID) -> str:
    """
    Do one job; the state it ended in. Called by the worker, perhaps twice for the same job.

    The claim is a transaction of its own, so that two workers never do one job at once. A database that goes away in the
    middle is no failure of the job: it goes back into the queue.
    """
    with inside(system, read_only=False):
        row = Job.objects.select_for_update(of=("self",), skip_locked=True).filter(id=job_id).first()
        if row is None or row.state != JobState.QUEUED:
            return "not mine"
        row.state, row.heartbeat_at, row.attempts = JobState.RUNNING, clock.now(), row.attempts + 1
        row.save(update_fields=["state", "heartbeat_at", "attempts"])
        run = Run(scope=system, job_id=row.id, parameters=row.parameters, attempt=row.attempts)
    with _in_words_of(row):
        return _do(system, row, run)


def _do(system: Scope, row: Job, run: Run) -> str:
    job_id, kind, result = row.id, row.kind, dict[str, Any]()
    try:
        with _beating(system, run):
            run.scope = _scope_now(system, row)
            result = dict(_runners[kind](run))
        state, line = JobState.DONE, _("做完了。")
    except Superseded:
        log.warning("job %s (%s): another try has it", job_id, kind)
        return "not mine"
    except Cancelled:
        state, line = JobState.CANCELLED, _("已按要求停下。")
    except Refused as refused:
        result, state, line = {"code": refused.code, "message": refused.message}, JobState.FAILED, refused.message
    except (OperationalError, InterfaceError) as error:
        log.warning("job %s (%s): the database went away (%s)", job_id, kind, type(error).__name__)
        connection.close()
        return _interrupted(system, run)
    except Exception as error:
        log.exception("job %s (%s) failed", job_id, kind)
        result, state = {"code": "jobs.broke"}, JobState.FAILED
        line = _("任务中断：系统出错（%(kind)s）。已记录，请联系运维人员。") % {"kind": type(error).__name__}
    with inside(system, read_only=False):
        held = _held(run)
        if held is None:
            return "not mine"
        held.result = result
        _end(held, state, line, clock.now())
        held.save(update_fields=["state", "result", "ended_at", "log"])
        _tell(system, held)
    return str(state)


@contextmanager
def _beating(system: Scope, run: Run) -> Iterator[None]:
    """Meanwhile a second thread says that we live, so that a long step without progress is not taken for death."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT):
                try:
                    with inside(system, read_only=False):
                        mine = Job.objects.filter(id=run.job_id, state=JobState.RUNNING, attempts=run.attempt)
                        mine.update(heartbeat_at=clock.now())
                except (OperationalError, InterfaceError):
                    connection.close()
        finally:
            connection.close()  # the thread's own

    thread = threading.Thread(target=beat, name=f"heartbeat of {run.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _interrupted(system: Scope, run: Run) -> str:
    with inside(system, read_only=False):
        held = _held(run)
        if held is None:
            return "not mine"
        _queue_again(system, held, clock.now())
        return str(held.state)


def _held(run: Run) -> Job | None:
    """The job's row, locked, if this try still has it."""
    row = Job.objects.select_for_update(of=("self",)).get(id=run.job_id)
    return row if row.state == JobState.RUNNING and row.attempts == run.attempt else None


def open_among(schemas: Iterable[str]) -> list[str]:
    """The schemas that have jobs queued or running, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("select * from public.jobs_open(%s)", [list(schemas)])
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The oldest job of a lane that waits in a tenant, and how many of the lane run there."""

    schema: str
    job_id: uuid.UUID
    running: int


def turns(schemas: Iterable[str], lane: Lane) -> list[Turn]:
    """
    Whose turn it is in a lane, fairest first, in one round trip: who has fewest jobs running, then who was served longest
    ago, then who asked first. However many jobs one tenant asks for, another's next one waits for one of them at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select * from public.jobs_waiting(%s, %s, %s)", [list(schemas), list(_short), lane is Lane.SHORT]
        )
        rows = cursor.fetchall()
    rows.sort(key=lambda row: (row[3], row[4] is not None, row[4] or row[2], row[2]))
    return [Turn(schema=schema, job_id=job, running=running) for schema, job, _asked, running, _served in rows]


def sweep(*, scope: Scope, now: datetime) -> list[Job]:
    """
    In the scope's tenant: jobs to send again (a worker died, a message was lost). Gives up after three tries.
    """
    again: list[Job] = []
    for job in Job.objects.select_for_update(of=("self",), skip_locked=True).filter(state__in=["queued", "running"]):
        if job.state == JobState.RUNNING:
            if job.heartbeat_at and now - job.heartbeat_at < SILENT:
                continue
            _queue_again(scope, job, now)
        elif now - job.created_at < LOST:
            continue
        if job.state == JobState.QUEUED:
            again.append(job)
    return again


def _queue_again(scope: Scope, job: Job, now: datetime) -> None:
    """A try that came to nothing: another one, or an end with a sentence."""
    with _in_words_of(job):
        if job.cancel_asked:
            _end(job, JobState.CANCELLED, _("已按要求停下。"), now)
        elif job.attempts >= MAX_ATTEMPTS:
            _end(job, JobState.FAILED, _("试了三次都中断了，已停下。可以重新提交；再不行请联系运维人员。"), now)
        else:
            job.state = JobState.QUEUED
            _say(job, _("中断了，已重新排队。"))
    job.save(update_fields=["state", "ended_at", "log"])
    _tell(scope, job)


def _tell(scope: Scope, job: Job) -> None:
    """Who asked is told of what failed, and of what was done when he had gone to do something else."""
    late = job.state == JobState.DONE and job.ended_at is not None and job.ended_at - job.created_at > WAITED_FOR
    if job.person_id and (late or job.state == JobState.FAILED):
        outbox.put(scope=scope, event=ENDED_EVENT, version=1, key=f"job:{job.id}", now=job.ended_at or clock.now(),
                   payload={"job": str(job.id), "person": job.person_id, "title": job.title, "outcome": job.state})  # fmt: skip


def _in_words_of(job: Job) -> AbstractContextManager[None]:
    """Its log and its files are for who asked: in the language he asked in, whoever or whatever works on it."""
    return translation.override(job.scope.get("language", settings.LANGUAGE_CODE))


def _end(job: Job, state: JobState, line: str, now: datetime) -> None:
    job.state, job.ended_at = state, now
    _say(job, line)


def _say(job: Job, line: str) -> None:
    job.log = (job.log + line + "\n")[-LONGEST_LOG:]
