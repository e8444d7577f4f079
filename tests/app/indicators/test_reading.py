"""Figures are read from the board only: sums at every level, and nothing that is not one's own."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.indicators import queries
from services.indicators.models import Figure, VisitLine
from services.indicators.queries import board
from services.indicators.types import COUNTS, Ratio, Tally
from tenants.divisions.types import Level, View
from tests.app.divisions.changing import put_beside
from tests.app.indicators import books
from tests.app.indicators.books import NOVEMBER, OCTOBER, publish
from tests.world import World


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        publish(world, county)
    return world


def _figures(world: World, username: str, code: str, **more: Any) -> Any:
    scope = world.scope(username)
    with inside(scope, read_only=True):
        return queries.place_figures(scope=scope, node_id=world.node(code), month=OCTOBER, **more)


def test_a_province_is_the_sum_of_its_cities_and_a_city_of_its_counties(published: World) -> None:
    province = _figures(published, "leader", "33")
    assert [child.place.name for child in province.children] == ["杭州市", "宁波市"]
    total = sum((child.tally for child in province.children if child.tally), Tally())
    assert province.tally == total
    city = _figures(published, "leader", "3301")
    assert city.tally == sum((child.tally for child in city.children if child.tally), Tally())
    assert city.tally == province.children[0].tally


def test_a_county_that_published_nothing_is_missing_and_not_zero(published: World) -> None:
    city = _figures(published, "leader", "3302")
    assert (city.expected, city.reported) == (2, 1)
    assert {child.place.name: child.tally is None for child in city.children} == {"海曙区": False, "江北区": True}


def test_what_is_published_equals_a_recount_of_the_raw_rows(published: World) -> None:
    """The same figures again, by plain SQL over the tenant's tables and by hand over the tree."""
    for county in ("330106", "330102", "330203"):
        schema, node = published.schema(county), published.node(county)
        with inside(books.night(published, county), read_only=True), connection.cursor() as cursor:
            cursor.execute(
                f"select count(distinct a.node_id) from {schema}.advisers_appointment a"
                " where a.begins_on <= '2026-10-31' and coalesce(a.ends_on, '9999-01-01') >= '2026-10-31'"
            )
            covered = cursor.fetchone()
            cursor.execute(
                "select coalesce(sum(extract(epoch from least(ends_at, '2026-11-01 00:00+08')"
                " - greatest(begins_at, '2026-10-01 00:00+08')) / 60), 0)::int, count(*),"
                " count(*) filter (where kind = 'lecture')"
                f" from {schema}.duty_visit where voided_at is null"
                " and begins_at < '2026-11-01 00:00+08' and ends_at > '2026-10-01 00:00+08'"
            )
            minutes, visits, lectures = cursor.fetchone()
            cursor.execute(
                "select count(*) from divisions_divisionversion where county_id = %s and level = 5 and valid_to is null",
                [node],
            )
            communities = cursor.fetchone()
        tally = _figures(published, "leader", county).tally
        assert (tally.covered, tally.minutes, tally.visits, tally.lectures, tally.communities) == (
            covered[0], minutes, visits, lectures, communities[0],
        ), county  # fmt: skip


def test_an_officer_of_another_city_finds_no_such_place(published: World) -> None:
    for code in ("3301", "330106", "330106109", "330106109200", "33"):
        with pytest.raises(Missing):
            _figures(published, "city2", code)


def test_a_street_officer_sees_his_street_and_what_lies_in_it(published: World) -> None:
    own = _figures(published, "street", "330106109")
    assert [child.place.name for child in own.children] == ["袁浦社区", "湖埠村", "灵山村"]
    for code in ("330106", "330106002", "330106002001"):
        with pytest.raises(Missing):
            _figures(published, "street", code)


@pytest.mark.parametrize(
    ("username", "seen"),
    [
        ("leader", {"330106", "330106109", "330106109200", "330102", "330203"}),
        ("city", {"330106", "330106109", "330106109200", "330102"}),
        ("city2", {"330203"}),
        ("county", {"330106", "330106109", "330106109200"}),
        ("street", {"330106109", "330106109200"}),
        ("street2", set()),
        ("liaison", {"330106109200"}),
    ],
)
def test_row_security_alone_shows_only_what_lies_below_ones_place(
    published: World, username: str, seen: set[str]
) -> None:
    codes = ("330106", "330106109", "330106109200", "330102", "330203")
    nodes = {published.node(code): code for code in codes}
    with inside(published.scope(username), read_only=True), connection.cursor() as cursor:
        cursor.execute("select node_id from indicators_figure where node_id = any (%s)", [list(nodes)])
        assert {nodes[row[0]] for row in cursor.fetchall()} == seen
        cursor.execute("select node_id from indicators_visitline")
        lines = {row[0] for row in cursor.fetchall()}
    assert (published.node("330106109200") in lines) == ("330106109200" in seen)
    assert (published.node("330203001001") in lines) == (username in {"leader", "city2"})


def test_without_roots_the_board_is_empty(published: World) -> None:
    scope = replace(published.scope("leader"), roots=())
    with inside(scope, read_only=True), connection.cursor() as cursor:
        cursor.execute("select (select count(*) from indicators_figure) + (select count(*) from indicators_visitline)")
        assert cursor.fetchone() == (0,)


def _lines(world: World, scope: Scope, code: str) -> Any:
    with inside(scope, read_only=True):
        return queries.visit_lines(scope=scope, node_id=world.node(code), month=OCTOBER)


def test_the_leader_reads_the_lines_behind_a_communitys_figure(published: World) -> None:
    found = _lines(published, published.scope("leader"), "330106109200")
    assert [(line.on_day, line.minutes, line.kind, line.adviser_name) for line in found.rows] == [
        (date(2026, 10, 8), 300, "visit", "林知远"),
        (date(2026, 10, 15), 200, "lecture", "林知远"),
    ]
    assert (found.total, found.minutes, found.lectures) == (2, 500, 1)
    figures = _figures(published, "leader", "330106109200")
    assert (figures.tally.minutes, figures.tally.visits, figures.tally.lectures) == (500, 2, 1)


def test_lines_ask_for_their_own_grant(published: World) -> None:
    with pytest.raises(Forbidden):
        _lines(published, published.scope("liaison"), "330106109200")


def test_a_neighbours_lines_are_not_there(published: World) -> None:
    with pytest.raises(Missing):
        _lines(published, published.scope("county2"), "330106109200")


def _of_a_firm(world: World, subject: uuid.UUID, role: str = "firm_manager") -> Scope:
    return replace(world.scope("leader"), role=role, roots=(), whole=False, subject_id=str(subject))


def test_a_firm_reads_its_own_lines_in_every_county(published: World) -> None:
    scope = _of_a_firm(published, books.FIRM)
    with inside(scope, read_only=True):
        found = queries.firm_lines(scope=scope, month=OCTOBER)
        assert found.total == 6
        assert {line.place.name for line in found.rows if line.place} == {
            "湖埠村",
            "宝石社区",
            "清波门社区",
            "车轿街社区",
        }
        assert {line.above for line in found.rows} >= {"西湖区 双浦镇", "海曙区 南门街道"}


def test_another_firm_reads_nothing(published: World) -> None:
    scope = _of_a_firm(published, uuid.uuid4())
    with inside(scope, read_only=True):
        assert queries.firm_lines(scope=scope, month=OCTOBER).total == 0
        assert VisitLine.objects.count() == 0  # row security by itself
        assert Figure.objects.count() == 0


def test_an_adviser_reads_his_own_lines_only(published: World) -> None:
    scope = _of_a_firm(published, books.ZHOU, role="adviser")
    with inside(scope, read_only=True):
        found = queries.firm_lines(scope=scope, month=OCTOBER)
        assert {line.adviser_name for line in found.rows} == {"周以宁"}
        assert VisitLine.objects.exclude(adviser_id=books.ZHOU).count() == 0


def test_who_has_a_place_has_no_lines_of_his_own(published: World) -> None:
    scope = published.scope("county")
    with inside(scope, read_only=True), pytest.raises(Forbidden):
        queries.firm_lines(scope=scope, month=OCTOBER)


def test_a_ranking_puts_the_furthest_behind_first(published: World) -> None:
    scope = published.scope("leader")
    with inside(scope, read_only=True):
        found = queries.ranking(scope=scope, node_id=published.node("33"), month=OCTOBER, level=Level.COUNTY)
    assert [(one.place.name, one.rank) for one in found.rows] == [("海曙区", 3), ("上城区", 2), ("西湖区", 1)]


@pytest.mark.parametrize("view", list(View))
def test_of_very_many_places_the_furthest_behind_are_ranked(
    published: World, monkeypatch: pytest.MonkeyPatch, view: View
) -> None:
    monkeypatch.setattr(board, "MOST_RANKED", 2)
    scope = published.scope("leader")
    with inside(scope, read_only=True):
        found = queries.ranking(scope=scope, node_id=published.node("33"), month=OCTOBER, level=Level.COUNTY, view=view)
    assert [(one.place.name, one.rank) for one in found.rows] == [("海曙区", 3), ("上城区", 2)]
    assert found.total == 3


def test_months_and_series_hold_what_was_published(published: World) -> None:
    publish(published, "330106", NOVEMBER)
    scope = published.scope("county")
    with inside(scope, read_only=True):
        node = published.node("330106")
        assert queries.list_months(scope=scope, node_id=node) == [OCTOBER, NOVEMBER]
        latest = queries.place_figures(scope=scope, node_id=node)
    assert latest.month == NOVEMBER
    assert [each.month for each in latest.series] == [OCTOBER, NOVEMBER]
    assert latest.quarter_lectures == 1
    assert [each.month for each in latest.children[0].history] == [OCTOBER, NOVEMBER]


def test_a_place_without_communities_has_no_share(world: World) -> None:
    assert not Tally().coverage.exists
    assert not Ratio(0, 0).exists


def test_the_number_of_statements_does_not_grow_with_the_rows(world: World) -> None:
    def count(number_of_children: int) -> int:
        publish(world, "330106")
        scope, node = world.scope("street"), world.node("330106109")
        with inside(scope, read_only=True), CaptureQueriesContext(connection) as told:
            found = queries.place_figures(scope=scope, node_id=node, month=OCTOBER)
            assert len(found.children) == number_of_children
            queries.rank(found.children)
        return len(told)

    few = count(3)
    put_beside("330106109201", *(f"新{number}村" for number in range(27)))
    assert count(30) == few == 7
    assert set(COUNTS) == set(Tally.__slots__)
