"""The load drill in small: its people come, are served and write what they should; and a missed goal fails it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring
from falin.runtime.home import Home

ROOT = Path(__file__).resolve().parents[3]
STRETCH: dict[str, Any] = {"sent": 100, "a_second": 50.0, "p95": 100.0, "shed": 0, "shed_without_word": 0, "wrong": {}}


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return measuring._module("drills", "load")


@pytest.mark.slow
def test_everybody_of_the_mix_is_answered_as_he_should(drill: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)  # as root the database runs as a user of its own
    out = tmp_path / "load.md"
    size = drill.Size(rate=8.0, seconds=8.0, warm_up=1.0, step=8.0, step_seconds=2.0, highest=16.0, over_seconds=2.0,
                      again_seconds=2.0, longest=30_000.0, durable=False)  # fmt: skip
    drill.run(Home(root=tmp_path / "home").prepare(), size=size, out=out)  # how fast is no matter of tests
    said = out.read_text()
    assert "| no errors, nobody turned away | yes |" in said, said
    assert "| write visit by form | 14 % | 0 |" not in said


def test_the_mix_is_as_promised(drill: Any) -> None:
    from loading.people import MIX

    shares = {kind: sum(n for name, n in MIX.items() if name.startswith(kind)) for kind in ("page", "api", "write")}
    assert shares == {"page": 56, "api": 24, "write": 20}
    assert MIX["write visit by form"] + shares["page"] == 70


def test_a_missed_goal_fails_the_drill(drill: Any) -> None:
    def met(**changed: Any) -> list[bool]:
        parts = {"steady": STRETCH, "over": {**STRETCH, "shed": 30}, "again": STRETCH, "saturation": 55.0}
        found = {
            name: {**part, **changed.get(name, {})} if isinstance(part, dict) else part for name, part in parts.items()
        }
        return [goal for _claim, goal, _seen in drill._goals(found, drill.Size())]

    assert all(met())
    for changed in ({"steady": {"p95": 501.0}}, {"steady": {"wrong": {"x": 1}}}, {"steady": {"shed": 1}},
                    {"over": {"shed": 0}}, {"over": {"shed_without_word": 1}}, {"over": {"wrong": {"x": 1}}},
                    {"over": {"a_second": 10.0}}, {"again": {"p95": 501.0}}, {"again": {"shed": 1}}):  # fmt: skip
        assert not all(met(**changed)), changed
