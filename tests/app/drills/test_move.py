"""The move drill in small, and that it tells what is not as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    return measuring._module("drills", "move")


def _found(**other: Any) -> dict[str, Any]:
    return {"log": "", "result": {"held_seconds": 0.4, "tables": {}}, "written": ["a"], "there": ["a"], "booked": ["a"],
            "wrong": [], "refused": 0.5, "refusals": 3, "seconds": 9.0, "state": "open", **other}  # fmt: skip


def test_a_move_in_which_nothing_went_wrong_passes(drill: Any) -> None:
    assert drill._wrong(_found()) == []


@pytest.mark.parametrize(
    "other",
    [{"there": []}, {"there": ["a", "a"]}, {"booked": ["a", "b"]}, {"refused": 5.1}, {"result": {"held_seconds": 6}},
     {"result": {}}, {"written": [], "there": [], "booked": []}, {"refusals": 0}, {"state": "closed"}, {"wrong": ["x"]}],
)  # fmt: skip
def test_whatever_went_wrong_is_said(drill: Any, other: dict[str, Any]) -> None:
    assert len(drill._wrong(_found(**other))) == 1
