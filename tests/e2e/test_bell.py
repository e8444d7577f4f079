"""The number at the bell is what one has not read, on the very next page after one has read it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from falin.kernel.clock import now
from falin.kernel.transactions import inside
from services.desk.models import Notice
from services.desk.types import NoticeKind
from tests.app.identity.cast import number
from tests.e2e.conftest import Site, a_screen, signed_in
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def _tell(world: World, count: int) -> None:
    with inside(world.scope("county"), read_only=False):
        for one in range(count):
            Notice.objects.create(person_id=number("county"), kind=NoticeKind.CONTRACTS_ENDING, key=f"contracts:{one}",
                                  facts={"ends_on": "2026-12-31", "count": 2}, at=now(), way="none")  # fmt: skip


def _shows(page: Page, count: int) -> None:
    shown = page.locator(".f-bell > [data-unread-shown]")
    expect(shown).to_have_text(str(count)) if count else expect(shown).to_be_hidden()


def test_what_one_has_read_is_off_the_number_on_the_page_it_leads_to(
    world: World, site: Site, browser: Browser
) -> None:
    _tell(world, 2)
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "county", proved=False)
        page.goto("/")
        _shows(page, 2)
        page.goto("/desk/notices/")
        _shows(page, 2)
        with page.expect_response("**/notices/unread/"):
            page.locator("main .f-list form button").first.click()
        _shows(page, 1)
        assert "/desk/notices/" not in page.url, "reading leads on to where something can be done"
        page.goto("/desk/notices/")
        page.get_by_role("button", name="全部看过").click()
        _shows(page, 0)
        page.goto("/")
        page.wait_for_timeout(1500)
        _shows(page, 0)
