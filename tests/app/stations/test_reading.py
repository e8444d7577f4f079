"""Who reads which stations, in which order, cut down how."""

from __future__ import annotations

from typing import Any

import pytest

from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.transactions import inside
from services.stations.commands import close_station
from services.stations.queries import count_stations, get_station, list_open_stations, list_places, list_stations
from services.stations.types import StationFilters, StationInfo, Tier, View
from tests.app.stations.cast import COUNTY, DOOR, GEM, SPRING, TOWN, VILLAGE, opened, public_scope
from tests.world import NOW, TODAY, World

NAMES = {
    COUNTY: "西湖区公共法律服务中心",
    TOWN: "双浦镇公共法律服务工作站",
    VILLAGE: "湖埠村法律工作室",
    GEM: "宝石社区法律工作室",
}


@pytest.fixture
def register(world: World) -> dict[str, StationInfo]:
    made = {code: opened(world, code=code, name=name) for code, name in NAMES.items()}
    made[SPRING] = opened(world, "county2", SPRING, name="清波门社区法律工作室")
    return made


def _names(world: World, who: str, filters: StationFilters | None = None, **asked: Any) -> list[str]:
    scope = world.scope(who)
    with inside(scope, read_only=True):
        page = list_stations(scope=scope, filters=filters, **asked)
    return [row.station.content.name for row in page.rows]


@pytest.mark.parametrize(
    ("who", "codes"),
    [("county", (COUNTY, TOWN, GEM, VILLAGE)), ("street", (TOWN, VILLAGE)), ("liaison", (VILLAGE,)), ("street2", (GEM,)),
     ("auditor3", (COUNTY, TOWN, GEM, VILLAGE)), ("county3", ()), ("city2", ())],
)  # fmt: skip
def test_everybody_reads_the_stations_of_his_own_places_the_centre_first(
    who: str, codes: tuple[str, ...], world: World, register: dict[str, StationInfo]
) -> None:
    assert _names(world, who) == [NAMES[code] for code in codes]


@pytest.mark.parametrize("who", ["leader", "city", "auditor"])
def test_levels_above_read_those_of_all_their_counties(
    who: str, world: World, register: dict[str, StationInfo]
) -> None:
    assert set(_names(world, who)) == {*NAMES.values(), "清波门社区法律工作室"}


@pytest.mark.parametrize(
    ("filters", "codes"),
    [({"tier": Tier.STUDIO}, {VILLAGE, GEM}), ({"text": "湖埠村"}, {VILLAGE}), ({"text": "bssq"}, {GEM}),
     ({"text": "shuangpu"}, {TOWN}), ({"text": "8 号"}, set(NAMES)), ({"text": "没有"}, set())],
)  # fmt: skip
def test_the_list_is_cut_by_tier_name_address_pinyin_and_initials(
    filters: dict[str, Any], codes: set[str], world: World, register: dict[str, StationInfo]
) -> None:
    assert set(_names(world, "county", StationFilters(**filters))) == {NAMES[code] for code in codes}


def test_the_list_is_cut_by_street_with_its_own_station_and_its_communities(
    world: World, register: dict[str, StationInfo]
) -> None:
    assert _names(world, "county", StationFilters(street_id=world.node(TOWN))) == [NAMES[TOWN], NAMES[VILLAGE]]


def test_closed_ones_stand_behind_a_tab_of_their_own_and_are_counted(
    world: World, register: dict[str, StationInfo]
) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        close_station(scope=scope, station_id=register[GEM].id, on_day=TODAY, why="搬走了", now=NOW)
    opened(world, code=VILLAGE, name="第二工作室", position=DOOR)
    assert _names(world, "county", StationFilters(view=View.CLOSED)) == [NAMES[GEM]]
    assert "第二工作室" not in _names(world, "county", StationFilters(view=View.NO_POSITION))
    with inside(scope, read_only=True):
        counts = count_stations(scope=scope)
    assert (counts.open, counts.no_position, counts.closed, counts.communities) == (4, 3, 1, 1)


def test_pages_are_turned_and_sorted_either_way(world: World, register: dict[str, StationInfo]) -> None:
    assert _names(world, "county", sort="-tier") == [NAMES[code] for code in (VILLAGE, GEM, TOWN, COUNTY)]
    assert _names(world, "county", sort="name") == [NAMES[code] for code in (GEM, VILLAGE, TOWN, COUNTY)]
    scope = world.scope("county")
    with inside(scope, read_only=True):
        first = list_stations(scope=scope, size=3)
        rest = list_stations(scope=scope, size=3, after=first.after)
    assert [len(first.rows), len(rest.rows), first.total, rest.after] == [3, 1, 4, ""]


def test_a_row_names_its_place_and_what_lies_above(world: World, register: dict[str, StationInfo]) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        said = {code: get_station(scope=scope, station_id=register[code].id) for code in NAMES}
    assert {code: (row.above, row.place) for code, row in said.items()} == {
        COUNTY: ("杭州市", "西湖区"), TOWN: ("西湖区", "双浦镇"), VILLAGE: ("双浦镇", "湖埠村"), GEM: ("北山街道", "宝石社区"),
    }  # fmt: skip


@pytest.mark.parametrize(("who", "code"), [("county", SPRING), ("street", GEM), ("street", COUNTY), ("liaison", TOWN)])
def test_a_station_of_another_place_is_not_there(
    who: str, code: str, world: World, register: dict[str, StationInfo]
) -> None:
    scope = world.scope(who)
    with pytest.raises(Missing), inside(scope, read_only=True):
        get_station(scope=scope, station_id=register[code].id)


def test_who_comes_without_signing_in_reads_what_is_open_and_no_list_of_the_desk(
    world: World, register: dict[str, StationInfo]
) -> None:
    scope = public_scope(world)
    with inside(scope, read_only=True):
        assert [one.content.name for one in list_open_stations(scope=scope)] == [
            NAMES[code] for code in (COUNTY, TOWN, GEM, VILLAGE)
        ]
        for ask in (list_stations, count_stations):
            with pytest.raises(Forbidden):
                ask(scope=scope)


@pytest.mark.parametrize(("who", "most"), [("county", 8), ("street", 4)])
def test_the_places_to_choose_from_are_ones_own_that_may_have_a_station(who: str, most: int, world: World) -> None:
    scope = world.scope(who)
    with inside(scope, read_only=True):
        found = list_places(scope=scope)
    names = [place.name for place in found]
    assert len(names) == len(set(names)) == most
    assert names[-4:] == ["双浦镇", "袁浦社区", "湖埠村", "灵山村"]
    assert ("西湖区" in names) == (who == "county")
