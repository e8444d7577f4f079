"""
Every page that shows a booked thing leads to what was booked of it, for whoever may read that.

Pages come from the live list of addresses: a new one is asked from the day it has an address. Whoever stands on a form that
does one act on a thing came from the thing's own page, and goes back there.
"""

from __future__ import annotations

import re

import pytest

from falin.portal.acts import KINDS
from tests.tenancy.doors import Door, Thing, address, every_door, things_of
from tests.tenancy.ground import CAST, Ground, Reader
from tests.tenancy.matrix import picked
from tests.tenancy.reference import may_open

# Under which kind a thing is booked that an address names by such a part; the first part that is here counts.
BOOKED_AS = {
    "adviser_id": "adviser", "appointment_id": "adviser", "area_id": "area", "binding_id": "binding",
    "emergency_id": "emergency", "endpoint_id": "webhook", "import_id": "import", "node_id": "division",
    "number": "news", "station_id": "station",
    "person_id": "person", "tenant_id": "tenant", "update_id": "update", "visit_id": "visit",
    "kind": "",  # the address names it itself
}  # fmt: skip
NOT_BOOKED = {
    "archive_id": "booked with its body", "deed_id": "booked with its body", "merge_id": "booked with both people",
    "one_id": "two people, of whom nothing was done yet", "proposal": "booked with the person",
    "file_id": "what is fetched is no page", "job_id": "what a task does is booked with what it does it to",
    "key": "a setting has one history a place: each statement on the page leads to its own", "name": "a list",
    "sheet_id": "booked as a file; what it enters, with each station",
    "page": "the views of a list", "purpose": "one's own address",
}  # fmt: skip
WITHOUT = {
    "figures:screen": "hangs on a wall, where nobody presses anything",
    "portal:help-topic": "its key is a chapter's",
    "portal:history-of": "is the history",
}
FORMS = {door.name for door in every_door() if door.method == "POST"}


def _pages() -> list[Door]:
    return [door for door in every_door() if door.method == "GET" and door.grant and not door.api and door.parameters]


def _kind(door: Door) -> str | None:
    return next((BOOKED_AS[part] for part in door.parameters if part in BOOKED_AS), None)


def _asked(door: Door, ground: Ground, reader: Reader) -> Thing | None:
    """The first thing within the reader's own places that he may have."""
    asked = things_of(door)
    assert asked is not None
    things = (thing for _, thing in picked(asked, ground, reader, 1) if asked.may(reader, thing))
    return next((thing for thing in things if reader.reaches(thing.codes)), None)


def test_every_part_of_an_address_is_known_as_a_booked_thing_or_as_none() -> None:
    parts = {part for door in _pages() for part in door.parameters}
    assert parts - BOOKED_AS.keys() - NOT_BOOKED.keys() == {
        "other_id",
        "change_id",
        "member_id",
        "subject_id",
    }  # seconds
    assert set(BOOKED_AS.values()) - {""} <= KINDS.keys()


@pytest.mark.parametrize("label", CAST)
def test_a_page_of_a_thing_leads_to_its_history_for_who_reads_that_and_for_nobody_else(
    label: str, ground: Ground
) -> None:
    reader, wrong, found = ground.readers[label], [], 0
    client = ground.client(reader)
    for door in _pages():
        if _kind(door) is None or door.name in FORMS | WITHOUT.keys() or not may_open(reader, door.grant):
            continue
        thing = _asked(door, ground, reader)
        answer = client.get(address(door, thing)) if thing else None
        if not thing or not answer or answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        kind = _kind(door) or str(thing.parts["kind"])
        links = re.findall(rf'href="(/history/{kind}/[^/"]+/)"', answer.content.decode())
        if may_open(reader, "history.read") and (reader.role != "firm_manager" or kind == "person"):
            found += 1
            wrong += [] if links else [f"{door}: no way to the history"]
            wrong += [f"{door}: {link} does not answer" for link in links if client.get(link).status_code != 200]
        else:  # a firm's manager reads what was booked of his firm's people alone
            wrong += [f"{door}: {link} is not his to read" for link in links]
    assert not wrong, "\n".join(wrong)
    assert found or not may_open(reader, "history.read")
