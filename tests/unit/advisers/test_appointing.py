"""Who may be appointed, as pure decisions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.advisers.rules import free_slot, may_hold_another, obstacle_to, overlap, state_of
from services.advisers.types import AdviserState, Obstacle, TakenSeat

JAN, JUN, DEC = date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)


def seat(slot: int, node: int, begin: date = JAN, end: date | None = None) -> TakenSeat:
    return TakenSeat(slot=slot, node_id=node, county_id=1, begins_on=begin, ends_on=end)


def asked(**changes: Any) -> Obstacle | None:
    plain: dict[str, Any] = {
        "seats": [], "most": 3, "exam_passed_on": JAN, "banned_until": None, "node_id": 9, "begins_on": JUN, "ends_on": None,
    }  # fmt: skip
    return obstacle_to(**plain | changes)


def test_nothing_speaks_against_an_examined_adviser_with_room() -> None:
    assert asked(seats=[seat(1, 1), seat(2, 2)]) is None


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"seats": [seat(1, 1), seat(2, 2), seat(3, 3)]}, Obstacle.FULL),
        ({"exam_passed_on": None}, Obstacle.NOT_EXAMINED),
        ({"exam_passed_on": DEC}, Obstacle.EXAMINED_LATER),
        ({"banned_until": JUN}, Obstacle.BANNED),
        ({"seats": [seat(1, 9)]}, Obstacle.HELD_ALREADY),
        ({"ends_on": JAN}, Obstacle.ENDS_BEFORE),
        # the plainest first
        ({"ends_on": JAN, "exam_passed_on": None}, Obstacle.ENDS_BEFORE),
        ({"banned_until": DEC, "exam_passed_on": None}, Obstacle.BANNED),
        ({"seats": [seat(1, 9), seat(2, 2), seat(3, 3)]}, Obstacle.HELD_ALREADY),
    ],
)
def test_each_obstacle_is_named(changes: dict[str, Any], obstacle: Obstacle) -> None:
    assert asked(**changes) == obstacle


def test_seats_that_are_over_do_not_count() -> None:
    over = [seat(slot, slot, JAN, date(2026, 6, 29)) for slot in (1, 2, 3)]
    assert asked(seats=over) is None


def test_a_ban_that_ends_the_day_before_does_not_count() -> None:
    assert asked(banned_until=date(2026, 6, 29)) is None


def test_the_limit_is_a_figure_of_the_province() -> None:
    held = [seat(1, 1), seat(2, 2)]
    assert asked(seats=held, most=2) == Obstacle.FULL
    assert asked(seats=held, most=3) is None
    assert may_hold_another(2, 3)
    assert not may_hold_another(3, 3)


def test_the_lowest_free_slot_is_taken() -> None:
    assert free_slot([seat(1, 1), seat(3, 3)], JUN, None, 3) == 2
    assert free_slot([], JUN, None, 3) == 1
    assert free_slot([seat(1, 1), seat(2, 2), seat(3, 3)], JUN, None, 3) is None


days = st.dates(min_value=JAN, max_value=DEC)
ends = st.one_of(st.none(), days)


@given(days, ends, days, ends)
def test_overlap_means_a_day_in_common(begin: date, end: date | None, other: date, other_end: date | None) -> None:
    if (end and end < begin) or (other_end and other_end < other):
        return
    first, last = max(begin, other), min(end or date.max, other_end or date.max)
    assert overlap(begin, end, other, other_end) == (first <= last)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"banned_until": JUN}, AdviserState.BANNED),
        ({"exam_passed_on": None}, AdviserState.NOT_EXAMINED),
        ({"ends": [date(2026, 7, 30)]}, AdviserState.ENDING),
        ({"ends": [date(2026, 7, 31)]}, AdviserState.SERVING),
        ({"ends": [None]}, AdviserState.SERVING),
        ({"ends": []}, AdviserState.FREE),
    ],
)
def test_how_an_adviser_stands_on_a_day(facts: dict[str, Any], state: AdviserState) -> None:
    plain: dict[str, Any] = {"exam_passed_on": JAN, "banned_until": None, "ends": [], "on": JUN}
    assert state_of(**plain | facts) == state
