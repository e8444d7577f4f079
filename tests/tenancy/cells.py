"""
The role matrix (docs/reference/roles.md), cell by cell: which grants a cell comes to, or the service it waits for.

Written from the matrix as it was agreed (tests/unit/identity/matrix.md) and not from the code. ``reference.MAY`` is made of
it, so that a grant is held by a role only because one of the role's cells, or a line of ``BESIDE``, says so; the tests of
the matrix carry the cells as their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

COLUMNS = ("personal data", "matters", "indicators and targets", "funds", "inspections", "sharing", "grants", "export",
           "audit log")  # fmt: skip

# A cell: its grants; in brackets what is not built yet; – where the matrix says so.
_ROWS = """
province_leader        | figures.read | – | figures.read visits.published settings.read settings.set | (funds) | (inspections) | (sharing) | – | figures.export | audit.sums
city_officer           | figures.read (matters) | (matters) | figures.read visits.published settings.read settings.set | (funds) | (inspections) | (sharing) | people.read people.grant people.confirm | figures.export | history.read
county_team            | advisers.read advisers.register advisers.import advisers.clear | (matters) | figures.read figures.publish visits.published settings.read settings.set | (funds) | (inspections) | (sharing) | people.read people.grant advisers.appoint | lists.export figures.export | history.read
county_finance         | – | – | figures.read | (funds) | – | – | – | (funds) | account.own
street_officer         | advisers.read | (matters) | figures.read visits.published settings.read | (funds) | (inspections) | (sharing) | – | – | account.own
liaison                | advisers.read | (matters) | figures.read settings.read | (funds) | (inspections) | (sharing) | – | – | account.own
adviser                | (matters) | (matters) | figures.read | (funds) | (inspections) | (sharing) | – | own.export | account.own
firm_manager           | firm.read | (matters) | figures.read | (funds) | – | – | people.read people.grant | own.export | history.read
inspector              | (inspections) | (inspections) | – | – | (inspections) | (sharing) | – | (inspections) | –
auditor                | – | – | figures.read visits.published settings.read | (funds) | (inspections) | (sharing) | people.read | audit.export | history.read audit.read
evaluator              | (assessments) | (assessments) | (assessments) | – | – | (sharing) | – | (assessments) | account.own
data_steward           | (sharing) | – | – | – | – | (sharing) | – | (sharing) | (sharing)
resident               | (pages of residents) | (matters) | (pages of residents) | (funds) | (inspections) | (sharing) | (pages of residents) | (pages of residents) | (pages of residents)
system_administrator   | – | – | – | – | – | – | people.read people.grant | – | account.own
security_administrator | – | – | – | – | – | – | people.read people.confirm settings.read settings.set policies.set | – | account.own
audit_administrator    | – | – | – | – | – | – | – | audit.export | history.read audit.read
operator               | emergency.ask | – | – | – | – | (sharing) | – | – | account.own
"""  # noqa: E501 -- a row of the matrix is a line


@dataclass(frozen=True, slots=True)
class Cell:
    role: str
    column: str
    grants: frozenset[str]
    waits_for: str  # what is not built yet

    def __str__(self) -> str:
        return f"{self.role}-{self.column.replace(' ', '_')}"


def _cells() -> tuple[Cell, ...]:
    found = []
    for line in _ROWS.strip().splitlines():
        role, *cells = (part.strip() for part in line.split("|"))
        for column, said in zip(COLUMNS, cells, strict=True):
            waits = re.findall(r"\(([^)]+)\)", said)
            grants = re.sub(r"\([^)]+\)", "", said).replace("–", "").split()
            found.append(Cell(role, column, frozenset(grants), "".join(waits)))
    return tuple(found)


CELLS = _cells()
ROLES = tuple(dict.fromkeys(cell.role for cell in CELLS))
_EVERYBODY = set(ROLES) - {"resident"}
_COUNTY_SIDE = {"county_team", "street_officer", "liaison"}

# What no column speaks of: one's own session and account; places, which are no secret; the roster and the hours of duty, the
# register of stations, which is public and kept by who runs them (R1.4);
# the platform's own works; and what the prose around the matrix says: who lets the operator in, who sees all grants.
BESIDE: dict[str, set[str]] = {
    "home.read": _EVERYBODY,
    "account.own": _EVERYBODY,
    "jobs.own": _EVERYBODY,
    "hat.switch": _EVERYBODY,
    "tokens.own": _EVERYBODY,
    "notices.own": _EVERYBODY,
    "feedback.own": _EVERYBODY,
    "views.own": _EVERYBODY,
    "feedback.answer": {"operator", "system_administrator"},
    "places.read": _EVERYBODY - {"operator"},
    "places.review": {"system_administrator", "security_administrator"},
    "places.update": {"system_administrator"},
    "places.describe": {"county_team", "system_administrator"},
    "places.confirm": {"security_administrator"},
    "duty.read": _COUNTY_SIDE,
    "duty.remind": {"county_team", "street_officer"},
    "duty.post": _COUNTY_SIDE,
    "duty.close": {"county_team"},
    "stations.read": {"province_leader", "city_officer", "auditor"} | _COUNTY_SIDE,
    "stations.keep": {"county_team", "street_officer"},
    "duty.log": {"adviser"},
    "duty.own": {"adviser"},
    "news.write": {"county_team"},
    "calendar.read": _EVERYBODY - {"operator"},
    "comments.join": {"province_leader", "city_officer", "adviser"} | _COUNTY_SIDE,
    "tenants.manage": {"operator"},
    "events.manage": {"operator"},
    "webhooks.manage": {"county_team", "system_administrator"},
    "emergency.decide": {"county_team", "security_administrator"},
    "people.read": {"audit_administrator"},
}

# grant → the columns whose cells speak of it
COLUMNS_OF: dict[str, set[str]] = {}
for _cell in CELLS:
    for _grant in _cell.grants:
        COLUMNS_OF.setdefault(_grant, set()).add(_cell.column)


def holders(grant: str) -> set[str]:
    """The roles that hold a grant: by a cell, or beside the matrix."""
    return {cell.role for cell in CELLS if grant in cell.grants} | BESIDE.get(grant, set())


MAY: dict[str, set[str]] = {grant: holders(grant) for grant in sorted({*chain(COLUMNS_OF, BESIDE)})}
