"""The table of the 24 points names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POINTS = ROOT / "docs" / "reference" / "points.md"


def test_each_point_names_a_test_and_each_test_it_names_is_there() -> None:
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|$", POINTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, _tests in rows] == list(range(1, 25))
    wrong, last = [], ""
    for number, tests in rows:
        named = re.findall(r"`(tests/[^`:]*|…)(?:::(\w+))?`", tests)
        wrong += [] if named else [f"{number} names none"]
        for path, test in named:
            last = last if path == "…" else path
            if not (ROOT / last).exists() or (test and f"def {test}(" not in (ROOT / last).read_text(encoding="utf-8")):
                wrong.append(f"{number} {last}::{test}")
    assert wrong == []
