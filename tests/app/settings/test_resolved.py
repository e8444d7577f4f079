"""What everybody asks (``parameters.value``) equals a slow reading of the book, whatever places begin, end and move."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis

from falin.kernel import parameters
from falin.kernel.parameters import Parameter
from falin.kernel.transactions import inside, shared
from services.duty.rules import HOURS_A_MONTH
from tenants.divisions.models import DivisionVersion
from tenants.settings import queries
from tenants.settings.models import Setting
from tests.app.divisions.changing import Change
from tests.unit.settings.histories import DAYS, HISTORIES, LEVEL, LEVELS, Book, figure, slowly, written
from tests.world import World

EXAMPLES = int(os.environ.get("FALIN_EXAMPLES", "100"))  # `falin drill settings` asks for 10,000
FIRST = 900_000_000  # nodes and statements that nothing else has
NOW = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = {1: "province_id", 2: "city_id", 3: "county_id", 4: "street_id"}


class _TakenBack(Exception):
    """Nothing of a history stays."""


def lay_down(book: Book) -> None:
    """The book as rows: every period of every place, every statement."""
    DivisionVersion.objects.bulk_create(
        DivisionVersion(
            node_id=FIRST + place, valid_from=begins, valid_to=ends, level=LEVEL[place], code=f"99{place:010d}",
            name=str(place), parent_id=FIRST + path[-2][0] if len(path) > 1 else None,
            **{COLUMNS[level]: FIRST + above for above, level in path if level in COLUMNS},
            kind="administrative", status="in_use", is_county_body=LEVEL[place] == 3, committee="", urban=None,
            urban_derived=False, pinyin="", initials="", begun_by=1,
        )
        for place in LEVEL for begins, ends, path in book.lives(place)
    )  # fmt: skip
    Setting.objects.bulk_create(
        Setting(id=FIRST + one.id, key=one.key, node_id=FIRST + one.node_id, value=one.value, locked=one.locked,
                valid_from=one.valid_from, person_id=1, why="x", recorded_at=NOW)
        for one in book.said
    )  # fmt: skip


def resolved(parameter: Parameter, book: Book, asked: date) -> dict[int, int]:
    """The figure at every place, by the product's own way through its tables."""
    found: dict[int, int] = {}
    queries.forget()
    try:
        with shared(read_only=False), patch.object(queries, "parameter_of", return_value=parameter):
            lay_down(book)
            for place in LEVEL:
                value = queries.resolve(parameter.key, FIRST + place, asked)
                found[place] = parameter.default if value is None else value
            raise _TakenBack
    except _TakenBack:
        queries.forget()
    return found


@pytest.fixture
def _one_world(world: World) -> World:
    return world


@pytest.mark.usefixtures("_one_world")
@hypothesis(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**HISTORIES)
def test_what_is_resolved_equals_a_slow_reading_of_the_book(
    direction: int, set_by: tuple[str, ...], acts: list[Any], asked: date
) -> None:
    parameter = figure(direction, set_by)
    book = written(parameter, acts)
    found = resolved(parameter, book, asked)
    assert found == {place: slowly(book, parameter, place, asked)[0] for place in LEVEL}, book


@pytest.mark.usefixtures("_one_world")
def test_a_place_that_is_not_there_answers_to_what_it_lay_in_last_before_or_first_after() -> None:
    parameter, day = figure(1, LEVELS[1]), list(DAYS)
    acts = [("say", 4, 9, False, day[0]), ("say", 6, 12, False, day[0]), ("begin", 11, day[5]), ("move", 7, 2, day[10]),
            ("end", 11, day[20])]  # fmt: skip
    book = written(parameter, acts)
    found = {n: resolved(parameter, book, day[n])[11] for n in (2, 7, 15, 30)}
    assert found == {2: 9, 7: 9, 15: 12, 30: 12}
    assert found == {n: slowly(book, parameter, 11, day[n])[0] for n in found}


def hours(world: World, node: int, on: date) -> int:
    queries.forget()
    with inside(world.scope("leader"), read_only=True):
        return parameters.value(HOURS_A_MONTH, node_id=node, on=on)


def test_a_place_that_began_within_the_month_owes_what_the_province_set(world: World) -> None:
    with shared(read_only=False):
        Setting.objects.create(key=HOURS_A_MONTH.key, node_id=world.node("33"), value=6, locked=True,
                               valid_from=date(2026, 1, 1), person_id=0, why="测试", recorded_at=NOW)  # fmt: skip
    gone = world.node("330106109201")
    change = Change(world).begin("330106109202", "湖埠东村", under="330106109", out_of="330106109200")
    change.end("330106109201").on(date(2026, 11, 10))
    begun = world.node("330106109202")
    assert hours(world, begun, date(2026, 11, 1)) == 6, "the first of the month it began in"
    assert hours(world, begun, date(2026, 10, 1)) == 6, "and of the quarter"
    assert hours(world, begun, date(2025, 10, 1)) == 8, "nobody had said anything then"
    assert hours(world, gone, date(2026, 12, 1)) == 6, "an appointment there goes on until somebody ends it"
