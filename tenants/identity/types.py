"""Roles, hats and people as others may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from falin.kernel.refusals import Refused


class Role(StrEnum):
    """The seventeen roles; what each may do is declared in ``roles.py`` and shown in docs/reference/roles.md."""

    PROVINCE_LEADER = "province_leader"
    CITY_OFFICER = "city_officer"
    COUNTY_TEAM = "county_team"
    COUNTY_FINANCE = "county_finance"
    STREET_OFFICER = "street_officer"
    LIAISON = "liaison"
    ADVISER = "adviser"
    FIRM_MANAGER = "firm_manager"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"
    EVALUATOR = "evaluator"
    DATA_STEWARD = "data_steward"
    RESIDENT = "resident"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"
    OPERATOR = "operator"


class Purpose(StrEnum):
    """What a one-time code is for."""

    PASSWORD = "password"  # noqa: S105 -- a purpose, no password
    PHONE = "phone"
    EMAIL = "email"


class Standing(StrEnum):
    """Where a grant stands: it counts only once it is confirmed."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class State(StrEnum):
    """A binding as it is on a day."""

    PROPOSED = "proposed"
    LATER = "later"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REFUSED = "refused"
    ENDED = "ended"


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
    emergency: str = ""  # the number of the emergency access by which an operator is in this tenant
    moving: bool = False  # the tenant's rows change hands at this moment
    preparing: bool = False  # the tenant is not open yet
    below: tuple[
        frozenset[int], ...
    ] = ()  # what each place reaches in the tenant; nothing where the whole of it is reached

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
    """One grant: what, where, how long, by whom and why, and how it stands on the day it was read for."""

    id: int
    person: PersonInfo
    role: Role
    node_id: int
    subject_id: str
    valid_from: date
    valid_to: date | None
    reason: str
    state: State
    proposal: UUID | None
    granted_by: int
    granted_as: str
    created_at: datetime
    decided_by: int | None
    ended_at: datetime | None
    ended_by: int | None
    ended_why: str
    acting_for: int | None  # the person he stands in for
    takes_over: int | None  # the person he takes over from
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingRole:
    """A role that ends soon: whose, where, its last day."""

    id: int
    person_id: int
    node_id: int
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody of one's body who works at a place, in one of his roles there."""

    person_id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionInfo:
    begun_at: datetime
    begun_by: int
    why: str
    ended_at: datetime | None
    ended_by: int | None
    ended_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A person as the register shows him: his grants within the reader's reach, newest first."""

    person: PersonInfo
    suspended: bool
    may_sign_in: bool  # a password was set
    bindings: tuple[BindingInfo, ...]
    suspensions: tuple[SuspensionInfo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What is shown once after somebody was entered: a one-time password, or the secret part of an invitation."""

    person: PersonInfo
    binding: BindingInfo
    password: str = ""
    token: str = ""


class TokenState(StrEnum):
    """A token as it is at a moment."""

    WORKS = "works"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DEAD = "dead"  # its binding, its holder or who answers for it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInfo:
    """A token as its holder sees it; never the secret."""

    id: int
    name: str
    holder: PersonInfo
    binding_id: int
    role: Role
    node_id: int
    scopes: tuple[str, ...]
    origins: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    state: TokenState


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """What is shown once."""

    token: TokenInfo
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    """A service account: the program, who answers for it, until when it works unreviewed."""

    person: PersonInfo
    owner: PersonInfo
    purpose: str
    review_by: date
    client_id: str
    works: bool
    stopped_by: str  # why it does not, as a code: suspended, no_role, owner_gone, not_reviewed
    bindings: tuple[BindingInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """Two records that may be one person, and by what."""

    one: PersonRecord
    other: PersonRecord
    by_phone: bool  # else by name, in the same body


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInfo:
    """A merge that waits for another person."""

    id: int
    kept: PersonInfo
    gone: PersonInfo
    reason: str
    proposed_by: int
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionInfo:
    """How somebody says his name and sign-in name should be; ``declined_at`` and ``why`` where the answer was no."""

    id: int
    person_id: int
    now_name: str
    name: str
    username: str
    asked_at: datetime
    declined_at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """What ends when somebody leaves, and what of it waits for somebody else."""

    ends: tuple[BindingInfo, ...]
    alone: tuple[BindingInfo, ...]  # posts nobody else holds there
    proposals: tuple[BindingInfo, ...]
    programs: tuple[PersonInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """Somebody to be entered with his first role, and the number of his row in the sheet he comes from."""

    number: int
    name: str
    username: str
    role: Role
    node_id: int
    begins_on: date
    ends_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredRow:
    """How a row went: entered, or refused with the sentence; one of the two."""

    row: EntryRow
    entered: Entered | None
    refused: Refused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A door somebody passed in an emergency."""

    at: datetime
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyInfo:
    """One emergency access. ``state``: asked, refused, in_force, ended."""

    id: int
    operator: str
    tenant_id: int
    tenant: str
    incident: str
    reason: str
    minutes: int
    asked_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    refused_why: str
    ends_at: datetime | None
    ended_at: datetime | None
    passed: tuple[Passed, ...] = ()  # the newest of them
    passed_count: int = 0  # all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyPage:
    """One page of them by key, newest first."""

    rows: tuple[EmergencyInfo, ...]
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPage:
    """One emergency with one page of the doors passed in it, newest first."""

    emergency: EmergencyInfo
    rows: tuple[Passed, ...]
    after: str = ""
    before: str = ""
