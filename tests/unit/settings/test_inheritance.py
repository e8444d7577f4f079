"""Settings go down five levels (M2): what holds at a place always equals what a slow reading of the book says."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings

from tenants.settings.rules import effective, obstacle_to
from tenants.settings.types import Obstacle, Statement
from tests.unit.settings.histories import HISTORIES, LEVEL, LEVELS, START, figure, slowly, written

EXAMPLES = int(os.environ.get("FALIN_EXAMPLES", "150"))  # `falin drill settings` asks for 10,000


@settings(max_examples=EXAMPLES, deadline=None)
@given(**HISTORIES)
def test_what_holds_equals_a_slow_reading_of_the_book(
    direction: int, set_by: tuple[str, ...], acts: list[Any], asked: date
) -> None:
    parameter = figure(direction, set_by)
    book = written(parameter, acts)
    for place in LEVEL:
        found = effective(parameter, book.path(place, asked), book.by_place(), asked)
        assert (found.value, found.lock is not None) == slowly(book, parameter, place, asked), (place, book)


def test_a_county_below_asks_for_more_and_never_for_less() -> None:
    hours, above = figure(1, LEVELS[1]), effective(figure(1, LEVELS[1]), [(1, 1)], {}, START)
    assert obstacle_to(hours, 3, value=9, locked=False, own=None, above=above) is None
    assert obstacle_to(hours, 3, value=7, locked=False, own=None, above=above) == Obstacle.LOOSER
    assert obstacle_to(hours, 1, value=7, locked=False, own=None, above=above) is None
    assert obstacle_to(hours, 4, value=9, locked=False, own=None, above=above) == Obstacle.NOT_THIS_LEVEL


def test_a_county_that_asked_for_more_is_overtaken_by_a_province_that_asks_for_more_still() -> None:
    hours = figure(1, LEVELS[1])
    said = {
        4: [Statement(id=1, key="", node_id=4, value=9, locked=False, valid_from=START)],
        1: [Statement(id=2, key="", node_id=1, value=12, locked=False, valid_from=START + timedelta(days=30))],
    }
    path = [(1, 1), (2, 2), (4, 3)]
    assert effective(hours, path, said, START).value == 9
    assert effective(hours, path, said, START + timedelta(days=30)).value == 12
