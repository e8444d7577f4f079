"""Stations when counties merge and are split: each stays with its place, none is lost or doubled."""

from __future__ import annotations

import pytest

from falin.kernel.refusals import Missing
from falin.kernel.transactions import inside
from services.stations.commands import correct_station
from services.stations.models import Station
from services.stations.queries import get_station, list_open_stations
from services.stations.types import StationInfo
from tenants.registry.types import Act
from tests.app.registry.changed_places import merge_into_west, split_off_river
from tests.app.registry.test_changing_hands import UPPER, WEST, Counties, counties  # noqa: F401 - a fixture
from tests.app.stations.cast import content, opened, public_scope
from tests.world import NOW, World


@pytest.fixture
def register(counties: Counties) -> dict[str, StationInfo]:  # noqa: F811
    world, made = counties.world, {}
    for who, codes in (("county", (WEST, "330106109", "330106109200", "330106002")), ("county2", (UPPER, "330102001"))):
        for code in codes:
            made[code] = opened(world, who, code, name="公共法律服务站")
    return made


def _open(world: World, county: str) -> set[object]:
    scope = public_scope(world, county)
    with inside(scope, read_only=True):
        return {one.id for one in list_open_stations(scope=scope)}


def test_stations_of_a_county_that_merges_are_kept_and_read_in_the_one_that_took_over(
    counties: Counties, register: dict[str, StationInfo]  # noqa: F811
) -> None:  # fmt: skip
    world, street = counties.world, counties.node["330102001"]
    merge_into_west(world)
    assert counties.carry_out(Act.MERGE, UPPER, counties.node[WEST]).state == "done"
    assert _open(world, WEST) == {one.id for one in register.values()}, "of one name too: none stands in another's way"
    team = world.scope("county")
    with inside(team, read_only=False):
        row = Station.objects.get(id=register["330102001"].id)
        assert (row.county_id, row.street_id) == (counties.node[WEST], street)
        said = content(world, WEST, name="西湖区公共法律服务分中心")
        centre = correct_station(scope=team, station_id=register[UPPER].id, content=said, now=NOW)
    assert centre.content.node_id == counties.node[WEST]


def test_stations_of_a_part_that_is_split_off_are_the_new_countys_and_nobody_elses(
    counties: Counties, register: dict[str, StationInfo]  # noqa: F811
) -> None:  # fmt: skip
    world = counties.world
    split_off_river(world)
    new = world.node("330114")
    assert counties.carry_out(Act.SPLIT, WEST, new).state == "done"
    with inside(world.scope("county"), read_only=True):
        for code in ("330106109", "330106109200"):
            with pytest.raises(Missing):
                get_station(scope=world.scope("county"), station_id=register[code].id)
    assert _open(world, WEST) == {register[WEST].id, register["330106002"].id}
    with inside(world.scope("leader"), read_only=True):
        homes = dict(Station.objects.values_list("id", "county_id"))
    assert homes[register["330106109"].id] == homes[register["330106109200"].id] == new
