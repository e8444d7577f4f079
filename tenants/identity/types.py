"""Roles, hats and people as others may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """The roles of the first flow; the whole matrix is in docs/reference/roles.md."""

    PROVINCE_LEADER = "province_leader"
    CITY_OFFICER = "city_officer"
    COUNTY_TEAM = "county_team"
    STREET_OFFICER = "street_officer"
    LIAISON = "liaison"
    ADVISER = "adviser"
    FIRM_MANAGER = "firm_manager"
    AUDITOR = "auditor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hat:
    """One role in one tenant, with all the places it was given for: what a person acts as at one time."""

    role: Role
    tenant_id: int
    schema: str
    tenant_name: str
    tenant_node: int
    tenant_kind: str
    suspended: bool
    places: tuple[int, ...]
    subject_id: str
    names: tuple[str, ...] = ()  # of the places, in their order
    level: int = 0  # of the first place
    twin: str = ""  # tells apart the hats of one role in one tenant for two firms or two advisers
    below: frozenset[int] | None = None  # the places with all below them, where they came along with the hat

    @property
    def key(self) -> str:
        return f"{self.role}@{self.tenant_id}{self.twin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInfo:
    id: int
    username: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingInfo:
    id: int
    person: PersonInfo
    role: Role
    node_id: int
    valid_from: date
    valid_to: date | None
    reason: str
