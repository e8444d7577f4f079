"""Reminding the ticked ones: each is shown before what would become of it, and what was sent can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from falin.kernel import relay
from falin.kernel.clock import now
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Missing, Refused
from falin.kernel.transactions import inside
from services.desk.models import Notice
from services.duty.commands import mark_reminder_read, take_back_reminders
from services.duty.models import Reminder
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests.app.duty.cast import GEM, VILLAGE, Adviser, engage
from tests.world import NOW, World

MANY = "/duty/behind/remind/many/"
BACK = "/duty/behind/remind/take-back/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def adviser(world: World) -> Adviser:
    return engage(world)


def _pick(world: World, adviser: Adviser, code: str) -> str:
    return f"{world.node(code)}:{adviser.id}"


def _form(world: World, adviser: Adviser, *codes: str, **more: str) -> dict[str, Any]:
    return {"pick": [_pick(world, adviser, code) for code in codes], "month": "2026-11", **more}


def _sent(world: World) -> list[int]:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        return list(Reminder.objects.in_scope(scope).order_by("id").values_list("id", flat=True))


def _text(answer: Any) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", answer.content.decode()))


def test_every_row_says_beforehand_what_would_become_of_it_and_nothing_is_sent(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    county = sign_in("county")
    page = county.get("/duty/behind/?month=2026-11").content.decode()
    assert f'value="{_pick(world, adviser, VILLAGE)}"' in page
    county.post("/duty/behind/remind/", {"pick": _pick(world, adviser, VILLAGE), "month": "2026-11"})
    before = _sent(world)
    answer = county.post(MANY, _form(world, adviser, VILLAGE, GEM))
    assert answer.status_code == 200
    assert "陆知微湖埠村没有不能提醒今天已经提醒过这位顾问了" in _text(answer)
    assert "陆知微宝石社区8小时会提醒" in _text(answer)
    assert "提醒这1位" in _text(answer)
    assert _sent(world) == before


def test_said_yes_to_the_good_ones_are_sent_the_others_say_why_and_all_of_it_is_taken_back(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    county = sign_in("county")
    one = {"pick": _pick(world, adviser, VILLAGE), "month": "2026-11"}
    county.post("/duty/behind/remind/", one, follow=True)  # its own button is seen and left alone
    (first,) = _sent(world)
    answer = county.post(MANY, _form(world, adviser, VILLAGE, GEM, sure="1"))
    assert "已提醒1位顾问" in _text(answer) and "其中1位不能提醒" in _text(answer)
    numbers = re.findall(r'name="reminder" value="(\d+)"', answer.content.decode())
    assert [int(one) for one in numbers] == [one for one in _sent(world) if one != first]
    _relay(world)
    assert _told(world) == 2
    undone = county.post(BACK, {"reminder": numbers, "next": "/duty/behind/?month=2026-11"}, follow=True)
    assert undone.redirect_chain == [("/duty/behind/?month=2026-11", 302)]
    assert "已撤回1条提醒" in _text(undone)
    assert _sent(world) == [first]
    _relay(world)
    assert _told(world) == 1
    scope = world.scope("county")
    with inside(scope, read_only=True):
        assert AuditEntry.objects.get(act="duty.reminder.taken_back").person_id == scope.person_id
    assert "8小时会提醒" in _text(county.post(MANY, _form(world, adviser, GEM)))


def _relay(world: World) -> None:
    system = system_of(find_by_schema(world.schema("330106")))
    relay.drain({system.schema: system}, clock=now)


def _told(world: World) -> int:
    with inside(world.scope("county"), read_only=True):
        return Notice.objects.filter(kind="hours_missing").count()


def test_what_was_read_is_too_old_or_is_anothers_is_not_taken_back(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    county, scope = sign_in("county"), world.scope("county")
    county.post(MANY, _form(world, adviser, GEM, VILLAGE, sure="1"))
    read, unread = _sent(world)
    with inside(adviser.scope(world), read_only=False):
        mark_reminder_read(scope=adviser.scope(world), reminder_id=read, now=now())
    assert sign_in("street").post(BACK, {"reminder": unread}).status_code == 404
    assert county.post(BACK, {"reminder": 9_999}).status_code == 404
    with inside(scope, read_only=False), pytest.raises(Refused) as late:
        take_back_reminders(scope=scope, reminder_ids=[unread], now=now() + timedelta(minutes=10))
    assert late.value.code == "duty.too_late_to_take_back"
    with inside(world.scope("county2"), read_only=False), pytest.raises(Missing):
        take_back_reminders(scope=world.scope("county2"), reminder_ids=[unread], now=now())
    assert "顾问已经看过" in _text(county.post(BACK, {"reminder": read}, follow=True))
    assert "另有1条顾问已经看过" in _text(county.post(BACK, {"reminder": [read, unread]}, follow=True))
    assert _sent(world) == [read]


def test_pressed_twice_each_is_sent_once(world: World, adviser: Adviser, sign_in: Any) -> None:
    county = sign_in("county")
    form = _form(world, adviser, GEM, VILLAGE, sure="1", _once="one", _hat=world.scope("county").hat)
    first, again = county.post(MANY, form), county.post(MANY, form)
    assert _text(first) == _text(again)
    assert len(_sent(world)) == 2


def test_none_ticked_too_many_or_what_is_none_is_said(world: World, adviser: Adviser, sign_in: Any) -> None:
    street = sign_in("street")
    assert "请先勾选要提醒的顾问" in _text(street.post(MANY, {"month": "2026-11"}, follow=True))
    many = [f"{world.node(VILLAGE)}:00000000-0000-0000-0000-{number:012d}" for number in range(101)]
    assert "一次最多100位" in _text(street.post(MANY, {"month": "2026-11", "pick": many}, follow=True))
    for bad in (
        {"pick": "x", "month": "2026-11"},
        {"pick": f"{world.node(VILLAGE)}:x", "month": "2026-11"},
        {"month": "x"},
    ):
        assert street.post(MANY, bad).status_code == 404
    assert sign_in("street2").post(MANY, _form(world, adviser, VILLAGE, sure="1")).status_code == 404
    assert _sent(world) == []


def test_a_program_has_the_same(world: World, adviser: Adviser, sign_in: Any) -> None:
    county = sign_in("county")
    pairs = [{"node_id": world.node(code), "adviser_id": str(adviser.id)} for code in (VILLAGE, GEM)]
    asked = {"month": "2026-11", "pairs": pairs}
    address = "/api/v1/duty/reminders/many/"
    said = county.post(address, {**asked, "preview": True}, "application/json").json()
    assert [(one["refused"], one["reminder_id"]) for one in said] == [("", None), ("", None)]
    done = county.post(address, asked, "application/json").json()
    numbers = [one["reminder_id"] for one in done]
    assert numbers == _sent(world)
    assert {one["code"] for one in county.post(address, asked, "application/json").json()} == {"duty.reminded_today"}
    back = county.post("/api/v1/duty/reminders/take-back/", {"reminders": numbers}, "application/json")
    assert back.json() == {"taken_back": 2}
    assert county.post(address, {**asked, "pairs": []}, "application/json").status_code == 422
