"""Somebody lost the telephone or the key he proves himself by: taken away by whose charge he is, never by one person alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from falin.kernel import relay
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside
from falin.runtime.demo.making import APP_SECRET
from tenants.identity import commands
from tenants.identity.models import Person
from tenants.identity.signing.factors import give_app, has_second
from tests.app.identity.cast import act, nothing_changes, number, scope
from tests.world import NOW, PASSWORD, World

WHY = "手机丢了，已当面核实"


@pytest.fixture
def lost(office: World) -> World:
    """The liaison has an app on a telephone that is gone, and codes in its case."""
    give_app(person_id=number("liaison"), secret=APP_SECRET)
    Authenticator.objects.create(user_id=number("liaison"), type=Authenticator.Type.RECOVERY_CODES, data={})
    return office


def reset(by: str, whom: str = "liaison", **more: Any) -> Any:
    return act(by, commands.reset_factors, person_id=number(whom), why=WHY, **more)


def password(by: str, **more: Any) -> Any:
    return act(by, commands.reset_password, person_id=number("liaison"), **more)


def test_all_factors_go_his_sessions_are_over_and_he_comes_in_by_his_password(lost: World) -> None:
    give_app(person_id=number("street"), secret=APP_SECRET)
    epoch = Person.objects.get(username="liaison").session_epoch
    reset("county")
    assert not Authenticator.objects.filter(user_id=number("liaison")).exists()
    assert has_second(number("street"))  # nobody else's
    assert Person.objects.get(username="liaison").session_epoch == epoch + 1
    client = Client()
    client.post("/accounts/login/", {"login": "liaison", "password": PASSWORD})
    assert client.get("/").status_code == 200


def test_it_is_booked_with_its_reason_and_told_to_him(lost: World) -> None:
    Person.objects.filter(username="liaison").update(email="wang@example.cn")
    reset("county")
    with inside(scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.factors.reset")
        assert OutboxEvent.objects.get(event="identity.factors.reset").payload["person"] == number("liaison")
    assert (booked.person_id, booked.subject_id, booked.why) == (number("county"), str(number("liaison")), WHY)
    own = scope("county")
    relay.drain({own.schema: own}, clock=lambda: NOW)
    (letter,) = mail.outbox
    assert letter.to == ["wang@example.cn"]
    assert "清除了您账号的第二种登录方式" in letter.body


def test_nobody_takes_away_his_own_nor_those_of_whom_he_does_not_look_after(lost: World) -> None:
    for by, whom, code in (("county", "county", "not_to_oneself"), ("city", "leader", "no_person"),
                           ("city", "operator", "no_person")):  # fmt: skip
        give_app(person_id=number(whom), secret=APP_SECRET)
        with nothing_changes(code, by):
            reset(by, whom)
        assert has_second(number(whom))


def test_who_has_none_keeps_his_sessions(office: World) -> None:
    with nothing_changes("no_factors", "county"):
        reset("county")


@pytest.mark.parametrize("factors_first", [False, True])
def test_one_person_does_not_reset_both_within_thirty_days_and_another_may(lost: World, factors_first: bool) -> None:
    def factors(by: str, **more: Any) -> Any:
        give_app(person_id=number("liaison"), secret=APP_SECRET)
        return reset(by, **more)

    one, other = (factors, password) if factors_first else (password, factors)
    one("county")
    late = NOW + timedelta(days=29)
    with nothing_changes("password_and_factors", "county"):
        other("county", now=late)
    other("cityb", now=late)
    one("county", now=late)  # his own half again
    with pytest.raises(Refused, match="password_and_factors"):
        other("county", now=NOW + timedelta(days=31))
    other("county", now=late + timedelta(days=31))
