"""Place of how dates, durations and numbers are written: 2026年11月22日, 2 小时 30 分, ¥1,234.50. No markup here."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _local(value: date | datetime) -> date:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def day(value: date | datetime) -> str:
    """2026年11月22日, in both kinds of Chinese · 22 November 2026."""
    local = _local(value)
    if _english():
        return f"{local.day} {local:%B} {local.year}"
    return f"{local.year}年{local.month}月{local.day}日"


def short_day(value: date | datetime) -> str:
    """11月22日 · 22 Nov: for a year the reader already knows."""
    local = _local(value)
    if _english():
        return f"{local.day} {local:%b}"
    return f"{local.month}月{local.day}日"


def month(value: date | datetime) -> str:
    """2026年11月 · November 2026."""
    local = _local(value)
    if _english():
        return f"{local:%B} {local.year}"
    return f"{local.year}年{local.month}月"


def weekdays(days: Iterable[int]) -> str:
    """周二、周四, from 2 and 4; Monday is 1."""
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return _("、").join(names[day - 1] for day in sorted(days))


def moment(value: datetime) -> str:
    """2026年11月22日 09:05."""
    return f"{day(value)} {_local(value):%H:%M}"


def hours(minutes: int) -> str:
    """2 小时 30 分, from minutes. Whole hours lose their minutes; nothing is 0 小时."""
    whole, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else ""
    in_hours = ngettext("%(n)d 小时", "%(n)d 小时", whole) % {"n": whole}
    in_minutes = ngettext("%(n)d 分", "%(n)d 分", rest) % {"n": rest}
    if not rest:
        return sign + in_hours
    if not whole:
        return sign + in_minutes
    return f"{sign}{in_hours} {in_minutes}"


def number(value: float | Decimal | str, places: int = 0) -> str:
    """25,547; with `places` decimals, halves away from zero as on paper."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{exact:,}".replace("-", "−")


def percent(value: float | Decimal, places: int = 1) -> str:
    """98.4%, from 98.4 (not from 0.984)."""
    return f"{number(value, places)}%"


def yuan(fen: int) -> str:
    """¥1,234.50, from fen."""
    return f"{'−' if fen < 0 else ''}¥{number(Decimal(abs(fen)) / 100, 2)}"


_IN_GROUPS = re.compile(r"(1[3-9]\d)(\d{4})(\d{4})|(\d{6})(\d{8})(\d{3}[\dXx])", re.ASCII)


def grouped(number: str) -> str:
    """138 0013 8000, 330106 19900101 1234: as people read them out. What is neither comes back as it is."""
    whole = _IN_GROUPS.fullmatch(number)
    return " ".join(part for part in whole.groups() if part) if whole else number


def none() -> str:
    """What stands where there is no value: a word, never 0 and never a dash."""
    return _("没有")


def is_number(value: object) -> bool:
    """Can `number` write it?"""
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
