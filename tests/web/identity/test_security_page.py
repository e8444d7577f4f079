"""账号与安全: devices that are signed in, ending them, what happened; and which addresses of the way in there are."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from falin.kernel.checks import walk
from falin.kernel.models import AuditEntry
from tenants.identity.models import Person, Session
from tests.web.identity.way_in import browser, come_in, give, is_in, number, text
from tests.world import NOW, World

PHONE = "Mozilla/5.0 (Linux; Android 13) Chrome/119.0 Mobile"
PAGE = "/me/security/"


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


def test_the_page_shows_every_device_and_marks_this_one(world: World) -> None:
    desk, phone = come_in("county"), come_in("county", address="203.0.113.9", agent=PHONE)
    come_in("street")
    page = text(desk.get(PAGE))
    assert page.count("Chrome · Windows</th>") == 1
    assert page.count("Chrome · 安卓</th>") == 1
    assert page.count("就是这一台") == 1
    assert "203.0.113.0/24" in page
    assert "内部网络 10.1.1.0/24" in page
    told = phone.get("/api/v1/me/security/").json()
    assert [(one["device"], one["this_one"]) for one in told["sessions"]] == [
        ("Chrome · 安卓", True), ("Chrome · Windows", False)
    ]  # fmt: skip
    for secret in [*Session.objects.values_list("session_key", flat=True), desk.cookies["sessionid"].value]:
        assert secret not in page + str(told)


def test_a_device_that_is_ended_is_out_at_once(world: World) -> None:
    desk, phone = come_in("county"), come_in("county", agent=PHONE)
    (other,) = re.findall(r"/me/security/sessions/([0-9a-f]+)/end/", text(desk.get(PAGE)))
    assert desk.post(f"/me/security/sessions/{other}/end/").status_code == 302
    assert (is_in(desk), is_in(phone)) == (True, False)


def test_signing_out_everywhere_leaves_only_this_one_within_five_seconds(world: World) -> None:
    desk, others = come_in("county"), [come_in("county", agent=PHONE) for _ in range(3)]
    began = time.monotonic()
    desk.post("/me/security/sessions/end/")
    assert [is_in(one) for one in [desk, *others]] == [True, False, False, False]
    assert time.monotonic() - began < 5
    assert "退出其他所有设备" in text(desk.get(PAGE))


def test_programs_do_the_same(world: World) -> None:
    desk, phone, third = come_in("county"), come_in("county", agent=PHONE), come_in("county")
    sessions = desk.get("/api/v1/me/security/").json()["sessions"]
    other = next(one["id"] for one in sessions if one["device"] == "Chrome · 安卓")
    assert desk.delete(f"/api/v1/me/sessions/{other}/").status_code == 204
    assert desk.delete("/api/v1/me/sessions/").json() == {"ended": 1}
    assert [is_in(one) for one in (desk, phone, third)] == [True, False, False]


def test_nobody_ends_anothers_session(world: World) -> None:
    county, street = come_in("county"), come_in("street")
    other = county.get("/api/v1/me/security/").json()["sessions"][0]["id"]
    assert street.post(f"/me/security/sessions/{other}/end/").status_code == 404
    assert street.delete(f"/api/v1/me/sessions/{other}/").status_code == 404
    street.post("/me/security/sessions/end/")
    assert is_in(county)


def test_what_happened_is_told_to_him_and_to_nobody_else(world: World) -> None:
    desk = come_in("county")
    give(come_in("street"), "county")  # already signed in: nothing happens
    give(browser("198.51.100.7"), "county", "not the password")
    page = text(desk.get(PAGE))
    assert "输错密码" in page
    assert "198.51.100.0/24" in page
    assert "输错密码" not in text(come_in("street").get(PAGE))
    assert AuditEntry.objects.filter(act="identity.session.opened", subject_id=str(number("county"))).count() == 1


def test_when_a_session_was_used_last_is_right_to_ten_minutes_and_does_not_make_it_last(
    world: World, _today: Any
) -> None:
    desk = come_in("county")
    row = Session.objects.get(person_id=number("county"))
    _today.shift(timedelta(minutes=9))
    assert is_in(desk)
    assert Session.objects.get().seen_at == row.seen_at
    _today.shift(timedelta(minutes=2))
    assert is_in(desk)
    later = Session.objects.get()
    assert later.seen_at - row.seen_at > timedelta(minutes=10)
    assert later.expire_date == row.expire_date


def test_a_session_ends_with_its_person_and_with_its_days(world: World, _today: Any) -> None:
    desk = come_in("county")
    _today.shift(timedelta(hours=12, minutes=1))
    assert not is_in(desk)
    desk = come_in("county")
    Person.objects.filter(username="county").update(session_epoch=5)
    assert not is_in(desk)


def test_only_addresses_with_a_page_of_ours_are_mounted() -> None:
    """A new one of allauth's has to be given a face before it stands here."""
    routes = {route.removeprefix("accounts/") for route, _name, _view in walk() if route.startswith("accounts/")}
    mounted = {route for route in routes if not route.startswith("oidc/")}  # the other home's, all of them ours
    assert mounted == {
        "login/", "logout/", "inactive/", "reauthenticate/", "password/change/", "password/reset/",
        "password/reset/code/", "security/", "security/keys/", "security/set/", "second/", "second/authenticate/",
        "second/reauthenticate/", "second/app/", "second/app/remove/", "second/codes/", "second/codes/new/",
        "phone/", "second/keys/add/", "second/keys/login/", "second/keys/reauthenticate/", "second/keys/<int:pk>/remove/",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["login/", "inactive/", "password/reset/", "reauthenticate/", "password/change/", "logout/", "second/",
     "second/app/", "second/keys/add/"],
)  # fmt: skip
def test_every_page_of_the_way_in_is_ours(world: World, path: str) -> None:
    client = come_in("county") if path not in {"login/", "password/reset/"} else browser()
    answer = client.get(f"/accounts/{path}", follow=True)
    assert answer.status_code == 200
    assert 'class="f-sheet' in text(answer)
    assert "allauth" not in text(answer)
