"""What became of places: lineage with shares, the two views of the past, dated facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple


class View(StrEnum):
    """
    How a past period is looked at (decision 25): in the tree of its time, or in today's through lineage.

    Queries over places take the day ``view.day(period's last day)`` as their ``on``.
    """

    AS_WAS = "as_was"
    AS_IS = "as_is"

    def day(self, of: date) -> date | None:
        return of if self == View.AS_WAS else None


class LineageKind(StrEnum):
    """Between two places: split, merge, boundary. Of one place with itself: moved, renamed, recoded."""

    SPLIT = "split"
    MERGE = "merge"
    BOUNDARY = "boundary"
    MOVE = "move"
    RENAME = "rename"
    RECODE = "recode"


SUCCESSION = frozenset({LineageKind.SPLIT, LineageKind.MERGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a place went on; ``estimated`` where nobody knows and it was divided by rule."""

    of: Fraction
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """
    On ``day``, ``from_id`` went on as ``to_id``, wholly or with a share.

    A boundary change whose size nobody knows has no share: what was counted stays where it was, and the row says so. Of one
    that was counted a second row says how much stayed: the shares of what goes on make one, as a split's do.
    """

    day: date
    kind: LineageKind
    from_id: int
    to_id: int
    share: Share | None


class Applied(NamedTuple):
    """An update that stands: when it was applied, and the day from which it counts, which may lie long before."""

    at: datetime
    day: date


class FactKind(StrEnum):
    POPULATION = "population"
    HOUSEHOLDS = "households"
    AREA = "area"  # square metres


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number about a place on a day, and who said so."""

    kind: FactKind
    on_day: date
    value: int
    source: str
