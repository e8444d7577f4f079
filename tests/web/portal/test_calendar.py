"""The calendar of a role: its month, and the feed other calendars read by an address that opens nothing else."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from falin.kernel.clock import SHANGHAI
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import calendar
from services.duty.commands import close_month, post_hours
from tenants.identity.api import make_token
from tenants.identity.models import AccessToken, Binding, Person
from tests.app.duty.cast import SINCE, VILLAGE, Adviser, engage, log
from tests.world import NOW, TODAY, World

NOVEMBER = Month(2026, 11)


@pytest.fixture(autouse=True)
def a_clock() -> Any:
    with time_machine.travel(NOW) as clock:
        yield clock


def _entries(scope: Scope, month: Month = NOVEMBER) -> list[tuple[str, str]]:
    with inside(scope, read_only=True):
        page = calendar.month_page(scope=scope, month=month, now=NOW)
    return [(str(entry.day), entry.words) for day in page.days for entry in day.entries]


def _posted(world: World) -> Adviser:
    adviser = engage(world, begins_on=SINCE, ends_on=date(2026, 11, 25))
    county = world.scope("county")
    with inside(county, read_only=False):
        post_hours(scope=county, node_id=world.node(VILLAGE), weekdays=[2], begins_at=time(9), ends_at=time(11),
                   room="一楼", now=NOW)  # fmt: skip
    return adviser


def test_an_adviser_sees_his_hours_his_visits_and_what_ends(world: World) -> None:
    adviser = _posted(world)
    scope = adviser.scope(world)
    log(world, scope)
    found = _entries(scope)
    assert [day for day, words in found if words == "值班：湖埠村"] == [f"2026-11-{day:02d}" for day in (3, 10, 17, 24)]
    assert ("2026-11-12", "到访：湖埠村") in found
    assert ("2026-11-25", "聘任到期：湖埠村") in found and ("2026-11-25", "聘任到期：宝石社区") in found


def test_a_county_sees_what_ends_what_is_posted_and_the_month_to_close(world: World) -> None:
    _posted(world)
    county = world.scope("county")
    found = _entries(county)
    assert ("2026-11-02", "2026年10月可以结账") in found  # the first is a Sunday
    assert ("2026-11-25", "2 份聘任到期") in found
    assert ("2026-11-17", "1 个社区有顾问值班") in found
    with inside(county, read_only=False):
        close_month(scope=county, month=Month(2026, 10), now=NOW)
    assert "2026年10月可以结账" not in {words for _day, words in _entries(county)}


def test_a_role_that_ends_stands_on_its_day_for_its_holder_and_for_who_gave_it(world: World) -> None:
    street = world.scope("street")
    Binding.objects.filter(person_id=street.person_id).update(valid_to=date(2026, 11, 30))
    assert ("2026-11-30", "您的身份到期") in _entries(world.scope("street"))
    assert ("2026-11-30", "1 项身份到期") in _entries(world.scope("county"))
    assert not [one for one in _entries(world.scope("county2")) if "身份" in one[1]]


def test_a_street_counts_its_own_and_a_neighbour_nothing(world: World) -> None:
    _posted(world)
    assert ("2026-11-25", "1 份聘任到期") in _entries(world.scope("street"))
    assert "聘任" not in str(_entries(world.scope("county2")))
    assert _entries(world.scope("leader")) == []


def test_the_month_shows_working_days_and_says_what_is_not_known(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    page = client.get("/calendar/?month=2025-10").content.decode()
    assert "国庆节" in page and "调休上班" in page and "还没有公布" not in page
    assert "2150 年的放假安排国家还没有公布" in client.get("/calendar/?month=2150-10").content.decode()
    assert client.get("/calendar/?month=never").status_code == 200
    days = client.get("/api/v1/calendar/?month=2025-10").json()["days"]
    found = {day["day"]: (day["works"], day["made_up"], day["holiday"]) for day in days}
    assert found["2025-10-01"] == (False, False, "国庆节") and found["2025-10-11"][:2] == (True, True)
    assert client.get("/api/v1/calendar/?month=never").json()["code"] == "calendar.no_such_month"


# ---- the feed ----------------------------------------------------------------------------------------------------------
def _subscribe(client: Client, scope: Scope, node: int | None = None) -> str:
    """The address as the page shows it, once; of an adviser for one of his communities."""
    held = Binding.objects.get(person_id=scope.person_id, node_id=node or scope.roots[0], ended_at__isnull=True)
    answer = client.post("/calendar/subscribe/", {"binding": held.pk})
    assert answer.status_code == 200, answer.content.decode()
    found = re.search(r"http://[^<]+(/calendar/flk_\w+\.ics)", answer.content.decode())
    assert found
    assert found[1] not in client.get("/calendar/subscribe/").content.decode()
    return found[1]


def _read(address: str) -> Any:
    return Client().get(address)


def test_the_feed_is_a_calendar_file_of_one_role_without_a_name_in_it(world: World, sign_in: Any) -> None:
    adviser = _posted(world)
    visit = log(world, adviser.scope(world))
    answer = _read(_subscribe(sign_in(adviser.username), adviser.scope(world), world.node(VILLAGE)))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    book = Calendar.from_ical(answer.content)
    events = {str(event["uid"]).split(".")[0]: event for event in book.walk("VEVENT")}
    own = events[f"visit-{visit.id}"]
    assert str(own["summary"]) == "到访：湖埠村"
    assert own.decoded("dtstart").astimezone(SHANGHAI) == datetime(2026, 11, 12, 9, tzinfo=SHANGHAI)
    assert [str(e["summary"]) for e in events.values() if e.decoded("dtstart") == date(2026, 11, 25)] == [
        "聘任到期：湖埠村"
    ]
    text = answer.content.decode()
    assert len(events) == len(book.walk("VEVENT")) and "陆知微" not in text and "宅基地" not in text
    county = _read(_subscribe(sign_in("county"), world.scope("county"))).content.decode()
    assert "份聘任到期" in county and "陆知微" not in county


def test_who_asks_again_is_told_that_nothing_changed(world: World, sign_in: Any) -> None:
    address = _subscribe(sign_in("county"), world.scope("county"))
    first = _read(address)
    assert Client().get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert "no-store" in first.headers["Cache-Control"] or "private" in first.headers["Cache-Control"]


def test_of_the_address_only_a_hash_is_kept(world: World, sign_in: Any) -> None:
    secret = _subscribe(sign_in("county"), world.scope("county")).split("/")[-1].removesuffix(".ics")
    row = AccessToken.objects.get()
    assert row.scopes == ["calendar.read"] and secret.encode() not in bytes(row.secret_hash) and row.lookup in secret


def test_the_address_opens_nothing_but_the_calendar(world: World, sign_in: Any) -> None:
    secret = _subscribe(sign_in("county"), world.scope("county")).split("/")[-1].removesuffix(".ics")
    by_token = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/calendar/", headers=by_token).status_code == 200
    for address in (
        "/api/v1/advisers/",
        "/api/v1/duty/behind/",
        "/api/v1/today/",
        "/api/v1/people/",
    ):
        assert Client().get(address, headers=by_token).status_code == 403, address


def test_a_token_that_opens_more_is_not_taken_from_an_address(world: World) -> None:
    scope = world.scope("county")
    held = Binding.objects.get(person_id=scope.person_id)
    with inside(scope, read_only=False):
        wide = make_token(scope=scope, binding_id=held.pk, name="程序", scopes=["calendar.read", "advisers.read"], origins=[],
                          expires_on=TODAY + timedelta(days=30), now=NOW)  # fmt: skip
    assert _read(f"/calendar/{wide.secret}.ics").status_code == 404
    with inside(scope, read_only=True), pytest.raises(Missing):
        calendar.feed_of(scope=scope, now=NOW, host="x")


@pytest.mark.parametrize("ending", ["ended", "suspended", "revoked", "expired", "guessed"])
def test_an_address_that_counts_no_more_was_never_there(world: World, sign_in: Any, a_clock: Any, ending: str) -> None:
    client, scope = sign_in("county"), world.scope("county")
    address = _subscribe(client, scope)
    assert _read(address).status_code == 200
    if ending == "ended":
        Binding.objects.filter(person_id=scope.person_id).update(ended_at=NOW)
    elif ending == "suspended":
        Person.objects.filter(id=scope.person_id).update(is_active=False)
    elif ending == "revoked":
        assert client.post(f"/me/tokens/{AccessToken.objects.get().pk}/revoke/").status_code == 302
    elif ending == "expired":
        a_clock.move_to(NOW + timedelta(days=400))
    else:
        address = address[:-8] + ("aaa.ics" if address[-8:] != "aaa.ics" else "bbb.ics")
    assert _read(address).status_code == 404


def test_the_feed_is_of_the_one_place_it_was_made_for(world: World, sign_in: Any) -> None:
    """An adviser of two communities subscribes to one: what falls into the other is not in it."""
    adviser = _posted(world)
    text = _read(_subscribe(sign_in(adviser.username), adviser.scope(world), world.node(VILLAGE))).content.decode()
    assert "湖埠村" in text and "宝石社区" not in text


def test_a_place_that_is_not_ones_own_cannot_be_subscribed_to(world: World, sign_in: Any) -> None:
    other = Binding.objects.get(person_id=world.scope("county2").person_id)
    answer = sign_in("county").post("/calendar/subscribe/", {"binding": other.pk})
    assert answer.status_code == 422 and "请从列出的地方里选" in answer.content.decode()
    assert not AccessToken.objects.exists()
