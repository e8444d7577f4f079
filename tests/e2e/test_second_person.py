"""A county team's list leaves in two people's hands: one asks and says what for, another reads it and says yes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tenants.identity.types import Role
from tests.app.identity.cast import enter, hold
from tests.e2e.conftest import Site, a_screen, a_worker, looks_right, press, says, signed_in
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("kind", ["desk", "phone"])
def test_a_list_is_asked_for_confirmed_by_a_colleague_and_taken_home(
    site: Site, world: World, browser: Browser, kind: str
) -> None:
    enter("second", "许同观")
    hold(world, "second", Role.COUNTY_TEAM, "330106")
    with a_worker(), a_screen(browser, site, kind) as screen:
        page = signed_in(screen, "county")
        page.goto("/people/?q=he")
        page.locator("main").get_by_role("link", name="导出看到的这些").click()
        says(page, "许同观")
        press(page, "请另一个人确认")
        says(page, "请写明用途")
        looks_right(page)
        page.get_by_label("用途").fill("送区委政法委季度核对")
        press(page, "请另一个人确认")
        says(page, "等另一个人确认")
        looks_right(page)
        asked = page.url
        page = signed_in(screen, "second")
        page.goto("/")
        page.locator("main").get_by_role("link", name="份名单等您确认").click()
        says(page, "送区委政法委季度核对")
        looks_right(page)
        press(page, "确认导出")
        says(page, "没有等着确认的导出")
        page = signed_in(screen, "county")
        page.goto(asked)
        says(page, "下载文件")
