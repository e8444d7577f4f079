"""
Hours that are due (R2.4): per adviser, community and calendar month in Asia/Shanghai.

An appointment that begins or ends within the month owes its share by days. Minutes are whole and rounded down: nobody
is asked for a part of a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from falin.kernel.periods import Month

Span = tuple[date, date | None]  # first and last day of an appointment, both included; None = open


def _days(month: Month, spans: Sequence[Span], *, until: date | None = None) -> int:
    """Days of the month on which one of the spans was in force; spans of one pair never overlap."""
    days = 0
    for begin, end in spans:
        last = end if until is None else min(end or until, until)
        days += month.share(begin, last)[0]
    return days


def required_minutes(month: Month, spans: Sequence[Span], *, hours_a_month: int) -> int:
    """What an adviser owes a community in a month."""
    return hours_a_month * 60 * _days(month, spans) // month.days


def pace_minutes(month: Month, spans: Sequence[Span], *, hours_a_month: int, today: date) -> int:
    """What would be done by the end of ``today`` if the hours were spread evenly over the days of the appointment."""
    if today >= month.last_day:
        return required_minutes(month, spans, hours_a_month=hours_a_month)
    return hours_a_month * 60 * _days(month, spans, until=today) // month.days


def days_left(month: Month, spans: Sequence[Span], *, today: date) -> int:
    """Days on which hours can still be done, today included."""
    return _days(month, [(max(begin, today), end) for begin, end in spans])
