"""Histories of what five levels say about a figure while places move, begin and end; and a slow reading of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from falin.kernel.parameters import Parameter
from tenants.settings.rules import effective, in_force, obstacle_to
from tenants.settings.types import LEVEL_WORDS, Statement

START = date(2026, 1, 1)
DAYS = tuple(START + timedelta(days=n) for n in range(41))
# One province, two cities, three counties, four streets, five communities: place → level, and where it lies at first.
LEVEL = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 3, 7: 4, 8: 4, 9: 4, 10: 4, 11: 5, 12: 5, 13: 5, 14: 5, 15: 5}
AT_FIRST = {2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 4, 8: 5, 9: 6, 10: 6, 11: 7, 12: 8, 13: 9, 14: 10, 15: 7}


@dataclass
class Book:
    """Everything that was said and every move, beginning and end of a place, as it happened."""

    said: list[Statement] = field(default_factory=list)
    moves: list[tuple[date, int, int]] = field(default_factory=list)
    begun: dict[int, date] = field(default_factory=dict)  # who is not here was always there
    ended: dict[int, date] = field(default_factory=dict)  # the first day it was gone

    def parent(self, place: int, on: date) -> int | None:
        moved = [new for day, moving, new in self.moves if moving == place and day <= on]
        return moved[-1] if moved else AT_FIRST.get(place)

    def there(self, place: int, on: date) -> bool:
        """Begun, not ended, and so is what it lies in."""
        own = self.begun.get(place, date.min) <= on < self.ended.get(place, date.max)
        above = self.parent(place, on)
        return own and (above is None or self.there(above, on))

    def turns(self) -> list[date]:
        """The days on which anything about places changes, and one before them all."""
        changed = {day for day, _place, _home in self.moves} | {*self.begun.values(), *self.ended.values()}
        return sorted(changed | {date.min})

    def seen_on(self, place: int, on: date) -> date | None:
        """A day on which it lay as on that day; where it was not there then as last before, else as first after, if ever."""
        there = [day for day in self.turns() if self.there(place, day)]
        before = [day for day in there if day <= on]
        return before[-1] if before else there[0] if there else None

    def path(self, place: int, on: date) -> list[tuple[int, int]]:
        """From the province down, as it lay on the day for which it answers."""
        day = self.seen_on(place, on)
        return self._up(place, day) if day is not None else []

    def _up(self, place: int, on: date) -> list[tuple[int, int]]:
        above = self.parent(place, on)
        return [*(self._up(above, on) if above else []), (place, LEVEL[place])]

    def lives(self, place: int) -> Iterator[tuple[date, date | None, list[tuple[int, int]]]]:
        """The periods of a place's life: from, to, path."""
        at = [(day, self._up(place, day) if self.there(place, day) else None) for day in self.turns()]
        periods = [(next(several)[0], path) for path, several in groupby(at, key=lambda one: one[1])]
        ends = [day for day, _path in periods[1:]]
        for (begins, path), over in zip(periods, [*ends, None], strict=True):
            if path is not None:
                yield begins, over, path

    def by_place(self) -> dict[int, list[Statement]]:
        found: dict[int, list[Statement]] = defaultdict(list)
        for statement in self.said:
            found[statement.node_id].append(statement)
        return found


def figure(direction: int, set_by: tuple[str, ...]) -> Parameter:
    return Parameter(key="t.figure", label="", unit="", default=8, minimum=1, maximum=16, rule="", set_by=set_by,
                     direction=direction)  # fmt: skip


def slowly(book: Book, figure: Parameter, place: int, on: date) -> tuple[int, bool]:
    """The value at a place and whether it is locked there, read from the top by plain words, without the product's rules."""
    day = book.seen_on(place, on)
    return (figure.default, False) if day is None else _slowly(book, figure, place, on, day)


def _slowly(book: Book, figure: Parameter, place: int, on: date, day: date) -> tuple[int, bool]:
    """``day`` is the one whose tree is read; ``on`` the one whose words hold."""
    above = book.parent(place, day)
    value, locked = _slowly(book, figure, above, on, day) if above else (figure.default, False)
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


_days = st.sampled_from(DAYS)
_below = st.sampled_from([place for place, level in LEVEL.items() if level > 2])
_sayings = st.tuples(
    st.just("say"), st.sampled_from(sorted(LEVEL)), st.none() | st.integers(0, 17), st.booleans(), _days
)
_moves = st.tuples(st.just("move"), _below, st.integers(0, 3), _days)
_lives = st.tuples(st.sampled_from(["begin", "end"]), _below, _days)
LEVELS = (("province",), ("province", "city", "county"), ("province", "city", "county", "street", "community"))
HISTORIES: dict[str, Any] = {
    "direction": st.sampled_from([-1, 0, 1]), "set_by": st.sampled_from(LEVELS),
    "acts": st.lists(_sayings | _moves | _lives, max_size=14), "asked": _days,
}  # fmt: skip


def written(parameter: Parameter, acts: list[Any]) -> Book:
    """A history as it was written; what is looser than what is inherited, locked or out of range must have been refused."""
    book = Book()
    for number, act in enumerate(acts):
        if act[0] == "move":
            _kind, place, which, day = act
            homes = [home for home, level in LEVEL.items() if level == LEVEL[place] - 1]
            book.moves = sorted([*book.moves, (day, place, homes[which % len(homes)])], key=lambda move: move[0])
            continue
        if act[0] in ("begin", "end"):
            kind, place, day = act
            (book.begun if kind == "begin" else book.ended)[place] = day
            continue
        _kind, place, value, locked, day = act
        own = in_force(book.by_place()[place], day)
        path = book.path(place, day)
        above = effective(parameter, path[:-1], book.by_place(), day)
        obstacle = obstacle_to(parameter, LEVEL[place], value=value, locked=locked, own=own, above=above)
        inherited, shut = parameter.default, False
        if len(path) > 1:
            inherited, shut = _slowly(book, parameter, path[-2][0], day, book.seen_on(place, day) or day)
        looser = value is not None and len(path) > 1 and (value - inherited) * parameter.direction < 0
        if shut or looser or (value is not None and not 1 <= value <= 16):
            assert obstacle is not None  # loosening below is always refused, whatever else speaks against it
        if obstacle is None:
            book.said.append(
                Statement(id=number, key="t.figure", node_id=place, value=value, locked=locked, valid_from=day)
            )
    return book
