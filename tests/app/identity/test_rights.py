"""What somebody may do is what a door would let him: what every door refuses is left out, and the rule is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.divisions.api import get_division
from tenants.identity import commands
from tenants.identity.models import Binding, ServiceAccount
from tenants.identity.queries import list_rights, list_who
from tenants.identity.roles import GRANTS
from tenants.identity.types import Role
from tenants.registry.models import Tenant
from tenants.registry.types import State
from tests.app.identity.cast import YEAR_END, act, enter, hold, number, scope
from tests.app.identity.test_command_line import access
from tests.world import TODAY, World

from falin.kernel.transactions import inside  # isort: skip

WEIGHTY = {"advisers.appoint", "people.grant"}


def may(who: str, at: str, world: World, by: str = "auditor") -> dict[str, tuple[frozenset[str], str]]:
    """By role: its grants there, and the rule that stops it."""
    place = get_division(world.node(at))
    with inside(scope(by), read_only=True):
        found = list_rights(scope=scope(by), person_id=number(who), at=place, on=TODAY)
    return {str(one.binding.role): (frozenset(one.grants), one.stopped_by) for one in found.rights}


def who(at: str, world: World, by: str = "auditor") -> dict[str, tuple[frozenset[str], str]]:
    with inside(scope(by), read_only=True):
        found = list_who(scope=scope(by), at=get_division(world.node(at)), on=TODAY)
    return {one.binding.person.username: (frozenset(one.grants), one.stopped_by) for one in found}


def state(code: str, to: State, world: World) -> None:
    Tenant.objects.filter(node_id=world.node(code)).update(state=to)


def test_what_nothing_stops_is_what_his_roles_say(office: World) -> None:
    assert may("county", "330106", office) == {"county_team": (GRANTS[Role.COUNTY_TEAM], "")}
    assert who("330106", office)["county"] == (GRANTS[Role.COUNTY_TEAM], "")


def test_roles_that_a_separation_parts_come_to_nothing_and_the_rule_is_named(office: World) -> None:
    row = Binding.objects.get(person=number("county"))
    row.pk, row.role = None, Role.AUDITOR
    row.save(force_insert=True)  # past the commands
    parted = (frozenset[str](), "auditor_is_not_operational")
    assert may("county", "330106", office) == {"county_team": parted, "auditor": parted}
    assert who("330106", office)["county"] == parted
    assert who("330106", office)["auditor3"][0] == GRANTS[Role.AUDITOR]


@pytest.mark.parametrize(("to", "rule"), [(State.SUSPENDED, "body_suspended"), (State.MOVING, "body_moving")])
def test_in_a_body_that_is_held_everybody_reads_and_nobody_acts(office: World, to: State, rule: str) -> None:
    state("330106", to, office)
    grants, stopped = may("county", "330106", office)["county_team"]
    assert (stopped, "advisers.read" in grants, grants & WEIGHTY) == (rule, True, set())
    assert who("330106", office)["county"] == (grants, rule)


@pytest.mark.parametrize("to", [State.CLOSED, State.ELSEWHERE])
def test_into_a_body_that_is_shut_nobody_comes(office: World, to: State) -> None:
    state("330106", to, office)
    assert may("county", "330106", office) == {"county_team": (frozenset(), "body_shut")}


def test_a_program_that_is_stopped_may_nothing_until_it_is_mended(office: World) -> None:
    made = act("county", commands.open_account, username="svc-street", name="取数", owner_id=number("street"),
               purpose="每晚取到访数", role=Role.STREET_OFFICER, node_id=office.node("330106109"), begins_on=TODAY,
               ends_on=YEAR_END, reason="文号", review_by=TODAY + timedelta(days=90))  # fmt: skip
    assert may("svc-street", "330106109", office)["street_officer"] == (GRANTS[Role.STREET_OFFICER], "")
    ServiceAccount.objects.filter(person=made.person.id).update(review_by=TODAY - timedelta(days=1))
    assert may("svc-street", "330106109", office)["street_officer"] == (frozenset(), "not_reviewed")
    assert who("330106109", office)["svc-street"] == (frozenset(), "not_reviewed")


def test_the_page_the_api_and_the_terminal_name_the_rule(office: World, sign_in: Any) -> None:
    state("330106", State.SUSPENDED, office)
    whom, client = number("county"), sign_in("auditor")
    for address in (f"/people/{whom}/rights/?at=330106", "/people/at/?at=330106"):
        page = client.get(address).content.decode()
        assert "单位停用期间，大家只能看，不能办。" in page
        assert "聘任法律顾问" not in page
    (right,) = client.get(f"/api/v1/people/{whom}/rights/").json()["rights"]
    assert (right["stopped"], set(right["grants"]) & WEIGHTY) == ("body_suspended", set())
    said = access("explain", "--person", "county", "--at", "330106")
    assert "(body_suspended)" in said
    assert "advisers.appoint" not in said


def test_who_may_here_is_asked_with_the_same_statements_however_many_they_are(office: World) -> None:
    def statements() -> int:
        with inside(scope("auditor"), read_only=True), CaptureQueriesContext(connection) as asked:
            list_who(scope=scope_of_auditor, at=place, on=TODAY)
        return len(asked)

    scope_of_auditor, place = scope("auditor"), get_division(office.node("330106109"))
    few = statements()
    for n in range(5):
        enter(f"more{n}")
        hold(office, f"more{n}", Role.STREET_OFFICER, "330106109")
    assert statements() == few
