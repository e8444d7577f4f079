"""
Who may open and see what, said once more and on its own: from the design of roles (``cells.py``), not from the code.

Slow and explicit on purpose. A grant given to one more role, or an answer that shows a kind of row to one more role, is
right only after somebody has changed this page too.
"""

from __future__ import annotations

import re

from tests.peopled import PROGRAMS
from tests.tenancy.cells import MAY
from tests.tenancy.ground import Fact, Reader

_COUNTY_SIDE = {"county_team", "street_officer", "liaison"}


def may_open(reader: Reader, grant: str) -> bool:
    """:raises KeyError: for a grant nobody has said yet who may hold it."""
    if grant not in MAY:
        raise KeyError(f"say in tests/tenancy/cells.py which roles may hold the grant {grant!r}")
    return reader.role in MAY[grant]


# Places themselves are no secret: whoever works here may look at the whole tree.
TREE = {"portal:places", "portal:place", "places-api:search", "places-api:place", "portal:areas", "portal:area",
        "places-api:areas", "places-api:area"}  # fmt: skip
# An update of places names who prepared, submitted and confirmed it.
UPDATES = {"portal:updates", "portal:update", "portal:update-report"}

# Where the county's team looks for somebody to appoint it sees the whole province's register of advisers, by name.
WHOLE_REGISTER = {
    "advisers:choose", "advisers:appoint", "advisers:replace", "advisers-api:candidates", "advisers-api:appointments",
    "advisers-api:replace",
}  # fmt: skip

# Where everything booked in a tenant is read.
HISTORIES = {"portal:history", "portal:history-of", "portal:audit", "api-audit", "api-history", "api-history-of"}


# Where an adviser's numbers are shown in clear: to the team of a county that entered him or that he serves, and in the
# copy he takes of his own data.
CLEAR = {"advisers:numbers", "advisers-api:numbers", "portal:own-data", "api-own-data"}


# Where the operator and who let him in, or did not, stand with their names for each other.
EMERGENCIES = {
    "portal:emergencies", "portal:emergency-ask", "portal:emergency-refuse", "portal:emergency-doors", "api-emergencies",
    "api-emergencies-here", "api-emergency-decision", "api-emergency-end",
}  # fmt: skip


def _in_the_emergency(reader: Reader, fact: Fact) -> bool:
    """He asked and they decided: the operator himself, and in 上城区 its team."""
    return reader.role in MAY["emergency.ask"] | MAY["emergency.decide"] and (
        fact.schema == "operator" or (fact.schema == "county2" and reader.role != "county_team")
    )


# What everybody may read, signed in or not: places, and by name who serves one now, with his firm.
PUBLIC = {
    "portal:public", "portal:public-home", "portal:public-places", "portal:public-community", "portal:public-figures",
    "portal:public-text", "portal:public-site-map", "portal:public-addresses", "portal:addresses", "api-public",
    "api-public-communities", "api-public-community", "api-public-figures", "portal:public-here", "api-public-near",
    "portal:public-stations", "portal:public-stations-here", "api-public-stations", "api-public-stations-near",
    "portal:public-map", "portal:public-map-street",
    "portal:public-news", "portal:public-news-one", "portal:public-feed", "api-public-news", "api-public-news-one",
}  # fmt: skip


def _published(fact: Fact) -> bool:
    named = fact.kind in {"adviser", "firm", "station"} and not re.fullmatch(r"[0-9a-f-]{36}", fact.word)
    return fact.kind == "place" or (named and bool(fact.codes))


def may_see(reader: Reader, fact: Fact, door: str = "") -> bool:
    """Whether a row may stand in an answer to this reader."""
    if door in PUBLIC:
        return _published(fact)
    if reader.role == "nobody" or fact.kind == "payload":
        return False
    if fact.kind == "secret" and door not in CLEAR:
        return False
    if door in EMERGENCIES and fact.kind == "person" and _in_the_emergency(reader, fact):
        return True
    if reader.role == "operator":
        # He provisions counties and enters officials, and so reads names of places; what is in them is not his.
        named = door == "portal:setup-people" or min(map(len, fact.codes), default=9) <= 6
        return (
            (fact.kind == "place" and named)
            or _own(reader, fact)
            or (fact.kind in {"job", "token"} and _job(reader, fact, door))
        )
    return _own(reader, fact) or _BY_KIND[fact.kind](reader, fact, door)


def _own(reader: Reader, fact: Fact) -> bool:
    return fact.kind == "person" and fact.schema == reader.username


def _place(reader: Reader, fact: Fact, door: str) -> bool:
    (code,) = fact.codes
    if door in TREE and reader.role in MAY["places.read"]:
        return True
    if reader.role in {"adviser", "firm_manager"}:
        return any(place.startswith(code) for place in reader.served)
    return reader.reaches(fact.codes) or any(root.startswith(code) for root in reader.roots)


def _works_here(reader: Reader, fact: Fact) -> bool:
    """On the county's side, in the county whose schema holds the row, for a place within reach."""
    return reader.role in _COUNTY_SIDE and reader.reaches(fact.codes)


def _is_his(reader: Reader, fact: Fact) -> bool:
    return reader.role == "adviser" and reader.adviser in fact.advisers


def _is_his_here(reader: Reader, fact: Fact) -> bool:
    return _is_his(reader, fact) and reader.reaches(fact.codes)


def _reads_history(reader: Reader, fact: Fact) -> bool:
    """
    What was booked in the tenant one works in, for a place within reach: a county's book, or the province's own. A firm's
    manager reads who was given its roles, and no such word stands there.
    """
    return reader.role in MAY["history.read"] - {"firm_manager"} and reader.reaches(fact.codes)


def _adviser(reader: Reader, fact: Fact, door: str) -> bool:
    if _is_his(reader, fact):
        return True
    if door in REGISTER and reader.role in MAY["people.read"] and reader.reaches(fact.codes):
        return True
    if reader.role == "firm_manager":
        return fact.firm == reader.firm
    if reader.role == "county_team" and door in WHOLE_REGISTER:
        return True
    entered_here = fact.county == reader.place and reader.role in {"county_team", "auditor"}
    if reader.role == "liaison":
        return reader.reaches(fact.codes)
    return entered_here or (reader.role in MAY["visits.published"] and reader.reaches(fact.codes))


def _firm(reader: Reader, fact: Fact, door: str) -> bool:
    if door in REGISTER | SEEN and reader.role in MAY["people.read"] and reader.reaches({"33"}):
        return True  # whose manager somebody is
    if reader.role in {"adviser", "firm_manager"}:
        return fact.firm == reader.firm
    # The register of firms is the province's, and public knowledge among those who work with it.
    return reader.role in _COUNTY_SIDE or (reader.role == "auditor" and reader.place in fact.codes)


def _appointment(reader: Reader, fact: Fact, door: str) -> bool:
    spoken_of = door in HISTORIES and _county_book(reader, fact)
    return spoken_of or _works_here(reader, fact) or _is_his_here(reader, fact)


def _ended(reader: Reader, fact: Fact, _door: str) -> bool:
    return _works_here(reader, fact) or _county_book(reader, fact)


def _county_book(reader: Reader, fact: Fact) -> bool:
    """The county's own history, read by its team and its auditor."""
    return _reads_history(reader, fact) and len(reader.tenant) == 6


def _vacancy(reader: Reader, fact: Fact, _door: str) -> bool:
    return _works_here(reader, fact) or _county_book(reader, fact)


def _station(reader: Reader, fact: Fact, _door: str) -> bool:
    """The register of one's own places; levels above read it of all their counties."""
    return (reader.role in MAY["stations.read"] and reader.reaches(fact.codes)) or _county_book(reader, fact)


def _visit(reader: Reader, fact: Fact, _door: str) -> bool:
    if reader.role == "firm_manager":
        return fact.firm == reader.firm
    if _is_his(reader, fact) or _county_book(reader, fact):
        return True
    return reader.role in MAY["visits.published"] and reader.reaches(fact.codes)


def _written(reader: Reader, fact: Fact, _door: str) -> bool:
    """What the adviser wrote of a visit stays between him and his county's book."""
    return _is_his_here(reader, fact)


def _voided(reader: Reader, fact: Fact, _door: str) -> bool:
    return _is_his_here(reader, fact) or _county_book(reader, fact)


def _photo(reader: Reader, fact: Fact, _door: str) -> bool:
    return _is_his_here(reader, fact) or _works_here(reader, fact)


def _sheet(reader: Reader, fact: Fact, door: str) -> bool:
    if reader.role == "county_team":
        return reader.reaches(fact.codes)
    return door in HISTORIES and _county_book(reader, fact)  # that there was one


def _sheet_file(reader: Reader, fact: Fact, _door: str) -> bool:
    """Numbers of people in clear: with who brought them, and not with his colleagues."""
    return reader.role == "county_team" and reader.person == fact.person


def _station_sheet(reader: Reader, fact: Fact, door: str) -> bool:
    """Who put it there; that there was one stands in the county's book."""
    return reader.person == fact.person or (door in HISTORIES and _county_book(reader, fact))


# Where a second person reads what his colleague asks to export.
HELD = {"portal:exports", "portal:export-confirm", "portal:export-refuse", "api-exports"}


def _held(reader: Reader, fact: Fact, door: str) -> bool:
    """Who asked, everywhere; of his county's team whoever says yes or no."""
    return _job(reader, fact, door) or (
        door in HELD and reader.role in MAY["lists.export"] and fact.schema == reader.schema
    )


def _job(reader: Reader, fact: Fact, _door: str) -> bool:
    return fact.person == reader.person and fact.schema == reader.schema


def _why(reader: Reader, fact: Fact, _door: str) -> bool:
    return fact.schema == reader.schema and _reads_history(reader, fact)


def _run(reader: Reader, fact: Fact, _door: str) -> bool:
    return (reader.role == "county_team" and reader.reaches(fact.codes)) or _county_book(reader, fact)


# Where things are spoken about, their readers stand by name for each other: those above the place and those below it.
TALKS = {"desk:comments", "desk-api:comments", "desk:comment-take-back", "portal:history-of"}


def _said_on_adviser(reader: Reader, fact: Fact, door: str) -> bool:
    return fact.schema == reader.schema and reader.role in _COUNTY_SIDE and _adviser(reader, fact, door)


def _said_on_appointment(reader: Reader, fact: Fact, _door: str) -> bool:
    return fact.schema == reader.schema and _works_here(reader, fact)


def _said_on_visit(reader: Reader, fact: Fact, _door: str) -> bool:
    official = reader.role in {"county_team", "street_officer"} and reader.reaches(fact.codes)
    return fact.schema == reader.schema and (_is_his_here(reader, fact) or official)


def _said_on_place(reader: Reader, fact: Fact, _door: str) -> bool:
    joins = reader.role in MAY["comments.join"] - {"adviser"}
    return fact.schema == reader.schema and joins and reader.reaches(fact.codes)


# Pages and answers that list people and their roles.
REGISTER = {
    "portal:search", "api-search",
    "portal:people", "portal:person", "portal:person-new", "portal:grant", "portal:rights", "portal:who",
    "portal:person-correct", "portal:person-decline", "people-api:correct",
    "portal:hand-over", "portal:person-suspend", "portal:person-reinstate", "portal:person-reset", "portal:binding-end",
    "portal:deputy", "portal:proposals", "portal:proposal-refuse", "portal:proposal-confirm", "portal:review",
    "people-api:people", "people-api:person", "people-api:roles", "people-api:role", "people-api:rights",
    "people-api:who", "people-api:hand-over", "people-api:suspension", "people-api:password", "people-api:proposals",
    "people-api:confirm", "people-api:refuse", "people-api:review", "portal:accounts", "portal:account",
    "portal:account-new", "portal:account-owner", "portal:account-review", "portal:account-end", "people-api:accounts",
    "people-api:account", "people-api:account-owner", "people-api:account-review", "portal:same", "portal:pair",
    "portal:people-sheet", "portal:people-sheet-enter",
    "portal:merge-confirm", "portal:merge-refuse", "portal:person-leave", "portal:person-erase", "people-api:same",
    "people-api:merges", "people-api:merge-confirm", "people-api:merge-refuse", "people-api:leaving",
    "people-api:contacts", "portal:person-factors", "people-api:factors",
}  # fmt: skip


# Who could have seen a thing: of those who hold a role in reach, and who is known to have looked.
SEEN = {"portal:seen", "api-seen"}


def in_register(reader: Reader, fact: Fact) -> bool:
    """A person who holds a role in reach, or of one's own firm."""
    if reader.role == "firm_manager":
        return fact.firm == reader.firm
    return reader.reaches(fact.codes)


def _proposal(reader: Reader, fact: Fact, _door: str) -> bool:
    return reader.role in MAY["people.read"] - {"firm_manager"} and reader.reaches(fact.codes)


def _person(reader: Reader, fact: Fact, door: str) -> bool:
    """
    Who answers for a program finds it where he makes tokens.

    Officials are named where they acted: in the history of one's own tenant, and beside a month they closed.

    Where roles are shown: who holds one in reach, and who gave it. To an adviser: who saw his numbers.
    """
    if door in {"portal:audit-shared", "api-audit-shared"}:
        return reader.role in MAY["audit.read"] and reader.place == "33"
    if door in {"portal:token-new", "api-token-bindings"} and fact.schema in PROGRAMS:
        return PROGRAMS[fact.schema][2] == reader.username
    if door in REGISTER and reader.role in MAY["people.read"]:
        return in_register(reader, fact) or (reader.role != "firm_manager" and reader.reaches(fact.gave))
    if door in SEEN and (in_register(reader, fact) or reader.reaches(fact.gave)):
        return reader.role in MAY["audit.read"]
    if door in UPDATES:
        return reader.role in MAY["places.review"]
    if door in TALKS and reader.role in MAY["comments.join"]:
        above = any(root.startswith(code) for root in reader.roots for code in fact.codes)
        if above or reader.reaches(fact.codes):
            return True
    if reader.role == "firm_manager":  # who gave, took or looked through a role of his firm's
        return door in HISTORIES and fact.person in reader.met and reader.reaches(fact.gave)
    return reader.role in MAY["history.read"] | {"adviser"} and fact.person in reader.met


def _secret(reader: Reader, fact: Fact, _door: str) -> bool:
    return _is_his(reader, fact) or (
        reader.role == "county_team" and (fact.county == reader.place or reader.reaches(fact.codes))
    )


def _seen(reader: Reader, fact: Fact, _door: str) -> bool:
    """Why somebody saw numbers: told to the adviser wherever it was, and booked in that county."""
    return _is_his(reader, fact) or _county_book(reader, fact)


def _webhook(reader: Reader, fact: Fact, _door: str) -> bool:
    """A body's receivers: read by who manages them, and by name in the body's own book."""
    return fact.schema == reader.schema and (reader.role in MAY["webhooks.manage"] or _reads_history(reader, fact))


_BY_KIND = {
    "place": _place, "adviser": _adviser, "firm": _firm, "appointment": _appointment, "ended why": _ended,
    "vacancy": _vacancy, "visit": _visit, "station": _station, "closed station": _station, "closed why": _station,
    "note": _written, "topic": _written, "voided why": _voided, "photo": _photo,
    "sheet": _sheet, "sheet file": _sheet_file, "station sheet": _station_sheet,
    "station sheet file": _station_sheet, "job": _job, "held": _held, "why": _why, "run": _run, "person": _person,
    "proposal": _proposal,
    "comment on adviser": _said_on_adviser, "comment on appointment": _said_on_appointment,
    "comment on visit": _said_on_visit, "comment on division": _said_on_place,
    "secret": _secret, "seen": _seen, "token": _job, "webhook": _webhook,
}  # fmt: skip
