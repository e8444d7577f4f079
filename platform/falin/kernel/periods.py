"""The place of periods: months and quarters of the legal calendar, as half-open ranges of moments."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from falin.kernel.clock import SHANGHAI, legal_day


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month in Asia/Shanghai; prints and parses as ``2026-11``."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1900 <= self.year <= 9999):
            raise ValueError(f"no such month: {self.year}-{self.month}")

    @classmethod
    def of(cls, day: date | datetime) -> Month:
        """The month of a day, or of a moment seen from Asia/Shanghai."""
        if isinstance(day, datetime):
            day = legal_day(day)
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """
        Read ``2026-11``.

        :raises ValueError: for anything else, and for years nobody means: a month that was read always has neighbours.
        """
        year, dash, month = text.partition("-")
        if not (dash and len(year) == 4 and len(month) == 2 and year.isdecimal() and month.isdecimal()):
            raise ValueError(f"not a month: {text!r}")
        if not 1950 <= int(year) <= 2199:
            raise ValueError(f"no month anybody means: {text!r}")
        return cls(int(year), int(month))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> Month:
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first_day, time(), SHANGHAI)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer in the month."""
        return self.plus(1).starts_at

    @property
    def quarter(self) -> tuple[Month, Month, Month]:
        """The three months of the quarter this month lies in."""
        first = Month(self.year, (self.month - 1) // 3 * 3 + 1)
        return first, first.plus(1), first.plus(2)

    def share(self, begin: date, end: date | None) -> tuple[int, int]:
        """Days of this month within ``begin … end`` (both included, ``None`` = open), and days of the month."""
        first, last = max(begin, self.first_day), min(end or self.last_day, self.last_day)
        return max(0, (last - first).days + 1), self.days


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Every month from ``first`` to ``last``, both included."""
    while first <= last:
        yield first
        first = first.plus(1)


def split_by_month(begin: datetime, end: datetime) -> list[tuple[Month, int]]:
    """The minutes of a stretch of time, month by month; a stretch over the month's end counts in both."""
    parts: list[tuple[Month, int]] = []
    while begin < end:
        month = Month.of(begin)
        stop = min(end, month.ends_at)
        parts.append((month, int((stop - begin) / timedelta(minutes=1))))
        begin = stop
    return parts
