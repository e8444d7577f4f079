"""
The place of exports: what a list shows somebody, in its order and columns, as a file for him.

A job writes it a step at a time under his own scope, says how far it is and can be stopped. The file ends after some days;
who downloads it must still read the list, at the places it was made of, and be one who takes it home
(``falin.kernel.files``). Every file is booked.

A county team's lists of people wait for a second person first (the cell county team × export says "+2, capped"): a
colleague who could take the list home himself reads who asks, what for and how much, and says yes or no (decision 47).
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from falin.kernel import audit, clock, files, jobs, outbox, parameters, quotas
from falin.kernel.models import Job, JobState
from falin.kernel.parameters import Parameter, declare
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.retention import Rule
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import Value
from falin.kernel.transactions import inside
from falin.ui import tables
from falin.ui.tables import FORMATS, Column, Table
from tenants.identity.api import GRANTS, Colleague, list_colleagues, names_of

KIND: Final = "portal.export_list"
KEPT = declare(Parameter(
    key="portal.exports_kept", label=gettext_noop("导出的名单保留的天数"), unit=gettext_noop("天"), default=7, minimum=1,
    maximum=30, rule="decision 35", set_by=("province",), direction=-1,
))  # fmt: skip
HELD = declare(Parameter(
    key="portal.exports_held", label=gettext_noop("导出名单等另一个人确认的天数"), unit=gettext_noop("天"), default=7,
    minimum=1, maximum=30, rule="decision 47", set_by=("province",), policy=True, direction=-1,
))  # fmt: skip
CONFIRM: Final = "lists.export"  # who may take such a list home may say yes to another's
LONGEST_WORDS: Final = 200
COUNTED: Final = 2_000  # rows of a list that nobody has counted beforehand


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a list in words: 月份, 2026年11月."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file would hold: which list, by which filters, in which columns, and how many rows that is now."""

    table: Table
    filters: tuple[Filter, ...]
    columns: tuple[str, ...]
    rows: int
    more: bool  # there are more than these


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file that waits for a second person: who asks for it, what for, and what it would hold."""

    id: uuid.UUID
    person: str
    own: bool  # the reader's, who waits himself
    purpose: str
    content: Content
    file_format: str
    asked_at: datetime
    until: datetime


def purpose_of(table: Table) -> str:
    """Files of lists that one grant opens."""
    return f"list {table.grant}"


def table_to_take(*, scope: Scope, name: str) -> Table:
    """
    A list the scope's holder takes home.

    :raises Missing: there is no such list. :raises Forbidden: he does not read it, only looks in, or stays with reading.
    """
    table = _table(name)
    scope.require(table.grant)
    if scope.emergency:
        raise Forbidden("portal.no_export_in_an_emergency", _("应急访问只能看，不能导出。"))
    _check_may_take(scope, table)
    return table


def ask_export(
    *, scope: Scope, name: str, query: str, file_format: str, now: datetime, purpose: str = ""
) -> uuid.UUID:  # fmt: skip
    """
    Queue: write a list, as the address shows it, into a file for the asker. Where the list asks for a second person, it
    waits for him first.

    :param query: what the list's own address says: filters, order, columns. :param purpose: what the second person reads.
    :raises Missing: there is no such list. :raises Forbidden: he does not read it, only looks in, or stays with reading.
    :raises Refused: nobody is there who could confirm it.
    """
    table = table_to_take(scope=scope, name=name)
    if file_format not in FORMATS:
        raise Invalid("portal.no_such_format", _("只能导出 CSV 或者 XLSX。"), field="format")
    # The language stands with the job; here too for workers of the release before, which look for it here.
    asked = {"name": name, "query": query, "format": file_format, "language": translation.get_language()}
    title = _("导出：%(list)s") % {"list": table.title}
    until, told = None, list[Colleague]()
    if table.asks_a_second:
        nothing = Invalid("portal.no_purpose", _("请写明用途，确认的人要看。"), field="purpose")
        asked["purpose"] = _words(purpose, "purpose", nothing)
        told = list_seconds(scope=scope, table=table, now=now)
        if not told:
            raise Refused("portal.nobody_confirms", _("本单位没有另一个人能确认，所以不能导出。"))
        place = scope.roots[0] if scope.roots else None
        until = now + timedelta(days=parameters.value(HELD, node_id=place, on=clock.legal_day(now)))
    audit.record(scope=scope, act="portal.list.asked", subject=("list", name), node_id=None, now=now,
                 after={"format": file_format})  # fmt: skip
    job_id = jobs.ask(scope=scope, kind=KIND, title=title, parameters=asked, now=now, held_until=until,
                      held_for=table.export if until else "")  # fmt: skip
    if told:
        outbox.put(scope=scope, event="portal.export.held", version=1, key=f"export:{job_id}", now=now,
                   payload={"job": str(job_id), "list": name, "who": scope.person_name,
                            "told": [one.person_id for one in told]})  # fmt: skip
    return job_id


def confirm_export(*, scope: Scope, job_id: uuid.UUID, now: datetime) -> None:
    """
    Yes, as the second person: the file is written.

    :raises NotHeld: nothing of this name waits for him.
    """
    scope.require(CONFIRM)
    _decided(scope, "portal.export.confirmed", jobs.confirm(scope=scope, job_id=job_id, now=now), now)


def refuse_export(*, scope: Scope, job_id: uuid.UUID, why: str, now: datetime) -> None:
    """
    No, as the second person; who asked reads why.

    :raises NotHeld: nothing of this name waits for him.
    """
    scope.require(CONFIRM)
    words = _words(why, "why", Invalid("portal.no_reason", _("请写明原因。"), field="why"))
    _decided(scope, "portal.export.refused", jobs.refuse(scope=scope, job_id=job_id, why=words, now=now), now, words)


def cancel_job(*, scope: Scope, job_id: uuid.UUID, now: datetime) -> None:
    """
    Ask a job of one's own to stop. An export that waited for a second person is withdrawn: nobody is asked any more.

    :raises Missing: no such job. :raises Refused: it is over.
    """
    job = jobs.find(scope=scope, job_id=job_id)
    waited = job is not None and job.state == JobState.HELD
    jobs.cancel(scope=scope, job_id=job_id, now=now)
    if job is not None and waited:
        _decided(scope, "portal.export.withdrawn", job, now)


def end_unconfirmed(*, scope: Scope, now: datetime) -> int:
    """In one tenant: end what nobody confirmed in its time; how many. Every night."""
    ended = jobs.end_unconfirmed(now=now)
    for job in ended:
        _decided(scope, "portal.export.lapsed", job, now)
    return len(ended)


def _decided(scope: Scope, act: str, job: Job, now: datetime, why: str = "") -> None:
    name = job.parameters["name"]
    audit.record(scope=scope, act=act, subject=("list", name), node_id=None, now=now, why=why,
                 after={"person": job.person_id})  # fmt: skip
    outbox.put(scope=scope, event=act, version=1, key=f"export:{job.id}", now=now,
               payload={"job": str(job.id), "list": name, "person": job.person_id})  # fmt: skip


def _words(text: str, field: str, none: Invalid) -> str:
    """What somebody typed for another to read: some words, not too many, and nobody's number."""
    words = " ".join(text.split())
    if not words:
        raise none
    if len(words) > LONGEST_WORDS:
        raise Invalid("portal.too_long", _("最多写 %(n)s 个字。") % {"n": LONGEST_WORDS}, field=field)
    if audit.looks_personal(words):
        raise Invalid("portal.number_in_words", _("这里不要写身份证号、手机号。"), field=field)
    return words


def list_seconds(*, scope: Scope, table: Table, now: datetime) -> list[Colleague]:
    """Who of his own body could confirm a list for the scope's holder, by pinyin."""
    roles = [role for role, grants in GRANTS.items() if {table.grant, table.export} <= grants]
    return list_colleagues(scope=scope, roles=roles, node_ids=scope.roots, on=clock.legal_day(now))


def content_of(*, scope: Scope, table: Table, query: str, now: datetime) -> Content:
    """What a file of a list would hold, as the scope's holder reads it."""
    scope.require(table.grant)
    asked, rows, after, first = QueryDict(query), 0, "", True
    while first or (after and rows < COUNTED):
        step = table.step(scope, asked, after, now)
        rows, after, first = rows + len(step.rows), step.after, False
        if step.total:
            rows, after = step.total, ""
    filters = tuple(Filter(str(label), words) for label, words in table.filters(scope, asked, now))
    columns = tuple(str(column.label) for column in table.chosen(asked))
    return Content(table=table, filters=filters, columns=columns, rows=rows, more=bool(after))


def count_held(*, scope: Scope, now: datetime) -> int:
    """How many files wait for the scope's holder to say yes or no."""
    return len(jobs.list_held(scope=scope, now=now)) if scope.may(CONFIRM) else 0


def count_own_held(*, scope: Scope) -> int:
    """How many of one's own files wait for somebody else's yes or no."""
    return sum(job.state == JobState.HELD for job in jobs.list_jobs(scope=scope)) if scope.may(CONFIRM) else 0


def list_held(*, scope: Scope, now: datetime) -> list[Held]:
    """The files that wait for a second person: those he can confirm, oldest first, and after them his own."""
    scope.require(CONFIRM)
    own = [job for job in jobs.list_jobs(scope=scope) if job.state == JobState.HELD]
    found = [*jobs.list_held(scope=scope, now=now), *own]
    names = names_of({job.person_id for job in found})
    return [
        Held(
            id=job.id, person=names[job.person_id], own=job.person_id == scope.person_id,
            purpose=job.parameters["purpose"], file_format=job.parameters["format"], asked_at=job.created_at,
            until=job.held_until, content=content_of(scope=scope, table=_table(job.parameters["name"]),
                                                     query=job.parameters["query"], now=now),
        )
        for job in found if job.held_until
    ]  # fmt: skip


def get_held(*, scope: Scope, job_id: uuid.UUID, now: datetime) -> Held:
    """:raises NotHeld: nothing of this name waits for him."""
    found = [one for one in list_held(scope=scope, now=now) if one.id == job_id and not one.own]
    if not found:
        raise jobs.NotHeld
    return found[0]


def export(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_export``."""
    table, kind = _table(run.parameters["name"]), run.parameters["format"]
    run.scope.require(table.grant)
    _check_may_take(run.scope, table)
    with tempfile.TemporaryDirectory() as folder:
        asked = QueryDict(run.parameters["query"])
        columns, source, written = table.chosen(asked), Path(folder, "list"), _Rows(run, table, asked)
        with source.open("wb") as file:
            tables.write(file, kind, title=str(table.title), columns=columns, cells=written.cells(columns))
        moment = clock.now()
        with inside(run.scope, read_only=False):
            kept = files.keep_made(
                scope=run.scope, source=source, name=f"{table.title}-{clock.legal_day(moment)}.{kind}",
                content_type=FORMATS[kind], purpose=purpose_of(table), now=moment,
            )  # fmt: skip
            audit.record(scope=run.scope, act="portal.list.exported", subject=("list", table.name), node_id=None,
                         now=moment, after={"format": kind, "rows": written.count})  # fmt: skip
    return {
        "file": str(kept.id),
        "rows": written.count,
        "roots": list(run.scope.roots),
        "subject": run.scope.subject_id,
    }


class _Rows:
    """The rows of a list, a step at a time, each step in a transaction of its own; between them the job says how far it is."""

    def __init__(self, run: jobs.Run, table: Table, asked: QueryDict) -> None:
        self.run, self.table, self.asked, self.count = run, table, asked, 0

    def cells(self, columns: Sequence[Column]) -> Iterator[list[Value]]:
        after, first = "", True
        while after or first:
            with inside(self.run.scope, read_only=True):
                step = self.table.step(self.run.scope, self.asked, after, clock.now())
                rows = [[column.value(row) for column in columns] for row in step.rows]
                self.count += len(rows)
                quotas.check_export(self.run.scope, max(self.count, step.total), now=clock.now())
            yield from rows
            self.run.progress(self.count, max(self.count, step.total))
            after, first = step.after, False


def _check_may_take(scope: Scope, table: Table) -> None:
    """The cell *export* of his role reaches this list (decision 42)."""
    if not scope.may(table.export):
        raise Forbidden("portal.not_to_take", _("您的身份可以看这个列表，不能导出成文件。"))


def _table(name: str) -> Table:
    table = tables.find(name)
    if table is None:
        raise Missing("portal.no_such_list", _("没有这个列表。"))
    return table


def _nothing_points_at_it(scope: Scope, file_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """The job that made it says that its file is over, from the file's not being there."""


def wire(*declared: Table) -> tuple[Rule, ...]:
    """Make lists known: their job, who opens their files, and when these end."""
    tables.declare(*declared)
    jobs.register(KIND, export, lane=jobs.Lane.SHORT)
    grants = {purpose_of(table): table.grant for table in declared}
    files.OWNERS.update(grants)
    files.MADE_WITHIN.update({purpose_of(table): table.export for table in declared})
    return tuple(Rule(purpose=one, label=gettext_lazy("导出的名单"), days=KEPT, removed=_nothing_points_at_it)
                 for one in grants)  # fmt: skip
