"""
Areas, facts, addresses and limits, as steps: a county draws a park over its streets and brings in its people; an operator
gives the county an address; a wrong host says so; a past month is read in today's tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.app.divisions.changing import Change
from tests.app.indicators import books
from tests.app.indicators.books import publish
from tests.app.registry.cast import tenant_of
from tests.e2e.conftest import Site, a_screen, looks_right, press, says, signed_in
from tests.e2e.test_places import picture, shown
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site) -> Iterator[BrowserContext]:
    narrow = {"viewport": {"width": 360, "height": 740}} if request.param == "phone" else {}
    with a_screen(browser, site, request.param, **narrow) as context:
        yield context


def test_a_county_draws_a_park_and_brings_in_its_people(screen: BrowserContext, world: World, tmp_path: Path) -> None:
    books.small_book(world)
    publish(world, "330106")
    page = signed_in(screen, "county")
    shown(page, "/places/areas/", "areas-none")
    page.goto("/places/areas/new/")
    page.fill("[name=name]", "滨水园区")
    looks_right(page)
    picture(page, "area-new")
    press(page, "建好，再划地方")
    page.fill("[name=codes]", "330102001")
    page.fill("[name=day]", "2026-01-01")
    page.fill("[name=source]", "西政〔2025〕9号")
    press(page, "划进来")
    says(page, "清波街道不在西湖区里")
    looks_right(page)
    page.fill("[name=codes]", "330106109 330106002001")
    press(page, "划进来")
    says(page, "双浦镇")
    says(page, "2026-10")
    looks_right(page)
    picture(page, "area")
    file = tmp_path / "facts.csv"
    file.write_text("代码,人口,户数,面积\n330102001,3,,\n330106109,12000,4100,\n", encoding="gb18030")
    page.goto("/places/describe/")
    page.set_input_files("[name=file]", file)
    page.fill("[name=source]", "统计年鉴 2025")
    press(page, "导入")
    says(page, "第 2 行：330102001 不在您负责的地方")
    looks_right(page)
    picture(page, "describe-wrong")
    page.context.add_cookies([{"name": "falin_prefs", "value": "size=24&care=on", "url": page.url}])
    shown(page, "/places/describe/", "describe-care")
    shown(page, f"/places/{world.node('330106109')}/", "place-in-area")
    shown(page, "/settings/use/", "use-care")


def test_an_operator_gives_a_county_an_address(screen: BrowserContext, world: World) -> None:
    page = signed_in(screen, "operator")
    shown(page, f"/tenants/{tenant_of(world, '330106')}/room/", "room")
    page.fill("[name=address]", "http://x/")
    press(page, "加上")
    says(page, "短名用 2 到 31 个")
    looks_right(page)
    page.fill("[name=address]", "xihu")
    press(page, "加上")
    says(page, "/public/xihu/")
    picture(page, "room-one")
    looks_right(page)
    press(page, "去掉")
    says(page, "还没有自己的网址")


def test_a_wrong_host_says_so_plainly(screen: BrowserContext, site: Site, world: World) -> None:
    page = screen.new_page()
    page.goto(site.url.replace("127.0.0.1", "nobody.localhost"))
    says(page, "这里没有这个网址")
    looks_right(page)
    picture(page, "wrong-host")


def test_a_past_month_is_read_in_either_tree(screen: BrowserContext, world: World) -> None:
    books.small_book(world)
    for county in ("330106", "330102"):
        publish(world, county)
    change = Change(world).move("330106002", under="330102", becomes="330102010000")
    change.begin("330106109202", "湖埠东村", under="330106109", out_of="330106109200").on(date(2026, 11, 1))
    page = signed_in(screen, "city")
    shown(page, f"/figures/{world.node('330106')}/?month=2026-10", "figures-as-was")
    page.get_by_role("link", name="按现在的区划").click()
    says(page, "按份额估算")
    looks_right(page)
    picture(page, "figures-as-is")


def test_an_operator_sees_what_is_still_to_be_done(screen: BrowserContext, world: World) -> None:
    page = signed_in(screen, "operator")
    shown(page, f"/tenants/{tenant_of(world, '330205')}/checklist/", "checklist")
    says(page, "还有 1 项必须办")
    shown(page, "/setup/", "setup")
    says(page, "市级专员 1 人")
