"""The line under a date says the same while it is typed as the server says of a date that was sent."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from falin.ui import days
from tests.app.duty.cast import engage
from tests.e2e.conftest import Site, a_screen, through_the_door
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_date_says_what_day_it_is_while_it_is_typed(world: World, site: Site, browser: Browser) -> None:
    adviser = engage(world)
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        through_the_door(page, adviser.username)
        page.goto("/duty/log/")
        line = page.locator("#id_on_day_day")
        holiday = json.loads(str(line.get_attribute("data-days")))[0][0]  # of this year, whichever it is
        for typed in (holiday, "2026-11-23", "2026-11-22"):
            page.fill("[name=on_day]", typed)
            expect(line).to_have_text(days.said(typed))
        page.fill("[name=on_day]", "")
        expect(line).to_have_text("")
