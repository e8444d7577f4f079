"""Voiding a visit, taken back a moment later: it counts again as it stood, unless something stands in its place."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.api import end_appointment, list_appointments
from services.duty.commands import close_month, restore_visit, void_visit
from services.duty.queries import get_my_visit, list_visit_lines
from services.duty.types import VisitInfo
from tests.app.duty.cast import GEM, VILLAGE, Adviser, at, engage, log, traces
from tests.world import NOW, World


@pytest.fixture
def adviser(world: World) -> Adviser:
    return engage(world)


def _void(scope: Scope, visit_id: uuid.UUID, now: datetime = NOW) -> None:
    with inside(scope, read_only=False):
        void_visit(scope=scope, visit_id=visit_id, why="记重了", now=now)


def _restore(scope: Scope, visit_id: uuid.UUID, now: datetime = NOW) -> VisitInfo:
    with inside(scope, read_only=False):
        return restore_visit(scope=scope, visit_id=visit_id, now=now)


def _refused(world: World, scope: Scope, visit_id: uuid.UUID, now: datetime = NOW) -> str:
    before = traces(world)
    with pytest.raises(Refused) as refused:
        _restore(scope, visit_id, now)
    assert traces(world) == before
    return refused.value.code


def test_it_counts_again_and_the_book_says_both(world: World, adviser: Adviser) -> None:
    scope, county = adviser.scope(world), world.scope("county")
    visit = log(world, scope)
    _void(scope, visit.id)
    back = _restore(scope, visit.id)
    assert (back.in_force, back.void_why, back.content, back.revision) == (True, "", visit.content, 3)
    assert traces(world).busy == 1
    with inside(county, read_only=True):
        assert [line.visit_id for line in list_visit_lines(scope=county, month=Month(2026, 11))] == [visit.id]
        acts = list(
            AuditEntry.objects.filter(act__startswith="duty.visit.").order_by("id").values_list("act", flat=True)
        )
        events = list(OutboxEvent.objects.filter(event="duty.visit.restored").values_list("payload", flat=True))
    assert acts == ["duty.visit.logged", "duty.visit.voided", "duty.visit.restored"]
    assert [(event["visit_id"], event["revision"]) for event in events] == [(str(visit.id), 3)]


def test_after_ten_minutes_it_stays_voided(world: World, adviser: Adviser) -> None:
    scope = adviser.scope(world)
    visit = log(world, scope)
    assert _refused(world, scope, visit.id) == "duty.too_late_to_restore"  # it was never voided
    _void(scope, visit.id)
    assert _refused(world, scope, visit.id, NOW + timedelta(minutes=10)) == "duty.too_late_to_restore"
    assert _restore(scope, visit.id, NOW + timedelta(minutes=9)).in_force


def test_where_he_was_somewhere_else_by_now_it_stays_voided(world: World, adviser: Adviser) -> None:
    scope = adviser.scope(world)
    visit = log(world, scope)
    _void(scope, visit.id)
    day = date(2026, 11, 12)
    log(world, scope, visit_id=uuid.uuid4(), node_id=world.node(GEM), begins_at=at(day, 11), ends_at=at(day, 13))
    assert _refused(world, scope, visit.id) == "duty.overlap"


def test_in_a_closed_month_and_after_his_appointment_it_stays_voided(world: World, adviser: Adviser) -> None:
    scope, county = adviser.scope(world), world.scope("county")
    october = date(2026, 10, 12)
    closed = log(world, scope, begins_at=at(october, 9), ends_at=at(october, 10))
    _void(scope, closed.id)
    with inside(county, read_only=False):
        close_month(scope=county, month=Month(2026, 10), now=NOW)
    assert _refused(world, scope, closed.id) == "duty.month_closed"
    visit = log(world, scope)
    _void(scope, visit.id)
    with inside(county, read_only=False):
        (item,) = list_appointments(scope=county, node_ids=[world.node(VILLAGE)])
        end_appointment(scope=county, appointment_id=item.id, on_day=date(2026, 11, 1), why="调走了", now=NOW)
    assert _refused(world, scope, visit.id) == "duty.not_appointed"


def test_another_advisers_is_not_there(world: World, adviser: Adviser) -> None:
    scope = adviser.scope(world)
    visit = log(world, scope)
    _void(scope, visit.id)
    other = engage(world, "顾听澜", username="gutinglan", number=2, places=(("county", VILLAGE),)).scope(world)
    with pytest.raises(Missing):
        _restore(other, visit.id)
    with inside(scope, read_only=True):
        assert not get_my_visit(scope=scope, visit_id=visit.id).in_force
