"""
`falin bench provision`: how long until a county has its schema, beside stock django-tenants.

`spare` takes a schema that lies ready, `cold` makes one from the SQL this process has rendered, `first` renders it before
(reported only). The peer is `Tenant.save()`, which runs the migrations; it makes the same tables, and that is checked.
Everything is timed in turns on one PostgreSQL, each side in a process that has been used before.
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

PEER = "django-tenants save()"
SPARE = Goal(words="value ≤ 0.1 s and ratio ≥ 50", reached=lambda value, peer: value <= 0.1 and peer / value >= 50)
# case → how many spares lie ready, whether the rendered SQL is forgotten first, goal
CASES: dict[str, tuple[int, bool, Goal | None]] = {
    "provision/spare": (1, False, SPARE),
    "provision/cold": (0, False, None),
    "provision/first": (0, True, None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How often each is done, after one time that does not count."""

    rounds: int = 9


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench provision`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        say("正在准备两边的数据库…", "migrating both databases…")
        children = {}
        for word, module, settings in (
            ("ours", "ours.provisioning", "falin.config.settings"),
            ("stock", "peers.stock_tenants.provisioning", "peers.stock_tenants.settings"),
        ):
            database = stack.enter_context(base.database(word))
            children[word] = stack.enter_context(Child(module, settings=settings, environ={
                "FALIN_HOME": str(base.home.root), "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
            }))  # fmt: skip
            children[word]("make")
        say("正在量开通一个县…", "measuring how a county is made…")
        ours: dict[str, list[float]] = {case: [] for case in CASES}
        theirs: list[float] = []
        for number in range(size.rounds + 1):
            taken, shape = children["stock"]("save", node=1000 + number)
            theirs.append(taken)
            for order, (case, (spares, fresh, _goal)) in enumerate(CASES.items()):
                node = 2000 + number * len(CASES) + order
                taken, own = children["ours"]("provision", node=node, spares=spares, fresh=fresh)
                ours[case].append(taken)
                _compare(own, shape)
        return [
            line(case=case, unit="s", ours=ours[case][1:], peer=PEER, theirs=theirs[1:], goal=goal)
            for case, (_spares, _fresh, goal) in CASES.items()
        ]


def _compare(own: dict[str, int], shape: dict[str, int]) -> None:
    """:raises CannotStart: the two did not do the same work, so their times say nothing."""
    if own != shape:
        raise CannotStart(both("两边建的表不一样。", "The two sides did not make the same tables."), f"{own}\n{shape}")
