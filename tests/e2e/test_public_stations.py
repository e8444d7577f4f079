"""A resident looks for a station in a real browser: without scripts by her community, with her telephone by how far it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from falin.portal.web import public as pages
from services.stations.types import Position
from tests.app.stations.cast import COUNTY, GEM, TOWN, VILLAGE, opened
from tests.e2e.conftest import Site, a_screen, reads_well, sideways
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STATIONS = f"/public/{COUNTY}/stations/"
NAMES = {
    COUNTY: "西湖区公共法律服务中心",
    TOWN: "双浦镇公共法律服务工作站",
    VILLAGE: "湖埠村法律工作室",
    GEM: "宝石社区法律工作室",
}  # noqa: E501 -- as they are called


@pytest.fixture
def stations(world: World) -> None:
    pages._kept.clear()
    spots = {COUNTY: (120.13, 30.26), TOWN: (120.05, 30.10), VILLAGE: (120.06, 30.11), GEM: (120.14, 30.27)}
    for code, name in NAMES.items():
        where = Position(longitude=spots[code][0], latitude=spots[code][1])
        opened(world, code=code, name=name, position=where, wheelchair=code != VILLAGE)


def test_without_scripts_she_writes_her_village_and_reads_where_to_go(
    world: World, stations: None, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "phone", java_script_enabled=False) as screen:
        page = screen.new_page()
        page.goto(f"/public/{COUNTY}/")
        page.get_by_role("navigation", name="栏目").get_by_role("link", name="服务站点").click()
        expect(page.get_by_role("heading", name="宝石社区法律工作室")).to_have_count(
            0
        )  # studios stand with their streets
        page.fill("main [name=q]", "hubu")
        page.locator("main form[role=search] button").click()
        assert page.locator("main .f-spots h2").all_inner_texts() == [NAMES[code] for code in (VILLAGE, TOWN, COUNTY)]
        assert page.locator("main a[href='tel:0571-87654321']").count() == 3
        expect(page.get_by_role("button", name="用手机定位")).to_be_hidden()


def test_with_her_telephone_the_nearest_stands_first_and_the_position_is_in_no_address(
    world: World, stations: None, site: Site, browser: Browser
) -> None:
    here = {"longitude": 120.0601, "latitude": 30.1101, "accuracy": 20}
    with a_screen(browser, site, "phone", geolocation=here, permissions=["geolocation"]) as screen:
        page = screen.new_page()
        page.goto(STATIONS)
        page.get_by_role("button", name="用手机定位").click()
        page.wait_for_url("**/stations/here/")
        expect(page.locator("main .f-spots h2").first).to_have_text(NAMES[VILLAGE])
        expect(page.locator("main .f-spots li").first).to_contain_text("约 100 米")
        assert "120" not in page.url
        assert [sideways(page) > 0, reads_well(page)] == [False, []]


def test_who_says_no_to_the_question_is_told_what_else_to_do(
    world: World, stations: None, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "phone", permissions=[]) as screen:
        page = screen.new_page()
        page.goto(STATIONS)
        page.get_by_role("button", name="用手机定位").click()
        expect(page.locator("[data-here-said]")).to_contain_text("写社区的名字")
        assert page.url.endswith(STATIONS)
