"""A resident looks for a station: without scripts by community and street, with a telephone by how far it is."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from falin.kernel.clock import SHANGHAI
from falin.portal.nearby import far_words
from falin.portal.web import public as pages
from services.stations.types import Position
from tests.app.stations.cast import COUNTY, GEM, SPRING, TOWN, VILLAGE, opened
from tests.world import NOW, World

HOME = "/public/330106/stations/"
NAMES = {COUNTY: "西湖区公共法律服务中心", TOWN: "双浦镇公共法律服务工作站", VILLAGE: "湖埠村法律工作室",
         GEM: "宝石社区法律工作室", "330106002": "北山街道公共法律服务工作站"}  # fmt: skip
SPOTS = {COUNTY: Position(longitude=120.13, latitude=30.26), TOWN: Position(longitude=120.05, latitude=30.10),
         VILLAGE: Position(longitude=120.06, latitude=30.11), GEM: None,
         "330106002": Position(longitude=120.14, latitude=30.27)}  # fmt: skip


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    pages._kept.clear()


@pytest.fixture
def stations(world: World) -> None:
    for code, name in NAMES.items():
        opened(world, code=code, name=name, position=SPOTS[code])
    opened(world, "county2", SPRING, name="清波门社区法律工作室")


def _text(path: str = HOME, **query: str) -> str:
    answer = Client().get(path, query)
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def _names(page: str) -> list[str]:
    return re.findall(r'<h[23] class="f-h3">([^<]+)</h[23]>', page)


def _here(**position: Any) -> Any:
    return Client().post(f"{HOME}here/", position)


def test_first_stand_the_centre_and_the_streets_and_each_says_where_when_and_whom_to_call(
    world: World, stations: None
) -> None:
    page = _text()
    assert _names(page) == [NAMES[COUNTY], NAMES["330106002"], NAMES[TOWN]]
    assert "湖埠街 8 号一楼" in page and 'href="tel:0571-87654321"' in page and "今天 09:00–12:00 开门" in page
    assert "周一至周五 09:00–12:00" in page and "轮椅进不去" in page


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"community": VILLAGE}, (VILLAGE, TOWN, COUNTY)), ({"community": GEM}, (GEM, "330106002", COUNTY)),
        ({"street": TOWN}, (VILLAGE, TOWN, COUNTY)), ({"q": "湖埠"}, (VILLAGE, TOWN, COUNTY)),
        ({"q": "hbc"}, (VILLAGE, TOWN, COUNTY)), ({"q": "北山"}, (GEM, "330106002", COUNTY)),
        ({"community": "330106109001"}, (TOWN, COUNTY)),
    ],
)  # fmt: skip
def test_without_scripts_ones_own_community_comes_first_then_its_street_then_the_centre(
    query: dict[str, str], codes: tuple[str, ...], world: World, stations: None
) -> None:
    assert _names(_text(**query)) == [NAMES[code] for code in codes]


def test_a_name_that_is_nowhere_says_so_and_leaves_the_streets_to_choose_from(world: World, stations: None) -> None:
    page = _text(q="没有这里")
    assert _names(page) == [] and "没有找到" in page and f"{HOME}?street=330106109" in page


@pytest.mark.parametrize("query", [{"community": SPRING}, {"community": "330106999999"}, {"street": "330102001"}])
def test_a_place_of_another_county_is_not_there(query: dict[str, str], world: World, stations: None) -> None:
    assert Client().get(HOME, query).status_code == 404


def test_by_position_the_nearest_stands_first_with_its_distance_and_who_has_none_last(
    world: World, stations: None
) -> None:
    page = html.unescape(_here(longitude="120.06", latitude="30.11", accuracy="30").content.decode())
    assert _names(page) == [NAMES[code] for code in (VILLAGE, TOWN, COUNTY, "330106002", GEM)]
    assert "约 100 米" in page and "约 1.5 公里" in page and "约 18 公里" in page


def test_a_position_is_in_no_statement_and_changes_nothing(world: World, stations: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = _here(longitude="120.06123", latitude="30.11321", accuracy="30")
    assert answer.status_code == 200
    said = "\n".join(query["sql"] for query in asked.captured_queries)
    assert "120.06" not in said and "30.11" not in said
    assert not re.search(r"\b(insert|update|delete)\b(?! of)", said, re.IGNORECASE)


@pytest.mark.parametrize("position", [{}, {"longitude": "x", "latitude": "30"}, {"longitude": "999", "latitude": "30"},
                                      {"longitude": "nan", "latitude": "30"}])  # fmt: skip
def test_what_is_no_position_leads_on_to_choosing(position: dict[str, str], world: World, stations: None) -> None:
    answer = _here(**position)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and "没有收到手机的位置" in page and NAMES[COUNTY] in page


def test_a_county_without_stations_says_where_to_ask(world: World) -> None:
    page = _text()
    assert "还没有登记站点" in page and "12348" in page


def test_a_communitys_own_page_names_the_nearest_stations_and_leads_to_all(world: World, stations: None) -> None:
    page = _text(f"/public/330106/places/{VILLAGE}/")
    assert _names(page)[-3:] == [NAMES[VILLAGE], NAMES[TOWN], NAMES[COUNTY]]
    assert f'href="{HOME}"' in page


@pytest.mark.parametrize(
    ("day", "words"),
    [("2026-11-21", "今天不开门"), ("2026-10-01", "今天放假，可能不开门，请先打电话问"),
     ("2026-11-20", "今天 09:00–12:00 开门"),
     ("2026-10-10", "今天不开门")],
)  # fmt: skip
def test_what_is_open_today_follows_the_legal_day_and_the_states_holidays(
    day: str, words: str, world: World, stations: None
) -> None:
    """A Saturday, the National Day, a Friday, and a Saturday that is worked: the notice at the door says weekdays."""
    with time_machine.travel(datetime.fromisoformat(f"{day}T00:30:00").replace(tzinfo=SHANGHAI), tick=False):
        assert words in _text()


def test_stations_are_in_the_site_map_the_addresses_and_the_menu(world: World, stations: None) -> None:
    assert f'href="{HOME}"' in _text("/public/330106/map/")
    assert f"http://testserver{HOME}" in _text("/public/330106/sitemap.xml")
    assert f'href="{HOME}"' in _text("/public/330106/")


def test_programs_read_the_same_without_a_token(world: World, stations: None) -> None:
    client = Client()
    found = client.get("/api/v1/public/330106/stations/", {"community": VILLAGE}).json()
    assert [one["name"] for one in found] == [NAMES[code] for code in (VILLAGE, TOWN, COUNTY)]
    assert found[0]["opening"][0] == {"weekday": 1, "begins_at": "09:00", "ends_at": "12:00"}
    assert len(client.get("/api/v1/public/330106/stations/").json()) == len(NAMES)
    near = client.post("/api/v1/public/330106/stations/near/", {"longitude": 120.06, "latitude": 30.11},
                       content_type="application/json")  # fmt: skip
    assert [(one["name"], one["metres"]) for one in near.json()][:2] == [(NAMES[VILLAGE], 0), (NAMES[TOWN], 1500)]
    assert near.json()[-1]["metres"] is None
    assert near.headers["Cache-Control"] == "no-store"
    for none in ({"longitude": 999}, {"accuracy": False}, {"latitude": True}):
        said = client.post("/api/v1/public/330106/stations/near/", {"longitude": 120, "latitude": 30} | none,
                           content_type="application/json")  # fmt: skip
        assert said.status_code == 422, none


def test_a_change_is_on_the_page_within_a_minute(world: World, stations: None) -> None:
    _text()
    opened(world, code="330106002", name="北山街道第二工作站")
    assert "北山街道第二工作站" not in _text()
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        pages._kept.clear()
        assert "北山街道第二工作站" in _text()


@pytest.mark.parametrize(
    ("metres", "words"),
    [(None, ""), (0, "约 100 米"), (349, "约 300 米"), (949, "约 900 米"), (951, "约 1 公里"), (1_449, "约 1.4 公里"),
     (9_940, "约 9.9 公里"), (10_400, "约 10 公里"), (123_456, "约 123 公里")],
)  # fmt: skip
def test_distances_are_said_to_the_hundred(metres: float | None, words: str) -> None:
    assert far_words(metres) == words
