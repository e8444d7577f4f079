"""The workers themselves: a hundred thousand rows of one county, and somebody's click beside it."""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

import pytest
from django.core.files.base import File

from falin.kernel import clock
from falin.kernel.models import Job
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal.exports import ask_export
from services.advisers.commands.importing import take_sheet
from tests.fixtures.adviser_sheets import mixed, write_many
from tests.fixtures.programs import programs, until
from tests.world import World

ROWS = 100_000


def _state(scope: Scope, job_id: uuid.UUID) -> str:
    with inside(scope, read_only=True):
        return str(Job.objects.values_list("state", flat=True).get(id=job_id))


@pytest.mark.slow
def test_two_counties_imports_of_a_hundred_thousand_rows_hold_up_nobodys_list(world: World, tmp_path: Path) -> None:
    """
    They take both places of the worker of long jobs, for as long as they last. A list is a file in the seconds it takes by
    itself all the same: of another body, and of one whose rows come in.
    """
    sheet, long = write_many(tmp_path / "名册.xlsx", mixed(ROWS)), list[tuple[Scope, uuid.UUID]]()
    with programs(tmp_path, "worker", "short"):
        for scope in (world.scope("county"), world.scope("county2")):
            with sheet.open("rb") as source, inside(scope, read_only=False):
                info = take_sheet(scope=scope, upload=File(source, name=sheet.name), now=clock.now())
            assert info.job_id
            long.append((scope, info.job_id))
        until(lambda: [_state(*one) for one in long] == ["running", "running"])
        for scope in (world.scope("auditor"), world.scope("auditor3")):
            began = time.monotonic()
            with inside(scope, read_only=False):
                click = ask_export(scope=scope, name="audit", query="", file_format="csv", now=clock.now())
            until(lambda scope=scope, click=click: _state(scope, click) == "done", 20)
            sys.stderr.write(f"a list of {scope.schema}: {time.monotonic() - began:.1f} s\n")
        assert [_state(*one) for one in long] == ["running", "running"]
