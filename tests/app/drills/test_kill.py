"""The kill drill as a small fixed sample: every kind of victim dies, people go on working, and the books agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring
from falin.runtime.home import Home

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return measuring._module("drills", "kill")


@pytest.mark.slow
def test_twelve_kills_lose_nothing(drill: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o711)  # as root the database runs as a user of its own
    out = tmp_path / "kill.md"
    kills = {"worker": 1, "relay": 1, "broker": 5, "database": 4, "web": 1}
    size = drill.Size(
        kills=kills, inside={"web": 1, "worker": 1, "relay": 1, "database": 1}, pause=(0.2, 0.8), warm_up=1.0,
        durable=False, seed="sample", sheet_rows=150, least_inside=1,
    )  # fmt: skip
    code = drill.run(Home(root=tmp_path / "home").prepare(), size=size, out=out)
    assert code == 0, capfd.readouterr().err[-4000:]
    said = out.read_text()
    assert "**Passed**: 12 kills" in said
    for victim, many in kills.items():
        assert f"| {victim} | {many} |" in said


def test_a_contradiction_fails_the_drill(drill: Any) -> None:
    from killing.books import Check
    from killing.report import passed

    assert passed([Check(claim="a", looked_at=1, wrong=0)])
    assert not passed([Check(claim="a", looked_at=1, wrong=0), Check(claim="b", looked_at=1, wrong=1)])


def test_the_plan_is_the_same_for_the_same_seed_and_kills_each_as_often(drill: Any) -> None:
    import random
    from collections import Counter

    from killing.victims import VICTIMS, plan

    inside = {"web": 3, "database": 2}
    first, second = (
        plan(kills=dict.fromkeys(VICTIMS, 5), inside=inside, chance=random.Random("a")) for _twice in range(2)
    )
    assert first == second
    assert Counter(one.victim for one in first) == dict.fromkeys(VICTIMS, 5)
    assert Counter(one.victim for one in first if one.inside) == inside
    assert all(one.how == "whole" for one in first if one.inside and one.victim != "database")
