"""Who may come in at this moment: suspension, a lost password, an invitation, the end of the last role."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from falin.kernel import clock
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Refused
from falin.kernel.transactions import shared
from tenants.identity import commands
from tenants.identity.models import Session
from tenants.identity.oidc.models import Refusals
from tenants.identity.types import Role
from tests.app.identity.cast import act, enter, hold, number, people_the_office, propose
from tests.world import PASSWORD, World


@pytest.fixture
def office(world: World) -> World:
    people_the_office(world)
    return world


def signed_in(username: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": username, "password": password})
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def suspend(username: str, by: str = "county") -> None:
    act(by, commands.suspend_person, person_id=number(username), why="接受调查")


def test_a_suspended_person_loses_his_sessions_at_once(office: World) -> None:
    desk, phone = signed_in("liaison"), signed_in("liaison")
    assert is_in(desk)
    assert is_in(phone)
    suspend("liaison")
    began = time.monotonic()
    assert not is_in(desk)
    assert not is_in(phone)
    assert time.monotonic() - began < 5
    assert not is_in(signed_in("liaison"))


def test_a_reinstated_person_signs_in_anew_and_his_old_sessions_stay_over(office: World) -> None:
    desk = signed_in("liaison")
    suspend("liaison")
    act("county", commands.reinstate_person, person_id=number("liaison"), why="已查清")
    assert not is_in(desk)
    assert is_in(signed_in("liaison"))


def test_a_neighbours_people_are_not_there_to_be_suspended(office: World) -> None:
    with pytest.raises(Refused) as refused:
        suspend("liaison", by="county2")
    assert refused.value.code == "identity.no_person"
    assert is_in(signed_in("liaison"))


def test_who_works_for_another_office_too_is_not_one_offices_to_shut_out(office: World) -> None:
    hold(office, "liaison", Role.LIAISON, "330102001001")
    for command, more in ((commands.suspend_person, {"why": "调查"}), (commands.reset_password, {})):
        with pytest.raises(Refused) as refused:
            act("county", command, person_id=number("liaison"), **more)
        assert refused.value.code == "identity.not_yours"
    assert is_in(signed_in("liaison"))


def test_nobody_suspends_himself_or_whoever_appointed_him(office: World) -> None:
    for by, whom, code in (("county", "county", "not_to_oneself"), ("county", "city", "no_person")):
        with pytest.raises(Refused) as refused:
            suspend(whom, by=by)
        assert refused.value.code == f"identity.{code}"


def test_the_end_of_the_last_role_ends_the_sessions(office: World) -> None:
    enter("newcomer")
    first = propose(office, "county", "newcomer", Role.LIAISON, "330106002001")
    second = propose(office, "county", "newcomer", Role.LIAISON, "330106002002")
    client = signed_in("newcomer")
    act("county", commands.end_binding, binding_id=first.id, why="换届")
    assert is_in(client)
    act("county", commands.end_binding, binding_id=second.id, why="换届")
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_the_last_roles_own_last_day_ends_the_sessions_too(office: World) -> None:
    """No act and no job: what began before midnight is over when it is used after it."""
    evening = datetime(2026, 11, 20, 23, 55, tzinfo=clock.SHANGHAI)
    enter("newcomer")
    propose(office, "county", "newcomer", Role.LIAISON, "330106002001", ends_on=evening.date())
    enter("waiting")  # who never held anything is not sent away
    with time_machine.travel(evening, tick=False) as moved:
        held, never = signed_in("newcomer"), signed_in("waiting")
        assert is_in(held)
        before = never.get("/accounts/password/change/").status_code
        moved.shift(timedelta(minutes=6))
        assert held.get("/accounts/password/change/").headers["Location"].startswith("/accounts/login/")
        assert not Session.objects.filter(person_id=number("newcomer")).exists()
        assert never.get("/accounts/password/change/").status_code == before
        anew = signed_in("newcomer")  # holds nothing, and reads of himself alone
        assert not is_in(anew)
        assert anew.get("/accounts/password/change/").status_code == before


def test_a_lost_password_is_replaced_by_one_that_must_be_changed(office: World) -> None:
    desk = signed_in("liaison")
    password = act("county", commands.reset_password, person_id=number("liaison"))
    assert not is_in(desk)
    assert not is_in(signed_in("liaison"))  # the old password is gone
    client = signed_in("liaison", password)
    assert client.get("/").headers["Location"] == "/accounts/password/change/"
    client.post("/accounts/password/change/", {"oldpassword": password, "password1": "a lantern by the bridge",
                                               "password2": "a lantern by the bridge"})  # fmt: skip
    assert is_in(client)
    assert is_in(signed_in("liaison", "a lantern by the bridge"))


def _invited(by: str = "county") -> str:
    made = act(by, commands.enter_person, username="invited", name="受邀人", role=Role.LIAISON, now=clock.now(),
               node_id=_node("330106002001"), begins_on=clock.legal_day(clock.now()), ends_on=date(2026, 12, 31),
               reason="任命文件", invite=True)  # fmt: skip
    assert made.password == ""
    return str(made.token)


def _node(code: str) -> int:
    from tests.world import node

    return node(code)


NEW = {"password": "a lantern by the bridge"}


def test_an_invited_person_chooses_his_password_once(office: World) -> None:
    token = _invited()
    page = Client().get(f"/people/invitation/{token}/")
    assert "受邀人" in page.content.decode()
    client = Client()
    assert client.post(f"/people/invitation/{token}/", NEW).status_code == 302
    assert is_in(client)
    again = Client().post(f"/people/invitation/{token}/", {"password": "somebody else was here"})
    assert again.status_code == 422
    assert is_in(signed_in("invited", NEW["password"]))


def test_an_invitation_expires(office: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = _invited()
    with shared(read_only=False) as system, pytest.raises(Refused) as refused:
        commands.use_invitation(scope=system, token=token, password=NEW["password"],
                                now=clock.now() + timedelta(hours=73))  # fmt: skip
    assert refused.value.code == "identity.link_over"
    assert not is_in(signed_in("invited", NEW["password"]))


def test_an_invitation_of_a_suspended_person_is_over(office: World) -> None:
    token = _invited()
    suspend("invited")
    assert Client().post(f"/people/invitation/{token}/", NEW).status_code == 422


def test_a_new_password_for_the_invited_makes_his_link_useless(office: World) -> None:
    token = _invited()
    act("county", commands.reset_password, person_id=number("invited"))
    assert Client().post(f"/people/invitation/{token}/", NEW).status_code == 422


def test_a_short_password_is_said_at_the_field_and_the_link_stays_good(office: World) -> None:
    token = _invited()
    answer = Client().post(f"/people/invitation/{token}/", {"password": "short"})
    assert answer.status_code == 422
    assert "密码太短" in answer.content.decode()
    assert Client().post(f"/people/invitation/{token}/", NEW).status_code == 302


def test_the_one_time_password_stands_in_no_book(office: World) -> None:
    from falin.kernel.models import OutboxEvent
    from falin.kernel.transactions import inside
    from tests.app.identity.cast import scope

    password = act("county", commands.reset_password, person_id=number("liaison"))
    with inside(scope("county"), read_only=True):
        booked: list[Any] = [*AuditEntry.objects.values(), *OutboxEvent.objects.values()]
    assert any(row.get("act") == "identity.password.reset" for row in booked)
    assert password not in str(booked)


def test_another_site_that_signs_a_browser_in_is_refused_in_plain_words_and_booked(world: World) -> None:
    """CSRF on login: the form comes without the key of the page it is on."""
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.7")
    given = {"login": "county", "password": PASSWORD}
    answer = client.post(
        "/accounts/login/", given, headers={"Origin": "https://evil.example", "Referer": "https://evil.example/x"}
    )
    assert answer.status_code == 403
    assert "这一步没有做" in answer.content.decode()
    assert "evil" not in answer.content.decode()
    assert "_auth_user_id" not in client.session
    with shared(read_only=True):
        row = AuditEntry.objects.get(act="identity.sign_on.refused")
        assert (row.after, row.person_id, Refusals.objects.get().network) == (
            {"why": "no_form_key"},
            0,
            "203.0.113.0/24",
        )
    page = client.get("/accounts/login/").content.decode()
    (key,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[:1])
    client.post("/accounts/login/", {**given, "csrfmiddlewaretoken": key})
    assert "_auth_user_id" in client.session


def test_a_form_elsewhere_without_its_key_is_refused_alike_and_is_no_matter_of_signing_in(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/me/security/sessions/end/", headers={"Referer": "http://testserver/me/security/?a=1"})
    assert 'href="/me/security/?a=1"' in answer.content.decode()
    assert (answer.status_code, "这一步没有做" in answer.content.decode()) == (403, True)
    with shared(read_only=True):
        assert not AuditEntry.objects.filter(act="identity.sign_on.refused").exists()
