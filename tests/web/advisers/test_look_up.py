"""Somebody is found by his whole number on one's own list: by a form, booked without the number, and counted by A1."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from falin.kernel.audit import alarms
from falin.kernel.models import AuditEntry, IdempotencyKey
from falin.kernel.transactions import inside
from services.advisers.models import Adviser
from services.advisers.rules.numbers import check_character
from tests.app.advisers.office import Office
from tests.app.audit.logs import settled
from tests.world import NOW, World

NUMBER = "33010619850101001" + check_character("33010619850101001")
PHONE = "13812340001"  # of the office's first adviser
PAGE, API = "/advisers/number/", "/api/v1/advisers/number/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def adviser(world: World, office: Office) -> Any:
    from services.advisers.commands import correct_identity

    made, scope = office.adviser("何叙"), world.scope("county")
    with inside(scope, read_only=False):
        return correct_identity(scope=scope, adviser_id=made.id, id_number=NUMBER, why="核对身份证", now=NOW)


def looks(world: World, by: str = "county") -> list[tuple[str, Any, str]]:
    with inside(world.scope(by), read_only=True):
        rows = AuditEntry.objects.filter(act="advisers.number.looked_up").order_by("id")
        return [(f"{row.subject_kind}:{row.subject_id}", row.after, row.why) for row in rows]


@pytest.mark.parametrize("written", [PHONE, f"+86 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}", NUMBER, NUMBER.lower()])
def test_his_number_finds_him_and_the_answer_does_not_repeat_it(
    world: World, adviser: Any, sign_in: Any, written: str
) -> None:
    page = sign_in("county").post(PAGE, {"number": written})
    said = page.content.decode()
    assert (page.status_code, f'href="/advisers/{adviser.id}/"' in said, "何叙" in said) == (200, True, True)
    assert (written in said, PHONE in said, NUMBER in said) == (False, False, False)
    field = "phone" if PHONE[7:] in written else "id_number"
    assert looks(world) == [(f"adviser:{adviser.id}", {"fields": [field], "count": 1}, "")]


def test_who_is_not_on_the_list_or_was_erased_is_not_found_and_the_look_is_booked_all_the_same(
    world: World, adviser: Any, sign_in: Any
) -> None:
    assert "没有人是这个号码" in sign_in("county2").post(PAGE, {"number": PHONE}).content.decode()
    assert looks(world, "county2") == [("list:advisers", {"fields": ["phone"], "count": 0}, "")]
    Adviser.objects.filter(id=adviser.id).update(erased_at=NOW)
    assert "没有人是这个号码" in sign_in("county").post(PAGE, {"number": PHONE}).content.decode()
    assert len(looks(world)) == 1


def test_a_part_of_a_number_or_a_wrong_one_finds_nobody_and_is_said_at_the_field(
    world: World, adviser: Any, sign_in: Any
) -> None:
    client = sign_in("county")
    for written in ("1381234", "", NUMBER[:17] + ("1" if NUMBER[17] == "X" else "X"), NUMBER[:15]):
        page = client.post(PAGE, {"number": written})
        assert (page.status_code, "何叙" in page.content.decode()) == (422, False), written
    assert looks(world) == []


@pytest.mark.parametrize("by", ["street", "liaison", "leader", "auditor", "city"])
def test_who_does_not_register_advisers_looks_nobody_up(world: World, adviser: Any, sign_in: Any, by: str) -> None:
    client = sign_in(by)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"number": PHONE}).status_code == 403
    assert client.post(API, {"number": PHONE}, content_type="application/json").status_code == 403


def test_a_program_asks_in_the_body_and_nothing_of_it_is_kept(world: World, adviser: Any, sign_in: Any) -> None:
    client = sign_in("county")
    found = client.post(API, {"number": NUMBER}, content_type="application/json", headers={"Idempotency-Key": "k1"})
    assert (found.status_code, found.json()["adviser"]["id"]) == (200, str(adviser.id))
    assert NUMBER not in found.content.decode()
    nobody = client.post(API, {"number": "13900000000"}, content_type="application/json")
    assert nobody.json() == {"adviser": None}
    with inside(world.scope("county"), read_only=True):
        assert not IdempotencyKey.objects.exclude(body="").exists()


def test_more_looks_in_a_day_than_clear_views_are_allowed_raise_a1(world: World, adviser: Any, sign_in: Any) -> None:
    client, scope = sign_in("county"), world.scope("county")
    for n in range(alarms.CLEAR_VIEWS.default + 1):
        client.post(API, {"number": f"139000{n:05d}"}, content_type="application/json")
    settled(scope, 1)
    with inside(scope, read_only=True):
        (alarm,) = AuditEntry.objects.filter(act=alarms.RAISED)
    assert (alarm.after["rule"], alarm.after["person"]) == ("A1", scope.person_id)
