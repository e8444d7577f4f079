"""What a page of figures shows, as CSV and as XLSX."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from falin.kernel.sheets.writing import CSV, XLSX, Value, write_csv, write_xlsx
from services.indicators import queries, rules
from services.indicators.types import LinePage, PlaceFigures, Tally
from services.indicators.web.lines import kind_words
from tenants.divisions.api import LEVEL_LABELS
from tenants.divisions.types import View

MOST_LINES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def sheet_of_places(figures: PlaceFigures) -> Sheet:
    """The table of a place's page, most behind first, and its own line at the end."""
    header = (
        _("名次"), _("地方"), _("级别"), _("社区和村"), _("有顾问"), _("还差"), _("配备率（%）"), _("聘任份数"),
        _("到点达标份数"), _("到点时长达标率（%）"), _("实际到点（小时）"), _("应达（小时）"), _("到访（次）"),
        _("其中讲座（场）"),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (one.rank, one.place.name, str(LEVEL_LABELS[one.place.level]), *_numbers(one.tally))
        for one in queries.rank(figures.children).rows
    ]
    rows.append((_("合计"), figures.place.name, str(LEVEL_LABELS[figures.place.level]), *_numbers(figures.tally)))
    return Sheet(name=_name(figures), title=_("指标"), header=header, rows=tuple(rows))


def _numbers(tally: Tally | None) -> tuple[Value, ...]:
    """Nothing published stays empty; it is not 0."""
    if tally is None:
        return (None,) * 11
    return (
        tally.communities, tally.covered, tally.missing, rules.percent(tally.coverage), tally.pairs, tally.met,
        rules.percent(tally.hours_met), _hours(tally.minutes), _hours(tally.required_minutes), tally.visits,
        tally.lectures,
    )  # fmt: skip


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def sheet_of_lines(figures: PlaceFigures, found: LinePage) -> Sheet:
    """The published visits of a community."""
    rows = tuple(
        (line.on_day, kind_words(line.kind), line.adviser_name, line.minutes, _hours(line.minutes))
        for line in found.rows
    )
    header = (_("日期"), _("类别"), _("法律顾问"), _("时长（分钟）"), _("时长（小时）"))
    return Sheet(name=_name(figures), title=_("到访记录"), header=header, rows=rows)


def _name(figures: PlaceFigures) -> str:
    told = {"place": figures.place.name, "month": figures.month}
    if figures.view == View.AS_IS:
        return _("指标-%(place)s-%(month)s-按现在的区划") % told
    return _("指标-%(place)s-%(month)s") % told


def as_csv(sheet: Sheet) -> HttpResponse:
    out = io.BytesIO()
    write_csv(out, sheet.header, sheet.rows)
    return _download(out.getvalue(), f"{sheet.name}.csv", f"{CSV}; charset=utf-8")


def as_xlsx(sheet: Sheet) -> HttpResponse:
    out = io.BytesIO()
    write_xlsx(out, sheet.title, sheet.header, sheet.rows)
    return _download(out.getvalue(), f"{sheet.name}.xlsx", XLSX)


def _download(body: bytes, name: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": str(disposition)})
