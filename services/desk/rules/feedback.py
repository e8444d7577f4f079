"""What of feedback is kept: the writer's words and which page, never of whom or what the page was."""

from __future__ import annotations

import re

LONGEST = 1000
A_DAY = 20  # of one person: nobody is flooded
_NUMBERS = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?![0-9A-Za-z])")


def page_kept(address: str) -> str:
    """The page's address without what was asked and without numbers of things: /people/…/grant/."""
    path = address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    if not path.startswith("/") or path.startswith("//"):
        return "/"
    return "/".join("…" if re.search(r"\d", part) else part for part in path.split("/"))[:120]


def names_somebody(text: str) -> bool:
    """Whether an identity or telephone number stands in it."""
    return _NUMBERS.search(text) is not None
