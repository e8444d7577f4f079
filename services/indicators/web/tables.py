"""The list of one's own published visits: its columns, and its rows for a file."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.ui.tables import SORT, STEP, Column, Step, Table
from services.indicators import queries
from services.indicators.types import PublishedLine, Turn
from services.indicators.web.lines import kind_words


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


OWN_LINES: Final = Table(
    name="published-visits", title=gettext_lazy("已公开的到访"), grant="figures.read", export="own.export", step=_own_lines,
    order="day",
    columns=(
        Column(key="day", label=gettext_lazy("日期"), value=lambda line: line.on_day, sorts=True),
        Column(key="community", label=gettext_lazy("社区和村"), value=_place),
        Column(key="kind", label=gettext_lazy("类别"), value=lambda line: kind_words(line.kind)),
        Column(key="adviser", label=gettext_lazy("法律顾问"), value=lambda line: line.adviser_name, sorts=True),
        Column(key="time", label=gettext_lazy("时长"), value=lambda line: formats.hours(line.minutes), numeric=True,
               sorts=True),
    ),
)  # fmt: skip
TABLES: Final = (OWN_LINES,)
