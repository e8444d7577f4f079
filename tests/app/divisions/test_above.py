"""Rows of the notice board stand under the places that lie above them today: after an update, its undoing, a handing over."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.apps import apps

from falin.kernel.transactions import inside, shared
from services.desk.models import News
from services.duty.api import post_hours
from services.duty.models import PostedHours
from services.stations.models import Station
from tenants.divisions import above, api
from tenants.registry.types import Act
from tests.app.divisions.changing import Change
from tests.app.divisions.test_update import carry_through, do, prepare, second
from tests.app.indicators.books import deliver
from tests.app.registry.changed_places import _recoded
from tests.app.registry.test_changing_hands import UPPER, WEST, Counties, counties  # noqa: F401 - a fixture
from tests.app.stations.cast import opened
from tests.world import NOW, World

VILLAGE, DAY = "330106109200", date(2026, 11, 10)
# Figures stay in the tree of their month; the tree itself is what is read.
OF_THEIR_TIME = {"indicators_figure", "indicators_visitline", "divisions_divisionversion"}


@pytest.fixture
def posted(world: World) -> World:
    """A village with a station and posted hours."""
    opened(world, code=VILLAGE)
    _post(world)
    return world


def _post(world: World) -> None:
    team = world.scope("county")
    with inside(team, read_only=False):
        post_hours(scope=team, node_id=world.node(VILLAGE), weekdays=[2], begins_at=time(14), ends_at=time(16), room="二楼",
                   now=NOW)  # fmt: skip


def lying(world: World, node: int) -> set[tuple[Any, ...]]:
    """Under which city, county and street the place's rows stand."""
    with inside(world.scope("leader"), read_only=True):
        return {
            row for model in (PostedHours, Station)
            for row in model.objects.filter(node_id=node).values_list("city_id", "county_id", "street_id")
        }  # fmt: skip


def test_rows_of_a_community_go_with_it_to_another_street_and_come_back_when_that_is_undone(posted: World) -> None:
    node, city, county = (posted.node(code) for code in (VILLAGE, "3301", WEST))
    old, new = posted.node("330106109"), posted.node("330106002")
    update = prepare(posted, _recoded({VILLAGE: "330106002200"}), DAY)
    carry_through(posted, update)
    assert lying(posted, node) == {(city, county, old)}
    deliver(posted, WEST)
    assert lying(posted, node) == {(city, county, new)}
    street = posted.scope("street2")
    with inside(street, read_only=True):
        assert Station.objects.get(node_id=node).street_id == new, "who has the street now reads them"
    do(second(posted), api.undo_update, update, within={}, why="名录有误")
    deliver(posted, WEST)
    assert lying(posted, node) == {(city, county, old)}


def test_rows_of_a_county_that_comes_under_another_city_go_with_it(posted: World) -> None:
    node, county, street = (posted.node(code) for code in (VILLAGE, WEST, "330106109"))
    with inside(posted.scope("county"), read_only=False):
        News.objects.create(province_id=posted.node("33"), city_id=posted.node("3301"), county_id=county, node_id=county,
                            number=1, title="通知", text="内容", begins_on=DAY, state="draft", person_id=1,
                            written_at=NOW)  # fmt: skip
    city = posted.node("3302")
    schema_of = posted.schema(WEST)
    carry_through(posted, prepare(posted, _recoded({WEST: "330206"}), DAY))
    assert posted.schema("330206") == schema_of
    deliver(posted, "330206")
    assert lying(posted, node) == {(city, county, street)}
    with inside(posted.scope("city2"), read_only=True):
        assert News.objects.get(county_id=county).city_id == city


def test_hours_that_change_hands_stand_under_the_street_of_their_new_county(counties: Counties) -> None:  # noqa: F811
    world, node = counties.world, counties.node[VILLAGE]
    opened(world, code=VILLAGE)
    _post(world)
    Change(world).move(VILLAGE, under="330102001", becomes="330102001200").on(DAY)
    assert counties.carry_out(Act.SPLIT, WEST, counties.node[UPPER]).state == "done"
    assert lying(world, node) == {tuple(counties.node[code] for code in ("3301", UPPER, "330102001"))}


def test_every_table_of_the_board_follows_the_tree_or_is_of_its_time(world: World) -> None:
    board = {"province_id", "city_id", "county_id", "street_id", "node_id"}
    with shared(read_only=True):
        tables = {
            model._meta.db_table
            for model in apps.get_models()
            if board <= {field.attname for field in model._meta.concrete_fields}
        }
    assert set(above.tables()) == tables - OF_THEIR_TIME
