"""The map on the public pages: what a resident points at, and what she is told where there is none."""

from __future__ import annotations

import gzip
import math
import random
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from falin.kernel.transactions import inside
from falin.portal import public_map
from falin.portal.web import public as pages
from services.stations.commands import close_station
from services.stations.types import Position
from tenants.divisions.models import DivisionVersion
from tests.app.duty.cast import GEM, VILLAGE
from tests.app.stations.cast import opened
from tests.fixtures.outlines import bring, bring_squares, square
from tests.world import NOW, TODAY, World

HOME = "/public/330106/"
MAP = f"{HOME}places/map/"
NORTH, SOUTH = "330106002", "330106109"  # 北山街道, 双浦镇


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    public_map._drawing.cache_clear()  # the clock stands still between tests, and a drawing is known by its moment
    with time_machine.travel(NOW, tick=False):
        yield


def _text(path: str, status: int = 200) -> str:
    pages._kept.clear()
    answer = Client().get(path)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def _areas(page: str) -> dict[str, str]:
    """What can be pointed at: the name of each link of the map, and where it leads."""
    drawn = re.search(r'<svg class="f-map".*?</svg>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"><path class="k" d="M', drawn[0]) if drawn else []
    return {name: path for path, name in found}


def _paths(page: str) -> list[str]:
    return re.findall(r'<path class="k" d="([^"]+)"', page)


def _listed(page: str) -> dict[str, str]:
    beside = page[page.index('<ul class="f-streets">') :]
    return {name: path for path, name in re.findall(r'<a href="([^"]+)"><b>(?:\d+ · )?([^<]+)</b>', beside)}


def test_she_points_at_her_street_and_then_at_her_community(world: World) -> None:
    bring_squares(world, NORTH, SOUTH, GEM, "330106002002", VILLAGE)
    streets = _areas(_text(MAP))
    assert streets == {"北山街道": f"{MAP}{NORTH}/", "双浦镇": f"{MAP}{SOUTH}/"}
    inside = _text(streets["北山街道"])
    assert _areas(inside) == {"宝石社区": f"{HOME}places/{GEM}/", "栖霞社区": f"{HOME}places/330106002002/"}
    assert "<h1>宝石社区</h1>" in _text(_areas(inside)["宝石社区"])
    assert f'href="{MAP}"' in inside  # the way back


def test_the_list_beside_the_map_is_the_same_choice_and_holds_what_was_not_drawn(world: World) -> None:
    bring_squares(world, NORTH, SOUTH, VILLAGE)
    county = _text(MAP)
    # Of 北山街道 no community was drawn: pointing at it leads to their list.
    assert (
        _listed(county) == _areas(county) == {"北山街道": f"{HOME}places/?street={NORTH}", "双浦镇": f"{MAP}{SOUTH}/"}
    )
    street = _text(f"{MAP}{SOUTH}/")
    assert list(_areas(street)) == ["湖埠村"] and list(_listed(street)) == ["袁浦社区", "湖埠村", "灵山村"]
    assert "只在名单里的有 2 个" in street and "只在名单里的" not in county


def test_a_street_without_an_outline_is_drawn_as_its_communities_together(world: World) -> None:
    bring_squares(world, GEM, "330106002002")
    assert _areas(_text(MAP)) == {"北山街道": f"{MAP}{NORTH}/"}


def test_where_nothing_was_drawn_no_button_leads_to_a_map_and_its_page_says_so(world: World) -> None:
    for path in (HOME, f"{HOME}places/", f"{HOME}map/", f"{HOME}sitemap.xml"):
        assert "places/map/" not in _text(path)
    for path, place in ((MAP, "北山街道"), (f"{MAP}{NORTH}/", "宝石社区")):
        page = _text(path)
        assert "这里还没有画边界，没有地图可以点" in page and "<figure" not in page and "审图号" not in page
        assert place in _listed(page) and f'href="{HOME}places/"' in page


def test_where_something_was_drawn_every_way_to_find_a_community_leads_to_it(world: World) -> None:
    bring_squares(world, NORTH)
    for path in (HOME, f"{HOME}places/", f"{HOME}places/?q=没有这个", f"{HOME}map/"):
        assert f'href="{MAP}"' in _text(path), path
    assert f"http://testserver{MAP}</loc>" in _text(f"{HOME}sitemap.xml")
    assert f'href="{MAP}"' in Client().post(f"{HOME}here/", {}).content.decode()


def test_another_countys_outlines_names_and_streets_are_not_on_its_map(world: World) -> None:
    bring_squares(world, NORTH, GEM)
    bring_squares(world, "330102001", "330102001001", by="county2", source="上城测绘队")
    for path in (MAP, f"{MAP}{NORTH}/"):
        page = _text(path)
        assert not [one for one in (*_areas(page).values(), *_listed(page).values()) if "330102" in one]
        assert "清波" not in page and "上城测绘队" not in page
    for path in (f"{MAP}330102001/", f"{MAP}999/", f"{MAP}x/", "/public/999999/places/map/"):
        _text(path, 404)
    assert _areas(_text("/public/330102/places/map/")) == {"清波街道": "/public/330102/places/map/330102001/"}


def test_it_says_where_the_outlines_are_from_and_a_corrected_one_is_drawn_anew(world: World) -> None:
    bring_squares(world, NORTH, SOUTH, source="区测绘院 浙S(2026)1号")
    before = _text(MAP)
    assert "边界来源：区测绘院 浙S(2026)1号。边界只供找地方，不作为划界的依据。" in before
    bring(world, {NORTH: square(5, size=0.02)}, source="区测绘院 浙S(2026)1号", now=NOW + timedelta(hours=1))
    assert _paths(_text(MAP)) != _paths(before)


def test_a_name_is_shown_as_text(world: World) -> None:
    DivisionVersion.objects.filter(node_id=world.node(NORTH)).update(name='北"山<b>街道')
    bring_squares(world, NORTH, GEM, source="<i>测绘院</i>")
    page = _text(MAP)
    assert 'aria-label="北&quot;山&lt;b&gt;街道"' in page and "<title>北&quot;山&lt;b&gt;街道</title>" in page
    assert "&lt;i&gt;测绘院&lt;/i&gt;" in page and "<b>街道" not in page and "<i>" not in page


def test_however_finely_a_county_drew_the_page_is_at_most_thirty_kilobytes_and_the_others_stay_light(
    world: World,
) -> None:
    chance = random.Random(1)

    def ragged(middle: float) -> list[list[float]]:
        ring = [
            [middle + 0.02 * far * math.cos(angle), 30.2 + 0.02 * far * math.sin(angle)]
            for step in range(4000)
            for angle, far in [(math.tau * step / 4000, chance.uniform(0.8, 1.2))]
        ]
        return [*ring, ring[0]]

    bring(world, {NORTH: ragged(120.1), SOUTH: ragged(120.15), GEM: ragged(120.1)})
    page = _text(MAP)
    assert len(gzip.compress(page.encode())) <= 30_000
    drawn = [len(re.findall(r"-?\d+", path)) / 2 for path in _paths(page)]
    assert [100 < points < 1_000 for points in drawn] == [True, True], drawn
    assert len(gzip.compress(_text(HOME).encode())) < 6_000 and '<svg class="f-map' not in _text(f"{HOME}places/")


# ---- stations on it --------------------------------------------------------------------------------------------------
def _at(place: int, east: float = 0.5, north: float = 0.5) -> Position:
    """In the square of that place, as a share of it."""
    (west, south), *_rest = square(place)
    return Position(longitude=west + 0.01 * east, latitude=south + 0.01 * north)


def _points(page: str) -> dict[str, tuple[str, int, int]]:
    """The points of the map: the name of each, the list's entry it leads to, and where it lies."""
    drawn = re.search(r'<svg class="f-map".*?</svg>', page, re.DOTALL)
    found = re.findall(
        r'<a class="f-spot" href="#([^"]+)" aria-label="([^"]+)"><circle cx="(\d+)" cy="(\d+)"',
        drawn[0] if drawn else "",
    )
    return {name: (entry, int(x), int(y)) for entry, name, x, y in found}


def _entries(page: str) -> dict[str, str]:
    """The stations listed on the page: the id of each entry, and its heading."""
    return dict(re.findall(r'<li class="f-sheet" id="([^"]+)"><h3 class="f-h3">([^<]+)</h3>', page))


def test_stations_lie_on_the_map_as_points_that_lead_to_their_entries(world: World) -> None:
    bring_squares(world, NORTH, SOUTH)
    opened(world, code="330106", name="西湖区公共法律服务中心", position=_at(0, 0.25, 0.75))
    opened(world, code=SOUTH, name="双浦镇工作站", position=_at(1))
    opened(world, code=NORTH, name="北山街道工作站")  # without a position
    opened(world, code=VILLAGE, name="湖埠村工作室", position=_at(1))  # stands on its street's map
    page = _text(MAP)
    points, entries = _points(page), _entries(page)
    centre, station = (
        "1 号：西湖区公共法律服务中心，县（区）中心，湖埠街 8 号一楼",
        "3 号：双浦镇工作站，街道（乡镇）工作站，湖埠街 8 号一楼",
    )
    assert set(points) == {centre, station}
    assert list(entries.values()) == ["1 · 西湖区公共法律服务中心", "2 · 北山街道工作站", "3 · 双浦镇工作站"]
    assert [entries[points[name][0]] for name in (centre, station)] == [
        "1 · 西湖区公共法律服务中心",
        "3 · 双浦镇工作站",
    ]
    # Two squares side by side over a thousand units, six of them a margin: a quarter and three quarters of the way.
    assert [points[name][1] for name in (centre, station)] == [round(6 + 988 / 8), round(6 + 988 * 3 / 4)]
    assert "可能差几百米，以地址为准" in page


def test_on_a_streets_map_are_the_stations_of_the_street_as_the_register_says_it(world: World) -> None:
    bring_squares(world, GEM, "330106002002", VILLAGE)
    opened(world, code=GEM, name="宝石工作室", position=_at(0))
    opened(world, code=NORTH, name="北山工作站", position=_at(1))
    opened(world, code=VILLAGE, name="湖埠工作室", position=_at(0))  # a point in 宝石社区, by whichever grid
    opened(world, code=GEM, name="远处工作室", position=_at(9))  # beside the drawing
    inside = _text(f"{MAP}{NORTH}/")
    assert [name.split("，")[0] for name in _points(inside)] == ["1 号：北山工作站", "2 号：宝石工作室"]
    assert list(_entries(inside).values()) == ["1 · 北山工作站", "2 · 宝石工作室", "3 · 远处工作室"]
    assert _entries(_text(f"{MAP}{SOUTH}/")) and "湖埠工作室" in _text(f"{MAP}{SOUTH}/")


def test_a_closed_station_and_another_countys_are_not_on_it(world: World) -> None:
    bring_squares(world, NORTH, SOUTH)
    gone = opened(world, code=SOUTH, name="搬走的工作站", position=_at(1))
    opened(world, "county2", "330102001", name="上城的工作站", position=_at(0))
    with inside(world.scope("county"), read_only=False):
        close_station(scope=world.scope("county"), station_id=gone.id, on_day=TODAY, why="搬走", now=NOW)
    page = _text(MAP)
    assert (_points(page), _entries(page)) == ({}, {}) and "几百米" not in page


def test_where_nothing_is_drawn_nothing_changes(world: World) -> None:
    before = _text(MAP)
    opened(world, code=SOUTH, name="双浦镇工作站", position=_at(1))
    assert _text(MAP) == before
    assert 'id="station-' in _text(f"{HOME}stations/"), "an entry can be led to from everywhere"
