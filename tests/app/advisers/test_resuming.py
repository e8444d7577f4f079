"""Ending an appointment, taken back a moment later by who ended it; as if it had never been, but for the book."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from falin.kernel import relay
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Missing, Refused
from falin.kernel.transactions import inside
from services.advisers.api import open_account
from services.advisers.commands import end_appointment, replace_adviser, resume_appointment
from services.advisers.types import AppointmentInfo
from services.desk.queries import list_notices
from tenants.identity.api import Role, create_person, grant_role, system_of
from tenants.identity.models import Binding
from tenants.registry.api import find_by_schema
from tests.app.advisers.office import Office
from tests.app.duty.cast import Adviser
from tests.world import NOW, TODAY, World, encoded

VILLAGE, OTHER = "330106109200", "330106109001"
LAST = date(2026, 12, 31)


def _end(world: World, made: AppointmentInfo, on_day: date = TODAY, now: datetime = NOW) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        end_appointment(scope=scope, appointment_id=made.id, on_day=on_day, why="登记错了", now=now)


def _resume(world: World, made: uuid.UUID, who: str = "county", now: datetime = NOW) -> AppointmentInfo:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        return resume_appointment(scope=scope, appointment_id=made, now=now)


def _refused(world: World, made: AppointmentInfo, book: Callable[..., dict[str, Any]], **more: Any) -> str:
    before = book()
    with pytest.raises(Refused) as refused:
        _resume(world, made.id, **more)
    assert book() == before
    return refused.value.code


def test_it_stands_as_it_stood_and_the_book_says_both(world: World, office: Office, book: Any) -> None:
    made = office.appoint(office.adviser(), VILLAGE, ends_on=LAST)
    before = book()
    _end(world, made)
    assert _resume(world, made.id) == made
    after = book()
    assert (after["seats"], after["appointments"]) == (before["seats"], before["appointments"])
    scope = world.scope("county")
    with inside(scope, read_only=True):
        acts = AuditEntry.objects.filter(act__startswith="advisers.appointment.").order_by("id")
        assert list(acts.values_list("act", "before", "after")) == [
            ("advisers.appointment.ended", {"ends_on": "2026-12-31"}, {"ends_on": "2026-11-16"}),
            ("advisers.appointment.resumed", {"ends_on": "2026-11-16"}, {"ends_on": "2026-12-31"}),
        ]
        assert OutboxEvent.objects.filter(event="advisers.appointment.resumed").count() == 1


def test_an_earlier_end_and_its_reason_come_back(world: World, office: Office) -> None:
    made = office.appoint(office.adviser(), VILLAGE)
    scope = world.scope("county")
    with inside(scope, read_only=False):
        end_appointment(scope=scope, appointment_id=made.id, on_day=LAST, why="合同到年底", now=NOW)
    _end(world, made)
    back = _resume(world, made.id)
    assert (back.ends_on, back.ended_why) == (LAST, "合同到年底")


def test_after_ten_minutes_or_by_somebody_else_it_stays_ended(world: World, office: Office, book: Any) -> None:
    made = office.appoint(office.adviser(), VILLAGE)
    _end(world, made)
    assert _refused(world, made, book, now=NOW + timedelta(minutes=10)) == "advisers.too_late_to_resume"
    system = system_of(find_by_schema(world.schema("330106")))
    with inside(system, read_only=False):
        colleague = create_person(
            scope=system, username="county9", name="另一人", password=None, encoded=encoded(), now=NOW
        )
        grant_role(scope=system, person_id=colleague.id, role=Role.COUNTY_TEAM, node_id=world.node("330106"), reason="测试",
                   now=NOW)  # fmt: skip
    assert _refused(world, made, book, who="county9") == "advisers.too_late_to_resume"
    with pytest.raises(Missing):
        _resume(world, made.id, who="county2")
    assert _resume(world, made.id, now=NOW + timedelta(minutes=9, seconds=59)).ends_on is None


def test_what_was_not_ended_is_not_resumed_nor_twice(world: World, office: Office, book: Any) -> None:
    made = office.appoint(office.adviser(), VILLAGE)
    assert _refused(world, made, book) == "advisers.too_late_to_resume"
    _end(world, made)
    _resume(world, made.id)
    assert _refused(world, made, book) == "advisers.too_late_to_resume"


def test_who_was_replaced_does_not_come_back_beside_the_other(world: World, office: Office, book: Any) -> None:
    made, other = office.appoint(office.adviser(), VILLAGE), office.adviser("郑有终")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        replace_adviser(
            scope=scope, appointment_id=made.id, new_adviser_id=other.id, on_day=TODAY, why="工作调动", now=NOW
        )
    assert _refused(world, made, book) == "advisers.somebody_follows"


def test_a_seat_that_was_taken_again_meanwhile_is_not_taken_twice(world: World, office: Office, book: Any) -> None:
    """Appointed anew to the same community from the day after, in the same seat."""
    adviser = office.adviser()
    made = office.appoint(adviser, VILLAGE)
    _end(world, made)
    office.appoint(adviser, VILLAGE, begins_on=TODAY + timedelta(days=1))
    assert _refused(world, made, book) == "advisers.seat_used"


def test_his_access_goes_on_and_the_notice_of_the_end_goes(world: World, office: Office) -> None:
    adviser = office.adviser()
    made = office.appoint(adviser, VILLAGE, begins_on=date(2026, 1, 1))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        account = open_account(scope=scope, adviser_id=adviser.id, now=NOW, username="zhouyining", encoded=encoded())
    system = system_of(find_by_schema(world.schema("330106")))
    with time_machine.travel(NOW, tick=False):
        _end(world, made, on_day=date(2026, 2, 1))
        assert not Binding.objects.filter(person_id=account.person_id, ended_at__isnull=True).exists()
        relay.drain({system.schema: system}, clock=lambda: NOW)
        _resume(world, made.id)
        relay.drain({system.schema: system}, clock=lambda: NOW)
    (held,) = Binding.objects.filter(person_id=account.person_id, ended_at__isnull=True)
    assert held.valid_to is None
    own = Adviser(adviser.id, "zhouyining").scope(world)
    with inside(own, read_only=True):
        assert [one.kind for one in list_notices(scope=own).rows] == ["appointed"]
