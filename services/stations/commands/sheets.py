"""How a sheet of stations comes in: put here, looked at, and entered by a job. Nothing is saved before somebody says so."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import audit, jobs
from falin.kernel.files import take_in
from falin.kernel.jobs import Run
from falin.kernel.refusals import Refused
from falin.kernel.retention import Rule
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.api import SHEETS_KEPT
from services.stations import policies
from services.stations.commands.keeping import open_many
from services.stations.queries.sheets import ENTER, SHEETS, get_sheet
from services.stations.types import Outcome, ReadyRow

BATCH = 100
_TOLD = 50  # refused rows that the job's log names


def take_sheet(*, scope: Scope, upload: UploadedFile[bytes] | File[bytes], now: datetime) -> uuid.UUID:
    """
    Put a sheet of stations here, to be looked at; the id it is looked at by.

    :raises Invalid: empty, too large, neither CSV nor XLSX.
    """
    policies.check_may_keep(scope)
    stored = take_in(scope=scope, upload=upload, purpose=SHEETS, node_id=None, now=now)
    audit.record(scope=scope, act="stations.sheet.taken", subject=("file", stored.id), node_id=None, now=now,
                 after={"bytes": stored.size, "sha256": stored.sha256[:12]})  # fmt: skip
    return stored.id


def enter_sheet(
    *, scope: Scope, sheet_id: uuid.UUID, columns: Mapping[str, str] | None = None, now: datetime
) -> uuid.UUID:  # fmt: skip
    """
    Have the ready rows of a sheet entered by a job; the job's id. What is in the register already is not entered again.

    :param columns: as for ``get_sheet``; remembered for the next sheet.
    :raises Missing: no such sheet. :raises Refused: nothing is ready, or it is being entered.
    """
    checked = get_sheet(scope=scope, sheet_id=sheet_id, columns=columns, now=now)
    if not checked.may_enter:
        raise policies.nothing_to_enter()
    job = jobs.ask(
        scope=scope, kind=ENTER, title=_("登记表格里的站点：%(name)s") % {"name": checked.taken.name[:100]},
        parameters={"sheet": str(sheet_id), "columns": dict(checked.told)}, now=now,
    )  # fmt: skip
    audit.record(scope=scope, act="stations.sheet.confirmed", subject=("file", sheet_id), node_id=None, now=now,
                 after={"ready": len(checked.ready)})  # fmt: skip
    return job


def enter_rows(*, run: Run, now: Callable[[], datetime]) -> Mapping[str, Any]:
    """
    The job: a hundred rows are one transaction. A worker killed anywhere leaves whole hundreds, and the next try finds those in
    the register.

    :raises Cancelled: the owner asked to stop; what was entered stays.
    """
    with inside(run.scope, read_only=True):
        checked = get_sheet(scope=run.scope, sheet_id=uuid.UUID(run.parameters["sheet"]),
                              columns=run.parameters["columns"], now=now())  # fmt: skip
    entered = refused = done = 0
    for first in range(0, len(checked.ready), BATCH):
        batch = checked.ready[first : first + BATCH]
        run.progress(done, len(checked.ready))
        with inside(run.scope, read_only=False):
            outcomes = _opened(run.scope, batch, now())
        told = list(_refusals(batch, outcomes))
        entered, done = entered + len(batch) - len(told), done + len(batch)
        for line in told[: max(0, _TOLD - refused)]:
            run.progress(done, len(checked.ready), line)
        refused += len(told)
    run.progress(done, len(checked.ready), _("登记了 %(n)s 处，没有登记 %(m)s 处。") % {"n": entered, "m": refused})
    return {"sheet": run.parameters["sheet"], "entered": entered, "refused": refused}


def _opened(scope: Scope, batch: Sequence[ReadyRow], now: datetime) -> list[Outcome]:
    contents = [one.station for one in batch]
    try:
        return open_many(scope=scope, contents=contents, now=now)
    except Refused:  # somebody entered one of them at this moment; by now it is in the register, and refused alone
        return open_many(scope=scope, contents=contents, now=now)


def _refusals(batch: Sequence[ReadyRow], outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one, outcome in zip(batch, outcomes, strict=True):
        if outcome.station is None:
            yield _("第 %(n)s 行没有登记：%(why)s") % {"n": one.row, "why": outcome.refused}


def _nothing_points_at_it(scope: Scope, file_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """What was entered stands in the register; the sheet is not asked again."""


RETAINED = (Rule(purpose=SHEETS[0], label=gettext_lazy("站点的表格"), days=SHEETS_KEPT, removed=_nothing_points_at_it),)
