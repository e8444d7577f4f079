"""Odd patterns are found as they are sealed, named by their rule, once for each occasion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from falin.kernel import audit
from falin.kernel.audit import alarms
from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.identity.commands import booking as people
from tenants.identity.commands import grant_role
from tenants.identity.types import Role
from tests.app.audit.logs import settled
from tests.world import NOW, World

EVENING = datetime(2026, 11, 16, 13, 59, 59, tzinfo=UTC)  # one second to ten in Shanghai
MORNING = datetime(2026, 11, 16, 22, 0, tzinfo=UTC)  # six o'clock there


def book(scope: Scope, act: str, at: datetime = NOW, count: int = 1, **after: Any) -> None:
    with inside(scope, read_only=False):
        for number in range(count):
            audit.record(scope=scope, act=act, subject=("adviser", number), node_id=None, now=at, after=after)


def raised(scope: Scope) -> list[tuple[str, int]]:
    with inside(scope, read_only=True):
        rows = AuditEntry.objects.filter(act=alarms.RAISED).order_by("id")
        return [(row.after["rule"], row.after["person"]) for row in rows]


def test_more_clear_views_in_a_day_than_allowed_raise_a1_once(world: World) -> None:
    scope, most = world.scope("county"), alarms.CLEAR_VIEWS.default
    book(scope, "advisers.numbers.shown", count=most)
    book(scope, "advisers.numbers.shown", at=NOW - timedelta(days=1), count=5)
    settled(scope, 1)
    assert raised(scope) == []
    book(scope, "advisers.numbers.shown", count=2)
    settled(scope, 2)
    assert raised(scope) == [("A1", scope.person_id)]
    book(scope, "advisers.numbers.shown")
    settled(scope, 3)
    assert raised(scope) == [("A1", scope.person_id)]


def test_clear_views_in_two_bodies_are_counted_together(world: World) -> None:
    """Who works in two counties looks as often as allowed in each: the log of the second one tells."""
    one, most = world.scope("county"), alarms.CLEAR_VIEWS.default
    there = replace(world.scope("county2"), person_id=one.person_id)
    book(one, "advisers.numbers.shown", count=most, seen_today=most)
    settled(one)
    book(there, "advisers.numbers.shown", seen_today=most)
    settled(there, 1)
    assert (raised(one), raised(there)) == ([], [])
    book(there, "advisers.numbers.shown", seen_today=most + 1)
    settled(there, 2)
    assert raised(there) == [("A1", one.person_id)]


def test_two_people_who_look_as_often_as_allowed_raise_nothing(world: World) -> None:
    one, other = world.scope("county"), world.scope("street")
    book(one, "advisers.numbers.shown", count=alarms.CLEAR_VIEWS.default)
    with inside(one, read_only=False):
        for number in range(alarms.CLEAR_VIEWS.default):
            audit.record(scope=other, act="advisers.numbers.shown", subject=("adviser", number), node_id=None, now=NOW)
    settled(one)
    assert raised(one) == []


@pytest.mark.parametrize(
    "act",
    [
        "audit.log.exported",
        "indicators.figures.exported",
        "portal.list.exported",
        "advisers.record.taken",
        "identity.record.taken",
        "registry.archive.asked",
    ],
)
@pytest.mark.parametrize(
    ("at", "odd"),
    [
        (EVENING, False),
        (EVENING + timedelta(seconds=1), True),
        (MORNING - timedelta(seconds=1), True),
        (MORNING, False),
    ],
)
def test_an_export_between_ten_in_the_evening_and_six_raises_a2(
    world: World, act: str, at: datetime, odd: bool
) -> None:
    scope = world.scope("county")
    book(scope, act, at=at)
    settled(scope, 24 * 60)
    assert raised(scope) == ([("A2", scope.person_id)] if odd else [])


def give(scope: Scope, act: str, person_id: int) -> None:
    """As the commands of grants book it; they themselves refuse to give anybody something of his own."""
    with inside(scope, read_only=False):
        people.book(scope=scope, act=act, person_id=person_id, node_id=None, now=NOW, after={"role": "liaison"})


@pytest.mark.parametrize("act", ["identity.role.granted", "identity.role.confirmed"])
def test_a_grant_to_oneself_raises_a3_and_one_to_another_does_not(world: World, act: str) -> None:
    scope = world.scope("county")
    give(scope, act, scope.person_id + 1)
    settled(scope, 1)
    assert raised(scope) == []
    give(scope, act, scope.person_id)
    settled(scope, 2)
    assert raised(scope) == [("A3", scope.person_id)]


def test_a_county_team_that_appoints_itself_as_adviser_is_seen(world: World) -> None:
    """A role that goes with an appointment is given without a second person: what the command books is looked at."""
    scope = world.scope("county")
    with inside(scope, read_only=False):
        grant_role(scope=scope, person_id=scope.person_id, role=Role.ADVISER, node_id=world.node("330106109200"), now=NOW,
                   subject_id="00000000-0000-0000-0000-000000000001", reason="聘任")  # fmt: skip
    settled(scope)
    assert raised(scope) == [("A3", scope.person_id)]


def test_a_password_and_the_factors_of_one_person_reset_within_a_week_raise_a4_whoever_did_it(world: World) -> None:
    scope = world.scope("county")

    def book_reset(act: str, person_id: int, days: int) -> None:
        with inside(scope, read_only=False):
            people.book(scope=scope, act=act, person_id=person_id, node_id=None, now=NOW + timedelta(days=days))

    book_reset("identity.password.reset", 9, 0)
    book_reset("identity.factors.reset", 8, 1)  # of somebody else
    book_reset("identity.password.reset", 8, 8)
    book_reset("identity.factors.reset", 9, 7)  # a week later
    settled(scope, 1)
    assert raised(scope) == []
    book_reset("identity.password.reset", 9, 13)
    settled(scope, 2)
    assert raised(scope) == [("A4", scope.person_id)]


def test_an_alarm_is_sealed_itself_with_the_next_batch(world: World) -> None:
    scope = world.scope("county")
    give(scope, "identity.role.granted", scope.person_id)
    settled(scope, 1)
    batch = settled(scope, 2)
    with inside(scope, read_only=True):
        assert (batch.count, AuditEntry.objects.get(act=alarms.RAISED).id) == (1, batch.first_id)


def test_the_page_names_the_rule_and_who_is_watched_does_not_read_it(world: World, sign_in: Any) -> None:
    scope = world.scope("county")
    give(scope, "identity.role.granted", scope.person_id)
    settled(scope)
    text = sign_in("auditor3").get("/audit/").content.decode()
    assert "A3 给自己授予身份" in text
    assert "授予身份的人和得到身份的人是同一个人。" in text
    assert "异常提醒" not in sign_in("county").get("/history/").content.decode()
    (alarm,) = sign_in("auditor3").get("/api/v1/audit/alarms/").json()
    assert (alarm["rule"], alarm["person"]) == ("A3", "叶明远")
