"""The tables of figures and of published visits: their columns, on the page and in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import Value
from falin.ui.tables import SORT, STEP, Column, Step, Table
from services.indicators import queries
from services.indicators.types import PublishedLine, Turn
from services.indicators.web.lines import kind_words
from services.indicators.web.pages import Page, Row
from tenants.divisions.types import Level

HOURS: Final = gettext_lazy("小时")
WHERE_ROOM: Final = "f-care-hide f-hide-sm"  # not on a phone, not in large type


def month_of(asked: QueryDict, months: list[Month], now: datetime) -> Month:
    """The month the address names, else the newest with lines."""
    try:
        return Month.parse(asked.get("month", ""))
    except ValueError:
        return months[-1] if months else Month.of(now)


def _own_lines(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    month = month_of(asked, queries.list_own_months(scope=scope), now)
    found = queries.firm_lines(scope=scope, month=month, turn=Turn(after=after, size=STEP, sort=asked.get(SORT, "")))
    return Step(rows=found.rows, after=found.after, total=found.total)


def _place(line: PublishedLine) -> str:
    return f"{line.above} {line.place.name if line.place else ''}".strip()


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


LINES: Final[tuple[Column, ...]] = (
    Column(key="day", label=gettext_lazy("日期"), value=lambda line: line.on_day, sorts=True),
    Column(key="kind", label=gettext_lazy("类别"), value=lambda line: kind_words(line.kind)),
    Column(key="adviser", label=gettext_lazy("法律顾问"), value=lambda line: line.adviser_name, sorts=True),
    Column(key="time", label=gettext_lazy("时长"), value=lambda line: _hours(line.minutes), numeric=True, sorts=True,
           unit=HOURS),
)  # fmt: skip
OWN_LINES: Final = Table(
    name="published-visits", title=gettext_lazy("已公开的到访"), grant="figures.read", export="own.export", step=_own_lines,
    order="day",
    columns=(LINES[0], Column(key="community", label=gettext_lazy("社区和村"), value=_place), *LINES[1:]),
)  # fmt: skip
TABLES: Final = (OWN_LINES,)


# ---- the places below one -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked(Column):
    """
    A column of the places below one.

    :param css: where the page leaves it out. :param note: what stands small in its head, besides small columns' names.
    """

    value: Callable[[Row], Value]
    css: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    label: str
    small: str
    css: str


def _count(name: str) -> Callable[[Row], Value]:
    """Nothing published stays empty; it is not 0."""
    return lambda row: getattr(row.tally, name) if row.tally else None


def _time(name: str) -> Callable[[Row], Value]:
    return lambda row: _hours(getattr(row.tally, name)) if row.tally else None


_PLACE: Final = Ranked(key="place", label="", value=lambda row: row.name)  # called after what the places are
_OF_COMMUNITIES: Final = (
    _PLACE,
    Ranked(key="adviser", label=gettext_lazy("法律顾问"), value=lambda row: row.state_text),
    Ranked(key="time", label=gettext_lazy("到点时长"), value=_time("minutes"), numeric=True, unit=HOURS),
    Ranked(key="due", label=gettext_lazy("应达"), value=_time("required_minutes"), numeric=True, unit=HOURS,
           css=WHERE_ROOM),
    Ranked(key="visits", label=gettext_lazy("到访"), value=_count("visits"), numeric=True, css="f-hide-sm"),
    Ranked(key="lectures", label=gettext_lazy("讲座"), value=_count("lectures"), numeric=True, css=WHERE_ROOM),
)  # fmt: skip
_CHANGE: Final = Ranked(key="change", label=gettext_lazy("比上月"), value=lambda row: row.change, numeric=True,
                        css=WHERE_ROOM)  # fmt: skip
_PACE: Final = Ranked(key="pace", label=gettext_lazy("进度"), value=lambda row: row.state_text, numeric=True,
                      css=WHERE_ROOM)  # fmt: skip
_OF_PLACES: Final = (
    Ranked(key="rank", label=gettext_lazy("名次"), value=lambda row: row.rank, numeric=True, css="f-hide-sm"),
    _PLACE,
    Ranked(key="coverage", label=gettext_lazy("配备率"), value=lambda row: row.coverage, numeric=True, unit="%"),
    Ranked(key="covered", label=gettext_lazy("有顾问"), value=_count("covered"), small=True),
    Ranked(key="communities", label=gettext_lazy("全部"), value=_count("communities"), small=True),
    _PACE,
    Ranked(key="missing", label=gettext_lazy("还差"), value=_count("missing"), numeric=True),
    _CHANGE,
    Ranked(key="hours_met", label=gettext_lazy("到点达标"), value=lambda row: row.hours_met, numeric=True, unit="%"),
    Ranked(key="visits", label=gettext_lazy("到访"), value=_count("visits"), numeric=True, css=WHERE_ROOM),
    Ranked(key="lectures", label=gettext_lazy("其中讲座"), value=_count("lectures"), small=True),
)


def columns_of(page: Page) -> tuple[Ranked, ...]:
    """What the page of a place says of those below it, and so does its file."""
    every = _OF_COMMUNITIES if page.place.level == Level.STREET else _OF_PLACES
    told = {_PLACE: replace(_PLACE, label=page.child_label), _PACE: replace(_PACE, note=page.scale)}
    return tuple(told.get(one, one) for one in every if one is not _CHANGE or page.compares)


def heads_of(columns: Iterable[Ranked]) -> list[Head]:
    """The page's head cells: small columns are named below the one they stand under."""
    found: list[tuple[Ranked, list[str]]] = []
    for column in columns:
        if column.small:
            found[-1][1].append(str(column.label))
        else:
            found.append((column, [column.note] if column.note else []))
    return [
        Head(label=str(one.label), small=" / ".join(small), css=f"{'n' if one.numeric else ''} {one.css}".strip())
        for one, small in found
    ]
