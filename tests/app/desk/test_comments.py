"""What is said about a thing: who reads it, who is told, what is kept of it, and how it is taken back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from falin.kernel import crypto, relay
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.models import Appointment
from services.desk import commands, queries
from services.desk.models import Comment
from services.desk.types import CommentInfo, NoticeKind, Talk
from tenants.identity.api import Role, create_person, grant_role, system_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import GEM, SPRING, VILLAGE, Adviser, engage, log, without
from tests.world import NOW, World


def _say(
    scope: Scope, kind: str, subject: object, text: str = "请核实一下", tell: tuple[int, ...] = (), now: datetime = NOW
) -> CommentInfo:  # fmt: skip
    with inside(scope, read_only=False):
        return commands.write_comment(scope=scope, kind=kind, subject_id=str(subject), text=text, tell=tell, now=now)


def _talk(scope: Scope, kind: str, subject: object) -> Talk:
    with inside(scope, read_only=True):
        return queries.get_talk(scope=scope, kind=kind, subject_id=str(subject), now=NOW)


def _texts(scope: Scope, kind: str, subject: object) -> list[str]:
    return [one.text for one in _talk(scope, kind, subject).comments]


def _relay(world: World) -> None:
    system = system_of(find_by_schema(world.schema("330106")))
    relay.drain({system.schema: system}, clock=lambda: NOW)


def _notices(scope: Scope) -> list[str]:
    with inside(scope, read_only=True):
        rows = queries.list_notices(scope=scope).rows
    return [one.sentence for one in rows if one.kind == NoticeKind.MENTIONED]


def _cannot_see(scope: Scope, kind: str, subject: object) -> bool:
    with pytest.raises(Missing) as missing:
        _talk(scope, kind, subject)
    with pytest.raises(Missing):
        _say(scope, kind, subject)
    return missing.value.code == "desk.no_such_thing"


@pytest.fixture
def adviser(world: World) -> Adviser:
    """He serves a village of one street and a community of another, in one county."""
    return engage(world)


def test_who_may_see_an_adviser_reads_what_is_said_of_him_and_nobody_else(world: World, adviser: Adviser) -> None:
    _say(world.scope("county"), "adviser", adviser.id)
    for name in ("county", "street", "street2", "liaison"):
        assert _texts(world.scope(name), "adviser", adviser.id) == ["请核实一下"]
    assert _cannot_see(adviser.scope(world), "adviser", adviser.id)
    assert _cannot_see(world.scope("leader"), "adviser", adviser.id)
    assert _cannot_see(world.scope("county2"), "adviser", adviser.id)


def test_a_county_that_shares_an_adviser_reads_nothing_of_what_another_says(world: World) -> None:
    adviser = engage(world, places=(("county", VILLAGE), ("county2", SPRING)))
    _say(world.scope("county"), "adviser", adviser.id)
    assert _texts(world.scope("county2"), "adviser", adviser.id) == []


def test_an_appointment_is_spoken_about_in_its_street_and_county(world: World, adviser: Adviser) -> None:
    county = world.scope("county")
    with inside(county, read_only=True):
        item = Appointment.objects.in_scope(county).get(node_id=world.node(VILLAGE))
    _say(world.scope("street"), "appointment", item.id)
    talk = _talk(county, "appointment", item.id)
    assert (talk.thing.title, len(talk.comments)) == ("陆知微在湖埠村的聘任", 1)
    assert _cannot_see(world.scope("street2"), "appointment", item.id)
    assert _cannot_see(adviser.scope(world), "appointment", item.id)


def test_a_visit_is_spoken_about_by_its_adviser_and_the_officials_of_its_place(world: World, adviser: Adviser) -> None:
    visit = log(world, adviser.scope(world))
    other = engage(world, "顾听澜", username="gutinglan", number=2, places=(("county", VILLAGE),))
    _say(world.scope("street"), "visit", visit.id, "协议有几份？")
    _say(adviser.scope(world), "visit", visit.id, "三份。", now=NOW + timedelta(minutes=1))
    assert _texts(world.scope("county"), "visit", visit.id) == ["协议有几份？", "三份。"]
    assert _cannot_see(world.scope("street2"), "visit", visit.id)
    assert _cannot_see(world.scope("liaison"), "visit", visit.id)  # who reads no single visits
    assert _cannot_see(other.scope(world), "visit", visit.id)


def test_a_place_is_spoken_about_by_those_who_are_there_for_it(world: World, adviser: Adviser) -> None:
    node = world.node(VILLAGE)
    _say(world.scope("liaison"), "division", node)
    for name in ("street", "county"):
        assert _texts(world.scope(name), "division", node) == ["请核实一下"]
    assert _texts(world.scope("leader"), "division", node) == []  # he sees the place; the county's talk is the county's
    for name in ("street2", "county2"):
        assert _cannot_see(world.scope(name), "division", node)
    assert _cannot_see(adviser.scope(world), "division", node)
    assert _cannot_see(world.scope("liaison"), "division", world.node("330106109"))


def test_above_the_counties_places_are_spoken_about_in_the_provinces_own_schema(world: World) -> None:
    city, county = world.scope("city"), world.node("330106")
    said = _say(world.scope("leader"), "division", county, tell=(city.person_id,))
    assert said.told == ("陆远舟",)
    assert _texts(city, "division", county) == ["请核实一下"]
    assert _texts(world.scope("county"), "division", county) == []
    assert _cannot_see(world.scope("city2"), "division", county)


@pytest.mark.parametrize(("kind", "subject"), [
    ("adviser", "nobody"), ("adviser", uuid.UUID(int=5)), ("visit", uuid.UUID(int=5)), ("appointment", uuid.UUID(int=5)),
    ("division", "99999999"), ("division", "x"), ("division", "9" * 30), ("division", "-1"),
    ("person", "1"), ("job", uuid.UUID(int=5)),
])  # fmt: skip
def test_of_what_is_not_there_nothing_is_said(world: World, kind: str, subject: object) -> None:
    assert _cannot_see(world.scope("county"), kind, subject)


def test_whom_a_comment_names_is_told_once_and_not_what_it_says(world: World, adviser: Adviser) -> None:
    street, county = world.scope("street"), world.scope("county")
    said = _say(county, "adviser", adviser.id, "他的考试证书请再看一眼", (street.person_id,))
    assert said.told == ("何淑兰",)
    for _again in range(2):
        with inside(county, read_only=False):
            OutboxEvent.objects.filter(event="desk.comment.written").update(delivered_at=None)
        _relay(world)
    assert _notices(street) == ["叶明远在“陆知微”的评论里提到了您。"]
    assert _notices(world.scope("street2")) == _notices(county) == []


def test_named_is_only_who_may_see_the_thing_and_never_oneself(world: World, adviser: Adviser) -> None:
    visit = log(world, adviser.scope(world))
    county = world.scope("county")
    readers = {one.person_id for one in _talk(county, "visit", visit.id).thing.readers}
    assert readers == {world.scope("street").person_id, adviser.scope(world).person_id}
    for name in ("street2", "liaison", "county2", "leader", "county"):
        with pytest.raises(Invalid) as refused:
            _say(county, "visit", visit.id, tell=(world.scope(name).person_id,))
        assert (refused.value.code, refused.value.field) == ("desk.cannot_tell", "tell")
    with inside(county, read_only=True):
        assert not Comment.objects.exists()


def test_who_can_be_named_can_see_the_thing(world: World, adviser: Adviser) -> None:
    """The list of readers is made from roles; each of them is asked for the thing itself."""
    visit = log(world, adviser.scope(world))
    scopes = {scope.person_id: scope for name in ("county", "street", "street2", "liaison", "leader", "city")
              for scope in [world.scope(name)]} | {adviser.scope(world).person_id: adviser.scope(world)}  # fmt: skip
    asked = [
        ("adviser", adviser.id),
        ("visit", visit.id),
        ("division", world.node(VILLAGE)),
        ("division", world.node(GEM)),
    ]
    for kind, subject in asked:
        for reader in _talk(world.scope("county"), kind, subject).thing.readers:
            assert _talk(scopes[reader.person_id], kind, subject).thing.id == str(subject)


def test_who_left_or_is_shut_out_can_no_longer_be_named(world: World, adviser: Adviser) -> None:
    from tenants.identity.models import Person

    street = world.scope("street")
    Person.objects.filter(id=street.person_id).update(is_active=False)
    assert street.person_id not in {
        one.person_id for one in _talk(world.scope("county"), "adviser", adviser.id).thing.readers
    }


@pytest.mark.parametrize(("text", "code"), [
    ("  ", "desk.comment_empty"), ("字" * 501, "desk.comment_too_long"), ("打 13912345678 问他", "desk.comment_with_numbers"),
    ("33010619900101123X", "desk.comment_with_numbers"),
])  # fmt: skip
def test_nobodys_number_is_taken_and_a_refusal_leaves_nothing(
    world: World, adviser: Adviser, text: str, code: str
) -> None:  # fmt: skip
    county = world.scope("county")
    with pytest.raises(Invalid) as refused:
        _say(county, "adviser", adviser.id, text)
    assert (refused.value.code, refused.value.field) == (code, "text")
    with inside(county, read_only=True):
        assert not Comment.objects.exists()
        assert not AuditEntry.objects.filter(act="desk.comment.written").exists()
        assert not OutboxEvent.objects.filter(event="desk.comment.written").exists()


def test_the_words_stand_nowhere_in_clear(world: World, adviser: Adviser) -> None:
    county = world.scope("county")
    said = _say(county, "adviser", adviser.id, "他的考试证书请再看一眼")
    with inside(county, read_only=True):
        row = Comment.objects.get()
        booked = list(AuditEntry.objects.filter(act="desk.comment.written").values_list("subject_kind", "after"))
        told = list(OutboxEvent.objects.filter(event="desk.comment.written").values_list("payload", flat=True))
    assert "证书".encode() not in bytes(row.text_sealed) and "证书" not in f"{booked}{told}"
    assert booked == [("adviser", {"told": 0})]
    assert said.text == "他的考试证书请再看一眼"
    assert "desk_comment" in {column.table for column in crypto.declared()}


def test_ones_own_is_taken_back_its_words_go_and_that_it_was_there_stays(world: World, adviser: Adviser) -> None:
    county, street = world.scope("county"), world.scope("street")
    said = _say(county, "adviser", adviser.id, tell=(street.person_id,))
    _relay(world)
    assert len(_notices(street)) == 1
    with pytest.raises(Missing), inside(street, read_only=False):
        commands.take_back_comment(scope=street, comment_id=said.id, now=NOW)
    with inside(county, read_only=False):
        assert commands.take_back_comment(scope=county, comment_id=said.id, now=NOW) == ("adviser", str(adviser.id))
    with pytest.raises(Refused), inside(county, read_only=False):
        commands.take_back_comment(scope=county, comment_id=said.id, now=NOW)
    _relay(world)
    (row,) = _talk(street, "adviser", adviser.id).comments
    assert (row.text, row.taken_back_at, row.name) == ("", NOW, "叶明远")
    assert _notices(street) == []
    with inside(county, read_only=True):
        acts = AuditEntry.objects.filter(act__startswith="desk.comment.").order_by("id")
        assert list(acts.values_list("act", flat=True)) == ["desk.comment.written", "desk.comment.taken_back"]


def test_a_comment_without_words_is_one_that_was_taken_back(world: World, adviser: Adviser) -> None:
    county = world.scope("county")
    _say(county, "adviser", adviser.id)
    with pytest.raises(IntegrityError), inside(county, read_only=False):
        Comment.objects.update(text_sealed=b"")


def test_without_the_grant_nothing_is_read_or_written(world: World, adviser: Adviser) -> None:
    scope = without(world.scope("county"), "comments.join")
    calls: list[Any] = [
        lambda: _talk(scope, "adviser", adviser.id), lambda: _say(scope, "adviser", adviser.id),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_a_program_is_nobody_to_be_told(world: World, adviser: Adviser) -> None:
    from tenants.identity.models import Person, ServiceAccount

    system = system_of(None)
    with inside(system, read_only=False):
        made = create_person(scope=system, username="program", name="取数", password=None, now=NOW)
        grant_role(scope=system, person_id=made.id, role=Role.STREET_OFFICER, node_id=world.node("330106109"), reason="测试",
                   now=NOW)  # fmt: skip
    owner = Person.objects.get(id=world.scope("street").person_id)
    ServiceAccount.objects.create(person_id=made.id, owner=owner, purpose="取数", review_by=NOW.date())
    assert made.id not in {
        one.person_id for one in _talk(world.scope("county"), "division", world.node(VILLAGE)).thing.readers
    }
