"""What others may see of stations: where one is, when it is open, what is said of it. Frozen, without Django."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from falin.kernel.sheets.findings import Finding, HeadTrouble

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRow:
    """A row of a sheet that can be entered: its number in the file, the station, the name of its place."""

    row: int
    station: StationContent
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """The job that enters the ready rows of a sheet, or did; ``entered`` and ``refused`` are known when it is over."""

    id: uuid.UUID
    state: str
    done: int = 0
    total: int = 0
    entered: int | None = None
    refused: int | None = None

    @property
    def moving(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSheet:
    """A sheet of stations that was put here, and what was done with it."""

    id: uuid.UUID
    name: str
    at: datetime
    entering: Entering | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSheet:
    """
    A sheet of stations as it stands beside the register at this moment. Nothing of it is entered by being looked at.

    ``rows`` = ``ready`` + ``there`` + ``to_mend`` + ``examples``: every row is accounted for. ``refusal`` says why the file
    is no sheet at all, ``head`` what is wrong with its columns.
    """

    taken: TakenSheet
    refusal: str = ""
    head: HeadTrouble | None = None
    sheet: str = ""
    others: int = 0
    head_row: int = 0
    heads: tuple[str, ...] = ()  # what stands in the head
    columns: tuple[str, ...] = ()  # the columns of ours that were found
    unknown: tuple[str, ...] = ()
    told: Mapping[str, str] = field(
        default_factory=dict
    )  # columns taken by somebody's word: key → what stands in the head
    rows: int = 0
    examples: int = 0
    there: int = 0  # in the register already, and the same
    to_mend: int = 0
    ready: tuple[ReadyRow, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def may_enter(self) -> bool:
        return bool(self.ready) and not (self.taken.entering and self.taken.entering.moving)
