"""Appointing, ending and replacing; each refusal refuses, changes nothing and books nothing."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from services.advisers.commands import (
    appoint_adviser,
    ban_adviser,
    end_appointment,
    explain_vacancy,
    lift_ban,
    open_account,
    record_examination,
    replace_adviser,
)
from services.advisers.models import Appointment, Seat, Vacancy
from services.advisers.rules import LATE_DAYS
from services.advisers.types import AdviserInfo, VacancyReason
from tenants.identity.models import Binding
from tests.app.advisers.office import UNKNOWN, Office
from tests.world import NOW, TODAY, World

HUBU, LINGSHAN, YUANPU, BAOSHI = "330106109200", "330106109201", "330106109001", "330106002001"
QINGBO = "330102001001"  # in the neighbouring county
LATE = timedelta(days=LATE_DAYS.default)
ElsewhereBook = Callable[..., dict[str, Any]]


def fill(office: Office, adviser: AdviserInfo) -> None:
    """Two seats at home, one in the neighbouring county."""
    office.appoint(adviser, HUBU)
    office.appoint(adviser, LINGSHAN)
    office.appoint(adviser, QINGBO, by="county2")


def try_to(world: World, act: Callable[..., object], by: str = "county", **arguments: Any) -> Refused:
    """Run a command that must refuse."""
    scope = world.scope(by)
    with pytest.raises(Refused) as caught, inside(scope, read_only=False):
        act(scope=scope, now=NOW, **arguments)
    return caught.value


# ---- appointing ----------------------------------------------------------------------------------------------------
def test_an_appointment_takes_a_seat_and_is_booked_and_told(world: World, office: Office) -> None:
    adviser = office.adviser()
    made = office.appoint(adviser, HUBU, ends_on=date(2027, 11, 15))
    scope = world.scope("county")
    with inside(scope, read_only=True):
        row = Appointment.objects.in_scope(scope).get()
        seat = Seat.objects.get()
        entry = AuditEntry.objects.get(act="advisers.adviser.appointed")
        event = OutboxEvent.objects.get(event="advisers.adviser.appointed")
    assert (row.id, row.adviser_name, row.ends_on) == (made.id, "周以宁", date(2027, 11, 15))
    assert (seat.slot, seat.most, seat.county_id, seat.appointment_id) == (1, 3, world.node("330106"), made.id)
    assert (entry.node_id, entry.person_id, entry.subject_id) == (world.node(HUBU), scope.person_id, str(adviser.id))
    assert entry.after == {"begins_on": "2026-11-16", "ends_on": "2027-11-15", "firm": adviser.firm_name}
    assert (event.version, event.key) == (1, str(adviser.id))
    assert event.payload == {
        "appointment": str(made.id), "adviser": str(adviser.id), "firm": str(adviser.firm_id), "node": world.node(HUBU),
        "begins_on": "2026-11-16", "ends_on": "2027-11-15",
    }  # fmt: skip


def test_a_fourth_community_is_refused_with_the_figures_and_without_the_neighbours_names(
    world: World, office: Office, book: ElsewhereBook
) -> None:
    adviser = office.adviser()
    fill(office, adviser)
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(YUANPU), begins_on=TODAY, ends_on=None
    )
    assert (refused.code, refused.field) == ("advisers.full", "adviser_id")
    assert "已服务 3 个社区（本县 2 个，外县 1 个）" in refused.message
    assert "最多服务 3 个" in refused.message
    assert "清波" not in refused.message
    assert book() == before


def test_a_seat_that_ends_frees_the_next_day(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU, begins_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    office.appoint(adviser, LINGSHAN)
    office.appoint(adviser, YUANPU)
    assert office.appoint(adviser, BAOSHI, begins_on=date(2027, 1, 1)).begins_on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("examined", "code", "field", "words"),
    [
        (None, "advisers.not_examined", "adviser_id", "还没有通过统一考试"),
        (date(2026, 11, 16), "advisers.examined_later", "begins_on", "2026年11月16日通过"),
    ],
)
def test_who_is_not_examined_before_the_first_day_is_refused(
    world: World, office: Office, book: ElsewhereBook, examined: date | None, code: str, field: str, words: str
) -> None:
    adviser = office.adviser(examined=examined)
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(HUBU), begins_on=TODAY - timedelta(days=1),
        ends_on=None,
    )  # fmt: skip
    assert (refused.code, refused.field) == (code, field)
    assert words in refused.message
    assert book() == before


def test_who_is_banned_is_refused_with_the_reason_until_the_ban_is_over_or_lifted(
    world: World, office: Office, book: ElsewhereBook
) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        ban_adviser(scope=scope, adviser_id=adviser.id, until=date(2027, 3, 1), reason="收受礼品", now=NOW)
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(HUBU), begins_on=TODAY, ends_on=None
    )
    assert (refused.code, refused.field) == ("advisers.banned", "adviser_id")
    assert "2027年3月1日以前（含当日）不得聘任：收受礼品。" in refused.message
    assert book() == before
    office.appoint(adviser, HUBU, begins_on=date(2027, 3, 2))
    with inside(scope, read_only=False):
        lift_ban(scope=scope, adviser_id=adviser.id, why="申诉成立", now=NOW)
    office.appoint(adviser, LINGSHAN)


def test_the_same_community_twice_at_a_time_is_refused(world: World, office: Office, book: ElsewhereBook) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU, ends_on=date(2026, 12, 31))
    before = book()
    refused = try_to(
        world,
        appoint_adviser,
        adviser_id=adviser.id,
        node_id=world.node(HUBU),
        begins_on=date(2026, 12, 31),
        ends_on=None,
    )
    assert (refused.code, refused.field) == ("advisers.held_already", "begins_on")
    assert book() == before
    office.appoint(adviser, HUBU, begins_on=date(2027, 1, 1))


def test_an_end_before_the_beginning_is_refused(world: World, office: Office, book: ElsewhereBook) -> None:
    adviser = office.adviser()
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(HUBU), begins_on=TODAY,
        ends_on=TODAY - timedelta(days=1),
    )  # fmt: skip
    assert (refused.code, refused.field, refused.status) == ("advisers.ends_before", "ends_on", 422)
    assert book() == before


def test_a_community_of_another_county_does_not_exist_here(world: World, office: Office, book: ElsewhereBook) -> None:
    adviser = office.adviser()
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(QINGBO), begins_on=TODAY, ends_on=None
    )
    assert isinstance(refused, Missing)
    assert refused.code == "advisers.no_community"
    assert book() == before


def test_a_street_is_not_a_community(world: World, office: Office, book: ElsewhereBook) -> None:
    adviser = office.adviser()
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node("330106109"), begins_on=TODAY, ends_on=None
    )
    assert (refused.code, refused.field) == ("advisers.not_a_community", "node_id")
    assert "双浦镇" in refused.message
    assert book() == before


def test_an_adviser_nobody_registered_is_refused(world: World, office: Office, book: ElsewhereBook) -> None:
    office.adviser()
    before = book()
    refused = try_to(
        world, appoint_adviser, adviser_id=UNKNOWN, node_id=world.node(HUBU), begins_on=TODAY, ends_on=None
    )
    assert refused.code == "advisers.no_adviser"
    assert book() == before


@pytest.mark.parametrize("by", ["street", "liaison", "leader", "auditor3"])
def test_who_does_not_hold_the_grant_appoints_nobody(
    world: World, office: Office, book: ElsewhereBook, by: str
) -> None:
    adviser = office.adviser()
    before = book()
    refused = try_to(
        world, appoint_adviser, by=by, adviser_id=adviser.id, node_id=world.node(HUBU), begins_on=TODAY, ends_on=None
    )
    assert isinstance(refused, Forbidden)
    assert book() == before


def test_a_county_may_appoint_whom_another_county_entered(world: World, office: Office) -> None:
    adviser = office.adviser(by="county2")
    assert office.appoint(adviser, HUBU).adviser_name == adviser.name


# ---- two at once ---------------------------------------------------------------------------------------------------
def test_of_two_counties_that_want_the_last_seat_exactly_one_gets_it(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU)
    office.appoint(adviser, QINGBO, by="county2")
    scopes = [(world.scope("county"), world.node(LINGSHAN)), (world.scope("county2"), world.node("330102002001"))]
    gate, ends = threading.Barrier(2), []

    def race(scope: Any, node: int) -> None:
        try:
            with inside(scope, read_only=False):
                gate.wait(10)
                appoint_adviser(
                    scope=scope, adviser_id=adviser.id, node_id=node, begins_on=TODAY, ends_on=None, now=NOW
                )
            ends.append("appointed")
        except Refused as refused:
            ends.append(refused.code)
        finally:
            connection.close()

    runners = [threading.Thread(target=race, args=pair) for pair in scopes]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(30)
    assert sorted(ends) == ["advisers.full", "appointed"]
    assert sorted(Seat.objects.values_list("slot", flat=True)) == [1, 2, 3]


def test_without_the_wait_the_database_still_gives_a_seat_once(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU)
    taken = Seat.objects.get()
    for change, constraint in (
        ({"node_id": 1}, "a_seat_is_taken_once"),
        ({"slot": 2}, "an_adviser_holds_a_community_once"),
        ({"slot": 4, "node_id": 1}, "no_more_seats_than_the_limit"),
    ):
        twin = Seat(**{
            "adviser_id": adviser.id, "slot": 1, "most": 3, "node_id": taken.node_id, "county_id": taken.county_id,
            "appointment_id": uuid.uuid4(), "begins_on": TODAY, **change,
        })  # fmt: skip
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            twin.save(force_insert=True)


def test_a_seat_taken_behind_ones_back_is_a_refusal(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU)
    monkeypatch.setattr("services.advisers.commands.appointing.list_taken", lambda *_: [])
    refused = try_to(
        world, appoint_adviser, adviser_id=adviser.id, node_id=world.node(LINGSHAN), begins_on=TODAY, ends_on=None
    )
    assert (refused.code, refused.field) == ("advisers.seat_taken", "adviser_id")
    assert Seat.objects.count() == 1


# ---- ending and replacing ------------------------------------------------------------------------------------------
def test_ending_frees_the_seat_and_says_why(world: World, office: Office) -> None:
    adviser = office.adviser()
    made = office.appoint(adviser, HUBU, begins_on=date(2026, 1, 1))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        ended = end_appointment(scope=scope, appointment_id=made.id, on_day=TODAY, why="本人辞任", now=NOW)
    assert (ended.ends_on, ended.ended_why) == (TODAY, "本人辞任")
    assert Seat.objects.get().ends_on == TODAY
    with inside(scope, read_only=True):
        entry = AuditEntry.objects.get(act="advisers.appointment.ended")
        assert OutboxEvent.objects.filter(event="advisers.appointment.ended").count() == 1
    assert (entry.why, entry.before, entry.after) == ("本人辞任", {"ends_on": ""}, {"ends_on": "2026-11-16"})


@pytest.mark.parametrize(
    ("on_day", "why", "code", "field"),
    [
        (date(2026, 6, 30), "辞任", "advisers.ends_before", "on_day"),
        (date(2027, 1, 1), "辞任", "advisers.ends_already", "on_day"),
        (TODAY, "  ", "advisers.needed", "why"),
        (TODAY, "打电话 13812345678 说的", "advisers.personal_data", "why"),
    ],
)
def test_an_end_that_cannot_be_is_refused(
    world: World, office: Office, book: ElsewhereBook, on_day: date, why: str, code: str, field: str
) -> None:
    made = office.appoint(office.adviser(), HUBU, begins_on=date(2026, 7, 1), ends_on=date(2026, 12, 31))
    before = book()
    refused = try_to(world, end_appointment, appointment_id=made.id, on_day=on_day, why=why)
    assert (refused.code, refused.field) == (code, field)
    assert book() == before


def test_another_countys_appointment_cannot_be_ended(world: World, office: Office, book: ElsewhereBook) -> None:
    made = office.appoint(office.adviser(), HUBU)
    before = book()
    refused = try_to(world, end_appointment, by="county2", appointment_id=made.id, on_day=TODAY, why="辞任")
    assert refused.code == "advisers.no_appointment"
    assert book() == before


def test_replacing_ends_one_and_begins_the_other_the_day_after(world: World, office: Office) -> None:
    old, new = office.adviser("何叙"), office.adviser("沈清和")
    made = office.appoint(old, HUBU, begins_on=date(2026, 1, 1), ends_on=date(2027, 3, 31))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        successor = replace_adviser(
            scope=scope, appointment_id=made.id, new_adviser_id=new.id, on_day=date(2026, 11, 30), why="调离", now=NOW
        )
    assert (successor.begins_on, successor.ends_on) == (date(2026, 12, 1), date(2027, 3, 31))
    with inside(scope, read_only=True):
        both = Appointment.objects.in_scope(scope).order_by("begins_on")
        rows = list(both.values_list("adviser_name", "ends_on", "replaces"))
    assert rows == [("何叙", date(2026, 11, 30), None), ("沈清和", date(2027, 3, 31), made.id)]


@pytest.mark.parametrize(
    ("examined", "same", "code", "field"),
    [
        (None, False, "advisers.not_examined", "new_adviser_id"),
        (date(2025, 3, 1), True, "advisers.same_adviser", "new_adviser_id"),
    ],
)
def test_a_replacement_that_is_refused_ends_nothing(
    world: World, office: Office, book: ElsewhereBook, examined: date | None, same: bool, code: str, field: str
) -> None:
    old, new = office.adviser("何叙"), office.adviser("沈清和", examined=examined)
    made = office.appoint(old, HUBU)
    before = book()
    scope = world.scope("county")
    with inside(scope, read_only=False), pytest.raises(Refused) as caught:  # the form's transaction goes on and commits
        replace_adviser(
            scope=scope,
            appointment_id=made.id,
            new_adviser_id=old.id if same else new.id,
            on_day=TODAY,
            why="调离",
            now=NOW,
        )
    assert (caught.value.code, caught.value.field) == (code, field)
    assert book() == before


# ---- the right to sign in ------------------------------------------------------------------------------------------
def _bindings(role: str = "adviser") -> list[tuple[int, date, date | None]]:
    rows = Binding.objects.filter(role=role, ended_at__isnull=True).order_by("node_id")
    return list(rows.values_list("node_id", "valid_from", "valid_to"))


def test_an_account_gets_the_role_for_every_community_he_holds(world: World, office: Office) -> None:
    adviser = office.adviser()
    office.appoint(adviser, HUBU, ends_on=date(2026, 12, 31))
    office.appoint(adviser, QINGBO, by="county2")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        account = open_account(scope=scope, adviser_id=adviser.id, now=NOW)
    assert account.username[0] == "a"
    assert len(account.password) == 14
    assert account.password not in repr(account)
    late = date(2026, 12, 31) + LATE
    held = sorted([(world.node(HUBU), TODAY, late), (world.node(QINGBO), TODAY, None)])
    assert _bindings() == held
    assert world.scope(account.username).subject_id == str(adviser.id)


def test_an_appointment_of_somebody_with_an_account_brings_and_takes_the_role(world: World, office: Office) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        open_account(scope=scope, adviser_id=adviser.id, now=NOW)
    first = office.appoint(adviser, HUBU)
    second = office.appoint(adviser, LINGSHAN)
    with inside(scope, read_only=False):
        end_appointment(scope=scope, appointment_id=first.id, on_day=TODAY, why="辞任", now=NOW)
        end_appointment(scope=scope, appointment_id=second.id, on_day=date(2026, 11, 30), why="辞任", now=NOW)
    held = [(world.node(HUBU), TODAY, TODAY + LATE), (world.node(LINGSHAN), TODAY, date(2026, 11, 30) + LATE)]
    assert _bindings() == sorted(held)


def test_the_end_of_one_term_leaves_the_role_of_the_next_one_at_the_same_community(
    world: World, office: Office
) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        account = open_account(scope=scope, adviser_id=adviser.id, now=NOW)
    first = office.appoint(adviser, HUBU, ends_on=date(2026, 12, 31))
    office.appoint(adviser, HUBU, begins_on=date(2027, 1, 1), ends_on=date(2027, 12, 31))
    with inside(scope, read_only=False):
        end_appointment(scope=scope, appointment_id=first.id, on_day=TODAY, why="提前到期", now=NOW)
    assert _bindings() == [(world.node(HUBU), TODAY, date(2027, 12, 31) + LATE)]
    assert world.scope(account.username).subject_id == str(adviser.id)


def test_a_term_ended_long_ago_takes_the_role_at_once(world: World, office: Office) -> None:
    adviser = office.adviser()
    made = office.appoint(adviser, HUBU, begins_on=date(2026, 1, 5))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        open_account(scope=scope, adviser_id=adviser.id, now=NOW)
        end_appointment(scope=scope, appointment_id=made.id, on_day=TODAY - LATE - timedelta(days=1), why="早已离任",
                        now=NOW)  # fmt: skip
    assert _bindings() == []


def test_a_second_account_is_refused(world: World, office: Office, book: ElsewhereBook) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        open_account(scope=scope, adviser_id=adviser.id, now=NOW)
    before = book()
    refused = try_to(world, open_account, adviser_id=adviser.id)
    assert refused.code == "advisers.has_account"
    assert book() == before


# ---- the register's notes ------------------------------------------------------------------------------------------
def test_the_examination_is_noted_once(world: World, office: Office) -> None:
    adviser = office.adviser(examined=None)
    scope = world.scope("county")
    for _time in range(2):
        with inside(scope, read_only=False):
            noted = record_examination(scope=scope, adviser_id=adviser.id, passed_on=date(2026, 6, 1), now=NOW)
        assert noted.exam_passed_on == date(2026, 6, 1)
    with inside(scope, read_only=True):
        assert AuditEntry.objects.filter(act="advisers.adviser.examined").count() == 1
        assert OutboxEvent.objects.filter(event="advisers.adviser.examined").count() == 1


@pytest.mark.parametrize(
    ("act", "arguments", "code", "field"),
    [
        (record_examination, {"passed_on": TODAY + timedelta(days=1)}, "advisers.in_the_future", "passed_on"),
        (ban_adviser, {"until": TODAY, "reason": "收受礼品"}, "advisers.ban_is_over", "until"),
        (ban_adviser, {"until": date(2027, 1, 1), "reason": " "}, "advisers.needed", "reason"),
        (lift_ban, {"why": ""}, "advisers.needed", "why"),
    ],
)
def test_notes_that_cannot_be_are_refused(
    world: World, office: Office, book: ElsewhereBook, act: Any, arguments: dict[str, Any], code: str, field: str
) -> None:
    adviser = office.adviser(examined=None)
    before = book()
    refused = try_to(world, act, adviser_id=adviser.id, **arguments)
    assert (refused.code, refused.field) == (code, field)
    assert book() == before


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        (record_examination, {"passed_on": TODAY}),
        (ban_adviser, {"until": date(2027, 1, 1), "reason": "收受礼品"}),
        (lift_ban, {"why": "申诉成立"}),
        (open_account, {}),
    ],
)
def test_a_neighbours_adviser_is_not_there_to_be_noted_on(
    world: World, office: Office, book: ElsewhereBook, act: Any, arguments: dict[str, Any]
) -> None:
    adviser = office.adviser()
    before = book("county2")
    refused = try_to(world, act, by="county2", adviser_id=adviser.id, **arguments)
    assert isinstance(refused, Missing)
    assert book("county2") == before


# ---- vacancies -----------------------------------------------------------------------------------------------------
def test_a_reason_is_said_and_said_again(world: World) -> None:
    scope = world.scope("county")
    for reason, note in ((VacancyReason.HIRING, ""), (VacancyReason.REMOTE, "等市里律所结对")):
        with inside(scope, read_only=False):
            explain_vacancy(scope=scope, node_id=world.node(HUBU), reason=reason, note=note, now=NOW)
    with inside(scope, read_only=True):
        rows = list(Vacancy.objects.in_scope(scope).values_list("node_id", "reason", "note"))
        assert AuditEntry.objects.filter(act="advisers.vacancy.explained").count() == 2
        assert OutboxEvent.objects.filter(event="advisers.vacancy.explained").count() == 2
    assert rows == [(world.node(HUBU), "remote", "等市里律所结对")]


def test_a_community_with_an_adviser_needs_no_reason(world: World, office: Office, book: ElsewhereBook) -> None:
    office.appoint(office.adviser(), HUBU)
    before = book()
    refused = try_to(world, explain_vacancy, node_id=world.node(HUBU), reason=VacancyReason.HIRING, note="")
    assert (refused.code, refused.field) == ("advisers.not_vacant", "reason")
    assert "周以宁" in refused.message
    assert book() == before


def test_a_neighbours_community_has_no_reason_here(world: World, book: ElsewhereBook) -> None:
    before = book()
    refused = try_to(world, explain_vacancy, node_id=world.node(QINGBO), reason=VacancyReason.HIRING, note="")
    assert refused.code == "advisers.no_community"
    assert book() == before
