"""The place where inheritance is decided: default, then each level from the province down. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from falin.kernel.parameters import Parameter
from tenants.settings.types import LEVEL_WORDS, Effective, Obstacle, Outcome, Statement


def tighter(parameter: Parameter, one: int, other: int) -> int:
    """The stricter of two figures; of a figure without direction, the second."""
    if parameter.direction == 0:
        return other
    return max(one, other) if parameter.direction > 0 else min(one, other)


def is_looser(parameter: Parameter, value: int, than: int) -> bool:
    return tighter(parameter, than, value) != value


def in_force(statements: Iterable[Statement], on: date) -> Statement | None:
    """The last word of one place: the latest day begun, and of one day what was said last."""
    begun = [statement for statement in statements if statement.valid_from <= on]
    return max(begun, key=lambda statement: (statement.valid_from, statement.id), default=None)


def chooses_freely(parameter: Parameter, level: int) -> bool:
    """The highest level that may set a figure chooses within its range; those below may only tighten it."""
    return parameter.set_by[0] == LEVEL_WORDS[level]


def obstacle_to(
    parameter: Parameter, level: int, *, value: int | None, locked: bool, own: Statement | None, above: Effective
) -> Obstacle | None:  # fmt: skip
    """
    What speaks against a statement.

    :param own: what the place itself says for that day so far. :param above: what it inherits on that day.
    """
    if LEVEL_WORDS[level] not in parameter.set_by:
        return Obstacle.NOT_THIS_LEVEL
    if value is not None and not parameter.allows(value):
        return Obstacle.OUT_OF_RANGE
    if (own.value, own.locked) == (value, locked) if own else (value is None and not locked):
        return Obstacle.NOTHING_CHANGES
    if above.lock is not None:
        return Obstacle.LOCKED
    if value is not None and not chooses_freely(parameter, level) and is_looser(parameter, value, above.value):
        return Obstacle.LOOSER
    return None


def effective(
    parameter: Parameter, path: Sequence[tuple[int, int]], said: Mapping[int, Sequence[Statement]], on: date
) -> Effective:  # fmt: skip
    """
    The figure at the end of a path of places, from the province down.

    :param path: places with their levels. :param said: the statements of each place.
    """
    value, origin, lock = parameter.default, None, None
    outcomes: list[tuple[Statement, Outcome]] = []
    for node_id, level in path:
        statement = in_force(said.get(node_id, ()), on)
        if statement is None or (statement.value is None and not statement.locked):
            continue
        if lock is not None:
            outcomes.append((statement, Outcome.LOCKED))
            continue
        free = chooses_freely(parameter, level)
        if statement.value is not None and not free and is_looser(parameter, statement.value, value):
            outcomes.append((statement, Outcome.LOOSER))
        else:
            outcomes.append((statement, Outcome.TAKEN))
            if statement.value is not None:
                value, origin = statement.value, statement
        if statement.locked:
            lock = statement
    return Effective(value=value, origin=origin, lock=lock, outcomes=tuple(outcomes))
