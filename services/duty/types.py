"""What others may see of duty: visits, hours, who is behind. Frozen, without Django."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from falin.kernel.clock import legal_day
from falin.kernel.periods import Month


class VisitKind(StrEnum):
    """Presence in a community, or a lecture held there; both count as hours (R2.4)."""

    VISIT = "visit"
    LECTURE = "lecture"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitContent:
    """What the adviser wrote: the part that is compared when the same visit is sent again."""

    node_id: int
    kind: VisitKind
    begins_at: datetime
    ends_at: datetime
    topic: str = ""
    attendees: int | None = None
    note: str = ""

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.begins_at) / timedelta(minutes=1))

    @property
    def on_day(self) -> date:
        """The legal day it began on."""
        return legal_day(self.begins_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitInfo:
    """One visit or lecture as it stands in the book."""

    id: uuid.UUID
    adviser_id: uuid.UUID
    adviser_name: str
    firm_id: uuid.UUID
    content: VisitContent
    photo_id: uuid.UUID | None
    revision: int
    voided_at: datetime | None
    void_why: str
    written_at: datetime  # by the phone's clock, which nobody trusts
    recorded_at: datetime  # by the server's

    @property
    def in_force(self) -> bool:
        return self.voided_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthHours:
    """One adviser in one community in one month. ``visits`` counts lectures too; ``lectures`` says how many."""

    month: Month
    node_id: int
    adviser_id: uuid.UUID
    adviser_name: str
    firm_id: uuid.UUID
    firm_name: str
    minutes: int
    required_minutes: int
    visits: int
    lectures: int
    appointed: bool = True  # False: hours are booked, the appointment was taken back for this month afterwards

    @property
    def met(self) -> bool:
        return self.appointed and self.minutes >= self.required_minutes

    @property
    def missing(self) -> int:
        return max(0, self.required_minutes - self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityMonth:
    """One community in one month: its pairs and their sums."""

    month: Month
    node_id: int
    pairs: tuple[MonthHours, ...]

    @property
    def advisers(self) -> int:
        return sum(1 for pair in self.pairs if pair.appointed)

    @property
    def minutes(self) -> int:
        return sum(pair.minutes for pair in self.pairs)

    @property
    def required_minutes(self) -> int:
        return sum(pair.required_minutes for pair in self.pairs)

    @property
    def visits(self) -> int:
        return sum(pair.visits for pair in self.pairs)

    @property
    def lectures(self) -> int:
        return sum(pair.lectures for pair in self.pairs)

    @property
    def met(self) -> int:
        return sum(1 for pair in self.pairs if pair.met)


class Cut(StrEnum):
    """Ready-made cuts of the list of who is behind: all, who is behind the pace, who has nothing yet."""

    ALL = ""
    PACE = "pace"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """An adviser who has not yet reached the hours of a community; ``pace`` is what would be due by today."""

    hours: MonthHours
    node_name: str
    street_name: str
    pace: int
    last_on: date | None
    reminded_today: bool

    @property
    def off_pace(self) -> int:
        """Minutes behind the pace; 0 when on it."""
        return max(0, self.pace - self.hours.minutes)

    def within(self, cut: Cut) -> bool:
        return {Cut.ALL: True, Cut.PACE: self.off_pace > 0, Cut.NONE: not self.hours.minutes}[cut]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderOutcome:
    """What becomes of one of many reminders: it is sent (before, it would be), or refused with a sentence."""

    node_id: int
    adviser_id: uuid.UUID
    node_name: str
    adviser_name: str
    minutes_missing: int = 0
    reminder_id: int | None = None
    code: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MyMonth:
    """One of the adviser's own communities this month."""

    hours: MonthHours
    node_name: str
    street_name: str
    pace: int
    days_left: int  # of the month or of the appointment, today included
    quarter_lectures: int
    quarter_lectures_required: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderInfo:
    """A word from the street or the county that hours are missing."""

    id: int
    node_id: int
    node_name: str
    month: Month
    minutes_missing: int
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """The part of a visit that lies in one month, as it is published: no note, no topic, no photo."""

    visit_id: uuid.UUID
    node_id: int
    adviser_id: uuid.UUID
    adviser_name: str
    firm_id: uuid.UUID
    kind: VisitKind
    on_day: date
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMonth:
    """A month of the county's book: how much is in it, and whether it is closed."""

    month: Month
    visits: int
    minutes: int
    closed_at: datetime | None
    closed_by: str
    over: bool  # the month has ended, so it may be closed


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursPosted:
    """When a community's adviser can be met and where, for everybody to read. Days are 1 Monday … 7 Sunday."""

    node_id: int
    weekdays: tuple[int, ...]
    begins_at: time
    ends_at: time
    room: str
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A community on the list of who posts hours: its names, and what is posted."""

    node_id: int
    node_name: str
    street_name: str
    posted: HoursPosted | None
