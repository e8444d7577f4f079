"""What others may know of a tenant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which body holds the schema. A county-grade body is a type, not a level: Dongguan is one without counties."""

    PROVINCE = "province"
    COUNTY = "county"


class State(StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantInfo:
    id: int
    schema: str
    node_id: int
    kind: Kind
    name: str
    state: State
