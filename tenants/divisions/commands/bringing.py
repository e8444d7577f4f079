"""The place where facts about places and their outlines are brought in from files; a list goes through an update."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from tenants.divisions import policies
from tenants.divisions.models import Boundary, DivisionFact, DivisionVersion
from tenants.divisions.rules.codes import padded
from tenants.divisions.rules.tables import (
    FACT_COLUMNS,
    LIST_COLUMNS,
    RowError,
    Unreadable,
    fact_rows,
    level_of,
    listed_rows,
    outlines,
    read_sheet,
)
from tenants.divisions.types import ListedRow

_BATCH = 2_000


def read_uploaded_list(
    data: bytes, columns: Mapping[str, str] = LIST_COLUMNS
) -> tuple[list[ListedRow], list[tuple[int, str]]]:  # fmt: skip
    """
    The rows of a list, and what is wrong with others: row number and sentence.

    :param columns: which column holds the code, the name and the parent's code; an empty name: none does.
    :raises Invalid: the file as a whole cannot be read.
    """
    try:
        rows, errors = listed_rows(read_sheet(data, columns, ["code", "name"]))
    except Unreadable as wrong:
        raise _unreadable(wrong) from wrong
    return rows, [(error.row, _sentence(error)) for error in errors]


def bring_facts(
    *,
    scope: Scope,
    data: bytes,
    on_day: date,
    source: str,
    columns: Mapping[str, str] = FACT_COLUMNS,
    whole: bool = False,
    now: datetime,
) -> tuple[int, list[tuple[int, str]]]:
    """
    Population, households and area of places as of a day: how many numbers were taken, and what was wrong with others.

    A number of the same place, kind and day replaces the one before. Of one's own places only.

    :param whole: all or nothing: with anything wrong nothing is taken.
    """
    scope.require(policies.DESCRIBE)
    try:
        rows, errors = fact_rows(read_sheet(data, columns, ["code"]))
    except Unreadable as wrong:
        raise _unreadable(wrong) from wrong
    known = _nodes({row.code for row in rows}, on_day)
    mine = _within(scope, known.values(), on_day)
    errors += [_strange(row.row, row.code, known) for row in rows if known.get(row.code) not in mine]
    if whole and errors:
        return 0, _told(errors)
    facts = {
        (known[row.code], row.kind): DivisionFact(
            node_id=known[row.code], kind=row.kind, on_day=on_day, value=row.value, source=source, recorded_at=now
        )
        for row in rows if known.get(row.code) in mine
    }  # fmt: skip
    DivisionFact.objects.bulk_create(
        facts.values(), batch_size=_BATCH, update_conflicts=True, unique_fields=["node_id", "kind", "on_day"],
        update_fields=["value", "source", "recorded_at"],
    )  # fmt: skip
    audit.record(scope=scope, act="divisions.facts.brought", subject=("places", source[:64]), node_id=None, now=now,
                 after={"source": source, "rows": len(facts), "day": on_day.isoformat()})  # fmt: skip
    return len(facts), _told(errors)


def bring_boundaries(
    *, scope: Scope, data: bytes, valid_from: date, source: str, code_property: str = "code", whole: bool = False,
    now: datetime,
) -> tuple[int, list[tuple[int, str]]]:  # fmt: skip
    """Outlines of one's own places from a day on; how many were taken, and what was wrong with others."""
    scope.require(policies.DESCRIBE)
    try:
        found, errors = outlines(data, code_property)
    except Unreadable as wrong:
        raise _unreadable(wrong) from wrong
    known = _nodes({one.code for one in found}, valid_from)
    mine = _within(scope, known.values(), valid_from)
    errors += [_strange(one.row, one.code, known) for one in found if known.get(one.code) not in mine]
    if whole and errors:
        return 0, _told(errors)
    drawn = {
        known[one.code]: Boundary(node_id=known[one.code], valid_from=valid_from, geometry=dict(one.geometry),
                                  source=source, recorded_at=now)
        for one in found if known.get(one.code) in mine
    }  # fmt: skip
    Boundary.objects.bulk_create(
        drawn.values(), batch_size=_BATCH, update_conflicts=True, unique_fields=["node_id", "valid_from"],
        update_fields=["geometry", "source", "recorded_at"],
    )  # fmt: skip
    audit.record(scope=scope, act="divisions.boundaries.brought", subject=("places", source[:64]), node_id=None, now=now,
                 after={"source": source, "rows": len(drawn), "day": valid_from.isoformat()})  # fmt: skip
    return len(drawn), _told(errors)


def _within(scope: Scope, nodes: Collection[int], on: date) -> set[int]:
    """Those of the places that are the scope's own or lie below one."""
    found: set[int] = set()
    for root in scope.roots:
        below = DivisionVersion.objects.on_day(on).below(root).filter(node__in=nodes)
        found |= set(below.values_list("node_id", flat=True))
    return found


def _strange(row: int, code: str, known: Mapping[str, int]) -> RowError:
    return RowError(row, "not_yours" if code in known else "unknown_code", code)


def _told(errors: Iterable[RowError]) -> list[tuple[int, str]]:
    return [(error.row, _sentence(error)) for error in sorted(errors)]


def _nodes(codes: Iterable[str], on: date) -> dict[str, int]:
    """The places of codes, whole or short, as they were coded on a day."""
    wanted: dict[tuple[int, str | None], str] = {
        (level, padded(level, code)): code for code in codes if (level := level_of(code)) is not None
    }
    rows = DivisionVersion.objects.on_day(on).filter(code__in={code for _level, code in wanted})
    found = rows.values_list("level", "code", "node_id")
    return {wanted[level, code]: node for level, code, node in found if (level, code) in wanted}


def _unreadable(wrong: Unreadable) -> Invalid:
    sentence = {
        "column_missing": _("表里缺少这些列：%(value)s。第一行写的是：%(found)s。")
        if wrong.found
        else _("表里缺少这些列：%(value)s。请核对第一行的列名。"),
        "column_twice": _("表里有两列都叫“%(value)s”，不知道用哪一列。请删掉一列，或者改个列名。"),
        "too_many_rows": _("行数太多，请分开导入。"),
        "too_large": _("这个文件解开后太大，没有读。"),
        "not_a_table": _("看不懂这个文件。请用 CSV 或 XLSX，第一行写列名。"),
        "not_geojson": _("看不懂这个文件。请用 GeoJSON 的要素集合（FeatureCollection）。"),
    }[wrong.code] % {"value": wrong.value, "found": wrong.found}
    return Invalid(f"divisions.{wrong.code}", sentence, field="file")


def _sentence(error: RowError) -> str:
    return {
        "bad_code": _("代码“%(value)s”不对：应是 2、4、6、9 或 12 位数字"),
        "no_name": _("%(value)s 没有名称"),
        "bad_number": _("“%(value)s”不是整数"),
        "unknown_code": _("那一天没有代码是 %(value)s 的地方"),
        "not_yours": _("%(value)s 不在您负责的地方"),
        "bad_outline": _("%(value)s 的边界不是中国境内的面"),
    }[error.code] % {"value": error.value[:40]}
