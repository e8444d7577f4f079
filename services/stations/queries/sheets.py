"""Sheets of stations: what was put here, and how one stands beside the register at this moment."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.clock import legal_day
from falin.kernel.files import Purpose, open_file
from falin.kernel.models import Job, StoredFile
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.sheets import wording
from falin.kernel.sheets.columns import (
    HEAD_WITHIN,
    Head,
    Problem,
    WrongColumns,
    as_named,
    is_blank,
    is_example,
    seen_as,
)
from falin.kernel.sheets.csvs import Lines, sheet_in
from falin.kernel.sheets.findings import Finding, HeadTrouble
from falin.kernel.sheets.forms import RowsToMend
from falin.kernel.sheets.workbook import Row, Sheet, Unusable, rows_under
from falin.kernel.sheets.writing import CSV, XLSX
from falin.kernel.sheets.written import shown
from services.stations import policies
from services.stations.queries.register import content_of, list_places, stations_in
from services.stations.rules.sheet import (
    COLUMNS,
    MOST_ROWS,
    PROBLEMS,
    UNUSABLE,
    PlaceNames,
    differences,
    named,
    read_row,
)
from services.stations.types import CheckedSheet, Entering, ReadyRow, StationContent, TakenSheet
from tenants.divisions.rules.codes import SIGNIFICANT

ENTER: Final = "stations.enter_sheet"
SHEETS: Final[Purpose] = ("stations-sheet", {XLSX: "xlsx", CSV: "csv"}, 2 * 1024 * 1024)
_OTHERS = 6  # how many other rows of the same station are named


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    row: Row
    content: StationContent | None
    problems: tuple[Problem, ...]


def list_sheets(*, scope: Scope, limit: int = 20) -> list[TakenSheet]:
    """The sheets one has put here oneself, newest first."""
    policies.check_may_keep(scope)
    rows = list(StoredFile.objects.filter(purpose=SHEETS[0], person_id=scope.person_id).order_by("-at", "id")[:limit])
    entering = _entering(scope, [row.id for row in rows])
    return [TakenSheet(id=row.id, name=row.name, at=row.at, entering=entering.get(row.id)) for row in rows]


def get_sheet(
    *, scope: Scope, sheet_id: uuid.UUID, columns: Mapping[str, str] | None = None, now: datetime
) -> CheckedSheet:  # fmt: skip
    """
    A sheet one has put here, read row by row and held beside the register. Nothing is written.

    :param columns: which column of the sheet is which of ours, where our own guess is wrong: key → what stands in the head.
        Without, what was said of the last sheet that was entered.
    :raises Missing: no such sheet, or its days are over.
    """
    taken, data = _opened(scope, sheet_id)
    told = named(columns or {}) or _last_named(scope)
    try:
        return _checked(scope, taken, data, told, legal_day(now))[0]
    except Unusable as wrong:
        return CheckedSheet(taken=taken, refusal=wording.unusable(wrong.code, UNUSABLE))
    except WrongColumns as wrong:
        head = HeadTrouble(row=wrong.row, found=wrong.found, missing=wrong.missing, doubled=wrong.doubled,
                           merged=wrong.merged, unknown=wrong.unknown)  # fmt: skip
        return CheckedSheet(taken=taken, head=head, heads=wrong.found)


def rows_to_mend(
    *, scope: Scope, sheet_id: uuid.UUID, columns: Mapping[str, str] | None = None, now: datetime
) -> tuple[str, bytes]:  # fmt: skip
    """
    The rows of a sheet that cannot be entered, as an XLSX with its own columns and row numbers: a file name and its bytes.

    :raises Missing: no such sheet, or there is no such row.
    """
    taken, data = _opened(scope, sheet_id)
    try:
        checked, head, rows = _checked(scope, taken, data, named(columns or {}) or _last_named(scope), legal_day(now))
    except (Unusable, WrongColumns):
        raise policies.no_sheet() from None
    if not checked.to_mend:
        raise policies.no_sheet()
    sentences: dict[int, list[str]] = defaultdict(list)
    for one in checked.findings:
        sentences[one.row].append(f"{one.column}：{one.sentence}")
    mend = RowsToMend(COLUMNS, head, title=_("要修改的行"))
    for row in rows:
        if row.number in sentences:
            mend.add(row, sentences[row.number])
    return _("要修改的行-%(name)s.xlsx") % {"name": taken.name.rpartition(".")[0][-120:]}, mend.data()


# ---- steps -----------------------------------------------------------------------------------------------------------
def _opened(scope: Scope, sheet_id: uuid.UUID) -> tuple[TakenSheet, bytes]:
    policies.check_may_keep(scope)
    row = StoredFile.objects.filter(id=sheet_id, purpose=SHEETS[0], person_id=scope.person_id).first()
    if row is None:
        raise policies.no_sheet()
    try:
        stored, source = open_file(scope=scope, file_id=row.id)
    except (Missing, FileNotFoundError):
        raise policies.no_sheet() from None
    with source:
        data = source.read()
    taken = TakenSheet(id=stored.id, name=stored.name, at=stored.at, entering=_entering(scope, [row.id]).get(row.id))
    return taken, data


def _entering(scope: Scope, sheets: Iterable[uuid.UUID]) -> dict[uuid.UUID, Entering]:
    """The latest job that was asked for each sheet."""
    jobs = Job.objects.filter(kind=ENTER, person_id=scope.person_id, parameters__sheet__in=[str(one) for one in sheets])
    return {
        uuid.UUID(job.parameters["sheet"]): Entering(
            id=job.id, state=job.state, done=job.done, total=job.total, entered=job.result.get("entered"),
            refused=job.result.get("refused"),
        )
        for job in jobs.order_by("created_at")
    }  # fmt: skip


def _last_named(scope: Scope) -> dict[str, str]:
    """What this body called columns in the last sheet of which it said so, as long as the job is kept."""
    job = Job.objects.filter(kind=ENTER, parameters__has_key="columns").exclude(parameters__columns={})
    last = job.order_by("-created_at").first()
    return dict(last.parameters["columns"]) if last else {}


def _checked(
    scope: Scope, taken: TakenSheet, data: bytes, told: Mapping[str, str], today: date
) -> tuple[CheckedSheet, Head, list[Row]]:  # fmt: skip
    with sheet_in(data) as sheet:
        top = list(islice(sheet.rows(), HEAD_WITHIN))
        head = COLUMNS.find_head(top, sheet.merged, {as_named(name): key for key, name in told.items()})
        rows = _body(sheet, head)
        examples = [row for row in rows if is_example(row, head)]
        left = [row for row in rows if not is_example(row, head)]
        if not left:
            raise Unusable("empty")
        merged = _merged(sheet, head)
        names, places = _places(scope)
        judged = [_judge(row, head, sheet, merged, names, today) for row in left]
    judged = _beside_each_other(judged)
    judged, there = _beside_the_register(scope, judged, head)
    found = [
        Finding(row=one.row.number, column=wording.column_name(COLUMNS, problem.column), code=problem.code,
                found=problem.found, sentence=wording.sentence(problem.code, problem.facts, PROBLEMS))
        for one in judged for problem in one.problems
    ]  # fmt: skip
    ready = tuple(
        ReadyRow(row=one.row.number, station=one.content, place=places[one.content.node_id])
        for one in judged if one.content and not one.problems
    )  # fmt: skip
    checked = CheckedSheet(
        taken=taken, sheet=sheet.name, others=sheet.others, head_row=head.row,
        heads=tuple(shown(text, most=20) for text in head.found if text), unknown=head.unknown,
        columns=tuple(COLUMNS.by_key[key].name for key in head.columns), rows=len(rows), examples=len(examples),
        told={key: name for name, key in head.told.items()}, there=there, ready=ready, findings=tuple(found),
        to_mend=sum(bool(one.problems) for one in judged),
    )  # fmt: skip
    return checked, head, left


def _body(sheet: Sheet | Lines, head: Head) -> list[Row]:
    found = (row for row in sheet.rows(width=head.width) if row.number > head.row and not is_blank(row, head))
    rows = list(islice(found, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise Unusable("too_many_rows")
    return rows


def _merged(sheet: Sheet | Lines, head: Head) -> Mapping[int, str]:
    columns = frozenset(place + 1 for place in head.columns.values())
    return rows_under(sheet.merged, below=head.row, columns=columns, until=head.row + MOST_ROWS + HEAD_WITHIN)


def _places(scope: Scope) -> tuple[PlaceNames, dict[int, str]]:
    """Where a station of the scope may be: how it is written, and how it is shown."""
    found = list_places(scope=scope)
    streets = {place.id: place.name for place in found}
    above = {place.id: streets.get(place.street_id or 0, "") if place.street_id != place.id else "" for place in found}
    names = PlaceNames(
        (place.id, place.name, above[place.id], {place.code, place.code[: SIGNIFICANT[place.level]]}) for place in found
    )
    return names, {place.id: f"{above[place.id]} {place.name}".strip() for place in found}


def _judge(
    row: Row, head: Head, sheet: Sheet | Lines, merged: Mapping[int, str], names: PlaceNames, today: date
) -> _Judged:  # fmt: skip
    if row.number in merged:  # everything else that is wrong with such a row comes from the merge
        problem = Problem(column="", code="merged", facts={"range": merged[row.number]})
        return _Judged(row=row, content=None, problems=(problem,))
    content, problems = read_row(row, head, today=today, find_place=names.find, epoch=sheet.epoch)
    if content:
        problems = tuple(
            Problem(column=column, code="said", found=shown(text), facts={"message": policies.personal_data().message})
            for column, text in (("name", content.name), ("address", content.address)) if audit.looks_personal(text)
        )  # fmt: skip
    return _Judged(row=row, content=content, problems=problems)


def _beside_each_other(judged: list[_Judged]) -> list[_Judged]:
    same: dict[Any, list[int]] = defaultdict(list)
    for one in judged:
        if one.content:
            same[one.content.node_id, one.content.name].append(one.row.number)
    return [_with(one, list(_twice(one, same[one.content.node_id, one.content.name]))) if one.content else one
            for one in judged]  # fmt: skip


def _twice(one: _Judged, rows: list[int]) -> Iterator[Problem]:
    if len(rows) > 1 and one.content:
        others = [number for number in rows if number != one.row.number][:_OTHERS]
        yield Problem(column="name", code="twice", found=shown(one.content.name), facts={"rows": others})


def _beside_the_register(scope: Scope, judged: list[_Judged], head: Head) -> tuple[list[_Judged], int]:
    """A station that is open already is not entered again: the same is passed over, another content is told."""
    wanted = {one.content.node_id for one in judged if one.content}
    known = {
        (row.node_id, row.name): content_of(row)
        for row in stations_in(scope).filter(closed_on__isnull=True, node_id__in=wanted)
    }
    left, there = list[_Judged](), 0
    for one in judged:
        was = known.get((one.content.node_id, one.content.name)) if one.content else None
        if was is None or one.content is None or one.problems:
            left.append(one)
        elif other := differences(one.content, was, head):
            problem = Problem(
                column="name", code="differs", found=shown(seen_as(one.row, head, "name")), facts={"names": other}
            )
            left.append(_with(one, [problem]))
        else:
            there += 1
    return left, there


def _with(one: _Judged, problems: list[Problem]) -> _Judged:
    return _Judged(row=one.row, content=one.content, problems=(*one.problems, *problems))
