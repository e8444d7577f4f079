"""The place of what others may see of firms, advisers, their appointments, and communities that have none."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_COUNTED = 10_000  # rows of a list are counted up to here: beyond it nobody asks for the number


class VacancyReason(StrEnum):
    """Why a community has no adviser at present."""

    RESIGNED = "resigned"
    HIRING = "hiring"
    REMOTE = "remote"
    FIRM_SHORT = "firm_short"
    MERGED = "merged"


class Obstacle(StrEnum):
    """What speaks against an appointment; each is refused by name and explained with its figures."""

    FULL = "full"  # R2.2
    NOT_EXAMINED = "not_examined"  # R2.6
    EXAMINED_LATER = "examined_later"  # R2.6: the examination lies after the first day of service
    BANNED = "banned"  # R2.6
    HELD_ALREADY = "held_already"
    ENDS_BEFORE = "ends_before"


class AdviserState(StrEnum):
    """How an adviser stands on a day; the worst that is true."""

    BANNED = "banned"
    NOT_EXAMINED = "not_examined"
    ENDING = "ending"  # an appointment ends within 30 days
    SERVING = "serving"
    FREE = "free"  # may be appointed, serves nowhere


class View(StrEnum):
    """The ready-made cuts of the list of advisers."""

    ALL = ""
    ENDING = "ending"
    ROOM = "room"
    NOT_EXAMINED = "not_examined"
    BANNED = "banned"


class SquareState(StrEnum):
    """One community on one day."""

    COVERED = "covered"
    ENDING = "ending"  # the last of its appointments ends within 30 days
    VACANT = "vacant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """
    One page of a long list, by key. ``first`` is the number of its first row, from 1; cursors are "" at the ends.

    Nobody counts further than ``MOST_COUNTED``: of a longer list ``more`` says that there are more than ``total``, and
    ``first`` is 0 where more than that lie before it.
    """

    rows: tuple[T, ...]
    total: int
    more: bool = False
    first: int = 1
    before: str = ""
    after: str = ""

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmInfo:
    """``advisers`` counts those on the province's register."""

    id: uuid.UUID
    name: str
    credit_code: str
    phone: str
    advisers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviserInfo:
    """
    ``held`` counts communities in every county, now or from a later day on; ``most`` is the limit in force.

    ``phone_masked`` is his own telephone in the form the reader's role has it, "" where it has none; ``firm_phone`` is the
    office's, which everybody may call.
    """

    id: uuid.UUID
    name: str
    pinyin: str
    firm_id: uuid.UUID
    firm_name: str
    licence: str
    phone_masked: str
    firm_phone: str
    specialties: tuple[str, ...]
    exam_passed_on: date | None
    banned_until: date | None
    ban_reason: str
    has_account: bool
    held: int
    most: int
    erased: bool = False  # his numbers were erased; nothing more is done with this entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentInfo:
    """Both days included; without ``ends_on`` the contract runs on."""

    id: uuid.UUID
    node_id: int
    adviser_id: uuid.UUID
    adviser_name: str
    adviser_pinyin: str
    firm_id: uuid.UUID
    firm_name: str
    begins_on: date
    ends_on: date | None
    ended_why: str

    def holds_on(self, day: date) -> bool:
        return self.begins_on <= day and (self.ends_on is None or self.ends_on >= day)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentLine:
    """An appointment with the names of its places, as a page shows it."""

    appointment: AppointmentInfo
    community: str
    street_id: int | None
    street: str
    state: SquareState = SquareState.COVERED
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviserRow:
    """A line of the list: the adviser and the communities he serves within the reader's scope."""

    adviser: AdviserInfo
    communities: tuple[str, ...]
    ends_on: date | None
    state: AdviserState


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviserFilters:
    """What the list of advisers is cut down to; empty means all."""

    text: str = ""
    firm_id: uuid.UUID | None = None
    street_id: int | None = None
    specialty: str = ""
    view: View = View.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviserCounts:
    """How many advisers each ready-made cut holds, and from how many firms they come."""

    all: int
    ending: int
    room: int
    not_examined: int
    banned: int
    firms: int
    more: bool = False  # counted among the first ``MOST_COUNTED`` only: there are at least as many


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviserProfile:
    """An adviser and his appointments in the reader's scope, newest first; ``elsewhere`` counts seats outside it."""

    adviser: AdviserInfo
    state: AdviserState
    appointments: tuple[AppointmentLine, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A community without an adviser on a day. ``vacant_since`` is ``None`` where there never was one."""

    node_id: int
    name: str
    street_id: int | None
    street: str
    reason: VacancyReason | None
    note: str
    vacant_since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One community in the picture of coverage."""

    node_id: int
    name: str
    state: SquareState
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetSquares:
    """A street with its communities. ``street_id`` is ``None`` where communities lie directly below the county."""

    street_id: int | None
    name: str
    squares: tuple[Square, ...]

    def count(self, state: SquareState) -> int:
        return sum(1 for square in self.squares if square.state == state)

    @property
    def covered(self) -> int:
        return len(self.squares) - self.count(SquareState.VACANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityInfo:
    """A community somebody is to be appointed in."""

    node_id: int
    name: str
    street_id: int | None
    street: str
    urban: bool | None
    vacant_since: date | None
    vacant: bool
    reason: VacancyReason | None
    note: str
    current: tuple[AppointmentInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One point for or against a candidate, a sentence with its figures; ``help`` says what would mend it."""

    good: bool
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who might be appointed: whether he may, and what speaks for and against it."""

    adviser: AdviserInfo
    may: bool
    obstacle: Obstacle | None
    reasons: tuple[Reason, ...]
    same_street: int = 0
    was_here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommunity:
    """A community the signed-in adviser serves."""

    appointment_id: uuid.UUID
    node_id: int
    name: str
    street: str
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmSeat:
    """Where one of a firm's advisers serves."""

    node_id: int
    community: str
    county: str
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmMember:
    adviser: AdviserInfo
    state: AdviserState
    seats: tuple[FirmSeat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmOverview:
    """A firm as its manager sees it: its own advisers, wherever they serve."""

    firm: FirmInfo
    members: tuple[FirmMember, ...]
    communities: int
    counties: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A sign-in that was just made. ``password`` is shown once; it is not kept anywhere in clear."""

    adviser_id: uuid.UUID
    person_id: int
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearNumbers:
    """An adviser's numbers in clear. ``seen_today`` counts what the same person saw in clear today, with this one."""

    adviser_id: uuid.UUID
    name: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    seen_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """Who saw the signed-in adviser's numbers in clear, for which body, and why."""

    at: datetime
    person: str
    role: str
    body: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecord:
    """Everything the register holds about the signed-in adviser, his own numbers in clear."""

    adviser: AdviserInfo
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    registered_at: datetime
    seats: tuple[FirmSeat, ...]
    seen: tuple[SeenBy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSeat:
    """One of an adviser's places, as the rules see it."""

    slot: int
    node_id: int
    county_id: int
    begins_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Who serves a community, as everybody may know it: name, firm, the firm's telephone. No number of his own."""

    node_id: int
    name: str
    firm_name: str
    firm_phone: str
    specialties: tuple[str, ...]
    since: date
