"""Correcting and voiding one's own visit: with a reason, while the month is open, and nobody else's."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.periods import Month
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.duty.commands import clear_dirty, close_month, correct_visit, void_visit
from services.duty.queries import dirty_months, get_my_visit, list_my_visits, list_visit_lines
from services.duty.types import VisitInfo, VisitKind
from tests.app.duty.cast import GEM, SPRING, VILLAGE, at, engage, log, traces, without
from tests.world import NOW, World

DAY = date(2026, 11, 12)


def correct(world: World, scope: Scope, visit_id: uuid.UUID, **changes: Any) -> VisitInfo:
    content: dict[str, Any] = {"node_id": world.node(VILLAGE), "kind": VisitKind.VISIT, "begins_at": at(DAY, 9),
                               "ends_at": at(DAY, 11), "note": "帮三户看了宅基地协议", "why": "走得早"}  # fmt: skip
    with inside(scope, read_only=False):
        return correct_visit(scope=scope, visit_id=visit_id, now=NOW, **{**content, **changes})


def void(scope: Scope, visit_id: uuid.UUID, why: str = "记重了") -> VisitInfo:
    with inside(scope, read_only=False):
        return void_visit(scope=scope, visit_id=visit_id, why=why, now=NOW)


def test_a_correction_is_booked_with_what_was_and_what_is(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    mended = correct(world, scope, made.id, note="两户", node_id=world.node(GEM))
    assert (mended.revision, mended.content.minutes, mended.content.note) == (2, 120, "两户")
    with inside(scope, read_only=True):
        assert get_my_visit(scope=scope, visit_id=made.id) == mended
        audit = AuditEntry.objects.get(act="duty.visit.corrected")
        event = OutboxEvent.objects.get(event="duty.visit.corrected")
    assert audit.why == "走得早"
    assert (audit.before["node_id"], audit.after["node_id"]) == (world.node(VILLAGE), world.node(GEM))
    before, after = datetime.fromisoformat(audit.before["ends_at"]), datetime.fromisoformat(audit.after["ends_at"])
    assert (before, after) == (at(DAY, 12), at(DAY, 11))
    assert audit.after["rewritten"] == ["note"] and "两户" not in str(audit.after)
    assert (event.key, event.payload["revision"]) == (f"visit:{made.id}", 2)


def test_a_correction_marks_the_month_it_left_and_the_month_it_came_to(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    county = world.scope("county")
    with inside(county, read_only=False):
        clear_dirty(scope=county, months=[Month(2026, 11)])
    correct(world, scope, made.id, begins_at=at(date(2026, 10, 12), 9), ends_at=at(date(2026, 10, 12), 10))
    with inside(county, read_only=True):
        assert dirty_months(scope=county) == [Month(2026, 10), Month(2026, 11)]


def test_the_freed_time_can_be_used_again(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    correct(world, scope, made.id)
    log(world, scope, begins_at=at(DAY, 11), ends_at=at(DAY, 12))
    void(scope, made.id)
    log(world, scope, begins_at=at(DAY, 9), ends_at=at(DAY, 11))
    assert traces(world).visits == 3 and traces(world).busy == 2


def test_a_voided_visit_stays_and_no_longer_counts(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    voided = void(scope, made.id)
    assert (voided.in_force, voided.void_why, voided.voided_at) == (False, "记重了", NOW)
    with inside(scope, read_only=True):
        assert [visit.id for visit in list_my_visits(scope=scope, month=Month(2026, 11))] == [made.id]
        audit = AuditEntry.objects.get(act="duty.visit.voided")
        assert OutboxEvent.objects.filter(event="duty.visit.voided", key=f"visit:{made.id}").count() == 1
    assert (audit.why, audit.before["begins_at"]) == ("记重了", at(DAY, 9).astimezone(NOW.tzinfo).isoformat())
    with inside(world.scope("county"), read_only=True):
        assert list_visit_lines(scope=world.scope("county"), month=Month(2026, 11)) == []


def test_a_phone_that_sends_a_corrected_visit_again_is_answered_with_the_correction(world: World) -> None:
    scope = engage(world).scope(world)
    sent: dict[str, Any] = {"visit_id": uuid.uuid4(), "written_at": at(DAY, 13)}
    made = log(world, scope, **sent)
    mended = correct(world, scope, made.id)
    before = traces(world)
    assert log(world, scope, **sent) == mended
    assert traces(world) == before


REFUSED: list[tuple[str, str | None, dict[str, Any]]] = [
    ("duty.why_missing", "why", {"why": " "}),
    ("duty.why_missing", "why", {"why": "x"}),
    ("duty.why_too_long", "why", {"why": "长" * 201}),
    ("duty.personal_data_in_reason", "why", {"why": "居民13900001111说错了"}),
    ("duty.nothing_changed", None, {"ends_at": at(DAY, 12)}),
    ("duty.ends_before_it_begins", "ends_at", {"ends_at": at(DAY, 8)}),
    (
        "duty.in_the_future",
        "begins_at",
        {"begins_at": at(date(2026, 11, 17), 9), "ends_at": at(date(2026, 11, 17), 10)},
    ),
    ("duty.not_appointed", "node_id", {"begins_at": at(date(2026, 10, 5), 9), "ends_at": at(date(2026, 10, 5), 10)}),
    ("duty.month_closed", "begins_at", {"begins_at": at(date(2026, 9, 1), 9), "ends_at": at(date(2026, 9, 1), 10)}),
    ("duty.overlap", "begins_at", {"begins_at": at(DAY, 14, 30), "ends_at": at(DAY, 15, 30)}),
]


def test_a_correction_that_cannot_be_is_refused_and_leaves_nothing(world: World) -> None:
    scope = engage(world, begins_on=date(2026, 10, 10)).scope(world)
    made = log(world, scope)
    log(world, scope, begins_at=at(DAY, 14), ends_at=at(DAY, 15), node_id=world.node(GEM))
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 9), now=NOW)
    before = traces(world)
    for code, field, changes in REFUSED:
        with pytest.raises(Refused) as refused:
            correct(world, scope, made.id, **changes)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert traces(world) == before, code
    with inside(scope, read_only=True):
        assert get_my_visit(scope=scope, visit_id=made.id) == made


def test_an_overlap_in_another_county_stops_a_correction_too(world: World) -> None:
    adviser = engage(world, places=(("county", VILLAGE), ("county2", SPRING)))
    made = log(world, adviser.scope(world))
    log(world, adviser.scope(world, "330102"), node_id=world.node(SPRING), begins_at=at(DAY, 14), ends_at=at(DAY, 15))
    with pytest.raises(Refused) as refused:
        correct(world, adviser.scope(world), made.id, ends_at=at(DAY, 14, 30))
    assert refused.value.code == "duty.overlap"


def test_once_the_month_is_closed_nothing_is_mended_or_voided(world: World) -> None:
    scope = engage(world).scope(world)
    day = date(2026, 10, 12)
    made = log(world, scope, begins_at=at(day, 9), ends_at=at(day, 12))
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=Month(2026, 10), now=NOW)
    before = traces(world)
    shorter = {"begins_at": at(day, 9), "ends_at": at(day, 11)}
    for act in (lambda: correct(world, scope, made.id, **shorter), lambda: void(scope, made.id)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "duty.month_closed"
    assert traces(world) == before


def test_what_is_voided_is_neither_corrected_nor_voided_again(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    void(scope, made.id)
    before = traces(world)
    for act in (lambda: correct(world, scope, made.id), lambda: void(scope, made.id)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "duty.voided_already"
    assert traces(world) == before


def test_a_colleagues_visit_in_the_same_community_is_not_there(world: World) -> None:
    made = log(world, engage(world).scope(world))
    colleague = engage(world, "宋书遥", username="songshuyao", number=2).scope(world)
    before = traces(world)
    for act in (lambda: correct(world, colleague, made.id), lambda: void(colleague, made.id)):
        with pytest.raises(Missing):
            act()
    with inside(colleague, read_only=True), pytest.raises(Missing):
        get_my_visit(scope=colleague, visit_id=made.id)
    assert traces(world) == before


def test_without_the_grant_the_commands_refuse_by_themselves(world: World) -> None:
    scope = engage(world).scope(world)
    made = log(world, scope)
    before = traces(world)
    for wrong in (without(scope, "duty.log"), world.scope("county"), world.scope("street")):
        with pytest.raises(Forbidden):
            correct(world, wrong, made.id)
        with pytest.raises(Forbidden):
            void(wrong, made.id)
    assert traces(world) == before
