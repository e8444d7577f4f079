"""
Barriers taken out one by one: the other of its kind still holds. Both taken out: the leak is seen, so this can go red.

Leaks of role and leaks of place are looked for apart: whoever tests the role sits at the right place, whoever tests the
place holds every grant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests import peopled
from tests.tenancy import barriers
from tests.tenancy.conftest import address_of, own_copy
from tests.tenancy.doors import ONLY_FOR, REDIRECTS, Answer, Door, Thing, every_door, knock, shows, things_of, write_of
from tests.tenancy.ground import CAST, Fact, Ground, Reader
from tests.tenancy.matrix import foreign_figures, leaked
from tests.tenancy.reference import WHOLE_REGISTER, may_open

DOORS = [door for door in every_door() if door.grant]
SCOPED = ("street", "liaison", "wenruoxi")  # see part of a county: row security binds them there
ABOVE = ("city", "auditor2", "manager")  # see part of the notice board
# Kinds of rows whose place PostgreSQL itself knows.
BY_PLACE = {"station", "adviser", "appointment", "ended why", "vacancy", "visit", "note", "topic", "voided why"}


def _rightful(ground: Ground, door: Door) -> tuple[Reader, Thing | None] | None:
    """One of the cast who may open the door, with a thing of his own to ask for."""
    asked = things_of(door)
    for label in CAST:
        reader = ground.readers[label]
        if not may_open(reader, door.grant) or reader.role not in ONLY_FOR.get(door.name, {reader.role}):
            continue
        if asked is None:
            return reader, None
        for thing in asked.things(ground):
            right = not door.writes or write_of(door).right(ground, reader, thing)
            if right and asked.may(reader, thing):
                return reader, thing
    return None


def _ask_rightly(ground: Ground, doors: list[Door]) -> Iterator[tuple[Door, Reader, Thing | None, Answer]]:
    for door in doors:
        found = _rightful(ground, door)
        assert found, f"{door}: nobody in the cast has something behind it"
        reader, thing = found
        yield door, reader, thing, knock(ground, reader, door, thing)


# ---- role ------------------------------------------------------------------------------------------------------------
def test_without_the_policy_the_door_refuses_whoever_holds_no_grant(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.grants_taken_away(monkeypatch)
    barriers.policy_removed(monkeypatch)
    wrong = [
        f"{door} by {reader.label}: {answer.status} {answer.touched}"
        for door, reader, _thing, answer in _ask_rightly(ground, DOORS)
        if answer.status != 403 or answer.touched
    ]
    assert not wrong, "\n".join(wrong)


# What stands behind these doors is the asker's own, or public knowledge (the tree of places), and asks for no grant:
# everybody who is signed in holds theirs.
OF_EVERYBODY = {"jobs.own", "home.read", "account.own", "places.read"}
# Whose grant it is to set policies reads these alone, and no target: with every grant given, everybody is that reader.
NARROWED = {"GET api-setting", "GET api-setting-touched", "GET portal:setting"}
# A form that shows nothing, and a file that is the same for all; what is sent through them is a door of its own.
NOTHING_BEHIND = {
    "GET desk:news-new",
    "GET advisers:firm_new", "GET advisers:import_template", "GET figures:home", "GET portal:setup-people", "GET portal:who",
    "GET duty-api:token", "GET api-webhook-events", "GET portal:webhook-new", "GET portal:update-new",
    "GET portal:update-boundary",
    "GET portal:people-template", "GET portal:area-new", "GET portal:describe", "GET portal:describe-template",
    "GET portal:tenant-restore", "GET tenants-api:cells", "GET portal:cells", "GET portal:cells-file",
    "GET portal:cells-change", "GET stations:sheet_template",
    "GET portal:use", "GET api-use",  # how much of what all share the asker's own body has taken
    "GET portal:kept", "GET api-kept",  # how many files and rows of it are over
}  # fmt: skip


# Forms and sheets that know whose they are: what is sent there about a place that is not one's own is no choice, or a row
# that is told by its number, before the policy is asked.
OFFERS_ONLY_OWN = {"POST portal:area-new", "POST portal:describe"}
NOT_GRANTED = "您现在的身份不能做这件事"


def _was_refused(door: Door, answer: Answer) -> bool:
    """By status, or by the sentence at the form or on the next page; and nothing was written."""
    said = door.writes and answer.status in {302, 422} and NOT_GRANTED in answer.text
    said = said or (answer.status == 422 and str(door) in OFFERS_ONLY_OWN)
    return not answer.touched and (answer.status in {403, 404} or said)


def test_without_the_doors_grant_the_policy_refuses_whoever_holds_none(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.grants_taken_away(monkeypatch)
    barriers.door_removed(monkeypatch)
    doors = [door for door in DOORS if door.grant not in OF_EVERYBODY and str(door) not in NOTHING_BEHIND]
    wrong = []
    for door, reader, _thing, answer in _ask_rightly(ground, doors):
        if not _was_refused(door, answer):
            wrong.append(f"{door} by {reader.label}: {answer.status} {answer.touched}")
        shown = {fact.kind for fact in answer.seen} - {"place", "person"}
        if shown and not (shown == {"adviser"} and reader.role == "adviser"):  # his own name stands in the masthead
            wrong.append(f"{door} by {reader.label}: shows {shown}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_without_the_doors_grant_no_other_role_gets_in(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles as they are, at their own places: what one may not open, the policy behind it does not give either."""
    barriers.door_removed(monkeypatch)
    wrong = []
    for label in ("street", "wenruoxi", "auditor3", "city"):
        reader = ground.readers[label]
        for door in DOORS:
            if may_open(reader, door.grant) or str(door) in NOTHING_BEHIND:
                continue
            asked = things_of(door)
            thing = None
            if asked is not None:
                near = sorted(asked.things(ground), key=lambda one: one.relation(reader) not in {"own", "child"})
                thing = near[0]
            answer = knock(ground, reader, door, thing)
            where = f"{label} {door} {dict(thing.parts) if thing else ''}"
            # A page with a form may come: it shows what he sees elsewhere, and what it sends is refused.
            refused = _was_refused(door, answer) or (not door.writes and answer.status == 200)
            if not refused or answer.touched:
                wrong.append(f"{where}: {answer.status} {answer.touched}")
            if foreign := leaked(ground, reader, door, answer):
                wrong.append(f"{where}: shows {', '.join(map(str, foreign[:3]))}")
    assert not wrong, "\n".join(wrong)


def test_without_door_and_policy_whoever_holds_no_grant_gets_everything(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two tests above can go red: with both barriers of role out each reading door opens."""
    barriers.grants_taken_away(monkeypatch)
    barriers.door_and_policy_removed(monkeypatch)
    reading = [door for door in DOORS if not door.writes and door.name not in REDIRECTS]
    # The appointments behind a list ask for one of several grants at once, and not by require.
    closed = [
        f"{door} by {reader.label}: {answer.status}"
        for door, reader, _thing, answer in _ask_rightly(ground, reading)
        if answer.status not in {200, 302}
        # There is nothing to refuse once it was decided, and no export waits for whoever could take none home; whose the
        # doors of an emergency are is asked of the bodies it was for, by role and place.
        and str(door)
        not in {
            "GET portal:emergency-refuse",
            "GET portal:export-refuse",
            "GET portal:emergency-doors",
            "GET api-emergency-doors",
        }
        | NARROWED
    ]
    assert not closed, "\n".join(closed)


# ---- place -----------------------------------------------------------------------------------------------------------
def _foreign_by_place(
    ground: Ground, labels: tuple[str, ...], doors: list[Door], *, every_grant: bool = False
) -> dict[str, list[str]]:
    """Knock for what is not one's own; kind of row → where rows of places out of reach were shown."""
    found: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        reader = ground.readers[label]
        for door in doors:
            if not (every_grant or may_open(reader, door.grant)):
                continue  # the role keeps him out, and the place is not asked
            asked = things_of(door)
            things: list[Thing | None] = [None]
            if asked is not None:
                outside = [thing for thing in asked.things(ground) if not asked.may(reader, thing)]
                things = list({_sort(reader, thing): thing for thing in reversed(outside)}.values())
            for thing in things:
                answer = knock(ground, reader, door, thing, echoes=thing is not None)
                where = f"{label} {door} {dict(thing.parts) if thing else ''}: {answer.status}"
                if answer.status >= 500:
                    found["broken"].append(where)
                for fact in _out_of_place(reader, door, leaked(ground, reader, door, answer)):
                    found[fact.kind].append(f"{where} shows {fact}")
                for place in foreign_figures(ground, reader, answer):
                    if not reader.place.startswith(place):  # what lies above is summed up from what he may see
                        found["figure"].append(where)
    return found


def _sort(reader: Reader, thing: Thing) -> tuple[str, bool, bool]:
    """One of each is asked for: how near, in the same schema or not, served or vacant."""
    same = any(code.startswith(reader.tenant) for code in thing.codes)
    return thing.relation(reader), same, bool(thing.codes & set(peopled.VACANT))


def _out_of_place(reader: Reader, door: Door, facts: list[Fact]) -> list[Fact]:
    if door.name in WHOLE_REGISTER:  # of the province: the role alone keeps others out
        facts = [fact for fact in facts if fact.kind != "adviser"]
    return [fact for fact in facts if fact.kind in BY_PLACE and not reader.reaches(fact.codes)]


READING = [door for door in DOORS if not door.writes]
COUNTY_DOORS = [door for door in READING if door.grant.split(".")[0] in {"advisers", "duty", "home"}]
BOARD_DOORS = [
    door for door in READING if door.grant in {"figures.read", "figures.export", "visits.published", "stations.read"}
]


@pytest.mark.slow
def test_with_every_grant_in_hand_only_what_is_in_reach_is_seen(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Place holds where role is gone: nobody's grants are asked, rows out of reach stay out of sight."""
    barriers.every_grant_given(monkeypatch)
    found = _foreign_by_place(ground, ("street", "wenruoxi", "city"), COUNTY_DOORS + BOARD_DOORS, every_grant=True)
    assert not found, "\n".join(line for lines in found.values() for line in lines)


ROWS = [
    pytest.param(SCOPED, COUNTY_DOORS, id="rows of a county"),
    pytest.param(("street", *ABOVE), BOARD_DOORS, id="rows of the notice board", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("labels", "doors"), ROWS)
def test_without_the_narrowing_row_security_hides(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, labels: tuple[str, ...], doors: list[Door]
) -> None:
    barriers.narrowing_removed(monkeypatch)
    found = _foreign_by_place(ground, labels, doors)
    assert not found, "\n".join(line for lines in found.values() for line in lines)


@pytest.fixture(scope="module")
def _bare_copy(peopled_template: str) -> Iterator[tuple[str, dict[str, Any]]]:
    kept: dict[str, Any] = {}
    with own_copy(peopled_template) as name:
        tables = barriers.row_security_removed(address_of(name))
        assert any("duty_visit" in table for table in tables)
        assert any("indicators_figure" in table for table in tables)
        yield name, kept
        if "ground" in kept:
            kept["ground"].close()


@pytest.fixture
def bare(_bare_copy: tuple[str, dict[str, Any]], opened_copy: Any) -> Iterator[Ground]:
    """The peopled world in which PostgreSQL lets everything through."""
    with opened_copy(_bare_copy) as ground:
        yield ground


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "doors"), ROWS)
def test_without_row_security_the_narrowing_hides(bare: Ground, labels: tuple[str, ...], doors: list[Door]) -> None:
    found = _foreign_by_place(bare, labels, doors)
    assert not found, "\n".join(line for lines in found.values() for line in lines)


@pytest.mark.slow
def test_without_narrowing_and_row_security_the_leak_is_seen(bare: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two tests above can go red, for the county's rows and for the notice board's."""
    barriers.narrowing_removed(monkeypatch)
    county = _foreign_by_place(bare, SCOPED, COUNTY_DOORS)
    assert {"appointment", "vacancy"} <= set(county), sorted(county)
    board = _foreign_by_place(bare, ABOVE, BOARD_DOORS)
    assert {"visit", "figure", "station"} <= set(board), sorted(board)


@pytest.mark.slow
def test_without_narrowing_and_row_security_the_schema_still_parts_tenants(
    bare: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    barriers.narrowing_removed(monkeypatch)
    reader = bare.readers["county"]
    wrong = []
    for door in COUNTY_DOORS:
        asked = things_of(door)
        outside = [thing for thing in asked.things(bare) if not asked.may(reader, thing)] if asked else [None]
        for thing in {thing.relation(reader) if thing else "": thing for thing in outside}.values():
            answer = knock(bare, reader, door, thing, echoes=thing is not None)
            rows = _out_of_place(reader, door, leaked(bare, reader, door, answer))
            if rows:
                wrong.append(f"{door}: shows {rows[0]}")
    assert not wrong, "\n".join(wrong)


def test_every_reading_door_says_what_it_shows() -> None:
    assert all(shows(door) for door in READING)
