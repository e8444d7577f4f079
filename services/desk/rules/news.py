"""What a county may tell everybody, and when it stands there."""

from __future__ import annotations

import re
from datetime import date

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no feed may hold it (XML)
TITLE_LONGEST, TEXT_LONGEST = 60, 5000


def stands(*, begins_on: date, ends_on: date | None, on: date) -> bool:
    """Whether something published is to be read on a day; the first and the last one count."""
    return begins_on <= on and (ends_on is None or on <= ends_on)


def as_paragraphs(text: str) -> str:
    """Plain paragraphs with one empty line between them, whatever browser or machine the text came from."""
    text = _UNPRINTABLE.sub("", text)
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
