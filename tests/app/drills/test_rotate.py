"""The rotation drill as a small fixed sample: a key is replaced under readers and writers, and a worker dies in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from falin.runtime import measuring
from falin.runtime.home import Home

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_a_key_is_replaced_under_people_at_work_and_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FALIN_CHECKOUT", str(ROOT))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    tmp_path.chmod(0o711)  # as root the database runs as a user of its own
    drill: Any = measuring._module("drills", "rotate")
    size = drill.Size(rows=3000, readers=1, writers=1, durable=False)
    code = drill.run(Home(root=tmp_path).prepare(), size=size, out=tmp_path / "rotate.md")
    assert code == 0, capfd.readouterr().err[-4000:]
    said = (tmp_path / "rotate.md").read_text()
    assert "**Passed**" in said
    assert " 0 errors, 0 unreadable, 0 changed, 0 left under the old key." in said
