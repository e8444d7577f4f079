"""What others may see of the figures: tallies, which add up; ratios, which do not; places; published visit lines."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from falin.kernel.periods import Month
from tenants.divisions.types import Division, View

LINES_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The counts of one place and month. All of them add up; every ratio is made from sums, never averaged."""

    communities: int = 0
    covered: int = 0  # with an adviser on the day coverage was counted
    urban: int = 0
    urban_covered: int = 0
    pairs: int = 0  # adviser × community with an appointment in the month
    required_minutes: int = 0
    minutes: int = 0
    met: int = 0  # pairs that reached their hours
    visits: int = 0  # as many as there are lines: lectures are among them
    lectures: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in COUNTS})

    @property
    def missing(self) -> int:
        """Communities without an adviser."""
        return self.communities - self.covered

    @property
    def coverage(self) -> Ratio:
        """R4.2: communities with an adviser ÷ communities."""
        return Ratio(self.covered, self.communities)

    @property
    def hours_met(self) -> Ratio:
        """R2.4: pairs of adviser and community that reached their hours ÷ pairs."""
        return Ratio(self.met, self.pairs)


COUNTS: tuple[str, ...] = tuple(field.name for field in fields(Tally))


@dataclass(frozen=True, slots=True)
class Ratio:
    """Numerator and denominator, kept apart until they are shown. Without a denominator there is no value, not 0."""

    part: int
    whole: int

    @property
    def exists(self) -> bool:
        return self.whole > 0


class TargetState(StrEnum):
    """How a value stands to its target and to the pace it should have by now."""

    OK = "ok"
    WATCH = "watch"
    ACT = "act"
    NONE = "none"  # nothing to judge


@dataclass(frozen=True, slots=True, kw_only=True)
class PairHours:
    """What one adviser owes one community in a month, and what he gave."""

    node_id: int
    required_minutes: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A visit or lecture as it is published: the part of it that lies in the month, and no note."""

    visit_id: uuid.UUID
    node_id: int
    adviser_id: uuid.UUID
    firm_id: uuid.UUID
    adviser_name: str
    kind: str
    on_day: date
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A community as the roll-up needs it."""

    node_id: int
    street_id: int | None
    urban: bool
    stands: bool = True  # one that ended within the month stands no more: what was done there is counted, it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyFacts:
    """All that goes into one run; the same facts always give the same run."""

    province_id: int
    city_id: int | None
    county_id: int
    county_level: int
    as_of: date
    communities: tuple[Community, ...]
    streets: tuple[int, ...]
    covered: frozenset[int]
    pairs: tuple[PairHours, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """The figures of one community, street or county body, as they go on the board."""

    level: int
    node_id: int
    street_id: int | None
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """One roll-up. ``fresh``: it was computed just now; otherwise nothing had changed since this one."""

    id: uuid.UUID
    month: Month
    as_of: date
    computed_at: datetime
    published_at: datetime | None
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTally:
    month: Month
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When, and counted on which day. ``edition`` counts publications of the finished month; 0 while it runs."""

    as_of: date
    first_as_of: date  # the oldest of its counties
    published_at: datetime
    first_published_at: datetime  # the oldest of its counties
    edition: int
    restated: int  # county bodies whose finished month was published again


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTally:
    """A place and its figures in one month; without a tally nothing was published for it, which is not 0."""

    place: Division
    tally: Tally | None
    history: tuple[MonthTally, ...] = ()  # the months up to this one, oldest first; what was not published is left out

    def at(self, month: Month) -> Tally | None:
        return next((each.tally for each in self.history if each.month == month), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFigures:
    """The whole page of a place: its figures, those one step down, the months before."""

    place: Division
    path: tuple[Division, ...]  # from the province to the place
    month: Month | None  # None: nothing was ever published, and no month was asked for
    months: tuple[Month, ...]  # all that are published, oldest first
    tally: Tally | None
    published: Published | None
    children: tuple[PlaceTally, ...]
    series: tuple[MonthTally, ...]  # the months up to this one, oldest first, at most twelve
    quarter_lectures: int  # of the quarter, up to this month
    expected: int  # county bodies that should have published, where the place is above them
    reported: int
    view: View = View.AS_WAS
    estimated: int = 0  # communities of the month whose figures were divided by a share that nobody counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """A place in a ranking: 1 is the best; places of the same share have the same rank."""

    rank: int | None
    place: Division
    tally: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    rows: tuple[Rank, ...]  # most behind first
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLine:
    """A visit line as a reader sees it."""

    place: Division | None
    above: str  # the names above the community, for readers who see several
    on_day: date
    minutes: int
    kind: str
    adviser_name: str
    visit_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Which page of the lines: after or before a cursor, or, for programs that count them, by its number; in which order."""

    after: str = ""
    before: str = ""
    page: int = 1
    size: int = LINES_A_PAGE
    sort: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePage:
    """One page, by key; ``after`` and ``before`` are the cursors of its neighbours, "" at the ends."""

    rows: tuple[PublishedLine, ...]
    total: int  # lectures are among them
    minutes: int
    lectures: int
    page: int
    size: int
    after: str = ""
    before: str = ""

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))
