"""What others may know of a tenant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Which body holds the schema. A county-grade body is a type, not a level: Dongguan is one without counties."""

    PROVINCE = "province"
    COUNTY = "county"


class State(StrEnum):
    """
    Preparing: its own people set it up, the public and the night's publishing see nothing of it. Open: everybody works.
    Suspended: everybody reads. Closed: nobody comes in. Moving: held for the seconds in which its rows change hands; who
    writes is asked to try again. Elsewhere: another cell has it, and here is only the pointer.
    """

    PREPARING = "preparing"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    MOVING = "moving"
    ELSEWHERE = "elsewhere"


SHUT = frozenset({State.CLOSED, State.ELSEWHERE})  # nobody comes in here
UNSEEN = frozenset({State.PREPARING, State.CLOSED})  # has no public face


class Act(StrEnum):
    """What takes a second person."""

    CLOSE = "close"
    REMOVE = "remove"
    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    CLEAR = "clear"  # what a body that moved or was restored left behind here


CHANGES = frozenset({Act.MERGE, Act.SPLIT, Act.MOVE})  # done by a job as soon as the second one says yes
DESTROYS = frozenset({Act.REMOVE, Act.CLEAR})  # done by a job when its day has come


class Outcome(StrEnum):
    """How far a deed is: asked for, confirmed and waiting for its day, done, or refused."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantInfo:
    id: int
    schema: str
    node_id: int
    kind: Kind
    name: str
    state: State
    since: datetime | None = None
    why: str = ""
    cell: str = ""  # the one it moved to
    into: int | None = None  # the tenant it was merged into


@dataclass(frozen=True, slots=True, kw_only=True)
class CellInfo:
    """A cell of the directory: one database with its own servers, and the codes of the places it holds."""

    code: str
    name: str
    address: str
    places: tuple[str, ...]
    since: datetime | None = None  # the line stands as it does

    def same_line(self, other: CellInfo) -> bool:
        """Whether both say the same of the cell."""
        return (self.name, self.address, self.places) == (other.name, other.address, other.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """What another list would change: a cell that comes (no ``before``), goes (no ``after``) or is said otherwise."""

    before: CellInfo | None
    after: CellInfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedInfo:
    """A deed as others see it. ``target``: the place merged into or split off by its number, or the cell by its code."""

    id: int
    tenant_id: int
    name: str
    act: Act
    target: str
    why: str
    asked_by: int
    asked_at: datetime
    outcome: Outcome
    decided_by: int | None
    decided_at: datetime | None
    due_at: datetime | None
    done_at: datetime | None
    result: Mapping[str, Any]  # of a change: rows and hashes on both sides, table by table


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveInfo:
    """An export that lies in the store."""

    id: uuid.UUID
    name: str
    at: datetime
    size: int
    rows: int
    nightly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """
    How a tenant's nightly backups stand. ``error``: why the last try came to nothing; ``verified_at``: when one of them was
    last restored on trial and was what it should be; ``trial_error``: why the last trial went wrong.
    """

    made_at: datetime | None = None
    size: int = 0
    error: str = ""
    tried_at: datetime | None = None
    verified_at: datetime | None = None
    trial_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """
    Whether the cell backs up at night. ``recipient``: who can read them, empty without one; ``trouble``: why his certificate
    cannot be used; ``trials``: whether workers try restores by themselves.
    """

    recipient: str
    trouble: str
    trials: bool

    @property
    def run(self) -> bool:
        return bool(self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """A copy of a body's rows that is no longer its own: from before it moved away, or was put back from an archive."""

    schema: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A tenant as its operator sees it: nothing of what is in it."""

    tenant: TenantInfo
    migration: str
    at: datetime | None
    behind: int
    trouble: str
    size: int  # bytes in the database
    archived_at: datetime | None  # of the last one that somebody asked for
    backup: BackupInfo = field(default_factory=BackupInfo)
    left: tuple[LeftBehind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One of a body's addresses: as it was entered, and where it leads (a path, or a whole address)."""

    id: int
    entered: str
    leads: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptInfo:
    """The receipt of a destruction: ``signature`` is over the canonical form of ``body``, by the published ``key``."""

    name: str
    at: datetime
    body: Mapping[str, Any]
    key: str
    signature: str
