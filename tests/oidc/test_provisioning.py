"""Accounts at a real Keycloak follow the register: entered, suspended, gone; Keycloak away in between; drift mended."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from falin.kernel import relay
from falin.kernel.clock import now
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Refused
from tenants.identity import commands
from tenants.identity.models import Binding, Person, ServiceAccount
from tenants.identity.oidc import commands as oidc
from tenants.identity.oidc import directory, provisioning
from tenants.identity.oidc.directory import Directory, Taken
from tenants.identity.oidc.models import Account, Link
from tenants.identity.queries import system_of
from tenants.identity.types import Role
from tenants.registry.api import list_tenants
from tests.app.identity.cast import act, enter, number, people_the_office, propose
from tests.oidc.realms import Realm
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
