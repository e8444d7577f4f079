"""
`falin bench request`: what tenancy, scope and row security cost a whole request, beside plain Django without any of it.

Both sides answer the same page: session, person, one or ten queries for the latest twelve of 200,000 visits, the same
template. Both run in this machine on one PostgreSQL, each in a process of its own, asked in turns by the batch; the
order changes each round. `street` reads 20 places, `county` the whole tenant, `wide` 300 places (reported only).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import ground
from stand.lines import Goal, Line, line, show
from stand.visits import filling

from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both, say

PEER = "plain Django"
TEN = Goal(words="value ≤ 1.15 × peer_value", reached=lambda value, peer: value <= 1.15 * peer)
ONE = Goal(words="value ≤ peer_value + 0.5 ms", reached=lambda value, peer: value <= peer + 0.5)
# (case, address, who asks, goal)
CASES = (
    ("request/one/street", "/bench/one", "street", ONE),
    ("request/one/county", "/bench/one", "county", ONE),
    ("request/ten/street", "/bench/ten", "street", TEN),
    ("request/ten/county", "/bench/ten", "county", TEN),
    ("request/wide/one", "/bench/one", "wide", None),
    ("request/wide/ten", "/bench/ten", "wide", None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured. A street with its communities makes the 20 places, `wide` streets the 300."""

    rows: int = 200_000
    streets: int = 25
    communities: int = 19
    wide: int = 15
    rounds: int = 121
    requests: int = 9
    warm_up: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: its child, and the session of each person."""

    child: Child
    sessions: dict[str, str]

    def batch(self, path: str, who: str, requests: int) -> float:
        taken: float = self.child("batch", path=path, session=self.sessions[who], requests=requests)
        return taken


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench request`."""
    size = size or Size()
    with sides(home, size) as (ours, peer):
        say("正在量每个请求…", "measuring requests…")
        found = [_measure(*case, ours=ours, peer=peer, size=size) for case in CASES]
    return show(found, as_json=as_json)


@contextmanager
def sides(home: Home, size: Size) -> Iterator[tuple[Side, Side]]:
    """Both sides with their tables full, seen to answer the same rows."""
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        say("正在准备两边的数据…", "filling the tables of both sides…")
        mine, plain = (stack.enter_context(base.database(word)) for word in ("request", "plain"))
        ours = stack.enter_context(Child("ours.serving", settings="ours.settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": mine.app, "DATABASE_OWNER_URL": mine.owner,
        }))  # fmt: skip
        peer = stack.enter_context(Child("peers.plain_django.serving", settings="peers.plain_django.settings", environ={
            "BENCH_DATABASE_URL": plain.owner,
        }))  # fmt: skip
        made: dict[str, Any] = ours("make", streets=size.streets, communities=size.communities, wide=size.wide)
        sessions = peer("make", nodes=made["nodes"])
        nodes = made["communities"]
        mine.said_by_admin(*filling(table=f"{made['schema']}.duty_visit", nodes=nodes, rows=size.rows))
        plain.said_by_admin(*filling(table="visit", nodes=nodes, rows=size.rows))
        for database in (mine, plain):
            database.said_by_admin("vacuum analyze")
        both_sides = Side(child=ours, sessions=made["sessions"]), Side(child=peer, sessions=sessions)
        _compare(*both_sides)
        yield both_sides


def _compare(ours: Side, peer: Side) -> None:
    """:raises CannotStart: the two sides show different rows, so their times say nothing."""
    for case, path, who, _goal in CASES:
        mine, theirs = (side.child("check", path=path, session=side.sessions[who]) for side in (ours, peer))
        if mine != theirs:
            raise CannotStart(
                both(f"{case}：两边的行不一样。", f"{case}: the two sides show different rows."), f"{mine}\n{theirs}"
            )


def _measure(case: str, path: str, who: str, goal: Goal | None, *, ours: Side, peer: Side, size: Size) -> Line:
    for side in (ours, peer):
        side.batch(path, who, size.warm_up)
    times: dict[int, list[float]] = {0: [], 1: []}
    for number in range(size.rounds):
        for turn in (0, 1) if number % 2 else (1, 0):
            times[turn].append((ours, peer)[turn].batch(path, who, size.requests))
    return line(case=case, unit="ms", ours=times[0], peer=PEER, theirs=times[1], goal=goal)
