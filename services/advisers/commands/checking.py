"""
The job that checks a sheet: every row ends up ready or reported, and nothing of it is saved but what was found.

The sheet is walked twice, so that it is never held in memory: first for what stands in it more than once, then row by
row, with one look at the register for a thousand rows.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.clock import legal_day
from falin.kernel.files import keep_result, open_for_work
from falin.kernel.jobs import Cancelled, Run
from falin.kernel.scope import Scope
from falin.kernel.sheets.columns import HEAD_WITHIN, Head, Problem, WrongColumns, as_named, is_blank, is_example
from falin.kernel.sheets.forms import RowsToMend
from falin.kernel.sheets.workbook import Row, Sheet, Unusable, opened, rows_under
from falin.kernel.sheets.writing import XLSX
from falin.kernel.sheets.written import masked, shown
from falin.kernel.transactions import inside
from services.advisers import policies
from services.advisers.models import Adviser, ImportSheet
from services.advisers.queries.appointments import places_of
from services.advisers.queries.coverage import communities_of
from services.advisers.queries.homes import Home, home_of
from services.advisers.queries.imports import SHOWN, named_columns
from services.advisers.rules.import_wording import column_name, sentence
from services.advisers.rules.imports import ImportState
from services.advisers.rules.places import Gazetteer
from services.advisers.rules.sheet import MOST_ROWS, ROSTER, Entry, keys_of, ranges, read_row

BATCH = 1_000
_OTHERS = 6  # how many other rows of the same number are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a sheet is checked against: the file's bytes, the county and its communities, the day."""

    scope: Scope
    home: Home
    data: bytes
    places: Gazetteer
    today: date
    named: Mapping[str, str]  # columns by the team's word; of a sheet that was checked, as they were then


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row with its verdict: an entry, or problems."""

    row: Row
    entry: Entry | None
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Tally:
    """What a check adds up to."""

    rows: int = 0
    examples: int = 0
    blank: int = 0
    to_mend: int = 0
    ready: list[int] = field(default_factory=list)
    by_column: Counter[str] = field(default_factory=Counter)
    first: list[dict[str, Any]] = field(default_factory=list)


def check_sheet(*, run: Run, now: datetime) -> Mapping[str, Any]:
    """
    Check the sheet of ``run.parameters["import_id"]``. The result is in the import's own row.

    :raises Cancelled: the owner asked to stop; the import says so.
    """
    import_id = uuid.UUID(run.parameters["import_id"])
    ground = read_ground(scope=run.scope, import_id=import_id, today=legal_day(now))
    try:
        with opened(BytesIO(ground.data)) as sheet:
            found, data = _check(run, ground, sheet)
    except Unusable as wrong:
        return _finish(run, import_id, ImportState.UNUSABLE, {"refusal": wrong.code}, now)
    except WrongColumns as wrong:
        return _finish(run, import_id, ImportState.WRONG_COLUMNS, {"head": _trouble(wrong)}, now)
    except Cancelled:
        _finish(run, import_id, ImportState.STOPPED, {}, now)
        raise
    return _finish(run, import_id, ImportState.CHECKED, found, now, data=data)


def read_ground(*, scope: Scope, import_id: uuid.UUID, today: date) -> Ground:
    """Everything a check needs, in one short transaction."""
    with inside(scope, read_only=True):
        policies.check_may_import(scope)
        row = ImportSheet.objects.get(id=import_id)
        with open_for_work(scope=scope, file_id=row.file_id) as source:
            data = source.read()
        communities = communities_of(scope)
        streets = places_of({place.street_id for place in communities if place.street_id})
        places = Gazetteer(
            (place.id, place.name, streets[place.street_id].name if place.street_id in streets else "", place.code)
            for place in communities
        )
        return Ground(scope=scope, home=home_of(scope), data=data, places=places, today=today,
                      named=row.findings.get("named", named_columns()))  # fmt: skip


def head_of(sheet: Sheet, named: Mapping[str, str]) -> Head:
    """:raises WrongColumns: :raises Unusable: when nothing at all stands in the sheet."""
    top = list(islice(sheet.rows(), HEAD_WITHIN))
    if not any(cell.kind for row in top for cell in row.cells):
        raise Unusable("empty")
    return ROSTER.find_head(top, sheet.merged, named)


def body_of(sheet: Sheet, head: Head) -> Iterator[Row]:
    """The rows below the head that hold something we know, with the template's example."""
    return (row for row in sheet.rows(width=head.width) if row.number > head.row and not is_blank(row, head))


def judge(row: Row, head: Head, ground: Ground, epoch: date) -> Judged:
    """A row by itself."""
    entry, problems = read_row(row, head, today=ground.today, find_community=ground.places.find, epoch=epoch)
    return Judged(row=row, entry=entry, problems=problems)


def _check(run: Run, ground: Ground, sheet: Sheet) -> tuple[dict[str, Any], bytes]:
    head = head_of(sheet, ground.named)
    total = max(1, sheet.row_count) * 2
    merged = rows_under(sheet.merged, below=head.row, columns=frozenset(place + 1 for place in head.columns.values()),
                        until=head.row + MOST_ROWS + HEAD_WITHIN)  # fmt: skip
    tally, mend = Tally(), RowsToMend(ROSTER, head, title=_("要修改的行"))
    twice, last = _find_doubles(run, ground, sheet, head, total, tally)
    if tally.rows == tally.examples:
        raise Unusable("empty")
    judged = _judged(run, ground, sheet, head, merged, twice, total, last)
    try:
        for batch in iter(lambda: list(islice(judged, BATCH)), []):
            for one in _against_register(ground, batch):
                _count(tally, one)
                if one.problems:
                    mend.add(one.row, [_line(problem) for problem in one.problems])
    finally:
        data = mend.data()
    return _found(sheet, head, tally), data


def _find_doubles(
    run: Run, ground: Ground, sheet: Sheet, head: Head, total: int, tally: Tally
) -> tuple[dict[str, list[int]], int]:
    """The first walk: which identity and telephone numbers stand in more than one row, and which row is the last."""
    seen: dict[str, int] = {}
    twice: dict[str, list[int]] = {}
    last = 0
    for row in sheet.rows(width=head.width):
        if row.number % BATCH == 0:
            run.progress(min(row.number, total), total)
        if row.number <= head.row or is_blank(row, head):
            continue
        last = row.number
        tally.rows += 1
        if tally.rows > MOST_ROWS:
            raise Unusable("too_many_rows")
        if is_example(row, head):
            tally.examples += 1
            continue
        for key in filter(None, keys_of(row, head, today=ground.today)):
            first = seen.setdefault(key, row.number)
            if first != row.number and len(twice.setdefault(key, [first])) < _OTHERS:
                twice[key].append(row.number)
    tally.blank = max(0, last - head.row - tally.rows)
    return twice, last


def _judged(
    run: Run, ground: Ground, sheet: Sheet, head: Head, merged: Mapping[int, str], twice: Mapping[str, list[int]],
    total: int, last: int,
) -> Iterator[Judged]:  # fmt: skip
    """The second walk: each row by itself, and beside the others of the sheet."""
    for row in body_of(sheet, head):
        if row.number % BATCH == 0:
            run.progress(min(total // 2 + row.number, total), total)
        if row.number > last or is_example(row, head):
            continue
        one = judge(row, head, ground, sheet.epoch)
        more = list(_beside_others(one, head, ground, twice))
        if row.number in merged:
            # Everything else that is wrong with such a row comes from the merge.
            yield Judged(row=row, entry=None, problems=(
                Problem(column="", code="merged", facts={"range": merged[row.number]}),
            ))  # fmt: skip
        elif more:
            yield Judged(row=row, entry=None, problems=(*one.problems, *more))
        else:
            yield one


def _beside_others(one: Judged, head: Head, ground: Ground, twice: Mapping[str, list[int]]) -> Iterator[Problem]:
    if not twice:
        return
    for column, code, key in zip(
        ("id_number", "phone"), ("twice_id", "twice_phone"), keys_of(one.row, head, today=ground.today), strict=True
    ):
        if key in twice:
            others = [number for number in twice[key] if number != one.row.number][: _OTHERS - 1]
            yield Problem(column=column, code=code, found=masked(key), facts={"rows": others})


def _against_register(ground: Ground, batch: list[Judged]) -> Iterator[Judged]:
    """A batch beside the province's register: two statements for all of it, by blind index."""
    entries = [one.entry for one in batch if one.entry]
    if not entries:
        yield from batch
        return
    with inside(ground.scope, read_only=True):
        ids, phones = registered(ground.home, entries)
    for one in batch:
        problem = _registered_already(one.entry, ground.home, ids, phones) if one.entry else None
        yield Judged(row=one.row, entry=None, problems=(problem,)) if problem else one


def registered(home: Home, entries: Iterable[Entry]) -> tuple[dict[bytes, uuid.UUID], dict[bytes, uuid.UUID]]:
    """Which identity and telephone numbers of some entries the register holds: blind index → adviser."""
    tenant = home.province_schema
    ids = [id_index(entry, tenant) for entry in entries]
    phones = [phone_index(entry, tenant) for entry in entries]
    rows = Adviser.objects.filter(province_id=home.province_id)
    return (
        {bytes(index): row for index, row in rows.filter(id_index__in=ids).values_list("id_index", "id")},
        {bytes(index): row for index, row in rows.filter(phone_index__in=phones).values_list("phone_index", "id")},
    )


def id_index(entry: Entry, tenant: str) -> bytes:
    return crypto.blind_index(entry.id_number, tenant=tenant, purpose="adviser.id")


def phone_index(entry: Entry, tenant: str) -> bytes:
    return crypto.blind_index(entry.phone, tenant=tenant, purpose="adviser.phone")


def _registered_already(
    entry: Entry, home: Home, ids: Mapping[bytes, uuid.UUID], phones: Mapping[bytes, uuid.UUID]
) -> Problem | None:  # fmt: skip
    if id_index(entry, home.province_schema) in ids:
        return Problem(column="id_number", code="registered_id", found=masked(entry.id_number))
    if phone_index(entry, home.province_schema) in phones:
        return Problem(column="phone", code="registered_phone", found=masked(entry.phone))
    return None


def _count(tally: Tally, one: Judged) -> None:
    if one.entry:
        tally.ready.append(one.row.number)
        return
    tally.to_mend += 1
    for problem in one.problems:
        tally.by_column[problem.column] += 1
        if len(tally.first) < SHOWN:
            tally.first.append({"row": one.row.number, **as_kept(problem)})


def as_kept(problem: Problem) -> dict[str, Any]:
    """As it is stored: codes and facts, so that each reader reads it in his own language."""
    return asdict(problem)


def _line(problem: Problem) -> str:
    return f"{column_name(problem.column)}：{sentence(problem.code, problem.facts)}"


def _found(sheet: Sheet, head: Head, tally: Tally) -> dict[str, Any]:
    return {
        "sheet": sheet.name, "others": sheet.others, "head_row": head.row, "unknown": list(head.unknown[:20]),
        "columns": [column_name(key) for key in head.columns], "heads": _heads(head.found), "told": dict(head.told),
        "named": {as_named(name): key for name, key in head.told.items()}, "first": tally.first, "ready": ranges(tally.ready),
        "counts": {"rows": tally.rows, "ready": len(tally.ready), "to_mend": tally.to_mend,
                   "examples": tally.examples, "blank": tally.blank},
        "by_column": tally.by_column.most_common(),
    }  # fmt: skip


def _heads(found: Iterable[str]) -> list[str]:
    return [shown(text, most=20) for text in found if text][:40]


def _trouble(wrong: WrongColumns) -> dict[str, Any]:
    return {"row": wrong.row, "found": list(wrong.found[:40]), "missing": list(wrong.missing),
            "doubled": list(wrong.doubled[:20]), "merged": list(wrong.merged[:20]),
            "unknown": list(wrong.unknown[:40])}  # fmt: skip


def _finish(
    run: Run, import_id: uuid.UUID, state: ImportState, found: dict[str, Any], now: datetime, *,
    data: bytes = b"",
) -> Mapping[str, Any]:  # fmt: skip
    """The findings and the sheet of rows to mend, in one transaction."""
    with inside(run.scope, read_only=False):
        row = ImportSheet.objects.select_for_update(of=("self",)).get(id=import_id)
        row.state, row.findings = state, found
        row.ended_at = None if state is ImportState.CHECKED else now
        if data:
            name = _("要修改的行-%(name)s") % {"name": row.name[-120:]}
            whose = replace(run.scope, person_id=row.person_id)  # who brought the sheet, whoever had it checked
            stored = keep_result(scope=whose, data=data, name=name, content_type=XLSX, purpose="import-errors",
                                 node_id=home_of(run.scope).node_id, now=now)  # fmt: skip
            row.errors_file = stored.id
        row.save(update_fields=["state", "findings", "ended_at", "errors_file"])
    return {"import_id": str(import_id), "state": state.value, **found.get("counts", {})}
