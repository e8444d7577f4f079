"""The API drill as a small fixed sample: every operation is tried once by each of three roles, and nothing is found."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring
from falin.runtime.home import Home

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return measuring._module("drills", "api")


@pytest.mark.slow
def test_invented_requests_find_nothing(drill: Any, tmp_path: Path) -> None:
    out = tmp_path / "api.md"
    size = drill.Size(examples=1, phases="fuzzing", least=400, durable=False)
    tmp_path.chmod(0o711)  # as root the database runs as a user of its own
    assert drill.run(Home(root=tmp_path / "home").prepare(), size, out) == 0, out.read_text()
    assert "**Passed.**" in out.read_text()


def test_the_drill_is_not_blind(drill: Any) -> None:
    """A server error, somebody else's id, and too few cases each make it fail."""
    line = {"role": "adviser", "operation": "GET /", "status": 200, "read": 1, "foreign": []}
    world = {"own": dict.fromkeys(drill.ROLES, 1), "foreign": {role: ["x"] for role in drill.ROLES},
             "grants": {role: ["duty.own"] for role in drill.ROLES}}  # fmt: skip
    size = drill.Size(least=1)

    def whole(ledger: list[dict[str, Any]], failures: list[str]) -> bool:
        return bool(drill._report("c", datetime.now(UTC), size, ledger, failures, world)[1])

    assert whole([line], [])
    assert not whole([{**line, "status": 500}], [])
    assert not whole([{**line, "foreign": ["x"]}], [])
    assert not whole([line], ["found"])
    assert not whole([], [])
