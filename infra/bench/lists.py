"""
`falin bench lists`: pages of lists of 100,000 rows: the first one, and one deep in.

Advisers with the numbers on their tabs, firms, a firm's published visits with their sum over the month: what the page asks
of the database, in one transaction, the numbers below the table among it. The peer is the same rows through Django's
`Paginator`, which counts them all and skips to the page. `search` is the page's own search over all kinds a county's team may
see, 20,000 people among them; the peer looks for the same words by `icontains`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import say

LISTS = ("advisers", "firms", "visits")
PLACES = ("first", "deep")
FOUND = Goal(words="p95 ≤ 100 ms", reached=lambda value, peer: value <= 100)
QUICK = Goal(words="p95 ≤ 200 ms", reached=lambda value, peer: value <= 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Rows of each list, pages asked for a round, and how often after one round that does not count."""

    rows: int = 100_000
    pages: int = 10
    rounds: int = 3


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench lists`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    lines = []
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        database = stack.enter_context(base.database("lists"))
        child = stack.enter_context(Child("ours.listing", settings="falin.config.settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
        }))  # fmt: skip
        say("正在造三份长名单…", "making three long lists…")
        child("make", rows=size.rows)
        database.said_by_admin("vacuum analyze")
        for name in LISTS:
            for place in PLACES:
                taken: dict[str, list[float]] = {"ours": [], "theirs": []}
                for number in range(size.rounds + 1):
                    for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                        taken[side].append(_p95(child(side, name=name, place=place, pages=size.pages)))
                lines.append(line(case=f"lists/{name}/{place}", unit="ms", ours=taken["ours"][1:], peer="Paginator",
                                  theirs=taken["theirs"][1:], goal=QUICK))  # fmt: skip
        lines.append(_search(child, size))
    return lines


def _search(child: Child, size: Size) -> Line:
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(size.rounds + 1):
        for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
            taken[side].append(_p95(child(f"search_{side}")))
    return line(case="lists/search", unit="ms", ours=taken["ours"][1:], peer="icontains", theirs=taken["theirs"][1:],
                goal=FOUND)  # fmt: skip


def _p95(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
