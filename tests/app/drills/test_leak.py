"""The leak drill says what is not as it must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring

ROOT = Path(__file__).resolve().parents[3]
OURS = {"engine": "ours", "reads": 10_020, "writes": 2_004, "wrong": 0, "astray": 0}
STOCK = {"engine": "stock", "reads": 10_020, "writes": 2_004, "wrong": 31, "astray": 4}


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    return measuring._module("drills", "leak")


def test_ours_without_a_leak_beside_one_that_leaks_passes(drill: Any) -> None:
    assert drill.failures([OURS, STOCK]) == []
    assert "| Falin's | 10,020 | 2,004 | 0 | 0 |" in drill.text([OURS, STOCK], "abc", 61.0)


@pytest.mark.parametrize(
    "found",
    [
        [], [OURS], [STOCK], [{**OURS, "wrong": 1}, STOCK], [{**OURS, "astray": 1}, STOCK],
        [{**OURS, "reads": 9_999}, STOCK], [{**OURS, "writes": 1_999}, STOCK],
        [OURS, {**STOCK, "wrong": 0}], [OURS, {**STOCK, "astray": 0}],
    ],
)  # fmt: skip
def test_whatever_is_not_as_it_must_be_is_said(drill: Any, found: list[dict[str, Any]]) -> None:
    assert len(drill.failures(found)) == 1
