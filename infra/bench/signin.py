"""
`falin bench signin`: what coming in costs somebody who holds 200 roles, beside plain Django's own sign-in.

`many-bindings` is the processor time of the program for one sign-in by the page and the first request after it, in which
the scope is made from the session: slowing down, booking, session with its device, second factors asked, 200 bindings with
their places. Hashing the password is left out: both sides keep it as MD5 here, because what it costs is what it is for.
The peer signs in by Django's LoginView and reads the person's 200 rows with tenant and place in one prefetch; it slows
nobody down, books nothing and knows no second factor.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import say

GOAL = Goal(words="value ≤ 50 CPU ms", reached=lambda value, peer: value <= 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    bindings: int = 200
    rounds: int = 31
    times: int = 5


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench signin`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with ground(home) as base, base.database("signin") as mine, base.database("plain") as plain:
        say("正在准备两边的人…", "preparing both sides' people…")
        with (
            Child("ours.signing", settings="falin.config.settings", environ={
                "FALIN_HOME": str(base.home.root), "DATABASE_URL": mine.app, "DATABASE_OWNER_URL": mine.owner,
            }) as ours,
            Child("peers.plain_signin.serving", settings="peers.plain_signin.settings", environ={
                "BENCH_DATABASE_URL": plain.owner,
            }) as peer,
        ):  # fmt: skip
            sides = (ours, peer)
            for side in sides:
                side("make", bindings=size.bindings)
                side("come_in", times=size.times)
            for database in (mine, plain):
                database.said_by_admin("vacuum analyze")
            say("正在量登录…", "measuring sign-ins…")
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(size.rounds):
                for turn in (0, 1) if number % 2 else (1, 0):
                    times[turn].append(sides[turn]("come_in", times=size.times))
    return [
        line(case="signin/many-bindings", unit="CPU ms", ours=times[0], peer="plain Django", theirs=times[1], goal=GOAL)
    ]
