"""
Each of these drills goes its own whole way once, in small: a command it calls that takes other words by now, or a report it
cannot write any more, is seen here and not on the day somebody drills.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from falin.runtime.home import Home
from tenants.divisions.types import ListedRow
from tests.app.drills import small
from tests.unit.divisions.seeded import a_year_apart

EACH = 3  # changes of each kind


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "home").prepare()


def _lists() -> dict[str, list[ListedRow]]:
    made = a_year_apart(1, cities=1, counties=2, streets=6, changes=EACH)
    return {
        edition: [ListedRow(one.level, one.code, one.name, places[one.parent].code if one.parent else "")
                  for one in places.values()]
        for edition, places in (("2.6.1", made.before), ("2.7.0", made.after))
    }  # fmt: skip


def test_an_update_is_taken_through_killed_undone_and_applied_again(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    from tenants.divisions import api

    drill, report = small.drill("update", monkeypatch, tmp_path)
    lists = _lists()
    monkeypatch.setattr(api, "fetch_list", lambda folder, *, edition: edition)
    monkeypatch.setattr(api, "read_list", lambda edition, *, province: iter(lists[edition]))

    @contextmanager
    def ground(_home: Home) -> Iterator[None]:
        with small.an_empty_cell(tmp_path, django_db_blocker, monkeypatch):
            yield

    monkeypatch.setattr(drill, "_ground", ground)
    monkeypatch.setattr(drill, "MOST_ALONE", 100.0)  # so few changes say nothing of how many are left to a person
    assert drill.run(home, drill.Size(province="99")) == 0
    said = report.read_text()
    assert "**Passed**" in said
    assert "| apply again |" in said


def test_schemas_are_made_and_measured(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    drill, report = small.drill("schemas", monkeypatch, tmp_path)

    @contextmanager
    def ground(_home: Home) -> Iterator[Any]:
        with small.an_empty_cell(tmp_path, django_db_blocker, monkeypatch) as postgres:
            yield postgres

    monkeypatch.setattr(drill, "_ground", ground)
    monkeypatch.setattr(drill, "_grown", lambda found: [])  # of two schemas nothing is to be said
    assert drill.run(home, drill.Size(counts=(1, 2), timed=1)) == 0
    assert "**Passed**" in report.read_text()


def test_settings_are_compared_with_the_slow_reading(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill, report = small.drill("settings", monkeypatch, tmp_path)
    small.with_the_suites_own_services(drill, monkeypatch)
    monkeypatch.setenv("FALIN_EXAMPLES", "")
    monkeypatch.setattr(drill, "HISTORIES", 5)
    assert drill.run(home) == 0
    assert "**Passed**: 5 histories" in report.read_text()


def test_places_change_hands_and_every_table_is_counted(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill, report = small.drill("hands", monkeypatch, tmp_path)
    small.with_the_suites_own_services(drill, monkeypatch, only="restore")
    monkeypatch.setenv("FALIN_HANDS_ROWS", "20")
    monkeypatch.setenv("FALIN_HANDS_REPORT", "")
    assert drill.run(home) == 0
    said = report.read_text()
    assert "**Passed**" in said
    assert "| duty_visit | " in said


def test_grants_are_compared_with_the_reference(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drill, report = small.drill("access", monkeypatch, tmp_path)
    small.with_the_suites_own_services(drill, monkeypatch)
    monkeypatch.setenv("FALIN_ACCESS_STEPS", "200")
    monkeypatch.setenv("FALIN_ACCESS_REPORT", "")
    assert drill.run(home) == 0
    assert "**passed**: no difference" in report.read_text()
