"""Policies of the province (how one signs in, how long a grant lasts) are its security administrator's, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from falin.kernel import parameters
from falin.kernel.models import AuditEntry
from falin.kernel.parameters import Parameter
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from falin.portal.booked import LEAST
from falin.portal.search import find
from services.duty.rules import HOURS_A_MONTH
from tenants.identity.homes import SIGN_ON
from tenants.identity.rules import LONGEST_GRANT, REVIEW_DAYS, SECOND_FACTOR
from tenants.settings import api as settings
from tenants.settings.models import Setting
from tests.app.identity.cast import people_the_office, scope
from tests.world import NOW, TODAY, World

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


def say(world: World, who: str, parameter: Parameter, value: int, code: str = "33") -> Any:
    acting = scope(who)
    with inside(acting, read_only=False):
        return settings.make_statement(scope=acting, key=parameter.key, node_id=world.node(code), value=value, locked=False,
                                       valid_from=TOMORROW, why="按规定", now=NOW)  # fmt: skip


@pytest.mark.parametrize(
    ("parameter", "value"), [(LONGEST_GRANT, 200), (REVIEW_DAYS, 20), (SECOND_FACTOR, 2), (LEAST, 7)]
)
def test_the_security_administrator_sets_a_policy_and_nobody_else_does(
    world: World, parameter: Parameter, value: int
) -> None:
    before = Setting.objects.count()
    for other in ("leader", "system", "auditing", "city", "county"):
        with pytest.raises(Refused):
            say(world, other, parameter, value)
    assert Setting.objects.count() == before
    say(world, "security", parameter, value)
    with inside(scope("security"), read_only=True):
        assert parameters.value(parameter, node_id=world.node("33"), on=TOMORROW) == value
        assert AuditEntry.objects.get(act="settings.statement.made").after["key"] == parameter.key


def test_the_province_leader_is_told_whose_it_is_and_reads_it_without_a_form(world: World) -> None:
    with pytest.raises(Forbidden) as caught:
        say(world, "leader", LONGEST_GRANT, 200)
    assert (caught.value.code, "安全管理员" in caught.value.message) == ("settings.a_policy", True)
    with inside(scope("leader"), read_only=True):
        shown = settings.list_settings(scope=scope("leader"), node_id=world.node("33"), on=TODAY)
    may = {one.parameter.key: one.may_set for one in shown}
    assert (may[LONGEST_GRANT.key], may[HOURS_A_MONTH.key]) == (False, True)


def test_who_sets_policies_reads_and_finds_those_alone(world: World) -> None:
    security = scope("security")
    with inside(security, read_only=True):
        shown = settings.list_settings(scope=security, node_id=world.node("33"), on=TODAY)
        hits = {hit.url for group in find(scope=security, text="时长", on=TODAY) for hit in group.hits}
        with pytest.raises(Missing):
            settings.explain(scope=security, key=HOURS_A_MONTH.key, node_id=world.node("33"), on=TODAY)
    assert {one.parameter.key for one in shown} == {
        "audit.people_behind_a_sum", "identity.longest_grant", "identity.longest_token", "identity.review_days",
        "identity.second_factor", "identity.second_factor_grace", "identity.service_review", "identity.sign_on",
        "portal.exports_held",
    }  # fmt: skip
    assert {one.may_set for one in shown if one.parameter.set_by} == {True}
    assert not any(HOURS_A_MONTH.key in url for url in hits)


def test_he_sets_no_target_of_the_programme(world: World) -> None:
    with pytest.raises(Missing):
        say(world, "security", HOURS_A_MONTH, 9)
    assert not Setting.objects.filter(key=HOURS_A_MONTH.key).exists()


def test_a_county_goes_on_choosing_its_own_home_of_sign_on(world: World) -> None:
    say(world, "county", SIGN_ON, 1, "330106")
    with inside(scope("county"), read_only=True):
        assert parameters.value(SIGN_ON, node_id=world.node("330106"), on=TOMORROW) == 1
