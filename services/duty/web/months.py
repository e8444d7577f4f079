"""The month a page is about, read from its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, QueryDict

from falin.kernel.periods import Month
from falin.ui.tables import turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Turner:
    """A month with its neighbours, each with its address of the same list; there is nothing to see after this month."""

    month: Month
    previous: Month
    previous_url: str
    following: Month | None
    following_url: str


def month_asked(request: HttpRequest, now: datetime) -> Turner:
    return month_of(request.GET, now)


def month_of(asked: QueryDict, now: datetime) -> Turner:
    """``?month=2026-10``; what is no month, or still to come, is this month."""
    this = Month.of(now)
    try:
        month = min(Month.parse(asked.get("month", "")), this)
    except ValueError:
        month = this
    before, after = month.plus(-1), month.plus(1)
    return Turner(
        month=month, previous=before, previous_url=turned(asked, month=str(before)),
        following=after if month < this else None, following_url=turned(asked, month=str(after)),
    )  # fmt: skip
