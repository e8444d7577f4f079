"""The place of what people write into cells: plain text, days, numbers that are not to be shown. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

from falin.kernel.sheets.workbook import EPOCH_1900

_SPACES = re.compile(r"[\s\u200b\ufeff]+")
DASHES = re.compile(r"[-‐‑‒–—―]")
_LONG_NUMBER = re.compile(r"\d{9,}[Xx]?")  # a day written as 20260105 is nobody's number
_WRITTEN_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]?0{1,2}:00(?::00(?:\.0+)?)?)?")

# A serial number of a spreadsheet's day is taken for one only between 1954 and 2119: other numbers are mistakes.
_SERIALS = range(20_000, 80_200)
# Beyond fifteen digits a spreadsheet that stores a number has already lost the last ones.
EXACT_DIGITS = 15


class Wrong(Exception):
    """The text cannot be what it is said to be; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as the plain ones; outer spaces gone."""
    return unicodedata.normalize("NFKC", text).strip("\u200b\ufeff \t\r\n")


def compact(text: str) -> str:
    """Half-width, without any space."""
    return _SPACES.sub("", half_width(text))


def read_day(value: object, *, epoch: date = EPOCH_1900) -> date:
    """
    A day, however it was written: a date cell, a spreadsheet's serial number, 2026-1-5, 2026/1/5, 2026.1.5, 2026年1月5日,
    20260105.

    :raises Wrong: ``day_unreadable``, or ``day_impossible`` for the like of 30 February.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Wrong("day_unreadable")
    text = half_width(str(value))
    if text.isdecimal() and int(text) in _SERIALS:
        return epoch + timedelta(days=int(text))
    if len(text) == 8 and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = _WRITTEN_DAY.fullmatch(DASHES.sub("-", re.sub(r"\s*([-/.年月日])\s*", r"\1", text)))
    if not found:
        raise Wrong("day_unreadable")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Wrong("day_impossible") from None


def masked(number: str) -> str:
    """A number as it may be shown: enough to find it again in one's own sheet, too little to use."""
    if len(number) < 7:
        return number[:1] + "*" * (len(number) - 1)
    return number[:3] + "*" * (len(number) - 5) + number[-2:]


def shown(text: str, *, most: int = 30) -> str:
    """What was found, for a report: long numbers masked wherever they stand, long texts cut."""
    plain = " ".join(half_width(text).split())
    # Spaces and dashes inside a number must not bring it past the mask.
    if _LONG_NUMBER.search(DASHES.sub("", plain.replace(" ", ""))):
        plain = _LONG_NUMBER.sub(lambda found: masked(found[0]), DASHES.sub("", plain.replace(" ", "")))
    return plain if len(plain) <= most else plain[: most - 1] + "…"
