"""Who may be appointed where, and from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from services.advisers.types import AdviserState, Obstacle, TakenSeat

ENDING_WITHIN = timedelta(days=30)  # from then on an end is announced, so that a successor is found in time


def overlap(begin: date, end: date | None, other_begin: date, other_end: date | None) -> bool:
    """Whether two stretches of days, both ends included, share a day; ``None`` runs on."""
    return (end is None or other_begin <= end) and (other_end is None or begin <= other_end)


def overlapping(seats: Iterable[TakenSeat], begin: date, end: date | None) -> list[TakenSeat]:
    return [seat for seat in seats if overlap(seat.begins_on, seat.ends_on, begin, end)]


def free_slot(seats: Iterable[TakenSeat], begin: date, end: date | None, most: int) -> int | None:
    """The lowest of an adviser's places that is free from ``begin`` to ``end``, or ``None`` (R2.2)."""
    taken = {seat.slot for seat in overlapping(seats, begin, end)}
    return next((slot for slot in range(1, most + 1) if slot not in taken), None)


def may_hold_another(open_seats: int, most: int) -> bool:
    """R2.2: at most ``most`` communities at a time."""
    return open_seats < most


def obstacle_to(
    *, seats: Sequence[TakenSeat], most: int, exam_passed_on: date | None, banned_until: date | None, node_id: int,
    begins_on: date, ends_on: date | None,
) -> Obstacle | None:  # fmt: skip
    """What speaks against it, the plainest first; ``None`` when nothing does (R2.2, R2.6)."""
    if ends_on is not None and ends_on < begins_on:
        return Obstacle.ENDS_BEFORE
    if banned_until is not None and begins_on <= banned_until:
        return Obstacle.BANNED
    if exam_passed_on is None:
        return Obstacle.NOT_EXAMINED
    if exam_passed_on > begins_on:
        return Obstacle.EXAMINED_LATER
    meant = overlapping(seats, begins_on, ends_on)
    if any(seat.node_id == node_id for seat in meant):
        return Obstacle.HELD_ALREADY
    if free_slot(meant, begins_on, ends_on, most) is None:
        return Obstacle.FULL
    return None


def state_of(
    *, exam_passed_on: date | None, banned_until: date | None, ends: Sequence[date | None], on: date
) -> AdviserState:
    """
    How an adviser stands on a day.

    :param ends: last days of the appointments that hold on that day, ``None`` for one that runs on.
    """
    if banned_until is not None and on <= banned_until:
        return AdviserState.BANNED
    if exam_passed_on is None:
        return AdviserState.NOT_EXAMINED
    if any(end is not None and end <= on + ENDING_WITHIN for end in ends):
        return AdviserState.ENDING
    return AdviserState.SERVING if ends else AdviserState.FREE
