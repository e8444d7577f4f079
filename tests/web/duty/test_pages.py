"""Duty's pages: what each person finds, what a form answers, and that each works without scripts."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from services.duty.commands import close_month
from services.duty.models import Reminder, Visit
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage, log, traces
from tests.world import NOW, World

DAY = date(2026, 11, 12)


@pytest.fixture(autouse=True)
def the_clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors ask the clock; here it stands at the world's moment."""
    for module in (
        "services.duty.web.views",
        "services.duty.rest.views",
        "falin.kernel.doors",
        "tenants.identity.middleware",
    ):
        monkeypatch.setattr(f"{module}.now", lambda: NOW)


@pytest.fixture
def adviser(world: World) -> Adviser:
    return engage(world)


def _form(world: World, **changes: Any) -> dict[str, Any]:
    return {"visit_id": str(uuid.uuid4()), "node_id": str(world.node(VILLAGE)), "kind": "visit", "on_day": "2026-11-12",
            "begins_at": "09:00", "ends_at": "12:00", "topic": "", "attendees": "", "note": "看合同", **changes}  # fmt: skip


def _visits(world: World) -> list[Visit]:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        return list(Visit.objects.in_scope(scope).order_by("begins_at"))


def test_an_adviser_sees_his_communities_with_hours_and_what_is_missing(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    log(world, adviser.scope(world))
    page = sign_in(adviser.username).get("/duty/")
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("湖埠村", "双浦镇", "3 小时", "要求 8 小时", "还差 5 小时", "宝石社区", "还差 8 小时", "本月还有 15 天",
                  "记一次到访"):  # fmt: skip
        assert words in text, words
    assert page.headers["X-Falin-Keep"] == f"{adviser.scope(world).person_id}-{adviser.scope(world).tenant_id}"


def test_logging_by_the_plain_form(world: World, adviser: Adviser, sign_in: Any) -> None:
    client: Client = sign_in(adviser.username)
    assert client.get("/duty/log/").status_code == 200
    sent = _form(world)
    for _time in range(2):  # a second click
        answer = client.post("/duty/log/", sent)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/duty/visits/?month=2026-11")
    (row,) = _visits(world)
    assert (str(row.id), row.begins_at, row.note) == (sent["visit_id"], at(DAY, 9), "看合同")
    assert "看合同" in client.get("/duty/visits/?month=2026-11").content.decode()


def test_a_visit_over_midnight_is_said_so_by_a_tick(world: World, adviser: Adviser, sign_in: Any) -> None:
    client = sign_in(adviser.username)
    refused = client.post("/duty/log/", _form(world, begins_at="22:00", ends_at="01:00"))
    assert refused.status_code == 422 and "第二天结束" in refused.content.decode()
    client.post("/duty/log/", _form(world, begins_at="22:00", ends_at="01:00", next_day="on"))
    assert [row.ends_at for row in _visits(world)] == [at(date(2026, 11, 13), 1)]


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"node_id": ""}, "node_id", "请选社区。"),
    ({"node_id": "999999"}, "node_id", "请从列出的社区里选。"),
    ({"on_day": "2026-11-31"}, "on_day", "日期不对，请重填。"),
    ({"ends_at": "08:00"}, "ends_at", "结束时间要晚于开始时间"),
    ({"on_day": "2026-11-17"}, "begins_at", "开始时间还没有到"),
    ({"kind": "lecture"}, "topic", "讲座要写题目。"),
    ({"kind": "lecture", "topic": "普法", "attendees": ""}, "attendees", "讲座要写到场人数"),
]


def test_a_refusal_stands_at_its_field_and_the_input_is_kept(world: World, adviser: Adviser, sign_in: Any) -> None:
    before = traces(world)
    client = sign_in(adviser.username)
    for changes, field, words in REFUSALS:
        answer = client.post("/duty/log/", _form(world, **changes))
        assert answer.status_code == 422
        assert words in "".join(answer.context["form"].errors[field]), changes
        assert "看合同" in answer.content.decode()
    assert traces(world) == before


def test_correcting_and_voiding_by_the_pages(world: World, adviser: Adviser, sign_in: Any) -> None:
    made = log(world, adviser.scope(world))
    client = sign_in(adviser.username)
    mend = reverse("duty:correct", args=[made.id])
    assert 'value="09:00"' in client.get(mend).content.decode()
    changed = {key: value for key, value in _form(world, ends_at="11:00").items() if key != "visit_id"}
    assert client.post(mend, changed).status_code == 422  # no reason
    assert client.post(mend, {**changed, "why": "记错了时间"}).status_code == 302
    assert [row.ends_at for row in _visits(world)] == [at(DAY, 11)]
    assert "更正过" in client.get("/duty/visits/?month=2026-11").content.decode()
    take_out = reverse("duty:void", args=[made.id])
    assert client.get(take_out).status_code == 200
    assert client.post(take_out, {"why": ""}).status_code == 422
    assert client.post(take_out, {"why": "重复了"}).status_code == 302
    assert [row.void_why for row in _visits(world)] == ["重复了"]
    assert "已作废" in client.get("/duty/visits/?month=2026-11").content.decode()


def test_another_advisers_visit_is_not_there(world: World, adviser: Adviser, sign_in: Any) -> None:
    made = log(world, adviser.scope(world))
    other = sign_in(engage(world, "宋书遥", username="songshuyao", number=2).username)
    for name in ("duty:correct", "duty:void"):
        assert other.get(reverse(name, args=[made.id])).status_code == 404
        assert other.post(reverse(name, args=[made.id]), {"why": "试试"}).status_code == 404
    assert [row.voided_at for row in _visits(world)] == [None]


def test_the_street_reminds_with_one_tap_and_the_adviser_sees_it(world: World, adviser: Adviser, sign_in: Any) -> None:
    street = sign_in("street")
    text = street.get("/duty/behind/").content.decode()
    assert "陆知微" in text and "湖埠村" in text and "宝石社区" not in text and "一次没来" in text
    pick = f"{world.node(VILLAGE)}:{adviser.id}"
    assert f'name="pick" value="{pick}"' in text and text.count('action="/duty/behind/remind/"') == 1
    tap = {"pick": pick, "month": "2026-11", "next": "/duty/behind/?view=none"}
    answer = street.post("/duty/behind/remind/", tap)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/duty/behind/?view=none")
    assert "今天已提醒" in street.get("/duty/behind/").content.decode()
    street.post("/duty/behind/remind/", tap)
    with inside(world.scope("county"), read_only=True):
        (row,) = Reminder.objects.in_scope(world.scope("county"))
    phone = sign_in(adviser.username)
    assert "2026年11月还差 8 小时" in phone.get("/duty/").content.decode()
    assert phone.post(reverse("duty:read-reminder", args=[row.id])).status_code == 302
    assert "2026年11月还差 8 小时" not in phone.get("/duty/").content.decode()


def test_a_reminder_that_makes_no_sense_is_404(world: World, adviser: Adviser, sign_in: Any) -> None:
    tap = {"pick": f"{world.node(VILLAGE)}:{adviser.id}", "month": "2026-11"}
    street = sign_in("street")
    for wrong in ({"pick": "x"}, {"pick": f"x:{adviser.id}"}, {"pick": f"{world.node(VILLAGE)}:x"}, {"month": "x"}):
        assert street.post("/duty/behind/remind/", {**tap, **wrong}).status_code == 404


def test_a_neighbour_street_cannot_remind(world: World, adviser: Adviser, sign_in: Any) -> None:
    tap = {"pick": f"{world.node(VILLAGE)}:{adviser.id}", "month": "2026-11"}
    before = traces(world)
    assert sign_in("street2").post("/duty/behind/remind/", tap).status_code == 404
    assert traces(world) == before


def test_the_county_closes_a_month_after_being_asked(world: World, adviser: Adviser, sign_in: Any) -> None:
    log(world, adviser.scope(world), begins_at=at(date(2026, 10, 8), 9), ends_at=at(date(2026, 10, 8), 10))
    county = sign_in("county")
    assert "?close=2026-10" in county.get("/duty/months/").content.decode()
    assert "结账不能撤回" in county.get("/duty/months/?close=2026-10").content.decode()
    assert county.post("/duty/months/", {"month": "2026-11"}).status_code == 422
    assert county.post("/duty/months/", {"month": ""}).status_code == 422
    assert county.post("/duty/months/", {"month": "2026-10"}).status_code == 302
    text = county.get("/duty/months/").content.decode()
    assert "已结" in text and "叶明远" in text
    late = sign_in(adviser.username).post("/duty/log/", _form(world, on_day="2026-10-09"))
    assert "2026年10月及以前的账已经结了" in late.content.decode()


def test_a_closed_month_offers_no_mending(world: World, adviser: Adviser, sign_in: Any) -> None:
    log(world, adviser.scope(world), begins_at=at(date(2026, 10, 8), 9), ends_at=at(date(2026, 10, 8), 10))
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    text = sign_in(adviser.username).get("/duty/visits/?month=2026-10").content.decode()
    assert "/correct/" not in text and "已入账" in text


WHO_MAY = {
    "/duty/": {"adviser"}, "/duty/log/": {"adviser"}, "/duty/visits/": {"adviser"},
    "/duty/behind/": {"street", "county", "liaison"}, "/duty/months/": {"county"},
}  # fmt: skip


def test_each_page_opens_to_its_roles_and_to_nobody_else(world: World, adviser: Adviser, sign_in: Any) -> None:
    others = ("street", "county", "liaison", "leader", "city", "auditor")
    people = {"adviser": sign_in(adviser.username), **{name: sign_in(name) for name in others}}
    for address, roles in WHO_MAY.items():
        assert {role for role, client in people.items() if client.get(address).status_code == 200} == roles, address
        assert Client().get(address).status_code == 302


def test_a_month_that_is_none_is_this_month(world: World, adviser: Adviser, sign_in: Any) -> None:
    client = sign_in(adviser.username)
    for asked in ("", "x", "2027-01", "2026-13"):
        assert "2026年11月的记录" in client.get(f"/duty/visits/?month={asked}").content.decode()


def test_the_page_of_who_is_behind_asks_as_often_for_one_as_for_many(
    world: World, adviser: Adviser, sign_in: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    county = sign_in("county")
    county.get("/duty/behind/")
    with CaptureQueriesContext(connection) as few:
        county.get("/duty/behind/")
    for number in range(2, 5):
        engage(
            world, f"示例{number}", username=f"a{number}", number=number, places=(("county", VILLAGE), ("county", GEM))
        )
    with CaptureQueriesContext(connection) as many:
        county.get("/duty/behind/")
    assert len(many) == len(few)
