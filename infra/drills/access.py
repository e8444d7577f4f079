"""
`falin drill access`: ten thousand steps of grants, confirmations, deputies, hand-overs, suspensions, reviews, moves and mergers
of places, and jumps of the clock.

The same state machine as in the suite (`tests/property/access.py`), against the same slow reference, with sixty times the
steps; `FALIN_ACCESS_STEPS` asks for another number.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the parts of the drill lie beside this file

from reporting import commit

from falin.runtime import tests
from falin.runtime.home import Home
from falin.runtime.sentences import say

STEPS = 15_000  # in a third of them there is nothing to do yet: ten thousand acts
# What is counted beside the acts: lines that went on elsewhere, lines the review ended, doors somebody came to.
BESIDE = ("carried", "ended by the review", "doors tried")
REFUSED, STOPPED = "refused by ", "stopped by "  # and each separation of duties: at a grant, and at a door


def run(home: Home) -> int:
    """1 if anybody could do what the reference forbids."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    counts = home.root / "access.json"
    counts.unlink(missing_ok=True)
    os.environ.setdefault("FALIN_ACCESS_STEPS", str(STEPS))
    os.environ["FALIN_ACCESS_REPORT"] = str(counts)
    began, drilled = time.monotonic(), commit(checkout)
    code = tests.run(Namespace(expression="nobody_ever", paths=["tests/property/test_access.py"], fast=False), home)
    if code == 0:
        write(checkout, drilled, json.loads(counts.read_text()), time.monotonic() - began)
    return code


def write(checkout: Path, drilled: str, steps: dict[str, int], seconds: float) -> None:
    place = checkout / "docs" / "measured" / "access.md"
    asked = {kind: many for kind, many in steps.items() if not kind.endswith(": done")}
    beside = {kind: asked.pop(kind, 0) for kind in BESIDE}
    # a short run does not meet each of them at both
    apart = sorted(
        {kind.removeprefix(REFUSED).removeprefix(STOPPED) for kind in asked if kind.startswith((REFUSED, STOPPED))}
    )
    duties = [f"| `{name}` | {asked.pop(REFUSED + name, 0):,} | {asked.pop(STOPPED + name, 0):,} |" for name in apart]
    rows = [f"| {kind} | {many:,} | {steps.get(f'{kind}: done', many if kind == 'clock jumps' else 0):,} |"
            for kind, many in sorted(asked.items())]  # fmt: skip
    place.write_text(
        "# Drill: access\n\nWritten by `./falin drill access`: grants by every way they change, in whatever order, against a"
        " slow reference. After each step nobody may do more, or less, than the reference says, that day and a week later,"
        " nor at the doors he comes to.\n\n"
        f"- {datetime.now(UTC):%Y-%m-%d}, commit {drilled}\n- {sum(asked.values()):,} acts in {seconds:,.0f} s;"
        " **passed**: no difference\n"
        f"- {beside['carried']:,} roles went on where a place ended, {beside['ended by the review']:,} ended in the quarter's"
        f" review; {beside['doors tried']:,} times somebody came to a door, and it opened for the places the reference says"
        "\n\n| act | asked for | done (the rest was refused) |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n\nWhere a separation of duties keeps two roles apart, the second is refused; who holds both all the same, because"
        " a place moved or a row came past the commands, may do nothing by either:\n\n"
        "| separation | roles refused | people stopped at the doors |\n|---|---|---|\n"
        + "\n".join(duties) + "\n", encoding="utf-8",
    )  # fmt: skip
    say(f"没有不符：{place}", "no difference")
