"""
`falin bench audit`: what the sealed log costs: booking an act, sealing and verifying 100,000 entries.

`record` stands beside an entry hashed onto the last one inside the request; `seal` and `verify` beside a signature for each
row, made and checked by OpenSSL: the two usual ways to do without a sealer, written here as plainly as they usually are.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Entries sealed a round, acts booked one by one a round, and how often."""

    entries: int = 100_000
    acts: int = 300
    rounds: int = 3


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench audit`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    ours: dict[str, list[float]] = {"record": [], "seal": [], "verify": []}
    theirs: dict[str, list[float]] = {"record": [], "seal": [], "verify": []}
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        say("正在准备数据库…", "migrating the database…")
        database = stack.enter_context(base.database("audit"))
        child = stack.enter_context(Child("ours.auditing", settings="falin.config.settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
        }))  # fmt: skip
        child("make")
        child("record", acts=20)
        child("chained", acts=20)
        for number in range(size.rounds):
            say(f"第 {number + 1} 轮…", f"round {number + 1}…")
            ours["record"].append(child("record", acts=size.acts))
            theirs["record"].append(child("chained", acts=size.acts))
            child("fill", entries=size.entries)
            ours["seal"].append(child("seal"))
            theirs["seal"].append(child("sign_each", entries=size.entries))
        file = child("export")
        for _number in range(size.rounds):  # the file holds every round's rows: seconds are for 100,000 of them
            share = size.entries / file["rows"]
            ours["verify"].append(child("verify", path=file["path"]) * share)
            theirs["verify"].append(child("verify_each", path=file["path"]) * share)
    return [
        line(case="audit/record", unit="ms", ours=ours["record"], peer="chained in the request", theirs=theirs["record"],
             goal=Goal(words="value ≤ peer", reached=lambda value, peer: value <= peer)),
        line(case="audit/seal", unit="s", ours=ours["seal"], peer="a signature a row", theirs=theirs["seal"],
             goal=Goal(words="value ≤ 5 s", reached=lambda value, peer: value <= 5)),
        line(case="audit/verify", unit="CPU s", ours=ours["verify"], peer="OpenSSL, a signature a row",
             theirs=theirs["verify"], goal=Goal(words="value ≤ 10 s", reached=lambda value, peer: value <= 10)),
    ]  # fmt: skip
