"""Setting a figure at one's own place: what it brings about, what is refused, and that nothing of the past changes (M2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from falin.kernel import parameters
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from services.advisers.rules import MOST_COMMUNITIES
from services.duty.rules import HOURS_A_MONTH
from tenants.settings import api as settings
from tenants.settings.models import Setting
from tests.world import NOW, TODAY, World

TOMORROW = TODAY + timedelta(days=1)
HOURS = HOURS_A_MONTH.key


def say(world: World, who: str, code: str, value: int | None, **more: Any) -> settings.Statement:
    given = {"key": HOURS, "locked": False, "valid_from": TOMORROW, "why": "按省里的通知", **more}
    with inside(world.scope(who), read_only=False):
        return settings.make_statement(scope=world.scope(who), node_id=world.node(code), value=value, now=NOW, **given)


def hours(world: World, code: str, on: date = TOMORROW) -> int:
    with inside(world.scope("leader"), read_only=True):
        return parameters.value(HOURS_A_MONTH, node_id=world.node(code), on=on)


def refused(world: World, who: str, code: str, value: int | None, **more: Any) -> Refused:
    before = Setting.objects.count()
    with pytest.raises(Refused) as caught:
        say(world, who, code, value, **more)
    assert Setting.objects.count() == before
    with inside(world.scope(who), read_only=True):
        assert not OutboxEvent.objects.filter(event="settings.statement.made", at=NOW).exists() or before
    return caught.value


def test_where_nobody_said_anything_the_rules_default_holds(world: World) -> None:
    assert (hours(world, "33"), hours(world, "330106109200")) == (8, 8)


def test_what_the_province_sets_holds_in_every_community_from_its_day_on(world: World) -> None:
    say(world, "leader", "33", 6)
    assert [hours(world, code) for code in ("33", "3301", "330106", "330106109", "330106109200")] == [6] * 5
    assert hours(world, "330106109200", TODAY) == 8


def test_a_county_tightens_for_itself_alone(world: World) -> None:
    say(world, "county", "330106", 10)
    assert (hours(world, "330106002001"), hours(world, "330102001001"), hours(world, "3301")) == (10, 8, 8)


def test_a_figure_that_was_stricter_is_overtaken_and_comes_back(world: World) -> None:
    say(world, "county", "330106", 10)
    say(world, "leader", "33", 12, valid_from=TODAY + timedelta(days=10))
    say(world, "leader", "33", 9, valid_from=TODAY + timedelta(days=20))
    found = [hours(world, "330106002001", TODAY + timedelta(days=days)) for days in (0, 1, 9, 10, 19, 20)]
    assert found == [8, 10, 10, 12, 12, 10]


def test_a_lock_keeps_those_below_from_saying_anything(world: World) -> None:
    say(world, "county", "330106", 10)
    say(world, "leader", "33", 9, locked=True)
    assert hours(world, "330106002001") == 9
    caught = refused(world, "county2", "330102", 12)
    assert (caught.code, caught.field) == ("settings.locked", "value")
    assert "浙江省" in caught.message
    say(world, "leader", "33", 9, valid_from=TODAY + timedelta(days=5))  # unlocked again
    assert hours(world, "330106002001", TODAY + timedelta(days=5)) == 10


def test_taking_back_what_was_said_leaves_what_is_inherited(world: World) -> None:
    say(world, "leader", "33", 9)
    say(world, "county", "330106", 10)
    say(world, "county", "330106", None, valid_from=TODAY + timedelta(days=7))
    assert hours(world, "330106", TODAY + timedelta(days=7)) == 9


def test_a_statement_is_booked_and_told_with_what_stood_before(world: World) -> None:
    say(world, "leader", "33", 9)
    say(world, "leader", "33", 10, locked=True)
    with inside(world.scope("leader"), read_only=True):
        booked = AuditEntry.objects.filter(act="settings.statement.made").latest("id")
        told = OutboxEvent.objects.filter(event="settings.statement.made").count()
    assert (booked.before, booked.why) == ({"value": 9, "locked": False}, "按省里的通知")
    assert booked.after == {"key": HOURS, "value": 10, "locked": True, "valid_from": str(TOMORROW)}
    assert (booked.node_id, told) == (world.node("33"), 2)


@pytest.mark.parametrize(
    ("who", "code", "value", "more", "expected", "field"),
    [
        ("county", "330106", 7, {}, "settings.looser", "value"),
        ("leader", "33", 41, {}, "settings.out_of_range", "value"),
        ("leader", "33", 9, {"valid_from": TODAY}, "settings.too_early", "valid_from"),
        ("leader", "33", 9, {"valid_from": date(2926, 1, 1)}, "settings.too_late", "valid_from"),
        ("leader", "33", 9, {"why": " "}, "settings.why_missing", "why"),
        ("leader", "33", None, {}, "settings.nothing_changes", "value"),
        ("county", "330106", 2, {"key": MOST_COMMUNITIES.key}, "settings.not_this_level", "value"),
        ("leader", "33", 2, {"key": "no.such.figure"}, "settings.unknown", None),
        ("county", "330102", 9, {}, "settings.not_yours", None),
        ("city", "330106", 9, {}, "settings.not_yours", None),
    ],
)
def test_what_is_refused_leaves_nothing(
    world: World, who: str, code: str, value: int | None, more: dict[str, Any], expected: str, field: str | None
) -> None:
    caught = refused(world, who, code, value, **more)
    assert (caught.code, caught.field) == (expected, field)


def test_only_who_holds_the_grant_sets(world: World) -> None:
    for who in ("street", "auditor", "operator"):
        with pytest.raises(Forbidden):
            say(world, who, "33", 9)


def test_the_book_of_settings_cannot_be_rewritten_by_the_application(world: World) -> None:
    say(world, "leader", "33", 9)
    for statement in ("update public.settings_setting set value = 1", "delete from public.settings_setting"):
        scope = world.scope("leader")
        with pytest.raises(ProgrammingError), inside(scope, read_only=False), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_origin_is_told_with_person_day_and_reason(world: World) -> None:
    say(world, "leader", "33", 9)
    say(world, "county", "330106", 10)
    say(world, "leader", "33", 11, valid_from=TODAY + timedelta(days=9))
    scope = world.scope("county")
    with inside(scope, read_only=True):
        now = settings.explain(scope=scope, key=HOURS, node_id=world.node("330106"), on=TOMORROW)
        later = settings.explain(scope=scope, key=HOURS, node_id=world.node("330106"), on=TODAY + timedelta(days=9))
    assert now.origin is not None and later.origin is not None
    assert (now.value, now.origin.place, now.origin.person, now.origin.why) == (10, "西湖区", "叶明远", "按省里的通知")
    assert (later.value, later.origin.place) == (11, "浙江省")
    assert [(step.place, step.outcome) for step in later.steps] == [
        ("浙江省", settings.Outcome.TAKEN), ("西湖区", settings.Outcome.LOOSER)
    ]  # fmt: skip
    assert now.may_set


def test_a_neighbours_settings_are_not_told(world: World) -> None:
    scope = world.scope("county2")
    with inside(scope, read_only=True), pytest.raises(Missing):
        settings.explain(scope=scope, key=HOURS, node_id=world.node("330106"), on=TODAY)


def test_what_a_change_would_touch_is_said_before_it_is_made(world: World) -> None:
    say(world, "county", "330106", 10)
    say(world, "county2", "330102", 14)
    node = world.node("33")
    ask = {"key": HOURS, "node_id": node, "valid_from": TOMORROW}
    assert settings.what_it_touches(value=12, locked=False, **ask).overridden == ("西湖区",)
    assert settings.what_it_touches(value=12, locked=True, **ask).overridden == ("上城区", "西湖区")
    assert settings.what_it_touches(value=9, locked=False, **ask) == settings.Touched(overridden=(), communities=13)


def test_a_figure_nobody_set_costs_no_statement_and_a_set_one_costs_one_for_a_whole_county(world: World) -> None:
    places = [world.node(code) for code in ("330106002001", "330106002002", "330106109001", "330106109200")]
    with inside(world.scope("leader"), read_only=True):
        parameters.value(HOURS_A_MONTH, node_id=places[0], on=TOMORROW)  # reads what was said, which is nothing
        with CaptureQueriesContext(connection) as silent:
            assert [parameters.value(HOURS_A_MONTH, node_id=place, on=TOMORROW) for place in places] == [8] * 4
    say(world, "county", "330106", 10)
    with inside(world.scope("leader"), read_only=True), CaptureQueriesContext(connection) as seen:
        assert [parameters.value(HOURS_A_MONTH, node_id=place, on=TOMORROW) for place in places] == [10] * 4
    assert (len(silent), len(seen)) == (0, 3)  # whose transaction, what was said, the paths of the county


def test_who_asks_while_the_figures_are_read_anew_gets_the_one_in_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads share what a process keeps: nobody finds it half read, and so the default of the rules."""
    from tenants.settings import queries

    say(world, "leader", "33", 9)
    assert hours(world, "330106") == 9
    seen: list[bool] = []
    read = queries.statement_of

    def meanwhile(row: Setting) -> settings.Statement:
        seen.append(bool(queries._kept.said.get(HOURS)) and bool(queries._kept.paths))
        return read(row)

    monkeypatch.setattr(queries, "statement_of", meanwhile)
    settings.forget()
    assert hours(world, "330106") == 9
    assert seen
    assert all(seen)
