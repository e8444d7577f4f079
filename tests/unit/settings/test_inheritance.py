"""Settings go down five levels (M2): what holds at a place always equals what a slow reading of the book says."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from falin.kernel.parameters import Parameter
from tenants.settings.rules import effective, in_force, obstacle_to
from tenants.settings.types import LEVEL_WORDS, Obstacle, Statement

EXAMPLES = int(os.environ.get("FALIN_EXAMPLES", "150"))  # `falin drill settings` asks for 10,000
START = date(2026, 1, 1)
# One province, two cities, three counties, four streets, four communities: place → level, and where it lies at first.
LEVEL = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 3, 7: 4, 8: 4, 9: 4, 10: 4, 11: 5, 12: 5, 13: 5, 14: 5}
AT_FIRST = {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4, 8: 5, 9: 6, 10: 6, 11: 7, 12: 8, 13: 9, 14: 10}


def figure(direction: int, set_by: tuple[str, ...]) -> Parameter:
    return Parameter(key="t.figure", label="", unit="", default=8, minimum=1, maximum=16, rule="", set_by=set_by,
                     direction=direction)  # fmt: skip


@dataclass
class Book:
    """Everything that was said and every move of a place, as it happened."""

    said: list[Statement]
    moves: list[tuple[date, int, int]]

    def parent(self, place: int, on: date) -> int | None:
        moved = [new for day, moving, new in self.moves if moving == place and day <= on]
        return moved[-1] if moved else AT_FIRST.get(place)

    def path(self, place: int, on: date) -> list[tuple[int, int]]:
        above = self.parent(place, on)
        return [*(self.path(above, on) if above else []), (place, LEVEL[place])]

    def by_place(self) -> dict[int, list[Statement]]:
        found: dict[int, list[Statement]] = defaultdict(list)
        for statement in self.said:
            found[statement.node_id].append(statement)
        return found


def slowly(book: Book, figure: Parameter, place: int, on: date) -> tuple[int, bool]:
    """The value at a place and whether it is locked there, read from the top by plain words, without the product's rules."""
    above = book.parent(place, on)
    value, locked = slowly(book, figure, above, on) if above else (figure.default, False)
    if locked:
        return value, True
    words = [one for one in book.said if one.node_id == place and one.valid_from <= on]
    latest = max((one.valid_from for one in words), default=None)
    last = [one for one in words if one.valid_from == latest][-1:]
    for word in last:
        if word.value is not None:
            top = LEVEL_WORDS[LEVEL[place]] == figure.set_by[0]
            stricter = word.value >= value if figure.direction > 0 else word.value <= value
            if top or figure.direction == 0 or stricter:
                value = word.value
        locked = word.locked
    return value, locked


days = st.integers(0, 40).map(lambda n: START + timedelta(days=n))
sayings = st.tuples(st.just("say"), st.sampled_from(sorted(LEVEL)), st.none() | st.integers(0, 17), st.booleans(), days)
moves = st.tuples(st.just("move"), st.sampled_from([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]), st.integers(0, 3), days)
LEVELS = (("province",), ("province", "city", "county"), ("province", "city", "county", "street", "community"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    direction=st.sampled_from([-1, 0, 1]),
    set_by=st.sampled_from(LEVELS),
    acts=st.lists(sayings | moves, max_size=14),
    asked=days,
)
def test_what_holds_equals_a_slow_reading_of_the_book(
    direction: int, set_by: tuple[str, ...], acts: list[Any], asked: date
) -> None:
    parameter, book = figure(direction, set_by), Book([], [])
    for number, act in enumerate(acts):
        if act[0] == "move":
            _kind, place, which, day = act
            homes = [home for home, level in LEVEL.items() if level == LEVEL[place] - 1]
            book.moves = sorted([*book.moves, (day, place, homes[which % len(homes)])], key=lambda move: move[0])
            continue
        _kind, place, value, locked, day = act
        own = in_force(book.by_place()[place], day)
        above = effective(parameter, book.path(place, day)[:-1], book.by_place(), day)
        obstacle = obstacle_to(parameter, LEVEL[place], value=value, locked=locked, own=own, above=above)
        up = book.parent(place, day)
        inherited, shut = slowly(book, parameter, up, day) if up else (parameter.default, False)
        looser = value is not None and up is not None and (value - inherited) * direction < 0
        if shut or looser or (value is not None and not 1 <= value <= 16):
            assert obstacle is not None  # loosening below is always refused, whatever else speaks against it
        if obstacle is None:
            book.said.append(
                Statement(id=number, key="t.figure", node_id=place, value=value, locked=locked, valid_from=day)
            )
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
