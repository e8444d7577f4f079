"""
The one declared table of roles: where a role is given, whose rows it is bound to, whom it may appoint, what each of its
cells says, and which grants that comes to today.

A capability whose service is not built yet has its cell here and no grant: the service reads the cell and adds the
grant. ``docs/reference/roles.md`` is made from this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenants.identity.types import Role


class Capability(StrEnum):
    """The columns of the table."""

    PERSONAL_DATA = "personal data"
    MATTERS = "matters"
    FIGURES = "indicators and targets"
    FUNDS = "funds"
    INSPECTIONS = "inspections"
    SHARING = "sharing"
    GRANTS = "grants"
    EXPORT = "export"
    AUDIT_LOG = "audit log"


class Reach(StrEnum):
    """How far a cell goes. A cell may hold several, one for each thing it names, and in words what no letter says."""

    SUBTREE = "S"  # own place and all below it
    BODY = "O"  # own body
    ASSIGNED = "A"  # what is assigned to the person
    PSEUDONYMS = "P"  # without names
    SUMS = "Σ"  # aggregates only
    NONE = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a role may do in one capability, in the words of the table."""

    words: str

    @property
    def reaches(self) -> tuple[Reach, ...]:
        return tuple(Reach(found) for found in re.findall(r"(?<![\w’])[SOAPΣ–](?!\w)", self.words))

    @property
    def is_empty(self) -> bool:
        return self.words == Reach.NONE


class Bound(StrEnum):
    """Whose rows a role is for, where it is not for a place's."""

    FIRM = "firm"
    ADVISER = "adviser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """
    Whom a role may appoint: roles ``by name``, or every role that is given by appointment at these levels.

    ``confirmed_by`` names the role of the second person; without one the grant holds at once.
    """

    levels: frozenset[int] = frozenset()
    by_name: frozenset[Role] = frozenset()
    own_firm: bool = False
    confirmed_by: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One role. ``levels``: of the places it is given at; a city without counties counts as a county too."""

    levels: frozenset[int]
    cells: Mapping[Capability, Cell]
    grants: frozenset[str]
    bound: Bound | None = None
    by_appointment: bool = True  # somebody grants it; else it comes with something else: an adviser's term, the set-up
    granting: Granting = field(default_factory=Granting)


_SESSION = frozenset({"home.read", "jobs.own", "hat.switch", "account.own", "tokens.own", "notices.own", "views.own",
                      "feedback.own"})  # fmt: skip
_PLACES = _SESSION | {"places.read", "calendar.read"}
_ALL = _PLACES | {"figures.read"}
_ABOVE = frozenset({"visits.published", "stations.read"})
_BOOK = frozenset({"history.read"})
_PEOPLE = frozenset({"people.read"})
_SETS = frozenset({"settings.read", "settings.set"})
# What may be taken home as a file, as the cells of *export* say it: sums; rows of the own body; what is one's own or
# one's firm's; the log. A list names which of them it is (``falin.ui.tables``), and who reads it without that stays with
# reading (decision 42).
_SUMS, _ROWS, _OWN, _LOGS = (
    frozenset({one}) for one in ("figures.export", "lists.export", "own.export", "audit.export")
)
_APPOINTS = _PEOPLE | {"people.grant"}
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})

# The table's rows: level, then the nine cells in the order of ``Capability``.
_TABLE = """
province_leader | 1 | Σ | – | set, publish S | approve budgets, Σ | order, Σ | approve agreements +2 | – | Σ | Σ
city_officer | 2 | Σ, masked on escalation | on escalation | tighten S | Σ S | order S | propose | levels 3–5 in S +2 | Σ | own office
county_team | 3 | clear, purpose-bound | O | tighten, local S | run, +2 | run S | decide proposals | 4–5 in S | +2, capped | own
county_finance | 3 | – | – | read | book; approver ≠ maker | – | – | – | books | own acts
street_officer | 4 | masked S | A | read S, daily scores | own book | run S | task text | – | – | own acts
liaison | 5 | contacts of A | intake, proxy booking | read | own book, read | be present | contact A | – | – | own acts
adviser | 5 | A | A | own figures | own subsidy | answer | A | – | A | own acts
firm_manager | ext | A | A | own firm | own firm's invoices | – | – | own firm | A | own firm
inspector | 1–4 | by mandate, time-boxed | read by mandate | – | – | A | read | – | +2 | –
auditor | 1–3 | – | – | read S | read S, download, verify | read S | read | read | logs | S, verify
evaluator | ext | P sample | P sample | enter survey scores | – | – | Σ with budget | – | Σ | own acts
data_steward | department | own rows | – | – | – | – | own connectors, quarantine | – | own corrections | own data
resident | – | self | self | published | published | published | see, correct, opt out | delegate | self | who saw me
system_administrator | province | – | – | – | – | – | – | proposes 1–2 | – | own acts
security_administrator | province | – | – | – | – | – | – | confirms 1–2, policies | – | own acts
audit_administrator | province | – | – | – | – | – | – | – | logs | S, verify
operator | platform | – (break-glass +2, tenant approves, 1 h, recorded) | – | – | – | – | masked | – | – | own acts
"""  # noqa: E501 -- a row of the table is a line
# What the table's levels come to: who is outside the tree (a firm, an evaluator) is engaged by the province; a
# department belongs to a body of levels 1 to 3; residents are given no role: the service that serves them knows them.
_LEVELS = {"ext": {1}, "department": {1, 2, 3}, "province": {1}, "platform": {1}, "–": set[int]()}

# Whose work lies at things of a body: they speak about them under the things themselves.
_JOINS = frozenset({"comments.join"})

# Each grant of a cell that is built. Grants are opened by doors and policies.
_GRANTS: dict[Role, frozenset[str]] = {
    Role.PROVINCE_LEADER: _ALL | _ABOVE | _SETS | _SUMS | _JOINS | {"audit.sums"},
    Role.CITY_OFFICER: _ALL | _ABOVE | _BOOK | _SETS | _SUMS | _APPOINTS | _JOINS | {"people.confirm"},
    Role.COUNTY_TEAM: _ALL | _ABOVE | _BOOK | _SETS | _SUMS | _ROWS | _APPOINTS | _JOINS
    | {
        "advisers.read", "advisers.register", "advisers.import", "advisers.appoint", "advisers.clear", "duty.read",
        "duty.close", "duty.post", "duty.remind", "figures.publish", "emergency.decide", "webhooks.manage",
        "places.describe", "news.write", "stations.keep",
    },
    Role.COUNTY_FINANCE: _ALL,
    Role.STREET_OFFICER: _ALL | _JOINS | {
        "advisers.read", "duty.read", "duty.post", "duty.remind", "visits.published", "settings.read", "stations.read",
        "stations.keep",
    },
    Role.LIAISON: _ALL | _JOINS | {"advisers.read", "duty.read", "duty.post", "settings.read", "stations.read"},
    Role.ADVISER: _ALL | _JOINS | _OWN | {"duty.log", "duty.own"},
    Role.FIRM_MANAGER: _ALL | _OWN | _APPOINTS | _BOOK | {"firm.read"},
    Role.INSPECTOR: _PLACES,
    Role.AUDITOR: _ALL | _ABOVE | _BOOK | _LOGS | _PEOPLE | {"settings.read", "audit.read"},
    Role.EVALUATOR: _PLACES,
    Role.DATA_STEWARD: _PLACES,
    Role.RESIDENT: frozenset(),
    Role.SYSTEM_ADMINISTRATOR: _PLACES | _APPOINTS | {
        "webhooks.manage", "places.review", "places.update", "places.describe", "feedback.answer",
    },
    Role.SECURITY_ADMINISTRATOR: _PLACES | _PEOPLE | _SETS | {
        "people.confirm", "emergency.decide", "places.review", "places.confirm", "policies.set",
    },
    Role.AUDIT_ADMINISTRATOR: _PLACES | _BOOK | _LOGS | _PEOPLE | {"audit.read"},
    # He runs the platform; what is in it is not his, figures neither.
    Role.OPERATOR: _SESSION | {"tenants.manage", "events.manage", "emergency.ask", "feedback.answer"},
}  # fmt: skip

# What the operator may do in a tenant that let him in for an hour: look, and change nothing.
EMERGENCY = _ALL | _PEOPLE | {"advisers.read", "duty.read", "history.read", "settings.read"}

_GRANTING = {
    Role.CITY_OFFICER: Granting(levels=frozenset({3, 4, 5}), confirmed_by=Role.CITY_OFFICER),
    Role.COUNTY_TEAM: Granting(levels=frozenset({4, 5})),
    Role.FIRM_MANAGER: Granting(by_name=frozenset({Role.FIRM_MANAGER}), own_firm=True),
    Role.SYSTEM_ADMINISTRATOR: Granting(levels=frozenset({1, 2}), confirmed_by=Role.SECURITY_ADMINISTRATOR),
    # Decision 10: at set-up, each of the three where there is none.
    Role.OPERATOR: Granting(by_name=ADMINISTRATORS),
}
_BOUND = {Role.ADVISER: Bound.ADVISER, Role.FIRM_MANAGER: Bound.FIRM}


def _rows() -> dict[Role, Row]:
    rows: dict[Role, Row] = {}
    for line in _TABLE.strip().splitlines():
        name, level, *cells = (part.strip() for part in line.split("|"))
        role = Role(name)
        span = [int(one) for one in re.findall(r"\d", level)]
        rows[role] = Row(
            levels=frozenset(range(span[0], span[-1] + 1) if span else _LEVELS[level]),
            cells=dict(zip(Capability, map(Cell, cells), strict=True)), grants=_GRANTS[role], bound=_BOUND.get(role),
            by_appointment=role not in {Role.ADVISER, Role.RESIDENT, Role.OPERATOR} | ADMINISTRATORS,
            granting=_GRANTING.get(role, Granting()),
        )  # fmt: skip
    return rows


ROLES: Mapping[Role, Row] = _rows()
GRANTS: dict[Role, frozenset[str]] = {role: row.grants for role, row in ROLES.items()}

# Who gives or confirms roles, closes or publishes, takes data out, sees numbers in clear, or runs the platform proves
# himself by a second factor (``rules.SECOND_FACTOR``).
_WEIGHTY = frozenset({
    "people.grant", "people.confirm", "figures.publish", "figures.export", "lists.export", "audit.export",
    "advisers.clear", "duty.close", "settings.set", "policies.set", "tenants.manage", "emergency.ask", "emergency.decide",
})  # fmt: skip
NEEDS_SECOND = frozenset(role for role, grants in GRANTS.items() if grants & _WEIGHTY)

# In the shared schema, outside any tenant.
PLATFORM = frozenset({Role.OPERATOR})

# Held for a place of level 1 or 2 in the province's own schema, even where that place has one of its own.
IN_THE_PROVINCE = (
    frozenset({Role.PROVINCE_LEADER, Role.CITY_OFFICER, Role.FIRM_MANAGER, Role.EVALUATOR}) | ADMINISTRATORS
)

# What nightly work and the delivery of events may do, in every tenant.
SYSTEM = frozenset({"figures.publish", "duty.read", "desk.tell"})

# What everybody may read of a county without signing in: what it published, and nothing else (decision 30).
PUBLIC = frozenset({"public.read", "figures.read"})

# What no token ever carries, whatever was ticked when it was made: giving roles, seeing numbers in clear, making tokens.
# Doors that ask for a fresh proof refuse tokens altogether (``falin.kernel.rest``).
NOT_BY_TOKEN = frozenset(
    {"people.grant", "people.confirm", "advisers.clear", "tenants.manage", "hat.switch", "tokens.own", "account.own",
     "emergency.ask", "emergency.decide"}
)  # fmt: skip

# What is left to everybody while his tenant is suspended.
READS_ONLY = frozenset({"home.read", "places.read", "figures.read", "figures.export", "lists.export", "own.export",
                        "jobs.own", "hat.switch", "advisers.read", "duty.read", "duty.own", "visits.published", "history.read",
                        "people.read", "firm.read", "settings.read", "stations.read", "audit.read", "audit.sums", "notices.own",
                        "comments.join", "calendar.read"})  # fmt: skip


def grades(level: int, *, is_county_body: bool) -> frozenset[int]:
    """The levels a place counts as: a city without counties is a county too."""
    return frozenset({level, 3}) if is_county_body else frozenset({level})


def may_appoint(grantor: Role, role: Role, at: frozenset[int]) -> bool:
    """Whether the *grants* column lets one role appoint another at a place of these grades."""
    granting, row = ROLES[grantor].granting, ROLES[role]
    return role in granting.by_name or (row.by_appointment and bool(granting.levels & row.levels & at))


def looks_after(grantor: Role, role: Role, at: frozenset[int]) -> bool:
    """
    Whether holders of a role are the charge of another: who may appoint or confirm it, and of advisers their county.

    He ends, suspends, resets and recertifies.
    """
    if role == Role.ADVISER:
        return grantor == Role.COUNTY_TEAM
    proposes = [one for one in ROLES if ROLES[one].granting.confirmed_by == grantor]
    return any(may_appoint(one, role, at) for one in {grantor, *proposes})
