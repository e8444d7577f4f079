"""A county's month becomes a run, and the run goes on the board."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Refused
from falin.kernel.transactions import inside
from services.duty.models import DirtyMonth
from services.indicators.commands import SumsDiffer, publish_month, put_on_board
from services.indicators.models import Figure, Run, VisitLine
from services.indicators.types import COUNTS
from tests.app.indicators import books
from tests.app.indicators.books import NOVEMBER, OCTOBER, deliver, night, publish, roll_up, visit
from tests.world import NOW, World


def _board(world: World, county: str) -> list[dict[str, Any]]:
    with inside(night(world, county), read_only=True):
        rows = Figure.objects.filter(county_id=world.node(county)).order_by("month", "level", "node_id")
        return list(rows.values("month", "level", "node_id", "run_id", "edition", *COUNTS))


def _lines(world: World, county: str) -> list[tuple[Any, ...]]:
    with inside(night(world, county), read_only=True):
        rows = VisitLine.objects.filter(county_id=world.node(county)).order_by("month", "on_day", "minutes")
        return list(rows.values_list("month", "node_id", "on_day", "minutes", "kind", "adviser_name"))


def test_a_month_is_counted_community_by_community(world: World) -> None:
    books.small_book(world)
    publish(world, "330106")
    board = {row["node_id"]: row for row in _board(world, "330106")}
    whole = board[world.node("330106")]
    assert {name: whole[name] for name in COUNTS} == {
        "communities": 5, "covered": 3, "urban": 3, "urban_covered": 2, "pairs": 3,
        # 吴若水 came on the 17th: 15 of 31 days of 480 minutes
        "required_minutes": 480 + 480 + 232, "minutes": 300 + 200 + 60 + 60, "met": 1, "visits": 4, "lectures": 1,
    }  # fmt: skip
    village = board[world.node("330106109200")]
    assert (village["level"], village["covered"], village["minutes"], village["met"]) == (5, 1, 500, 1)


def test_every_parent_is_the_sum_of_its_children(world: World) -> None:
    books.small_book(world)
    publish(world, "330106")
    board = _board(world, "330106")
    for name in COUNTS:
        by_level = {level: sum(row[name] for row in board if row["level"] == level) for level in (3, 4, 5)}
        assert by_level[3] == by_level[4] == by_level[5], name


def test_a_visit_over_the_months_end_counts_in_both_months_by_its_parts(world: World) -> None:
    books.small_book(world)
    publish(world, "330106")
    publish(world, "330106", NOVEMBER)
    assert [line for line in _lines(world, "330106") if line[1] == world.node("330106002001")] == [
        ("2026-10", world.node("330106002001"), date(2026, 10, 9), 60, "visit", "周以宁"),
        ("2026-10", world.node("330106002001"), date(2026, 10, 31), 60, "visit", "周以宁"),
        ("2026-11", world.node("330106002001"), date(2026, 11, 1), 60, "visit", "周以宁"),
    ]


def test_coverage_of_a_finished_month_counts_its_last_day_and_of_a_running_one_today(world: World) -> None:
    books.small_book(world)
    assert publish(world, "330203").as_of == date(2026, 10, 31)
    board = {row["node_id"]: row for row in _board(world, "330203")}
    assert board[world.node("330203")]["covered"] == 0  # the appointment ended on the 20th
    assert board[world.node("330203")]["pairs"] == 1  # but hours were due until then
    assert publish(world, "330203", NOVEMBER).as_of == date(2026, 11, 16)


def test_the_run_is_booked_and_told_of(world: World) -> None:
    books.small_book(world)
    run = roll_up(world, "330106")
    with inside(night(world, "330106"), read_only=True):
        entry = AuditEntry.objects.get(act="indicators.month.rolled_up")
        assert (entry.subject_id, entry.node_id) == (str(run.id), world.node("330106"))
        event = OutboxEvent.objects.get(event="indicators.month.rolled_up")
        assert event.payload == {"run_id": str(run.id), "month": "2026-10"}
        assert event.version == 1
        assert Run.objects.get().published_at is None
    assert _board(world, "330106") == []  # nothing is public before the outbox delivers
    deliver(world, "330106")
    with inside(night(world, "330106"), read_only=True):
        assert Run.objects.get().published_at is not None


def test_an_unchanged_month_is_not_published_again(world: World) -> None:
    books.small_book(world)
    first = publish(world, "330106")
    with inside(night(world, "330106"), read_only=False):
        DirtyMonth.objects.create(month="2026-10", since=NOW)
    again = roll_up(world, "330106", now=NOW + timedelta(hours=1))
    assert (again.id, again.fresh) == (first.id, False)
    with inside(night(world, "330106"), read_only=True):
        assert Run.objects.count() == 1
        assert AuditEntry.objects.filter(act="indicators.month.rolled_up").count() == 1
        assert OutboxEvent.objects.filter(event="indicators.month.rolled_up").count() == 1
        assert DirtyMonth.objects.count() == 0


def test_a_correction_makes_a_new_run_and_a_second_edition(world: World) -> None:
    books.small_book(world)
    first = publish(world, "330106")
    assert {row["edition"] for row in _board(world, "330106")} == {1}
    visit(world, "330106109001", date(2026, 10, 20), 240, adviser=books.WU)
    second = publish(world, "330106", now=NOW + timedelta(hours=1))
    assert second.id != first.id
    board = _board(world, "330106")
    assert {row["run_id"] for row in board} == {second.id}
    assert {row["edition"] for row in board} == {2}
    assert sum(row["met"] for row in board if row["level"] == 3) == 2
    with inside(night(world, "330106"), read_only=True):
        assert Run.objects.count() == 2  # the earlier vintage stays as it was


def test_a_running_month_has_no_edition(world: World) -> None:
    books.small_book(world)
    publish(world, "330106", NOVEMBER)
    assert {row["edition"] for row in _board(world, "330106")} == {0}


def test_the_handler_called_twice_does_the_same_as_once(world: World) -> None:
    books.small_book(world)
    run = publish(world, "330106")
    board, lines = _board(world, "330106"), _lines(world, "330106")
    scope = night(world, "330106")
    with inside(scope, read_only=False):
        assert put_on_board(scope=scope, run_id=run.id, now=NOW + timedelta(hours=2)) is False
    assert (_board(world, "330106"), _lines(world, "330106")) == (board, lines)


def test_an_older_run_never_replaces_a_newer_one(world: World) -> None:
    books.small_book(world)
    older = roll_up(world, "330106")
    visit(world, "330106109001", date(2026, 10, 20), 240, adviser=books.WU)
    newer = roll_up(world, "330106", now=NOW + timedelta(hours=1))
    scope = night(world, "330106")
    with inside(scope, read_only=False):
        assert put_on_board(scope=scope, run_id=newer.id, now=NOW) is True
    with inside(scope, read_only=False):
        assert put_on_board(scope=scope, run_id=older.id, now=NOW + timedelta(hours=2)) is False
    assert {row["run_id"] for row in _board(world, "330106")} == {newer.id}


def test_who_waited_for_the_lock_counts_later_whatever_moment_his_request_began(world: World) -> None:
    books.small_book(world)
    publish(world, "330106", now=NOW + timedelta(seconds=2))
    visit(world, "330106109001", date(2026, 10, 20), 240, adviser=books.WU)
    second = publish(world, "330106", now=NOW)  # asked for first, came to count second
    assert {row["run_id"] for row in _board(world, "330106")} == {second.id}
    visit(world, "330106109001", date(2026, 10, 21), 60, adviser=books.WU)
    third = publish(world, "330106", now=NOW + timedelta(seconds=1))
    assert {row["run_id"] for row in _board(world, "330106")} == {third.id}
    assert third.computed_at > second.computed_at > NOW + timedelta(seconds=2)


def test_sums_that_differ_are_not_published(world: World) -> None:
    books.small_book(world)
    run = roll_up(world, "330106")
    scope = night(world, "330106")
    with inside(scope, read_only=False):
        row = Run.objects.get(id=run.id)
        row.figures[0][-1] += 1  # a lecture that no parent has
        row.save()
    with pytest.raises(SumsDiffer), inside(scope, read_only=False):
        put_on_board(scope=scope, run_id=run.id, now=NOW)
    assert _board(world, "330106") == []


def test_a_month_that_has_not_begun_is_refused(world: World) -> None:
    scope = night(world, "330106")
    with inside(scope, read_only=False):
        with pytest.raises(Invalid) as refused:
            publish_month(scope=scope, month=OCTOBER.plus(2), now=NOW)
        assert refused.value.code == "indicators.month_not_begun"
        _nothing_written()


@pytest.mark.parametrize("username", ["street", "liaison", "auditor3"])
def test_who_is_not_the_county_may_not_publish(world: World, username: str) -> None:
    scope = world.scope(username)
    with inside(scope, read_only=False):
        with pytest.raises(Forbidden):
            publish_month(scope=scope, month=OCTOBER, now=NOW)
        _nothing_written()


def test_a_province_has_nothing_of_its_own_to_publish(world: World) -> None:
    from dataclasses import replace

    scope = replace(world.scope("leader"), grants=frozenset({"figures.publish"}))
    with inside(scope, read_only=False):
        with pytest.raises(Refused) as refused:
            publish_month(scope=scope, month=OCTOBER, now=NOW)
        assert refused.value.code == "indicators.not_a_county"
        _nothing_written()


def _nothing_written() -> None:
    assert Run.objects.count() == 0
    assert AuditEntry.objects.filter(act__startswith="indicators.").count() == 0
    assert OutboxEvent.objects.filter(event__startswith="indicators.").count() == 0


def test_a_county_cannot_write_on_another_countys_board(world: World) -> None:
    from django.db import ProgrammingError

    books.small_book(world)
    publish(world, "330106")
    with inside(night(world, "330102"), read_only=False):
        assert Figure.objects.filter(county_id=world.node("330106")).delete()[0] == 0
    with (
        pytest.raises(ProgrammingError),
        inside(night(world, "330102"), read_only=False),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "insert into indicators_visitline (month, node_id, province_id, county_id, visit_id, adviser_id, firm_id,"
            " adviser_name, kind, on_day, minutes) values ('2026-10', %s, 1, %s, %s, %s, %s, '', 'visit', '2026-10-01', 1)",
            [world.node("330106109200"), world.node("330106"), uuid.uuid4(), uuid.uuid4(), uuid.uuid4()],
        )
