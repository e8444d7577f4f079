"""Lists of very many rows: a page reads as few as it shows, wherever it is, and nobody counts further than he says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from falin.portal import booked
from services.advisers import queries
from services.advisers.queries import register
from services.advisers.types import AdviserCounts, View
from services.advisers.web import presenting
from services.indicators import queries as figures
from services.indicators.models import VisitLine
from services.indicators.types import Turn
from tests.app.advisers.office import Office
from tests.app.indicators import books
from tests.app.indicators.books import OCTOBER, publish
from tests.world import TODAY, World

ROWS = 100_000


def _plans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _plans(below)


def _read(plan: dict[str, Any]) -> int:
    """Rows taken off tables and indexes, those thrown away again among them."""
    scans = [one for one in _plans(plan) if "Relation Name" in one]
    return int(sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in scans))


@pytest.mark.slow
def test_a_page_of_a_long_log_reads_a_page_of_rows_wherever_it_is(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False), connection.cursor() as cursor:
        cursor.execute(
            f"insert into {AuditEntry._meta.db_table} (at, act, person_id, role, subject_kind, subject_id, why, before,"
            " after, request_id, digest) select now(), 'duty.visit.logged', %s, 'adviser', 'visit', n::text, '', '{}',"
            " '{}', '', decode(repeat('00', 32), 'hex') from generate_series(1, %s) n",
            [scope.person_id, ROWS],
        )
    auditor = world.scope("auditor3")
    with inside(auditor, read_only=True):
        newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[0]
        for before in (None, newest - ROWS // 2, newest - ROWS + 60):
            with CaptureQueriesContext(connection) as caught:
                page = booked.log(scope=auditor, asked=booked.Asked(), before=before)
            assert len(page.acts) == booked.PAGE
            asked = [one["sql"] for one in caught if AuditEntry._meta.db_table in one["sql"]]
            assert len(asked) == 1 and "OFFSET" not in asked[0] and "COUNT" not in asked[0]
            with connection.cursor() as cursor:
                cursor.execute(f"explain (analyze, format json) {asked[0]}")
                (found,) = cursor.fetchone()
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            assert _read(plan) <= booked.PAGE + 1, plan


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def _walk(ask: Any, forwards: bool = True, start: str = "") -> Iterator[Any]:
    page = ask(after=start) if forwards else ask(before=start)
    while True:
        yield page
        key = page.after if forwards else page.before
        if not key:
            return
        page = ask(after=key) if forwards else ask(before=key)


def test_published_visits_turn_by_key_there_and_back_and_each_is_seen_once(world: World) -> None:
    books.appoint(world, "330106109200")
    for day in range(1, 24):
        books.visit(world, "330106109200", OCTOBER.first_day.replace(day=day), 60 + day % 3)
    publish(world, "330106")
    scope, place = world.scope("county"), world.node("330106109200")

    def ask(**turn: Any) -> Any:
        return figures.visit_lines(scope=scope, node_id=place, month=OCTOBER, turn=Turn(size=5, **turn))

    with inside(scope, read_only=True):
        there = list(_walk(ask))
        back = list(_walk(ask, forwards=False, start=there[-1].before))
        numbered = [ask(page=number) for number in (1, 2, 5, 99)]
        whole = [line.visit_id for line in figures.visit_lines(scope=scope, node_id=place, month=OCTOBER).rows]
    assert [line.visit_id for page in there for line in page.rows] == whole
    assert len(whole) == 23
    assert [page.page for page in there] == [1, 2, 3, 4, 5]
    assert [page.rows for page in reversed(back)] == [page.rows for page in there[:-1]]
    assert [page.rows for page in numbered] == [there[0].rows, there[1].rows, there[4].rows, there[4].rows]
    assert {(page.total, page.minutes) for page in there} == {(23, sum(60 + day % 3 for day in range(1, 24)))}


@pytest.mark.parametrize("cursor", ["nonsense", "8", "5oiR", "MjAyNg"])
def test_a_cursor_nobody_made_is_the_first_page(world: World, cursor: str) -> None:
    books.small_book(world)
    publish(world, "330106")
    scope = world.scope("county")
    with inside(scope, read_only=True):
        found = figures.visit_lines(
            scope=scope, node_id=world.node("330106109200"), month=OCTOBER, turn=Turn(after=cursor)
        )
    assert (found.page, len(found.rows)) == (1, 2)


@pytest.mark.slow
def test_a_page_of_published_visits_deep_in_reads_what_it_shows(world: World) -> None:
    scope, place = world.scope("county"), world.node("330106109200")
    with inside(scope, read_only=False), connection.cursor() as cursor:
        cursor.execute(
            f"insert into {VisitLine._meta.db_table} (month, node_id, province_id, city_id, county_id, street_id, visit_id,"
            " adviser_id, firm_id, adviser_name, kind, on_day, minutes) select %s, %s, %s, %s, %s, %s, md5(n::text)::uuid,"
            " %s, %s, '林知远', 'visit', date '2026-10-01' + (n %% 31)::int, 60 from generate_series(1, 20000) n",
            [str(OCTOBER), place, world.node("33"), world.node("3301"), world.node("330106"), world.node("330106109"),
             books.LIN, books.FIRM],
        )  # fmt: skip
    with inside(scope, read_only=True):
        middle = figures.visit_lines(scope=scope, node_id=place, month=OCTOBER, turn=Turn(page=200))
        with CaptureQueriesContext(connection) as caught:
            page = figures.visit_lines(scope=scope, node_id=place, month=OCTOBER, turn=Turn(after=middle.after))
        (asked,) = [one["sql"] for one in caught if "ORDER BY" in one["sql"] and VisitLine._meta.db_table in one["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, format json) {asked}")
            (found,) = cursor.fetchone()
    assert page.page == 201
    assert "OFFSET" not in asked
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    assert _read(plan) <= 20_000 // 31 * 2, "one day and what follows it, not all that comes before"


def test_a_long_list_is_counted_so_far_and_says_so(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        office.adviser(f"顾{number}", examined=None)
    monkeypatch.setattr(register, "MOST_COUNTED", 4)
    scope = world.scope("county")
    with inside(scope, read_only=True):
        pages = list(_walk(lambda **key: queries.list_advisers(scope=scope, on=TODAY, size=2, **key)))
        firms = queries.list_firms(scope=scope, size=2)
        counts = queries.count_advisers(scope=scope, on=TODAY)
    assert [(page.total, page.more) for page in pages] == [(4, True)] * 4
    assert [page.first for page in pages] == [1, 3, 5, 0], "nobody counts past the fourth"
    assert (firms.total, firms.more, counts.more) == (4, True, True)
    assert sum(len(page.rows) for page in pages) == 7


def test_a_short_list_is_counted_out(world: World, office: Office) -> None:
    office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=True):
        page, counts = queries.list_advisers(scope=scope, on=TODAY), queries.count_advisers(scope=scope, on=TODAY)
    assert (page.total, page.more, counts.all, counts.more) == (1, False, 1, False)


def test_what_was_not_counted_out_says_more_than_or_at_least() -> None:
    counts = AdviserCounts(all=10_001, ending=0, room=321, not_examined=5, banned=0, firms=900, more=True)
    shown = {one["label"]: one["shown"] for one in presenting.tabs_of(counts, View.ALL.value, QueryDict())}
    assert list(shown.values()) == ["超过 10,000", "", "至少 321", "至少 5", ""]
    assert presenting.number_of(37, more=False) == "37"
