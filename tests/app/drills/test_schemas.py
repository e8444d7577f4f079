"""The schemas drill tells growth that is more than linear from growth that is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    return measuring._module("drills", "schemas")


def _linear(drill: Any) -> list[Any]:
    return [
        drill.Found(schemas=count, relations=500 + 80 * count, catalogue=10_000 + 900 * count, memory=1000 + 50 * count,
                    made=0.04, taken=0.002)
        for count in (1, 50, 150, 200)
    ]  # fmt: skip


def test_linear_growth_passes(drill: Any) -> None:
    found = _linear(drill)
    assert drill._grown(found) == []
    assert "**Passed**" in drill._report(found, [])


@pytest.mark.parametrize(("name", "value"), [("catalogue", 10**6), ("memory", 10**5), ("made", 0.2), ("taken", 0.01)])
def test_more_than_linear_growth_is_named(drill: Any, name: str, value: float) -> None:
    *others, last = _linear(drill)
    assert drill._grown([*others, replace(last, **{name: value})]) == [name]
