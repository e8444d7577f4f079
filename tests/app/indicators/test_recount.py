"""The slow recount reads raw rows, imports nothing of Falin, and sees a figure that was tampered with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from falin.kernel.transactions import inside
from services.duty.models import DirtyMonth
from tests.app.divisions.changing import Change
from tests.app.indicators import books
from tests.app.indicators.books import NOVEMBER, night, publish
from tests.conftest import with_name
from tests.world import NOW, World

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "checks" / "recount.py"


PSQL = shutil.which("psql")  # where the machine has none, the script's other way of reading is the one under test


def _here(address: str) -> str:
    """The test's own copy of the world under another role's address."""
    return with_name(address, connection.settings_dict["NAME"])


def _recount(*more: str) -> tuple[int, dict[str, Any]]:
    url = _here(os.environ["DATABASE_URL"])
    more = more or (() if PSQL else ("--psql", ""))
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), url, *more], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        for month in (books.OCTOBER, NOVEMBER):
            publish(world, county, month)
    return world


@pytest.mark.parametrize("more", [(), ("--psql", "")])
def test_the_recount_agrees_with_every_published_figure(published: World, more: tuple[str, ...]) -> None:
    code, answer = _recount(*more)
    assert answer["differences"] == []
    # 12 communities, 5 streets, 3 counties, 2 cities and the province, in two months
    assert (code, answer["divisions"], answer["months"], answer["waiting"]) == (0, 12 + 5 + 3 + 2 + 1, 2, [])
    assert answer["compared"] == 2 * 10 * 23 + 7  # every measure, and seven visit lines


def test_the_recount_agrees_where_places_changed_within_the_month(published: World) -> None:
    gone, alone = "330106109200", "330106002001"
    for code, minutes in ((gone, 300), (alone, 45)):
        books.visit(published, code, date(2026, 11, 3), minutes)
    Change(published).end(gone, into="330106109201").end(alone).on(date(2026, 11, 10))
    publish(published, "330106", NOVEMBER, now=NOW + timedelta(hours=1))
    code, answer = _recount()
    assert (code, answer["differences"], answer["waiting"]) == (0, [], [])


def test_the_recount_sees_a_figure_that_was_changed(published: World) -> None:
    with psycopg.connect(_here(os.environ["FALIN_TEST_ADMIN_URL"])) as direct:
        direct.execute(
            "update indicators_figure set covered = covered + 1 where month = '2026-10' and node_id = %s",
            [published.node("330106109201")],
        )
        direct.execute("delete from indicators_visitline where kind = 'lecture' and county_id = %s",
                       [published.node("330203")])  # fmt: skip
    code, answer = _recount()
    assert code == 1
    assert [found.get("division", "line") for found in answer["differences"]] == [
        str(published.node("330106109201")), "line"
    ]  # fmt: skip


def test_a_month_that_changed_since_waits(published: World) -> None:
    with inside(night(published, "330106"), read_only=False):
        DirtyMonth.objects.create(month="2026-10", since=NOW)
    code, answer = _recount()
    assert code == 0
    assert [found["month"] for found in answer["waiting"]] == ["2026-10"]


def test_the_script_imports_nothing_of_falin() -> None:
    text = SCRIPT.read_text()
    assert not [
        line
        for line in text.splitlines()
        if line.lstrip().startswith(("import ", "from "))
        and line.split()[1].startswith(("falin", "services", "tenants"))
    ]
