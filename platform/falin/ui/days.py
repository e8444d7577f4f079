"""Place of what kind of day a date is, as it stands under the field where somebody enters it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, timedelta

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.workdays import holiday_of, is_announced, is_day_off, is_made_up

_SATURDAY = 6


def said(value: object) -> str:
    """2026年10月1日 周四，国庆节，不上班; nothing for what is no day."""
    day = value if isinstance(value, date) else None
    with suppress(ValueError):
        day = day or date.fromisoformat(str(value))
    if day is None:
        return ""
    return f"{formats.day(day)} {formats.weekdays([day.isoweekday()])}{_kind(day) or free(day)}"


def free(day: date | None = None) -> str:
    """What is said behind a weekend; without a day, the words themselves."""
    return _("，不上班") if day is None or day.isoweekday() >= _SATURDAY else ""


def exceptions() -> str:
    """
    For the script that says it while somebody types: the days of this year and the next that are neither plain weekdays nor
    plain weekends, as ``[[first, last, words], …]``.
    """
    year = legal_day(now()).year
    found: list[list[str]] = []
    for each in (one for one in (year, year + 1) if is_announced(one)):
        day = date(each, 1, 1)
        while day.year == each:
            words = _kind(day)
            if words and found and found[-1][2] == words and found[-1][1] == str(day - timedelta(days=1)):
                found[-1][1] = str(day)
            elif words:
                found.append([str(day), str(day), words])
            day += timedelta(days=1)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _kind(day: date) -> str:
    if is_made_up(day):
        return _("，调休，上班")
    return _("，%(holiday)s，不上班") % {"holiday": holiday_of(day)} if is_day_off(day) else ""
