"""Accounts at a real Keycloak follow the register: entered, suspended, gone; Keycloak away in between; drift mended."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.test import Client

from falin.kernel import relay
from falin.kernel.clock import legal_day, now
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Refused
from falin.kernel.scope import own_scope
from falin.kernel.transactions import inside, shared
from tenants.identity import commands
from tenants.identity.commands.booking import book
from tenants.identity.homes import SIGN_ON
from tenants.identity.models import AccessToken, Binding, Person, ServiceAccount
from tenants.identity.oidc import commands as oidc
from tenants.identity.oidc import directory, provisioning
from tenants.identity.oidc.commands import link_account
from tenants.identity.oidc.directory import Directory, Taken
from tenants.identity.oidc.models import Account, FirstPassword, ForeignSession, Link
from tenants.identity.queries import system_of
from tenants.identity.queries.account import list_sessions
from tenants.identity.types import Role
from tenants.registry.api import list_tenants
from tenants.settings import api as levels
from tenants.settings.models import Setting
from tests.app.identity.cast import act, enter, number, people_the_office, propose, scope
from tests.oidc.postbox import postbox
from tests.oidc.realms import Browser, Realm, credentials
from tests.oidc.test_hostile_issuer import token_of
from tests.world import World


def deliver() -> None:
    """What the relay does, and then a worker."""
    scopes = {scope.schema: scope for scope in map(system_of, [None, *list_tenants()])}
    relay.drain(scopes, clock=now)
    provisioning.work(clock=now)


@pytest.fixture
def served(realm: Realm) -> Realm:
    """Everybody of the small world has an account."""
    deliver()
    return realm


def groups(realm: Realm, username: str) -> set[str]:
    user = realm.user(username)
    assert user is not None
    return {group["path"] for group in realm.ask("GET", f"/users/{user['id']}/groups")}


def test_who_is_entered_gets_an_account_with_his_groups_and_must_choose_a_password(served: Realm) -> None:
    user = served.user("county")
    assert user is not None
    assert (user["firstName"], user["enabled"]) == ("叶明远", True)
    assert user["requiredActions"] == ["UPDATE_PASSWORD"]
    assert user["attributes"] == {"falin_person": [str(number("county"))]}
    assert groups(served, "county") == {"/330106/county_team"}
    assert groups(served, "leader") == {"/33/province_leader"}
    assert Link.objects.get(person__username="county").subject == user["id"]
    assert not Account.objects.filter(due_at__isnull=False).exists()


def test_an_address_that_was_erased_here_is_gone_over_there_too(served: Realm) -> None:
    who = number("liaison")
    Person.objects.filter(id=who).update(email="wang@example.cn")
    act("county", commands.leave_office, now(), person_id=who, why="退休")
    deliver()
    kept = served.user("liaison")
    assert kept is not None
    assert (kept["enabled"], kept["email"]) == (False, "wang@example.cn")
    act("county", commands.erase_contacts, now(), person_id=who, why="本人要求")
    deliver()
    user = served.user("liaison")
    assert user is not None
    assert (user["firstName"], user.get("email")) == ("王桂英", None)


def test_an_address_somebody_changed_is_over_there_with_the_next_delivery(served: Realm) -> None:
    who = number("county")
    with inside(own_scope(scope("county")), read_only=False):
        Person.objects.filter(id=who).update(email="ye@example.cn")
        book(scope=own_scope(scope("county")), act="identity.email.changed", person_id=who, node_id=None, now=now())
    deliver()
    user = served.user("county")
    assert user and user["email"] == "ye@example.cn"


# ---- the first password ----------------------------------------------------------------------------------------------
def new_person(username: str = "kexinyue", **more: Any) -> Any:
    today = legal_day(now())
    return act("county", commands.enter_person, now(), username=username, name="柯新月", role=Role.LIAISON,
               node_id=World().node("330106109201"), begins_on=today, ends_on=today + timedelta(days=30),
               reason="双浦镇〔2026〕3号", **more)  # fmt: skip


def signs_on(username: str, password: str) -> Browser:
    browser = Browser(username=username, password=password)
    browser.open("/accounts/oidc/login/?next=/people/")
    return browser


def is_in(browser: Browser) -> bool:
    return bool(browser.falin.get("/").status_code == 200)


def test_the_password_that_was_handed_over_opens_the_account_once_and_lies_nowhere(realm: Realm) -> None:
    made = new_person()
    assert made.password.encode() not in bytes(FirstPassword.objects.get().password_sealed)
    deliver()
    assert not FirstPassword.objects.exists()
    browser = signs_on("kexinyue", made.password)
    assert is_in(browser)
    assert browser.password == browser.new_password  # Keycloak asked for his own
    assert is_in(signs_on("kexinyue", browser.new_password))
    again = signs_on("kexinyue", made.password)
    assert not is_in(again)
    assert "password" in again.page


def test_a_password_that_was_lost_is_replaced_by_the_office_over_there_too(served: Realm) -> None:
    password = act("county", commands.reset_password, person_id=number("liaison"))
    deliver()
    browser = signs_on("liaison", password)
    assert is_in(browser)
    assert browser.password != password


def sessions(realm: Realm, username: str) -> list[Any]:
    user = realm.user(username)
    assert user is not None
    found: list[Any] = realm.ask("GET", f"/users/{user['id']}/sessions")
    return found


def test_with_a_new_password_his_sessions_over_there_are_over_too(served: Realm) -> None:
    with_otp(served, "liaison")
    browser = signs_on("liaison", Browser().password)
    assert len(sessions(served, "liaison")) == 1
    act("county", commands.reset_password, person_id=number("liaison"))
    deliver()
    assert (is_in(browser), sessions(served, "liaison")) == (False, [])


# ---- second factors that were lost -----------------------------------------------------------------------------------
def with_otp(realm: Realm, username: str) -> None:
    """His own password and an app, as he would have set them up himself."""
    user = realm.user(username)
    assert user is not None
    realm.ask("PUT", f"/users/{user['id']}", {**user, "requiredActions": [], "credentials": credentials(otp=True)})


def kinds(realm: Realm, username: str) -> list[str]:
    user = realm.user(username)
    assert user is not None
    return sorted(one["type"] for one in realm.ask("GET", f"/users/{user['id']}/credentials"))


@pytest.mark.parametrize("everybody", [False, True])
def test_a_second_factor_that_was_lost_goes_over_there_with_his_sessions(served: Realm, everybody: bool) -> None:
    """And where the realm has everybody set up an app, he is asked to at once."""
    action = served.ask("GET", "/authentication/required-actions/CONFIGURE_TOTP")
    served.ask("PUT", "/authentication/required-actions/CONFIGURE_TOTP", {**action, "defaultAction": everybody})
    with_otp(served, "liaison")
    with_otp(served, "street")
    browser = signs_on("liaison", Browser().password)
    assert (is_in(browser), len(sessions(served, "liaison"))) == (True, 1)
    act("county", commands.reset_factors, now(), person_id=number("liaison"), why="手机丢了")
    assert not is_in(browser)  # here at once
    deliver()
    assert (kinds(served, "liaison"), kinds(served, "street")) == (["password"], ["otp", "password"])
    assert sessions(served, "liaison") == []
    user = served.user("liaison")
    assert user is not None
    assert user["requiredActions"] == (["CONFIGURE_TOTP"] if everybody else [])
    assert (user["firstName"], user["attributes"]) == ("王桂英", {"falin_person": [str(number("liaison"))]})
    assert not Account.objects.filter(factors_reset_at__isnull=False).exists()
    served.ask("PUT", "/authentication/required-actions/CONFIGURE_TOTP", {**action, "defaultAction": False})


def test_a_factor_set_up_since_and_one_of_an_account_he_linked_himself_are_left_alone(realm: Realm) -> None:
    subject = realm.enter("his-own-name", otp=True)
    with shared(read_only=False) as system:
        link_account(scope=system, issuer=realm.issuer, subject=subject, person_id=number("street"), now=now())
    deliver()
    for username in ("street", "liaison"):
        act("county", commands.reset_factors, now(), person_id=number(username), why="手机丢了")
    with_otp(realm, "liaison")
    deliver()
    assert (kinds(realm, "his-own-name"), kinds(realm, "liaison")) == (["otp", "password"], ["otp", "password"])
    assert not Account.objects.filter(factors_reset_at__isnull=False).exists()


# ---- signed out here on other devices --------------------------------------------------------------------------------
def test_who_signs_out_everywhere_is_out_in_the_other_browsers_at_keycloak_too(served: Realm) -> None:
    with_otp(served, "county")
    here, there, third = (signs_on("county", Browser().password) for _browser in range(3))
    assert [is_in(one) for one in (here, there, third)] == [True, True, True]
    token_of("county")
    open_ones = list_sessions(person_id=number("county"), current=here.falin.session.session_key, now=now())
    here.falin.post(f"/me/security/sessions/{open_ones[-1].id}/end/")
    deliver()
    assert len(sessions(served, "county")) == 2
    here.falin.post("/me/security/sessions/end/")
    deliver()
    assert len(sessions(served, "county")) == 1
    there.password = third.password = "they-would-have-to-know-it-again"
    for browser in (there, third):
        browser.open("/accounts/oidc/login/?next=/")
        assert "password" in browser.page  # no silent way back in
    assert [is_in(one) for one in (here, there, third)] == [True, False, False]
    assert ForeignSession.objects.count() == 1
    assert (
        AccessToken.objects.filter(revoked_at__isnull=True).count() == 1
    )  # who signs out keeps his tokens (decision 46)


def test_a_browser_that_is_in_at_two_hosts_is_not_signed_out_at_keycloak_with_one_of_them(served: Realm) -> None:
    with_otp(served, "county")
    here = signs_on("county", Browser().password)
    other = Browser(falin=Client(), there=here.there, username="county")
    other.open("/accounts/oidc/login/?next=/")
    assert (is_in(other), ForeignSession.objects.count()) == (True, 2)
    assert len(set(ForeignSession.objects.values_list("sid", flat=True))) == 1
    here.falin.post("/me/security/sessions/end/")
    deliver()
    assert [is_in(here), is_in(other)] == [True, False]
    assert len(sessions(served, "county")) == 1


def test_a_session_that_is_over_already_is_no_trouble(served: Realm) -> None:
    Directory().end("00000000-0000-0000-0000-000000000000")


def test_who_is_invited_where_only_the_other_home_counts_gets_a_password_for_once_by_his_link(realm: Realm) -> None:
    Setting.objects.create(key=SIGN_ON.key, node_id=World().node("330106"), value=2, locked=False, person_id=0, why="测试",
                           valid_from=date(2020, 1, 1), recorded_at=now())  # fmt: skip
    levels.forget()
    made = new_person(invite=True)
    link = f"/people/invitation/{made.token}/"
    client = Client()
    assert "请领取您的一次性密码" in client.get(link).content.decode()
    page = client.post(link).content.decode()
    (password,) = re.findall(r"<b>((?:[a-z0-9]{4}-){3}[a-z0-9]{4})</b>", page)
    assert "链接已经用过" in client.post(link).content.decode()
    deliver()
    assert is_in(signs_on("kexinyue", password))


def test_a_newer_password_is_not_lost_while_an_older_one_is_on_its_way(
    served: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = act("county", commands.reset_password, person_id=number("liaison"))
    newer: list[str] = []
    plain = Directory.set_first_password

    def interrupted(self: Directory, subject: str, password: str) -> None:
        plain(self, subject, password)
        if not newer:
            newer.append(act("county", commands.reset_password, person_id=number("liaison")))

    monkeypatch.setattr(Directory, "set_first_password", interrupted)
    deliver()
    assert not FirstPassword.objects.exists()
    assert not is_in(signs_on("liaison", first))
    assert is_in(signs_on("liaison", newer[0]))


def test_the_password_of_an_account_that_somebody_linked_himself_is_left_alone(realm: Realm) -> None:
    subject = realm.enter("his-own-name")
    with shared(read_only=False) as system:
        link_account(scope=system, issuer=realm.issuer, subject=subject, person_id=number("liaison"), now=now())
    act("county", commands.reset_password, person_id=number("liaison"))
    deliver()
    assert not FirstPassword.objects.exists()
    assert is_in(signs_on("his-own-name", Browser().password))


def test_with_a_mail_server_a_link_is_mailed_by_which_he_chooses_his_password(realm: Realm, settings: Any) -> None:
    with postbox() as (port, letters):
        realm.ask("PUT", "", {**realm.ask("GET", ""), "smtpServer": {"host": "127.0.0.1", "port": str(port),
                                                                     "from": "falin@example.org"}})  # fmt: skip
        settings.KEYCLOAK_MAIL = True
        made = new_person(invite=True)
        Person.objects.filter(id=made.person.id).update(email="ke@example.org")
        deliver()
        (letter,) = letters
    (link,) = set(re.findall(rf"{re.escape(realm.issuer)}/login-actions/action-token\S+", letter))
    browser = Browser(username="kexinyue", password="")
    browser.visit(link)
    onward = re.search(r'href="([^"]*login-actions/[^"]*)"', browser.page)
    assert onward is not None, browser.page
    browser.visit(urljoin(link, unescape(onward[1])))
    assert is_in(signs_on("kexinyue", browser.new_password))


def test_nothing_is_done_twice_however_often_it_is_told(served: Realm) -> None:
    before = served.ask("GET", "/users?max=500")
    provisioning.mark_all_due(now=now())
    done, failed = provisioning.work(clock=now)
    assert (done, failed) == (Person.objects.count(), 0)
    assert served.ask("GET", "/users?max=500") == before
    assert Link.objects.count() == len(before)


def test_a_suspended_persons_account_is_shut_and_opened_again(served: Realm) -> None:
    act("county", commands.suspend_person, person_id=number("liaison"), why="接受调查")
    deliver()
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is False
    act("county", commands.reinstate_person, person_id=number("liaison"), why="已查清")
    deliver()
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is True


def test_who_leaves_loses_his_groups_and_his_account_is_shut(served: Realm) -> None:
    binding = Binding.objects.get(person__username="liaison")
    act("county", commands.end_binding, binding_id=binding.id, why="调离")
    deliver()
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is False
    assert groups(served, "liaison") == set()


def corrected(username: str) -> None:
    row = Person.objects.get(username="liaison")
    act("county", commands.correct_person, now(), person_id=row.id, name="王桂芳", username=username, why="写错了")
    deliver()


def test_a_sign_in_name_that_is_put_right_is_put_right_over_there_and_opens_the_same_account(served: Realm) -> None:
    before = served.user("liaison")
    password = act("county", commands.reset_password, person_id=number("liaison"))
    corrected("wangguifang")
    user = served.user("wangguifang")
    assert before and user
    assert (user["id"], user["firstName"]) == (before["id"], "王桂芳")
    assert served.user("liaison") is None
    assert is_in(signs_on("wangguifang", password))
    assert not is_in(signs_on("liaison", password))


def test_a_sign_in_name_that_is_somebody_elses_over_there_is_told_and_holds_up_nobody(served: Realm) -> None:
    stranger = served.enter("wangguifang", firstName="别人")
    corrected("wangguifang")
    user = served.user("liaison")
    assert user and user["firstName"] == "王桂英"  # as it was, until the name is free
    who = number("wangguifang")
    assert Account.objects.get(person_id=who).error == "taken"
    code, rows = command("--mend")
    assert (code, {(row["person"] or row["subject"], *row["drift"], row["mended"]) for row in rows}) == (
        1, {(who, "taken", False), (stranger, "foreign", False)},
    )  # fmt: skip


def test_an_account_that_is_refused_over_there_is_told_and_those_after_it_are_mended(served: Realm) -> None:
    first, second = sorted(("county", "leader"), key=number)
    Person.objects.filter(username=first).update(name="改名一", email="no address")
    Person.objects.filter(username=second).update(name="改名二")
    code, rows = command("--mend")
    assert (code, [(row["person"], *row["drift"], row["mended"]) for row in rows]) == (
        1, [(number(first), "name", "refused", False), (number(second), "name", True)],
    )  # fmt: skip
    mended = served.user(second)
    assert mended and mended["firstName"] == "改名二"


def test_a_crash_between_the_account_and_its_note_makes_no_second_account(served: Realm) -> None:
    """409 is success where the account was made for this very person."""
    Link.objects.filter(person__username="county").delete()
    provisioning.mark_due(person_ids=[number("county")], now=now())
    assert provisioning.work(clock=now) == (1, 0)
    user = served.user("county")
    assert user is not None
    assert Link.objects.get(person__username="county").subject == user["id"]


def test_an_account_of_the_same_name_that_we_did_not_make_is_never_taken(realm: Realm) -> None:
    stranger = realm.enter("county", firstName="别人")
    with pytest.raises(Taken):
        provisioning.bring_up_to_date(Directory(), number("county"), now=now())
    assert not Link.objects.filter(person__username="county").exists()
    user = realm.user("county")
    assert user is not None
    assert (user["id"], user["firstName"]) == (stranger, "别人")


def test_keycloak_away_is_waited_for_and_nothing_is_lost(served: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    act("county", commands.suspend_person, person_id=number("liaison"), why="接受调查")
    there = directory.KeycloakOpenIDConnection
    monkeypatch.setattr(
        directory, "KeycloakOpenIDConnection", lambda **more: there(**{**more, "server_url": "http://127.0.0.1:9"})
    )
    moment = now()
    scopes = {scope.schema: scope for scope in map(system_of, [None, *list_tenants()])}
    relay.drain(scopes, clock=now)
    pauses = []
    for _try in range(4):
        at = moment
        assert provisioning.work(clock=lambda at=at: at) == (0, 1)
        row = Account.objects.get(person_id=number("liaison"))
        assert row.due_at is not None
        pauses.append((row.due_at - at).total_seconds())
        moment = row.due_at
    assert pauses == [2, 4, 8, 16]
    assert row.error == "KeycloakConnectionError"
    monkeypatch.undo()
    assert provisioning.work(clock=lambda: moment) == (1, 0)
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is False
    assert Account.objects.get(person_id=number("liaison")).attempts == 0


def test_an_event_that_comes_while_a_worker_is_at_it_is_not_forgotten(served: Realm, monkeypatch: Any) -> None:
    person_id, plain = number("county"), provisioning.bring_up_to_date
    calls = []

    def interrupted(directory: Directory, one: int, *, now: Any) -> Any:
        calls.append(one)
        found = plain(directory, one, now=now)
        if len(calls) == 1:
            provisioning.mark_due(person_ids=[one], now=now)
        return found

    monkeypatch.setattr(provisioning, "bring_up_to_date", interrupted)
    provisioning.mark_due(person_ids=[person_id], now=now())
    assert provisioning.work(clock=now) == (2, 0)


# ---- reconcile -------------------------------------------------------------------------------------------------------
def command(*words: str) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    try:
        call_command("accounts", "--json", *words, stdout=out)
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_reconcile_says_nothing_where_nothing_differs(served: Realm) -> None:
    assert command() == (0, [])


def test_reconcile_tells_of_drift_and_mends_what_is_ours(served: Realm) -> None:
    county, street, city, liaison = (served.user(name) for name in ("county", "street", "city", "liaison"))
    assert county and street and city and liaison
    served.ask("DELETE", f"/users/{county['id']}")  # missing
    served.ask("PUT", f"/users/{street['id']}", {**street, "firstName": "改了名"})
    served.ask("PUT", f"/users/{city['id']}", {**city, "enabled": False})
    group = served.ask("GET", "/group-by-path/33/province_leader")
    served.ask("PUT", f"/users/{liaison['id']}/groups/{group['id']}")
    foreign = served.enter("stranger")
    orphan = served.enter("orphan", attributes={"falin_person": ["999999"]})
    wanted = {
        (number("county"), "missing", True), (number("street"), "name", True), (number("city"), "disabled", True),
        (number("liaison"), "groups", True), (orphan, "orphan", True), (foreign, "foreign", False),
    }  # fmt: skip

    def told(rows: list[dict[str, Any]]) -> set[tuple[Any, str, bool]]:
        return {(row["person"] or row["subject"], *row["drift"], row["mended"]) for row in rows}

    code, rows = command()
    assert (code, told(rows)) == (1, {(who, drift, False) for who, drift, _mended in wanted})
    code, rows = command("--mend")
    assert (code, told(rows)) == (1, wanted)
    code, rows = command()
    assert (code, told(rows)) == (1, {(foreign, "foreign", False)})
    assert served.ask("GET", f"/users/{orphan}")["enabled"] is False
    assert served.ask("GET", f"/users/{foreign}")["enabled"] is True
    assert AuditEntry.objects.filter(act="identity.account.mended").count() == 4


def test_a_role_that_ran_out_is_found_by_night(served: Realm) -> None:
    Binding.objects.filter(person__username="liaison").update(valid_to=now().date() - timedelta(days=2))
    provisioning.mark_all_due(now=now())
    provisioning.work(clock=now)
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is False


def test_an_account_the_office_opened_is_not_parted_by_the_person(served: Realm) -> None:
    with pytest.raises(Refused, match="account_of_office"):
        act("county", oidc.unlink_account, person_id=number("county"))
    assert Link.objects.filter(person__username="county").exists()


def test_two_records_that_became_one_keep_one_account(served: Realm) -> None:
    people_the_office(World())
    for username, code in (("fang1", "330106002001"), ("fang2", "330106002002")):
        enter(username, "方小满")
        propose(World(), "county", username, Role.LIAISON, code)
    Binding.objects.update(valid_from=date(2020, 1, 1))
    deliver()
    kept, gone = number("fang1"), number("fang2")
    made = act("county", commands.propose_merge, kept_id=kept, gone_id=gone, reason="已电话核实")
    act("city", commands.confirm_merge, merge_id=made.id)
    deliver()
    assert {username: user["enabled"] for username in ("fang1", "fang2") if (user := served.user(username))} == {
        "fang1": True, "fang2": False,
    }  # fmt: skip
    assert groups(served, "fang1") == {"/330106/liaison"}


def test_a_program_has_no_account_of_a_person(served: Realm) -> None:
    program = Person.objects.get(username="liaison")
    ServiceAccount.objects.create(
        person=program, owner=Person.objects.get(username="county"), purpose="导数据", review_by=date(2099, 1, 1)
    )
    provisioning.mark_due(person_ids=[program.id], now=now())
    provisioning.work(clock=now)
    user = served.user("liaison")
    assert user is not None
    assert user["enabled"] is False
    assert program.id not in {one.id for one in provisioning._people()}
