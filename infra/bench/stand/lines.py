"""Place of what a bench says: one JSON object a line for programs, a small table for people."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a case has to reach: in words, and as a test of (value, peer's value)."""

    words: str
    reached: Callable[[float, float], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case of one bench. ``ratio`` is the peer's time ÷ ours: above 1 we are faster."""

    bench: str
    case: str
    unit: str
    value: float
    peer: str
    peer_value: float
    ratio: float
    goal: str | None
    met: bool | None
    runs: int


def line(*, case: str, unit: str, ours: Sequence[float], peer: str, theirs: Sequence[float], goal: Goal | None) -> Line:
    """Medians of one interleaved run; the goal is judged on the numbers as measured, not as rounded."""
    value, peer_value = median(ours), median(theirs)
    return Line(
        bench=case.split("/", maxsplit=1)[0], case=case, unit=unit, value=round(value, 4), peer=peer,
        peer_value=round(peer_value, 4), ratio=round(peer_value / value, 3), goal=goal.words if goal else None,
        met=goal.reached(value, peer_value) if goal else None, runs=len(ours),
    )  # fmt: skip


def show(lines: Sequence[Line], *, as_json: bool) -> int:
    """Writes the lines to standard output; 1 when a goal was missed."""
    if as_json:
        for found in lines:
            print(json.dumps(asdict(found), ensure_ascii=False), flush=True)
    else:
        _table(lines)
    return 1 if any(found.met is False for found in lines) else 0


HEAD = ("项目 case", "本系统 ours", "对照 peer", "倍数 ratio", "目标 goal", "达到 met", "轮 runs")


def _table(lines: Sequence[Line]) -> None:
    rows = [HEAD] + [
        (
            found.case,
            f"{found.value:.3f} {found.unit}",
            f"{found.peer_value:.3f} {found.unit} ({found.peer})",
            f"{found.ratio:.2f}",
            found.goal or "—",
            {True: "是 yes", False: "否 NO", None: "—"}[found.met],
            str(found.runs),
        )
        for found in lines
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(padded).rstrip() + "\n")
    sys.stdout.flush()


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
