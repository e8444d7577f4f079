"""
When a station is open: what somebody wrote, as days and times of the week.

A line says some days and a few stretches of time, as a notice at a door does: 周一至周五 9:00-12:00 14:00-17:30. Times
are those of the legal clock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import time
from itertools import pairwise

from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from services.stations.types import Opening

MOST_A_DAY = 3
LONGEST_TEXT = 400
_ZH = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7}
_EN = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_TO = r"(?:至|到|-|~|\s+to\s+)"
# Each word is named to its end: were any letters taken after it, a line of "monmonmon…" could be read in ever more ways.
_WORD = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?"
_DAY = rf"(?:(?:周|週|星期|礼拜|禮拜)?[一二三四五六日天]|{_WORD})"
_DAYS = rf"{_DAY}(?:{_TO}{_DAY})?"
_TIME = r"([0-2]?\d):([0-5]\d)"
_LINE = re.compile(
    rf"((?:{_DAYS}[、,\s]*)+|每天|every day|daily)[\s:]*((?:{_TIME}{_TO}{_TIME}[、,;\s]*)+)", re.IGNORECASE
)
_SPAN = re.compile(rf"{_TIME}{_TO}{_TIME}")


def read_opening(text: str) -> tuple[Opening, ...]:
    """
    Opening hours as somebody wrote them, by day and time.

    :raises Invalid: at ``opening``: a line that cannot be read, named with its words; or hours that cannot be.
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid("stations.opening_too_long", _("开放时间太长了，请写短一些。"), field="opening")
    found: list[Opening] = []
    for line in filter(None, (part.strip() for part in re.split(r"[\n;；。]", text))):
        found += _read_line(line)
    return check_opening(found)


def check_opening(opening: Sequence[Opening]) -> tuple[Opening, ...]:
    """
    The hours in the order of the week.

    :raises Invalid: none at all, a day that is none, hours that run backwards, or two of a day that overlap.
    """
    if not opening:
        raise Invalid("stations.opening_missing", _("请写开放时间，哪天几点到几点。"), field="opening")
    in_order = sorted(opening)
    for one in in_order:
        if not 1 <= one.weekday <= 7:
            raise Invalid("stations.opening_day", _("星期几要在周一到周日之间。"), field="opening")
        if one.ends_at <= one.begins_at:
            raise Invalid("stations.opening_backwards", _("开放时间里，结束要晚于开始：%(from)s-%(to)s。")
                          % {"from": f"{one.begins_at:%H:%M}", "to": f"{one.ends_at:%H:%M}"}, field="opening")  # fmt: skip
    for one, other in pairwise(in_order):
        if one.weekday == other.weekday and other.begins_at < one.ends_at:
            raise Invalid("stations.opening_overlaps", _("开放时间里，同一天的两段重叠了：%(from)s-%(to)s。")
                          % {"from": f"{other.begins_at:%H:%M}", "to": f"{other.ends_at:%H:%M}"}, field="opening")  # fmt: skip
    if any(sum(1 for one in in_order if one.weekday == day) > MOST_A_DAY for day in range(1, 8)):
        raise Invalid("stations.opening_too_many", _("一天最多写 %(n)s 段时间。") % {"n": MOST_A_DAY}, field="opening")
    return tuple(in_order)


def _read_line(line: str) -> Iterator[Opening]:
    plain = re.sub(r"[\u2010-\u2015\u2212\uff5e~～]", "-", unicodedata.normalize("NFKC", line))
    read = _LINE.fullmatch(plain.strip())
    spans = [(int(a), int(b), int(c), int(d)) for a, b, c, d in _SPAN.findall(read[2])] if read else []
    if read is None or any(hour > 23 for begin, _m, end, _n in spans for hour in (begin, end)):
        text = _("看不懂“%(line)s”。请写成“周一至周五 9:00-12:00 14:00-17:30”这样，一行一种时间。")
        raise Invalid("stations.opening_unread", text % {"line": line[:40]}, field="opening")
    for weekday in sorted(_days_of(read[1])):
        for begin_hour, begin_minute, end_hour, end_minute in spans:
            yield Opening(weekday=weekday, begins_at=time(begin_hour, begin_minute), ends_at=time(end_hour, end_minute))


def _days_of(text: str) -> set[int]:
    if text.strip().lower() in {"每天", "every day", "daily"}:
        return set(range(1, 8))
    days: set[int] = set()
    for stretch in re.findall(_DAYS, text, re.IGNORECASE):
        first, *last = (_day_of(one) for one in re.findall(_DAY, stretch, re.IGNORECASE))
        until = last[0] if last else first
        days |= set(range(first, until + 1)) if until >= first else {*range(first, 8), *range(1, until + 1)}
    return days


def _day_of(text: str) -> int:
    return _ZH.get(text[-1]) or _EN[text[:3].lower()]
