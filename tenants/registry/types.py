"""What others may know of a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Which body holds the schema. A county-grade body is a type, not a level: Dongguan is one without counties."""

    PROVINCE = "province"
    COUNTY = "county"


class State(StrEnum):
    """Open: everybody works. Suspended: everybody reads. Closed: nobody comes in."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Act(StrEnum):
    """What takes a second person."""

    CLOSE = "close"
    REMOVE = "remove"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedInfo:
    """A deed as others see it."""

    id: int
    tenant_id: int
    name: str
    act: Act
    why: str
    asked_by: int
    asked_at: datetime
    outcome: Outcome
    decided_by: int | None
    decided_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A tenant as its operator sees it: nothing of what is in it."""

    tenant: TenantInfo
    migration: str
    at: datetime | None
    behind: int
    trouble: str
    size: int  # bytes in the database
    archived_at: datetime | None


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
