"""Hours added up by PostgreSQL, who is behind, reminders, and the closing of months."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.periods import Month
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.transactions import inside
from services.duty.api import clear_dirty, closed_months, dirty_months, list_visit_lines, month_hours
from services.duty.commands import close_month, mark_reminder_read, remind, void_visit
from services.duty.queries import list_behind, list_book, list_my_reminders, list_my_visits, my_months
from services.duty.types import VisitKind
from tests.app.duty.cast import GEM, SPRING, VILLAGE, Adviser, a_visit, at, engage, log, traces, without
from tests.world import NOW, World

NOVEMBER, OCTOBER = Month(2026, 11), Month(2026, 10)


def day(number: int, month: int = 11) -> date:
    return date(2026, month, number)


def spent(world: World, adviser: Adviser, number: int, begin: int, end: int, *, month: int = 11, **more: Any) -> Any:
    on = day(number, month)
    return log(world, adviser.scope(world), begins_at=at(on, begin), ends_at=at(on, end), **more)


# ---- hours ---------------------------------------------------------------------------------------------------------
def test_a_months_hours_of_every_community_and_pair(world: World) -> None:
    first = engage(world)
    second = engage(world, "宋书遥", username="songshuyao", number=2, places=(("county", VILLAGE),), begins_on=day(16))
    spent(world, first, 2, 8, 16)
    spent(world, first, 3, 9, 10, kind=VisitKind.LECTURE, topic="继承", attendees=30)
    spent(world, first, 4, 9, 10, node_id=world.node(GEM))
    voided = spent(world, first, 5, 9, 10)
    with inside(first.scope(world), read_only=False):
        void_visit(scope=first.scope(world), visit_id=voided.id, why="记重了", now=NOW)
    county = world.scope("county")
    with inside(county, read_only=True):
        found = {row.node_id: row for row in month_hours(scope=county, month=NOVEMBER)}
        lines = list_visit_lines(scope=county, month=NOVEMBER)
    village, gem = found[world.node(VILLAGE)], found[world.node(GEM)]
    assert set(found) == {world.node(VILLAGE), world.node(GEM)}
    assert (village.advisers, village.minutes, village.required_minutes) == (2, 540, 480 + 240)
    assert (village.visits, village.lectures, village.met) == (2, 1, 1)
    by_adviser = {pair.adviser_id: pair for pair in village.pairs}
    assert (by_adviser[first.id].met, by_adviser[first.id].missing) == (True, 0)
    assert (by_adviser[second.id].met, by_adviser[second.id].missing, by_adviser[second.id].firm_name) == (
        False, 240, "示例律师事务所2")  # fmt: skip
    assert (gem.advisers, gem.minutes, gem.required_minutes, gem.met) == (1, 60, 480, 0)
    assert (
        sum(line.minutes for line in lines) == village.minutes + gem.minutes
        and len(lines) == village.visits + gem.visits
    )
    assert [(line.on_day, line.kind, line.adviser_name, line.minutes) for line in lines][:2] == [
        (day(2), VisitKind.VISIT, "陆知微", 480), (day(3), VisitKind.LECTURE, "陆知微", 60)]  # fmt: skip


def test_nothing_of_another_county_is_counted(world: World) -> None:
    adviser = engage(world, places=(("county", VILLAGE), ("county2", SPRING)))
    log(world, adviser.scope(world, "330102"), node_id=world.node(SPRING))
    county = world.scope("county")
    with inside(county, read_only=True):
        assert [(row.node_id, row.minutes) for row in month_hours(scope=county, month=NOVEMBER)] == [
            (world.node(VILLAGE), 0)
        ]
        assert list_visit_lines(scope=county, month=NOVEMBER) == []


def test_an_adviser_sees_his_own_months_and_nobody_elses(world: World) -> None:
    first = engage(world)
    second = engage(world, "宋书遥", username="songshuyao", number=2)
    spent(world, first, 2, 8, 10)
    spent(world, first, 6, 9, 10, month=10, kind=VisitKind.LECTURE, topic="继承", attendees=30)
    spent(world, second, 3, 8, 9)
    scope = first.scope(world)
    with inside(scope, read_only=True):
        mine = {own.node_name: own for own in my_months(scope=scope, now=NOW)}
        assert len(list_my_visits(scope=scope, month=NOVEMBER)) == 1
    village = mine["湖埠村"]
    assert set(mine) == {"湖埠村", "宝石社区"}
    assert (village.hours.minutes, village.hours.required_minutes, village.pace, village.days_left) == (
        120,
        480,
        256,
        15,
    )
    assert (village.quarter_lectures, village.quarter_lectures_required, village.street_name) == (1, 1, "双浦镇")
    assert mine["宝石社区"].quarter_lectures == 0


# ---- who is behind, reminders --------------------------------------------------------------------------------------
def test_who_is_behind_is_listed_furthest_first_and_only_in_ones_own_places(world: World) -> None:
    first = engage(world)
    engage(world, "宋书遥", username="songshuyao", number=2, places=(("county", VILLAGE),), begins_on=day(16))
    spent(world, first, 2, 8, 14)  # six hours in the village: on pace, not there yet
    county, street = world.scope("county"), world.scope("street")
    with inside(county, read_only=True):
        rows = list_behind(scope=county, month=NOVEMBER, now=NOW)
    assert [(row.hours.adviser_name, row.node_name, row.off_pace, row.hours.missing) for row in rows] == [
        ("陆知微", "宝石社区", 256, 480), ("宋书遥", "湖埠村", 16, 240), ("陆知微", "湖埠村", 0, 120)]  # fmt: skip
    assert [row.last_on for row in rows] == [None, None, day(2)]
    with inside(street, read_only=True):
        assert {row.node_name for row in list_behind(scope=street, month=NOVEMBER, now=NOW)} == {"湖埠村"}
    spent(world, first, 3, 8, 10)
    with inside(county, read_only=True):
        assert len(list_behind(scope=county, month=NOVEMBER, now=NOW)) == 2


def test_a_reminder_reaches_the_adviser_once_a_day(world: World) -> None:
    adviser = engage(world)
    street, county, own = world.scope("street"), world.scope("county"), adviser.scope(world)
    asked: dict[str, Any] = {"node_id": world.node(VILLAGE), "adviser_id": adviser.id, "month": NOVEMBER}
    with inside(street, read_only=False):
        made = remind(scope=street, now=NOW, **asked)
    with inside(own, read_only=True):
        (word,) = list_my_reminders(scope=own)
        event = OutboxEvent.objects.get(event="duty.reminder.sent")
        assert AuditEntry.objects.get(act="duty.reminder.sent").after["minutes_missing"] == 480
    assert (word.id, word.node_name, word.month, word.minutes_missing) == (made, "湖埠村", NOVEMBER, 480)
    assert (event.key, event.version) == (f"reminder:{made}", 1)
    with inside(county, read_only=True):
        assert [row.reminded_today for row in list_behind(scope=county, month=NOVEMBER, now=NOW)
                if row.node_name == "湖埠村"] == [True]  # fmt: skip
    before = traces(world)
    with pytest.raises(Refused) as refused, inside(county, read_only=False):
        remind(scope=county, now=NOW + timedelta(hours=1), **asked)
    assert refused.value.code == "duty.reminded_today"
    assert traces(world) == before
    with inside(street, read_only=False):
        remind(scope=street, now=NOW + timedelta(days=1), **asked)


def test_a_reminder_that_was_read_is_no_longer_shown(world: World) -> None:
    adviser = engage(world)
    street, own = world.scope("street"), adviser.scope(world)
    with inside(street, read_only=False):
        made = remind(scope=street, node_id=world.node(VILLAGE), adviser_id=adviser.id, month=NOVEMBER, now=NOW)
    other = engage(world, "宋书遥", username="songshuyao", number=2).scope(world)
    with pytest.raises(Missing), inside(other, read_only=False):
        mark_reminder_read(scope=other, reminder_id=made, now=NOW)
    for _again in range(2):
        with inside(own, read_only=False):
            mark_reminder_read(scope=own, reminder_id=made, now=NOW)
    with inside(own, read_only=True):
        assert list_my_reminders(scope=own) == []
        assert len(list_my_reminders(scope=own, unread_only=False)) == 1
        assert AuditEntry.objects.filter(act="duty.reminder.read").count() == 1


def test_reminders_that_make_no_sense_are_refused(world: World) -> None:
    adviser = engage(world)
    spent(world, adviser, 2, 8, 16)
    county = world.scope("county")
    with inside(county, read_only=False):
        close_month(scope=county, month=OCTOBER, now=NOW)
    before = traces(world)
    for code, changes in {
        "duty.nothing_missing": {}, "duty.month_not_begun": {"month": Month(2026, 12)}, "duty.month_closed": {"month": OCTOBER},
        "duty.no_such_pair": {"node_id": world.node("330106109201")}, "duty.no_such_place": {"node_id": world.node(SPRING)},
    }.items():  # fmt: skip
        asked: dict[str, Any] = {"node_id": world.node(VILLAGE), "adviser_id": adviser.id, "month": NOVEMBER, **changes}
        scope = world.scope("street") if code == "duty.no_such_place" else county
        with pytest.raises(Refused) as refused, inside(scope, read_only=False):
            remind(scope=scope, now=NOW, **asked)
        assert refused.value.code == code
    assert traces(world) == before


# ---- the book ------------------------------------------------------------------------------------------------------
def test_closing_a_month_is_booked_and_shown(world: World) -> None:
    adviser = engage(world)
    spent(world, adviser, 8, 9, 10, month=10)
    log(world, adviser.scope(world), begins_at=at(day(31, 10), 23), ends_at=at(day(1), 1))
    county = world.scope("county")
    with inside(county, read_only=False):
        close_month(scope=county, month=OCTOBER, now=NOW)
    with inside(county, read_only=True):
        assert closed_months(scope=county) == [OCTOBER]
        book = {str(row.month): row for row in list_book(scope=county, now=NOW)}
        audit = AuditEntry.objects.get(act="duty.month.closed")
        assert OutboxEvent.objects.get(event="duty.month.closed").payload == {"month": "2026-10"}
    assert (book["2026-10"].visits, book["2026-10"].minutes, book["2026-10"].closed_by) == (2, 120, "叶明远")
    assert (book["2026-11"].visits, book["2026-11"].minutes, book["2026-11"].over) == (1, 60, False)
    assert (audit.after, audit.person_id) == ({"month": "2026-10", "visits": 2}, county.person_id)


def test_months_are_closed_in_their_order_once_and_only_when_over(world: World) -> None:
    adviser = engage(world)
    spent(world, adviser, 8, 9, 10, month=9)
    county = world.scope("county")
    before = traces(world)
    for code, month in (("duty.month_not_over", NOVEMBER), ("duty.month_not_over", Month(2027, 1)),
                        ("duty.earlier_month_open", OCTOBER)):  # fmt: skip
        with pytest.raises(Refused) as refused, inside(county, read_only=False):
            close_month(scope=county, month=month, now=NOW)
        assert (refused.value.code, refused.value.field) == (code, "month")
    assert traces(world) == before
    for month in (Month(2026, 9), OCTOBER):
        with inside(county, read_only=False):
            close_month(scope=county, month=month, now=NOW)
    before = traces(world)
    for month in (OCTOBER, Month(2026, 9), Month(2026, 3)):
        with pytest.raises(Refused) as refused, inside(county, read_only=False):
            close_month(scope=county, month=month, now=NOW)
        assert refused.value.code == "duty.month_closed"
    assert traces(world) == before


def test_only_the_county_closes(world: World) -> None:
    before = traces(world)
    for who in ("street", "liaison", "leader", "auditor3"):
        scope = world.scope(who)
        with pytest.raises(Forbidden), inside(scope, read_only=False):
            close_month(scope=scope, month=OCTOBER, now=NOW)
    assert traces(world) == before


def test_closing_waits_for_a_visit_that_is_being_written(world: World) -> None:
    adviser = engage(world)
    scope, county = adviser.scope(world), world.scope("county")
    sent = a_visit(world, begins_at=at(day(8, 10), 9), ends_at=at(day(8, 10), 10))
    closed = threading.Event()

    def close() -> None:
        with inside(county, read_only=False):
            close_month(scope=county, month=OCTOBER, now=NOW)
        closed.set()
        connection.close()

    closer = threading.Thread(target=close)
    with inside(scope, read_only=False):
        from services.duty.commands import log_visit

        log_visit(scope=scope, now=NOW, **sent)  # type: ignore[arg-type]
        closer.start()
        assert not closed.wait(0.5)
    closer.join(10)
    assert closed.is_set()
    with inside(county, read_only=True):
        assert AuditEntry.objects.get(act="duty.month.closed").after["visits"] == 1


def test_no_visit_falls_between_the_mark_and_the_figures(world: World) -> None:
    adviser = engage(world)
    spent(world, adviser, 2, 9, 10)
    county = world.scope("county")
    written = threading.Event()

    def write() -> None:
        spent(world, adviser, 3, 9, 10)
        written.set()
        connection.close()

    writer = threading.Thread(target=write)
    with inside(county, read_only=False):
        clear_dirty(scope=county, months=[NOVEMBER])
        writer.start()
        assert not written.wait(0.5)
        assert sum(row.visits for row in month_hours(scope=county, month=NOVEMBER)) == 1
    writer.join(10)
    with inside(county, read_only=True):
        assert dirty_months(scope=county) == [NOVEMBER]


def test_reading_asks_for_its_grant(world: World) -> None:
    adviser = engage(world)
    own, county = adviser.scope(world), world.scope("county")
    with inside(own, read_only=True):
        for act in (
            lambda: month_hours(scope=own, month=NOVEMBER), lambda: list_visit_lines(scope=own, month=NOVEMBER),
            lambda: list_behind(scope=own, month=NOVEMBER, now=NOW), lambda: list_book(scope=own, now=NOW),
            lambda: list_my_visits(scope=without(own, "duty.own"), month=NOVEMBER),
        ):  # fmt: skip
            with pytest.raises(Forbidden):
                act()
    with inside(county, read_only=True):
        for read in (lambda: list_my_visits(scope=county, month=NOVEMBER), lambda: my_months(scope=county, now=NOW)):
            with pytest.raises(Forbidden):
                read()
