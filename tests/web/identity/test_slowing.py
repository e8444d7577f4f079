"""Guessing is slow, and nobody shuts anybody else out by it; nothing tells whether a person exists."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import hashers
from django.core import mail
from django.db import connection

from falin.kernel.clock import now
from falin.kernel.models import AuditEntry
from tenants.identity.models import Person, Slowdown
from tenants.identity.signing import slowing
from tests.web.identity.way_in import browser, come_in, deliver, give, is_in, number, text
from tests.world import NOW, PASSWORD, World

SLOW = "试的次数太多了"


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:  # a wait of a second is no matter of how fast the machine is
        yield clock


@pytest.fixture(autouse=True)
def _cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing is what takes long in hundreds of tries; where it is not what a test is about, it is left out."""
    if "hashed" in request.fixturenames:
        return
    monkeypatch.setattr(hashers.ScryptPasswordHasher, "work_factor", 2)
    monkeypatch.setattr(Person, "check_password", lambda self, raw: raw == PASSWORD)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for every time a password was hashed."""
    lines: list[str] = []
    encode = hashers.ScryptPasswordHasher.encode
    monkeypatch.setattr(
        hashers.ScryptPasswordHasher, "encode", lambda self, *a, **k: (lines.append("1"), encode(self, *a, **k))[1]
    )
    return lines


def guess(times: int, username: str = "county", address: str = "203.0.113.7") -> str:
    last = ""
    for turn in range(times):
        last = text(give(browser(address), username, f"guess number {turn}"))
    return last


def test_after_five_wrong_tries_one_has_to_wait_ever_longer(world: World, _today: Any) -> None:
    assert SLOW not in guess(5)
    assert SLOW in guess(1)
    waits = [row.until - row.last_at for row in Slowdown.objects.all() if row.until > row.last_at]
    assert waits == [timedelta(seconds=1)]
    for turn in range(6):
        _today.shift(timedelta(seconds=2**turn + 1))
        assert SLOW not in guess(1)
    (longest,) = [row.until - row.last_at for row in Slowdown.objects.all() if row.until > row.last_at]
    assert longest == timedelta(seconds=64)


@pytest.mark.parametrize("back", [timedelta(seconds=2), timedelta(minutes=20), timedelta(days=400)])
def test_a_clock_that_is_put_back_shuts_nobody_out(world: World, _today: Any, back: timedelta) -> None:
    """A machine that came up with a wrong date wrote down until when nobody of an office may try: for over a year."""
    _today.shift(back)
    come_in("county")
    guess(3, address="10.1.1.9")  # a colleague, who has forgotten his
    _today.shift(-back)
    give(again := browser(), "county")
    assert is_in(again)


def test_a_wait_that_a_wrong_clock_wrote_is_none_and_the_tries_are_counted_on(world: World, _today: Any) -> None:
    _today.shift(timedelta(days=400))
    for _turn in range(12):
        guess(1)
        _today.shift(timedelta(minutes=3))
    _today.shift(-timedelta(days=400))
    assert SLOW not in guess(1)
    assert SLOW in guess(1)


def test_the_right_password_has_to_wait_too_or_waiting_would_be_for_nothing(world: World) -> None:
    guess(6)
    assert SLOW in text(give(browser("203.0.113.9"), "county"))  # the same neighbourhood


def test_an_attacker_cannot_lock_a_county_team_out(world: World, _today: Any) -> None:
    """He knows the sign-in names and goes on and on; the team works on, on old devices and on a new one."""
    desk = come_in("county", address="10.9.8.7")
    desk.post("/accounts/logout/")
    for _minute in range(20):
        for username in ("county", "county2", "county3"):
            guess(3, username)
        _today.shift(timedelta(minutes=1))
    assert SLOW in guess(2) + guess(2)
    give(desk, "county")
    assert is_in(desk)
    assert is_in(come_in("county", address="10.9.8.7"))  # a new device, in the office
    assert is_in(come_in("county2", address="10.20.30.40"))


def test_an_attacker_in_the_same_office_does_not_slow_a_known_device(world: World, _today: Any) -> None:
    desk = come_in("county", address="203.0.113.8")
    desk.post("/accounts/logout/")
    for _turn in range(20):
        guess(4)
        _today.shift(timedelta(seconds=5))
    assert SLOW in guess(1)
    give(desk, "county")
    assert is_in(desk)


def test_a_known_device_that_guesses_is_slowed_itself(world: World) -> None:
    desk = come_in("county")
    desk.post("/accounts/logout/")
    answers = [text(give(desk, "county", f"guess {turn}")) for turn in range(11)]
    assert [SLOW in one for one in answers] == [False] * 10 + [True]


def test_a_device_is_a_stranger_again_after_a_new_password_and_to_other_people(world: World) -> None:
    desk = come_in("county")
    desk.post("/accounts/logout/")
    for turn in range(6):  # counted as any stranger's
        last = text(give(desk, "street", f"guess {turn}"))
    assert SLOW in last
    person = Person.objects.get(username="county")
    person.set_password("a-new-sentence-of-mine")
    person.save()
    for turn in range(6):
        last = text(give(desk, "county", f"guess {turn}"))
    assert SLOW in last


def test_a_forged_device_cookie_is_no_known_device(world: World) -> None:
    thief = browser()
    thief.cookies["device"] = "eyJpZCI6ICJ4In0:forged"
    for turn in range(6):
        last = text(give(thief, "county", f"guess {turn}"))
    assert SLOW in last


def test_a_network_that_tries_many_names_is_slowed_over_all_of_them(world: World) -> None:
    last = ""
    for turn in range(62):
        last = text(give(browser("198.51.100.1"), f"name{turn}", "one common password"))
    assert SLOW in last
    assert is_in(come_in("county", address="198.51.101.1"))


def test_a_hundred_tries_sent_at_once_are_a_hundred_tries(world: World) -> None:
    let_through: list[bool] = []

    def try_once() -> None:
        try:
            claimed = slowing.claim([(slowing.PERSON, ("county", "203.0.113.0/24"))], now=NOW)
            let_through.append(claimed.wait is None)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_once) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert let_through.count(True) == slowing.PERSON.free


def test_a_right_password_begins_anew_and_keeps_the_networks_count(world: World) -> None:
    guess(4)
    assert is_in(come_in("county", address="203.0.113.7"))
    counts = sorted(Slowdown.objects.values_list("failures", flat=True))
    assert counts == [4]  # the network's
    assert SLOW not in guess(5)


def test_who_is_not_there_is_answered_and_slowed_like_who_is(world: World, hashed: list[str]) -> None:
    """And takes as long: what takes long is hashing, and it is done once for each of them."""
    Person.objects.filter(username="street2").update(password="!none")
    answers = {}
    for username in ("street", "nobody-of-that-name", "street2"):
        hashed.clear()
        page = text(give(browser("192.0.2.4"), username, "not the password at all"))
        answers[username] = (page.replace(username, "NAME").split("csrfmiddlewaretoken")[0], len(hashed))
    assert len(set(answers.values())) == 1, {name: one[1] for name, one in answers.items()}
    for username in ("street", "nobody-of-that-name"):
        assert SLOW in guess(6, username, "192.0.3.4")


def test_failures_are_booked_without_a_name_nobody_has(world: World) -> None:
    Person.objects.filter(username="county").update(email="county@example.cn")
    secret = "my-password-in-the-wrong-field"
    give(browser(), secret, "x" * 20)
    guess(5)
    rows = list(
        AuditEntry.objects.filter(act__in=["identity.password.failed", "identity.guessing.slowed"]).order_by("id")
    )
    assert [row.subject_kind for row in rows] == ["sign-in", *["person"] * 5]
    assert {row.subject_id for row in rows[1:]} == {str(number("county"))}
    assert secret not in str([vars(row) for row in rows])
    assert rows[-1].act == "identity.guessing.slowed"
    deliver()
    assert "有人在别的设备上连着输错您的密码" in mail.outbox[0].body


def test_counts_are_kept_under_a_keyed_hash_and_forgotten(world: World) -> None:
    guess(2)
    assert b"county" not in b"".join(bytes(key) for key in Slowdown.objects.values_list("key", flat=True))
    assert slowing.forget_old(now=now() + timedelta(hours=3)) == 2
    assert not Slowdown.objects.exists()


def test_the_address_behind_our_proxy_counts_and_not_what_the_asker_writes(world: World, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for turn in range(6):
        client = browser("127.0.0.1")
        last = text(client.post("/accounts/login/", {"login": "county", "password": f"guess {turn}"},
                                headers={"X-Forwarded-For": f"10.0.{turn}.1, 203.0.113.7"}))  # fmt: skip
    assert SLOW in last
    other = browser("127.0.0.1")
    other.post("/accounts/login/", {"login": "county", "password": PASSWORD}, headers={"X-Forwarded-For": "10.4.4.4"})
    assert is_in(other)
