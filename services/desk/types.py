"""What others may see of the desk: notices, and how a person wants to be told. Frozen, without Django."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tenants.identity.types import Colleague


class Way(StrEnum):
    """How somebody is told of a kind of thing beside the list in the application, where he always is."""

    NONE = "none"
    MAIL = "mail"
    SMS = "sms"


class NoticeKind(StrEnum):
    """Everything people are told of. A new one takes a line here, its words in ``rules`` and its listener in ``tasks``."""

    HOURS_MISSING = "hours_missing"
    APPOINTED = "appointed"
    APPOINTMENT_ENDED = "appointment_ended"
    CONTRACTS_ENDING = "contracts_ending"
    ROLE_ENDING = "role_ending"
    FEEDBACK_ANSWERED = "feedback_answered"
    MENTIONED = "mentioned"
    CORRECTION_ASKED = "correction_asked"
    EXPORT_HELD = "export_held"
    EXPORT_DECIDED = "export_decided"
    DECISION_WAITS = "decision_waits"
    JOB_ENDED = "job_ended"
    CORRECTION_DECLINED = "correction_declined"
    BACKUP_FAILED = "backup_failed"
    ROLES_PARTED = "roles_parted"


class Decision(StrEnum):
    """What a second person says yes or no to, beside exports, which have a kind of their own."""

    ROLES = "roles"
    MERGE = "merge"
    UPDATE = "update"
    DEED = "deed"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits for somebody's yes or no; ``key`` is the same as long as it is the same question."""

    what: Decision
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice to be: whom, what, and the key under which it is told once."""

    kind: NoticeKind
    person_id: int
    key: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeInfo:
    """One notice in its reader's list, in his language."""

    id: int
    kind: NoticeKind
    sentence: str
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """A stretch of the list, newest first; ``next_before`` is where the next one begins."""

    rows: tuple[NoticeInfo, ...]
    unread: int
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How a person is told of one kind."""

    kind: NoticeKind
    label: str
    way: Way


# The lists of which views are kept: what stands in the address, and the list's name.
LISTS = {
    "advisers": "advisers:list", "vacancies": "advisers:vacancies", "firms": "advisers:firms", "behind": "duty:behind",
    "posts": "duty:posts", "stations": "stations:list",
    "people": "portal:people", "audit": "portal:audit",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewInfo:
    """
    A list with its filters and order, under a name. ``shared``: everybody of the owner's role in this office has it.
    ``may_drop``: it is one's own, or was left behind to one's role.
    """

    id: int
    title: str
    query: str
    shared: bool
    own: bool
    may_drop: bool


class FeedbackState(StrEnum):
    NEW = "new"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackInfo:
    """What somebody said of a page. ``body`` is named for who answers alone."""

    id: int
    page: str
    text: str
    role: str
    body: str
    release: str
    at: datetime
    answer: str
    answered_at: datetime | None

    @property
    def state(self) -> FeedbackState:
        return FeedbackState.ANSWERED if self.answered_at else FeedbackState.NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPage:
    """A stretch of the list; ``waiting`` counts what nobody answered."""

    rows: tuple[FeedbackInfo, ...]
    waiting: int
    next_before: int | None


class ThingKind(StrEnum):
    """What can be spoken about; the names are those under which acts on such things are booked."""

    ADVISER = "adviser"
    APPOINTMENT = "appointment"
    VISIT = "visit"
    PLACE = "division"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing of one's scope: what it is called, its place if it has one, and who else may see it."""

    kind: ThingKind
    id: str
    title: str
    node_id: int | None
    readers: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentInfo:
    """A sentence about a thing. Taken back, its words are gone; who wrote it and when stays."""

    id: uuid.UUID
    person_id: int
    name: str
    text: str
    told: tuple[str, ...]  # the names of who was to read it
    at: datetime
    own: bool
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was said about a thing, in the order it was said."""

    thing: Thing
    comments: tuple[CommentInfo, ...]


class NewsState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsInfo:
    """What a county tells everybody, on every day from the first to the last; without a last one, until withdrawn."""

    number: int
    title: str
    text: str
    begins_on: date
    ends_on: date | None
    state: NewsState
    written_at: datetime
    published_at: datetime | None
    changed_at: datetime | None
    withdrawn_at: datetime | None
    why: str

    @property
    def paragraphs(self) -> list[str]:
        return [part.strip() for part in self.text.split("\n\n") if part.strip()]

    @property
    def last_change(self) -> datetime:
        return self.changed_at or self.published_at or self.written_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPage:
    """A stretch of the list, newest first."""

    rows: tuple[NewsInfo, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What goes to one person by one way in one message, in his language."""

    person_id: int
    way: Way
    language: str
    notice_ids: tuple[int, ...]
    sentences: tuple[str, ...]
