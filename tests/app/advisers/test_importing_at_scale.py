"""A hundred thousand rows: memory stays bounded and every row is ready or reported by its number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import connection

from falin.kernel import jobs
from falin.kernel.scope import Scope, system_scope
from falin.kernel.transactions import inside
from services.advisers.commands import checking
from services.advisers.commands.importing import confirm_import, take_sheet
from services.advisers.models import Adviser
from services.advisers.queries.imports import get_import
from services.advisers.rules.imports import ImportInfo, ImportState
from services.advisers.tasks import register_jobs
from tests.conftest import ROOT, with_name
from tests.fixtures.adviser_sheets import as_offices_write, mixed, write_many
from tests.world import NOW, World

MOST_MEGABYTES = 300


@pytest.fixture(autouse=True)
def nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    register_jobs()
    monkeypatch.setattr(jobs, "_sender", [lambda *_job: None])


def _in_process(schema: str, job_id: uuid.UUID) -> dict[str, Any]:
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {"DATABASE_URL": with_name(os.environ["DATABASE_URL"], name)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.check_in_process", schema, str(job_id), storages["default"].location],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cost: dict[str, Any] = json.loads(done.stdout)
    sys.stderr.write(f"{cost}\n")
    return cost


def _look(scope: Scope, import_id: uuid.UUID) -> ImportInfo:
    with inside(scope, read_only=True):
        return get_import(scope=scope, import_id=import_id)


def _take(scope: Scope, path: Path) -> ImportInfo:
    with path.open("rb") as source, inside(scope, read_only=False):
        return take_sheet(scope=scope, upload=File(source, name=path.name), now=NOW)


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_all_accounted_for_within_300_mb(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    info = _take(scope, as_offices_write(write_many(tmp_path / "many.xlsx", mixed(100_000))))
    assert info.job_id
    cost = _in_process(scope.schema, info.job_id)
    info = _look(scope, info.id)
    assert info.state is ImportState.CHECKED
    assert (info.counts.rows, info.counts.ready, info.counts.to_mend) == (100_000, 90_000, 10_000)
    assert cost["peak_mb"] <= MOST_MEGABYTES


def test_one_row_too_many_is_refused_plainly(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    assert checking.MOST_ROWS == 100_000  # as the sentence says
    monkeypatch.setattr(checking, "MOST_ROWS", 50)
    scope = world.scope("county")
    for rows, state, refusal in (
        (50, ImportState.CHECKED, ""),
        (51, ImportState.UNUSABLE, "表里超过 10 万行。请拆成几份，分别上传。"),
    ):
        info = _take(scope, write_many(tmp_path / f"{rows}.xlsx", mixed(rows)))
        assert info.job_id
        jobs.work(system=system_scope(schema=scope.schema, tenant_id=0, grants=frozenset()), job_id=info.job_id)
        info = _look(scope, info.id)
        assert (info.state, info.refusal) == (state, refusal)


@pytest.mark.slow
def test_two_thousand_rows_are_loaded(world: World, tmp_path: Path) -> None:
    scope = world.scope("county")
    info = _take(scope, write_many(tmp_path / "many.xlsx", mixed(2_000, wrong_every=100_000)))
    assert info.job_id
    _in_process(scope.schema, info.job_id)
    with inside(scope, read_only=False):
        info = confirm_import(scope=scope, import_id=info.id, now=NOW)
    assert info.job_id
    _in_process(scope.schema, info.job_id)
    info = _look(scope, info.id)
    assert info.loaded is not None
    assert info.loaded.advisers == 2_000
    with inside(scope, read_only=True):
        assert Adviser.objects.count() == 2_000
