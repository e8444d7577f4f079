"""
The place of working days: the State Council's holidays and the weekends that are worked for them.

The lists are a library's, which comes anew every November with the notice for the next year. For a year it does not know
yet weekends alone are free, and ``is_announced`` says so, so that a page can say it too.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import holidays, workdays
from django.utils.translation import gettext_lazy as _

_YEARS = frozenset(day.year for day in holidays)
_SATURDAY = 5
_NAMES = {
    "New Year's Day": _("元旦"),
    "Spring Festival": _("春节"),
    "Tomb-sweeping Day": _("清明"),
    "Labour Day": _("劳动节"),
    "Dragon Boat Festival": _("端午"),
    "Mid-autumn Festival": _("中秋"),
    "National Day": _("国庆节"),
    "Anti-Fascist 70th Day": _("抗战胜利纪念日"),
}


def is_announced(year: int) -> bool:
    """Whether the holidays of a year are known."""
    return year in _YEARS


def is_working_day(day: date) -> bool:
    """Whether offices are open: a weekday that is no holiday, or a weekend that is worked for one."""
    return chinese_calendar.is_workday(day) if is_announced(day.year) else day.weekday() < _SATURDAY


def next_working_day(day: date) -> date:
    """The day itself, or the first after it on which offices are open."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def holiday_of(day: date) -> str:
    """The holiday a day belongs to, in the reader's language; empty for an ordinary day."""
    return str(_NAMES.get(holidays.get(day, ""), holidays.get(day, "")))


def is_day_off(day: date) -> bool:
    """Whether offices are closed for a holiday, whatever weekday it is."""
    return bool(holiday_of(day)) and not is_working_day(day)


def is_made_up(day: date) -> bool:
    """Whether it is a weekend that is worked."""
    return day in workdays
