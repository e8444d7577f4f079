"""Which grants a role holds, at which level it is given, and how far it reaches. Grants are opened by doors and policies."""

from __future__ import annotations

from tenants.identity.types import Role

# Everybody who is signed in with a role.
_ALL = frozenset({"home.read", "places.read", "figures.read", "jobs.own", "hat.switch"})

GRANTS: dict[Role, frozenset[str]] = {
    Role.PROVINCE_LEADER: _ALL | {"figures.export", "visits.published", "history.read"},
    Role.CITY_OFFICER: _ALL | {"figures.export", "visits.published", "history.read"},
    Role.COUNTY_TEAM: _ALL
    | {
        "advisers.read", "advisers.register", "advisers.import", "advisers.appoint", "duty.read", "duty.close",
        "duty.remind",
        "figures.publish", "figures.export", "visits.published", "history.read", "people.read",
    },
    Role.STREET_OFFICER: _ALL | {"advisers.read", "duty.read", "duty.remind", "visits.published"},
    Role.LIAISON: _ALL | {"advisers.read", "duty.read"},
    Role.ADVISER: _ALL | {"duty.log", "duty.own"},
    Role.FIRM_MANAGER: _ALL | {"firm.read"},
    Role.AUDITOR: _ALL
    | {"figures.export", "visits.published", "history.read", "audit.read", "audit.export"},
    # He runs the platform; what is in it is not his, figures neither.
    Role.OPERATOR: _ALL - {"places.read", "figures.read"} | {"tenants.manage", "events.manage"},
}  # fmt: skip

# The levels of the place a role may be given for (design: identity). Auditors sit at levels 1 to 3.
LEVELS: dict[Role, frozenset[int]] = {
    Role.PROVINCE_LEADER: frozenset({1}),
    Role.CITY_OFFICER: frozenset({2}),
    Role.COUNTY_TEAM: frozenset({2, 3}),
    Role.STREET_OFFICER: frozenset({4}),
    Role.LIAISON: frozenset({5}),
    Role.ADVISER: frozenset({5}),
    Role.FIRM_MANAGER: frozenset({1}),
    Role.AUDITOR: frozenset({1, 2, 3}),
    Role.OPERATOR: frozenset({1}),
}

# Roles whose rows are their own only: the binding names the firm or the adviser.
OF_A_SUBJECT = frozenset({Role.ADVISER, Role.FIRM_MANAGER})

# In the shared schema, outside any tenant.
PLATFORM = frozenset({Role.OPERATOR})

# What nightly work and the delivery of events may do, in every tenant.
SYSTEM = frozenset({"figures.publish", "duty.read"})

# What is left to everybody while his tenant is suspended.
READS_ONLY = frozenset({"home.read", "places.read", "figures.read", "figures.export", "jobs.own", "hat.switch", "advisers.read",
                        "duty.read", "duty.own", "visits.published", "history.read", "people.read",
                        "firm.read", "audit.read"})  # fmt: skip
