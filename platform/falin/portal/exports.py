"""
The place of exports: what a list shows somebody, in its order and columns, as a file for him.

A job writes it a step at a time under his own scope, says how far it is and can be stopped. The file ends after some days;
who downloads it must still read the list, at
the places it was made of, and be one who takes it home (``falin.kernel.files``). Every file is booked.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from falin.kernel import audit, clock, files, jobs, quotas
from falin.kernel.parameters import Parameter, declare
from falin.kernel.refusals import Forbidden, Invalid, Missing
from falin.kernel.retention import Rule
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import CSV, XLSX, Value, write_csv, write_xlsx
from falin.kernel.transactions import inside
from falin.ui import tables
from falin.ui.tables import Column, Table

KIND: Final = "portal.export_list"
FORMATS: Final = {"csv": CSV, "xlsx": XLSX}
KEPT = declare(Parameter(
    key="portal.exports_kept", label=gettext_noop("导出的名单保留的天数"), unit=gettext_noop("天"), default=7, minimum=1,
    maximum=30, rule="sheet interface.md", set_by=("province",), direction=-1,
))  # fmt: skip


def purpose_of(table: Table) -> str:
    """Files of lists that one grant opens."""
    return f"list {table.grant}"


def ask_export(*, scope: Scope, name: str, query: str, file_format: str, now: datetime) -> uuid.UUID:
    """
    Queue: write a list, as the address shows it, into a file for the asker.

    :param query: what the list's own address says: filters, order, columns.
    :raises Missing: there is no such list. :raises Forbidden: he does not read it, only looks in, or stays with reading.
    """
    table = _table(name)
    scope.require(table.grant)
    if scope.emergency:
        raise Forbidden("portal.no_export_in_an_emergency", _("应急访问只能看，不能导出。"))
    _check_may_take(scope, table)
    if file_format not in FORMATS:
        raise Invalid("portal.no_such_format", _("只能导出 CSV 或者 XLSX。"), field="format")
    audit.record(scope=scope, act="portal.list.asked", subject=("list", name), node_id=None, now=now,
                 after={"format": file_format})  # fmt: skip
    parameters = {"name": name, "query": query, "format": file_format, "language": translation.get_language()}
    title = _("导出：%(list)s") % {"list": table.title}
    return jobs.ask(scope=scope, kind=KIND, title=title, parameters=parameters, now=now)


def export(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_export``."""
    table, kind = _table(run.parameters["name"]), run.parameters["format"]
    run.scope.require(table.grant)
    _check_may_take(run.scope, table)
    with translation.override(run.parameters["language"]), tempfile.TemporaryDirectory() as folder:
        asked = QueryDict(run.parameters["query"])
        columns, source, written = table.chosen(asked), Path(folder, "list"), _Rows(run, table, asked)
        header = [str(column.label) for column in columns]
        with source.open("wb") as file:
            if kind == "csv":
                write_csv(file, header, written.cells(columns))
            else:
                write_xlsx(file, str(table.title)[:31], header, written.cells(columns))
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
    """The cell *export* of his role (sheet identity.md) reaches this list."""
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
    jobs.register(KIND, export)
    grants = {purpose_of(table): table.grant for table in declared}
    files.OWNERS.update(grants)
    files.MADE_WITHIN.update({purpose_of(table): table.export for table in declared})
    return tuple(Rule(purpose=one, label=gettext_lazy("导出的名单"), days=KEPT, removed=_nothing_points_at_it)
                 for one in grants)  # fmt: skip
