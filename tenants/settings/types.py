"""Settings as others may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from falin.kernel.parameters import LEVELS, Parameter
from tenants.divisions.types import Division

LEVEL_WORDS = dict(enumerate(LEVELS, start=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    What one place said about one figure: holds from a day on, until the place says something later.

    ``value`` ``None`` takes back what was said; ``locked`` keeps those below from saying anything.
    """

    id: int
    key: str
    node_id: int
    value: int | None
    locked: bool
    valid_from: date


class Outcome(StrEnum):
    """What became of a statement on the way down."""

    TAKEN = "taken"
    LOOSER = "looser"  # a level above asks for more by now
    LOCKED = "locked"  # a level above has locked the figure


class Obstacle(StrEnum):
    """Why a place may not say what it wants to say."""

    NOT_THIS_LEVEL = "not_this_level"
    OUT_OF_RANGE = "out_of_range"
    NOTHING_CHANGES = "nothing_changes"
    LOCKED = "locked"
    LOOSER = "looser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """The figure in force at a place on a day. ``origin`` is the statement it comes from; none: the default."""

    value: int
    origin: Statement | None
    lock: Statement | None
    outcomes: tuple[tuple[Statement, Outcome], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A statement with the names of its place and of who made it."""

    statement: Statement
    place: str
    person: str
    why: str
    recorded_at: datetime
    words: str  # the value as people read it; empty where it was taken back
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One figure as a place's page shows it."""

    parameter: Parameter
    place: Division
    on: date
    value: int
    origin: Told | None  # none: the default of the rules
    lock: Told | None
    steps: tuple[Told, ...]  # everything said on the way down, as of the day
    coming: tuple[Told, ...]  # what this place has said for a later day
    may_set: bool
    below: int  # places below that have said something themselves, as of the day

    @property
    def words(self) -> str:
        """The value as people read it."""
        return self.parameter.told(self.value)

    @property
    def default_words(self) -> str:
        return self.parameter.told(self.parameter.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a change would do: places below whose own figure it overrides, and how many communities lie there."""

    overridden: tuple[str, ...]
    communities: int
