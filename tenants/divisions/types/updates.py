"""The reviewed yearly update: what a new list would change, with reasons, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from tenants.divisions.types.places import Level, Placed


class ChangeKind(StrEnum):
    """What becomes of a place; of several at once the first in this order names it."""

    SPLIT = "split"  # new, out of one that was there
    ADDED = "added"
    MERGED = "merged"  # gone into another
    GONE = "gone"
    MOVED = "moved"
    RECODED = "recoded"
    RENAMED = "renamed"
    ALTERED = "altered"  # name, code and parent stay; urban or rural, committee or standing changes
    BOUNDARY = "boundary"  # a counted share of it went over to another one; no list says so, a person enters it


BEGINS = frozenset({ChangeKind.SPLIT, ChangeKind.ADDED})
ENDS = frozenset({ChangeKind.MERGED, ChangeKind.GONE})


class Reason(StrEnum):
    """Why a change is proposed as it is; a group shares kind and reason."""

    ABOVE_CHANGED = "above_changed"  # its code only follows its parent's
    SAME_NAME_HERE = "same_name_here"  # same name under the same parent
    SAME_NAME_NEAR = "same_name_near"  # the only one of its name in the county, on both lists
    SAME_NAME_FAR = "same_name_far"  # the only one of its name in the province, on both lists
    SAME_PLACES_BELOW = "same_places_below"  # most of what lies below is the same
    COMMITTEE_WORDS = "committee_words"  # only the words for its committee or standing differ
    LIKE_NAME = "like_name"  # same code, and a name that resembles
    LIKE_NAME_HERE = "like_name_here"  # another code under the same parent, and the same stem of the name
    UNLIKE_NAME = "unlike_name"  # same code, another name: renamed, or the code was given to another place
    NAME_OF_PARTS = "name_of_parts"  # its name is made of the names of places that went
    NUMBERED_NAME = "numbered_name"  # its name is another's with a number or a side
    ONLY_HERE = "only_here"  # nothing on the other list resembles it
    RESEMBLES = "resembles"  # something on the other list does, or lies beside it, but too little to say
    PARENT_GONE = "parent_gone"  # what it lay in went as well
    PARENT_NEW = "parent_new"
    CODE_SAYS = "code_says"  # what the code or the list says of its standing changed
    COUNTED = "counted"  # somebody counted how much went over


class Decision(StrEnum):
    OPEN = ""
    ACCEPTED = "accepted"
    REFUSED = "refused"


class UpdateState(StrEnum):
    DECIDING = "deciding"
    SUBMITTED = "submitted"  # decided, waits for a second person
    CONFIRMED = "confirmed"  # the second person said yes: it is being applied
    APPLIED = "applied"
    UNDONE = "undone"
    DROPPED = "dropped"


class Candidate(NamedTuple):
    """
    A place that may be the one this became or came from. ``node`` of one that stands; else the code of one on the list.
    """

    node: int | None
    code: str
    name: str
    score: float


class Proposal(NamedTuple):
    """One change as the rules propose it: which place, what it would be, why, and how sure they are."""

    kind: ChangeKind
    reason: Reason
    sure: (
        bool  # may be confirmed with its group; else a person decides on it alone. Of one that only ended or began that
    )
    # much is sure, and not where it went or came from: its candidates are shown, and none is named
    node: int | None  # the place that stands; none for a new one
    to: Placed | None  # what it would be; none for one that ends
    cause: int | None = None  # the place whose change this only follows
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOn:
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stayed:
    """What undoing an update could not bring back: its facts, as its kind keeps them, and why in words."""

    facts: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """What hangs on places that end: people, appointments, open work; and what is proposed for it."""

    label: str
    count: int
    proposal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    id: int
    kind: ChangeKind
    reason: Reason
    group: str
    sure: bool
    level: Level
    node: int | None
    before_code: str
    before_name: str
    before_path: str
    after_code: str
    after_name: str
    after_path: str
    candidates: tuple[Candidate, ...]
    decision: Decision
    target: tuple[str, ...]  # codes a person chose in place of what was proposed; - for none, =CODE for the same place
    share: str = ""  # of a boundary: how much went over to the candidate, as it was counted: 120/860
    same: Candidate | None = None  # of one that ended or began: the other, where a person said that they are one place
    twins: tuple[Candidate, ...] = ()  # those that may be, as they resemble it; told where a change is read by itself
    near: tuple[Candidate, ...] = ()  # those of its county that could be, by code; likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Changes of one kind for one reason: how many, how many are still open, a few to look at."""

    key: str
    kind: ChangeKind
    reason: Reason
    sure: bool
    cause: str
    count: int
    open: int
    refused: int
    examples: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    id: int
    source: str
    day: date
    province: str
    state: UpdateState
    prepared_by: int
    prepared_at: datetime
    submitted_by: int | None
    submitted_at: datetime | None
    confirmed_by: int | None
    applied_at: datetime | None
    undone_by: int | None
    undone_at: datetime | None
    why: str
    job: str
    listed: int  # places on the new list
    counts: Mapping[ChangeKind, int] = field(default_factory=dict)
    alone: int = 0  # changes a person decides one by one
    open: int = 0  # not decided yet
    same: int = 0  # places that ended by the list, and that a person found again among the new ones
    carried: tuple[WentOn, ...] = ()  # what went on by itself at the places that took over
    stayed: tuple[Stayed, ...] = ()  # what undoing it could not bring back
    handing: int = 0  # counties that have not carried out yet what the update asks of their own tables
