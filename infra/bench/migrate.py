"""
`falin bench migrate`: how long until every tenant is up to date, beside the executors of stock django-tenants.

Both sides have the same tenants with the same tables (one database is a copy of the other) and the same migration
pending: one column. Ours forgets before each round what it knew of migrations, and reads and renders them anew.
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
from falin.runtime.sentences import CannotStart, both, say

NOTHING = Goal(words="value ≤ 0.2 s", reached=lambda value, peer: value <= 0.2)
ALONE = Goal(words="ratio ≥ 30", reached=lambda value, peer: peer / value >= 30)
PARALLEL = Goal(words="ratio ≥ 10", reached=lambda value, peer: peer / value >= 10)
# case → whether the column is pending, our connections, the peer's executor, goal
CASES = {
    "migrate/nothing": (False, 2, "standard", NOTHING),
    "migrate/addfield": (True, 1, "standard", ALONE),
    "migrate/addfield-parallel": (True, 2, "multiprocessing", PARALLEL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many tenants, and how often each is done after one time that does not count."""

    tenants: int = 100
    rounds: int = 3


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench migrate`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        say(f"正在建 {size.tenants} 个单位…", f"making {size.tenants} tenants…")
        own = stack.enter_context(base.database("ours"))
        environ = {"FALIN_HOME": str(base.home.root), "DATABASE_URL": own.app, "DATABASE_OWNER_URL": own.owner}
        ours = stack.enter_context(Child("ours.migrating", settings="ours.growing_settings", environ=environ))
        ours("make", tenants=size.tenants)
        other = stack.enter_context(base.database("stock", like=own))
        theirs = stack.enter_context(Child(
            "peers.stock_tenants.migrating", settings="peers.stock_tenants.growing_settings",
            environ={**environ, "DATABASE_URL": other.app, "DATABASE_OWNER_URL": other.owner},
        ))  # fmt: skip
        say("正在量升级…", "measuring upgrades…")
        taken: dict[str, tuple[list[float], list[float]]] = {case: ([], []) for case in CASES}
        for _round in range(size.rounds + 1):
            for case, (pending, connections, executor, _goal) in CASES.items():
                for index, (seconds, grown) in enumerate((
                    ours("migrate", pending=pending, parallel=connections),
                    theirs("migrate", pending=pending, executor=executor),
                )):  # fmt: skip
                    if grown != size.tenants:
                        raise CannotStart(both("有单位没有升级。", "A tenant was not brought up to date."), case)
                    taken[case][index].append(seconds)
        return [
            line(case=case, unit="s", ours=taken[case][0][1:], peer=f"django-tenants {executor}",
                 theirs=taken[case][1][1:], goal=goal)
            for case, (_pending, _connections, executor, goal) in CASES.items()
        ]  # fmt: skip
