"""What others may see of stations: where one is, when it is open, what is said of it. Frozen, without Django."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

MOST_COUNTED = 10_000  # rows of a list are counted up to here: beyond it nobody asks for the number


class Tier(StrEnum):
    """R1.6: the three tiers of places. In the order of their names, which is the order people look for them in."""

    CENTRE = "centre"  # of a county
    STATION = "station"  # of a street or town
    STUDIO = "studio"  # of a community or village


class View(StrEnum):
    """The ready-made cuts of the list."""

    OPEN = ""
    NO_POSITION = "no_position"  # nobody can be told how far it is
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Opening:
    """From when to when a station is open on one day of the week. Days are 1 Monday … 7 Sunday."""

    weekday: int
    begins_at: time
    ends_at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A point on the ground, in degrees, as a telephone that stands there says it."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StationContent:
    """What the register says of a station: the part that is opened with and corrected. All of it is public."""

    node_id: int
    name: str
    address: str
    opening: tuple[Opening, ...]
    opened_on: date
    phone: str = ""
    wheelchair: bool = False
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationInfo:
    """One station as it stands in the register. ``closed_on`` is the first day it was no longer there."""

    id: uuid.UUID
    tier: Tier
    county_id: int
    street_id: int | None
    content: StationContent
    closed_on: date | None = None
    closed_why: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    def openings_on(self, weekday: int) -> tuple[Opening, ...]:
        return tuple(one for one in self.content.opening if one.weekday == weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRow:
    """A line of the list: the station, the name of its place, and of what lies above that in the reader's own."""

    station: StationInfo
    place: str
    above: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFilters:
    """What the list is cut down to; empty means all that are open."""

    text: str = ""
    tier: Tier | None = None
    street_id: int | None = None
    view: View = View.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPage:
    """One page by key; of a list longer than ``MOST_COUNTED`` ``more`` says that there are more than ``total``."""

    rows: tuple[StationRow, ...]
    total: int
    more: bool = False
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationCounts:
    """How many stations each ready-made cut holds; in how many communities there is one."""

    open: int
    no_position: int
    closed: int
    communities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A station and how far it is, in metres as the crow flies; ``None`` where either position is not known."""

    station: StationInfo
    metres: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of many: opened, or refused at a field with a sentence."""

    station: StationInfo | None = None
    code: str = ""
    field: str = ""
    refused: str = ""
