"""The month a page is about, read from its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, QueryDict

from falin.kernel.periods import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Turner:
    """A month with its neighbours; there is nothing to see after this month."""

    month: Month
    previous: Month
    following: Month | None


def month_asked(request: HttpRequest, now: datetime) -> Turner:
    return month_of(request.GET, now)


def month_of(asked: QueryDict, now: datetime) -> Turner:
    """``?month=2026-10``; what is no month, or still to come, is this month."""
    this = Month.of(now)
    try:
        month = min(Month.parse(asked.get("month", "")), this)
    except ValueError:
        month = this
    return Turner(month=month, previous=month.plus(-1), following=month.plus(1) if month < this else None)
