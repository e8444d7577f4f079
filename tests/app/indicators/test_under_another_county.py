"""
A place comes under another county while a month runs: what each body's book holds of it counts, once, before its rows are
handed over and after; the sums above never change by it (decision 65).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from falin.kernel import outbox
from falin.kernel.transactions import inside
from services.indicators import queries, tasks
from services.indicators.commands import publish_month
from services.indicators.models import Figure, VisitLine
from services.indicators.types import COUNTS
from tenants.divisions import api
from tenants.divisions.types import View
from tenants.registry.types import Act
from tests.app.divisions.changing import Change
from tests.app.divisions.test_update import carry_through, do, prepare, second
from tests.app.indicators.books import NOVEMBER, OCTOBER, WU, appoint, deliver, night_of, publish, visit
from tests.app.indicators.test_within_a_month import asked, published, rows
from tests.app.registry.changed_places import _recoded, merge_into_west
from tests.app.registry.test_changing_hands import (  # noqa: F401 - a fixture
    UPPER,
    WEST,
    Counties,
    _board,
    _deliver_all,
    counties,
)
from tests.world import NOW, World

DAY = date(2026, 11, 10)
VILLAGE, BECOMES = "330106109200", "330102001200"  # 湖埠村 of 双浦镇, and under 清波街道
ABOVE = ("33", "3301")


def moved(world: World) -> int:
    """The village comes under a street of the other county; its node."""
    node = world.node(VILLAGE)
    Change(world).move(VILLAGE, under="330102001", becomes=BECOMES).on(DAY)
    return node


def counts(world: World, code: str) -> dict[str, int]:
    tally = asked(world, code, NOVEMBER).tally
    return {name: getattr(tally, name) for name in COUNTS}


def today(world: World) -> dict[str, tuple[int, int]]:
    """Communities and minutes of the city's counties in today's tree."""
    leader = world.scope("leader")
    with inside(leader, read_only=True):
        found = queries.place_figures(scope=leader, node_id=world.node("3301"), month=NOVEMBER, view=View.AS_IS)
    return {child.place.name: (child.tally.communities, child.tally.minutes) for child in found.children if child.tally}


def lines(world: World) -> list[Any]:
    with inside(world.scope("leader"), read_only=True):
        return sorted(VisitLine.objects.filter(month="2026-11").values_list("visit_id", "minutes"))


def test_what_each_body_holds_of_it_counts_once_before_it_is_handed_over_and_after(counties: Counties) -> None:  # noqa: F811
    world = counties.world
    before, west, upper = {code: counts(world, code) for code in ABOVE}, counts(world, WEST), counts(world, UPPER)
    shown, october = lines(world), _board("2026-11")
    node = moved(world)
    for hour in (1, 2):  # the night after, and again
        published(world, hours=hour)
        assert {code: counts(world, code) for code in ABOVE} == before
        assert counts(world, WEST) == west | {"communities": 4, "covered": 1}
        assert counts(world, UPPER) == upper | {"communities": 6, "covered": 3}
        assert (lines(world), today(world)) == (shown, {"西湖区": (4, 60), "上城区": (6, 180)})
    town = rows(asked(world, "330106109"))["湖埠村"]
    assert (town.communities, town.covered, town.minutes, town.pairs) == (0, 0, 60, 2), "where it was, as what was done"
    assert counties.carry_out(Act.SPLIT, WEST, counties.node[UPPER]).state == "done"
    _deliver_all()
    assert {code: counts(world, code) for code in ABOVE} == before
    assert counts(world, UPPER)["minutes"] == upper["minutes"] + 60
    assert counts(world, WEST)["minutes"] == west["minutes"] - 60
    assert (lines(world), today(world)) == (shown, {"西湖区": (4, 60), "上城区": (6, 180)})
    with inside(world.scope("leader"), read_only=True):
        assert Figure.objects.filter(node_id=node, month="2026-11").count() == 1
    for county in (WEST, UPPER):  # as every night does with the month before
        assert not publish(world, county, OCTOBER, now=NOW).fresh
    assert _board("2026-11") == october, "a closed month stands as it was published by who had the place then"


@pytest.fixture
def held(world: World) -> World:
    """Of November's first days there was work in the village, by the adviser its county appointed."""
    appoint(world, VILLAGE)
    visit(world, VILLAGE, date(2026, 11, 3), 300)
    visit(world, "330102001001", date(2026, 11, 6), 90)
    published(world)
    return world


def test_who_gets_the_place_waits_with_its_figures_until_who_gave_it_has_counted_anew(held: World) -> None:
    before = {code: counts(held, code) for code in ABOVE}
    node = moved(held)
    publish(held, UPPER, NOVEMBER, now=NOW.replace(hour=3))
    assert {code: counts(held, code) for code in ABOVE} == before, "not counted twice in the meantime"
    publish(held, WEST, NOVEMBER, now=NOW.replace(hour=4))
    deliver(held, UPPER, now=NOW.replace(hour=5))
    with inside(held.scope("leader"), read_only=True):
        found = dict(Figure.objects.filter(node_id=node, month="2026-11").values_list("county_id", "communities"))
    assert found == {held.node(WEST): 0, held.node(UPPER): 1}


def test_an_update_that_is_applied_or_undone_has_both_counties_count_the_month_anew(
    held: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, upper = counts(held, WEST), counts(held, UPPER)
    update = prepare(held, _recoded({"330106109": "330102109"}), DAY)
    carry_through(held, update)
    for hour in (3, 4):
        monkeypatch.setattr(tasks, "now", lambda hour=hour: NOW.replace(hour=hour))
        for minute in (1, 2, 3):  # who waits for the other one is told again
            for county in (WEST, UPPER):
                deliver(held, county, now=NOW.replace(hour=hour, minute=minute))
        if hour == 3:
            assert counts(held, WEST) == west | {"communities": 2, "covered": 0, "urban": 2}
            assert counts(held, UPPER)["communities"] == upper["communities"] + 3
            do(second(held), api.undo_update, update, within={}, why="名录有误")
    assert (counts(held, WEST), counts(held, UPPER)) == (west, upper)


def test_what_both_books_hold_of_a_place_that_went_into_another_later_goes_on_together(held: World) -> None:
    moved(held)
    appoint(held, BECOMES, WU, begins=DAY)
    visit(held, BECOMES, date(2026, 11, 12), 45, adviser=WU)
    published(held, hours=1)
    assert counts(held, "3301")["minutes"] == 300 + 90 + 45
    Change(held).end(BECOMES, into="330102001001").on(date(2026, 11, 20))
    assert today(held) == {"西湖区": (4, 0), "上城区": (6, 300 + 90 + 45)}


def test_a_county_that_ended_publishes_what_its_book_holds_until_it_is_merged(counties: Counties) -> None:  # noqa: F811
    world = counties.world
    before, ended = {code: counts(world, code) for code in ABOVE}, counties.node[UPPER]
    merge_into_west(world)
    for hour in (1, 2):
        for node in (ended, world.node(WEST)):
            schema = next(code for code, one in counties.node.items() if one == node)
            _publish_in(counties.schema[schema], hour)
    after = {code: counts(world, code) for code in ABOVE}
    for code, sums in before.items():
        left = {name for name, count in sums.items() if after[code][name] != count}
        assert left <= {"covered", "urban_covered"}, "the register names one of the two who serve there in these tests"
    city = asked(world, "3301")
    assert (city.expected, city.reported) == (1, 1)
    gone = rows(city)["上城区"]
    assert (gone.communities, gone.minutes) == (0, 120)


def _publish_in(schema: str, hour: int) -> None:
    scope, now = night_of(schema), NOW.replace(hour=2 + hour)
    with inside(scope, read_only=False):
        publish_month(scope=scope, month=NOVEMBER, now=now)
        outbox.deliver_batch(scope, now=now)


def test_the_pages_say_where_what_was_done_there_counts(held: World, sign_in: Any) -> None:
    node = moved(held)
    published(held, hours=1)
    own = sign_in("county").get(f"/figures/{node}/?month=2026-11")
    assert own.status_code == 200, "the body reads what it published itself"
    assert "撤销或划出" in own.content.decode()
    assert "300" not in sign_in("county2").get(f"/figures/{node}/?month=2026-11").content.decode()
    assert sign_in("county3").get(f"/figures/{node}/?month=2026-11").status_code == 404
