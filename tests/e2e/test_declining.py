"""A correction is asked for, declined with a reason and read by who asked; a language chosen once is there elsewhere, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from services.desk.tasks import send_due
from tenants.identity.api import system_of
from tenants.identity.models import Person
from tenants.registry.api import find_by_schema
from tests.e2e.conftest import Site, a_screen, press, says, signed_in
from tests.e2e.test_places import shown
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site) -> Iterator[BrowserContext]:
    narrow = {"viewport": {"width": 360, "height": 740}} if request.param == "phone" else {}
    with a_screen(browser, site, request.param, **narrow) as context:
        yield context


def test_a_no_reaches_whoever_asked_and_he_may_ask_again(
    world: World, screen: BrowserContext, browser: Browser, site: Site
) -> None:
    street = Person.objects.get(username="street")
    asking = signed_in(screen, "street")
    shown(asking, "/me/correction/")
    asking.get_by_label("姓名").fill("何素兰")
    press(asking, "送出")
    with a_screen(browser, site, "desk") as desk:
        county = signed_in(desk, "county")
        shown(county, f"/people/{street.pk}/", "asked")
        county.get_by_role("link", name="不更正").click()
        shown(county, county.url, "declining")
        county.get_by_label("原因").fill("户口簿上就是这个字")
        press(county, "不更正")
        says(county, "已经告诉他。")
    send_due(system_of(find_by_schema(world.schema("330106"))))
    shown(asking, "/desk/notices/", "told")
    asking.get_by_role("button", name="去看看").first.click()
    says(asking, "户口簿上就是这个字")
    shown(asking, asking.url, "reason")
    shown(asking, "/desk/notices/ways/", "ways")


def test_a_language_chosen_once_is_there_on_another_browser(
    world: World, screen: BrowserContext, browser: Browser, site: Site
) -> None:
    first = signed_in(screen, "county")
    first.locator("button[name=language][value=en]:visible").first.click()
    with a_screen(browser, site, "desk") as other:
        page = signed_in(other, "county")
        page.goto("/desk/notices/ways/")
        assert page.locator("html").get_attribute("lang") == "en"
        page.context.clear_cookies(name="sessionid")
        page.goto("/accounts/login/")
        assert page.locator("html").get_attribute("lang") == "zh-CN"
