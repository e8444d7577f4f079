"""The update drill says what it saw: a goal missed is reported as missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    return measuring._module("drills", "update")


def test_the_report_names_steps_seconds_and_how_many_are_left_to_a_person(drill: Any) -> None:
    found = drill.Found(places=1_000, counts={"added": 60, "renamed": 40}, groups=4, alone=3)
    assert found.timed("compare", lambda: 7) == 7
    found.expect(True, "nothing")
    text = drill._report(found, drill.Size())
    assert "**Passed**" in text
    assert "100 changes: 60 added, 40 renamed" in text
    assert "3 changes (3.00 %) one by one" in text
    assert "| compare | 0.0 |" in text


def test_what_was_not_as_it_should_be_stands_first(drill: Any) -> None:
    found = drill.Found(counts={"added": 10}, alone=1)
    found.expect(False, "undone, the tree is not the old one byte for byte")
    assert "**undone, the tree is not the old one byte for byte**" in drill._report(found, drill.Size())
    assert drill._share(found) == 10
