"""Each import contract is kept, and each is seen to fail when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# contract → a file and the line that breaks it
VIOLATIONS = {
    "Floors": ("platform/falin/kernel/money.py", "from tenants.registry import types as _bad"),
    "Tenancy stands in one order": ("tenants/divisions/types/places.py", "from tenants.identity import types as _bad"),
    "Services stand in one order": ("services/advisers/types.py", "from services.duty import types as _bad"),
    "Rooms": ("services/advisers/models.py", "from services.advisers import commands as _bad"),
    "Services meet only at api and types": (
        "services/duty/policies.py",
        "from services.advisers import policies as _bad",
    ),
    "Doors never touch tables": ("services/duty/web/views.py", "from services.duty import models as _bad"),
    "python-keycloak speaks in one module": (
        "tenants/identity/oidc/provisioning.py",
        "from keycloak import KeycloakAdmin as _bad",
    ),
    "Accounts over there are kept by a worker": (
        "tenants/identity/signing/factors.py",
        "from tenants.identity.oidc import directory as _bad",
    ),
}


def _copy(to: Path) -> None:
    for folder in ("platform", "tenants", "services"):
        shutil.copytree(
            ROOT / folder, to / folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "*.html")
        )
    shutil.copy(ROOT / "pyproject.toml", to)


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{folder}:{folder / 'platform'}"}, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_every_contract_is_kept(tmp_path: Path) -> None:
    _copy(tmp_path)
    done = _lint(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_broken_contract_is_found(contract: str, tmp_path: Path) -> None:
    _copy(tmp_path)
    name, line = VIOLATIONS[contract]
    file = tmp_path / name
    text = file.read_text()
    after = text.index("from __future__") if "from __future__" in text else 0
    end = text.index("\n", after) + 1
    file.write_text(text[:end] + line + "\n" + text[end:])
    done = _lint(tmp_path)
    assert done.returncode != 0
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout


@pytest.mark.slow
def test_a_stray_room_is_found(tmp_path: Path) -> None:
    _copy(tmp_path)
    (tmp_path / "services/duty/helpers.py").write_text('"""Nothing."""\n')
    assert _lint(tmp_path).returncode != 0
