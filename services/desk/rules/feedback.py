"""What of feedback is kept: the writer's words and which page, never of whom or what the page was."""

from __future__ import annotations

import re

from falin.kernel.audit import looks_personal

LONGEST = 1000
A_DAY = 20  # of one person: nobody is flooded


def page_kept(address: str) -> str:
    """The page's address without what was asked and without numbers of things: /people/…/grant/."""
    path = address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    if not path.startswith("/") or path.startswith("//"):
        return "/"
    return "/".join("…" if re.search(r"\d", part) else part for part in path.split("/"))[:120]


def names_somebody(text: str) -> bool:
    """Whether an identity or telephone number stands in it, as the log would refuse it: with gaps, in full width."""
    return looks_personal(text)
