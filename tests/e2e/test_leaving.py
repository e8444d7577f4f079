"""Who has typed what no draft keeps, and goes, is asked first; and the keys of every page, silent while somebody types."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from falin.kernel.transactions import inside
from services.desk.models import Feedback
from tests.e2e.conftest import Site, a_screen, signed_in
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def screen(world: World, site: Site, browser: Browser) -> Iterator[BrowserContext]:
    with a_screen(browser, site, "desk") as screen:
        yield screen


def _asked(page: Page) -> list[str]:
    """What the browser asks before a page is left; whoever is asked stays."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return asked


def _types(page: Page, name: str, text: str) -> None:
    page.locator(f"main [name={name}]").click()  # a browser asks only who has touched the page
    page.keyboard.type(text)


def _tries_to_leave(page: Page) -> None:
    page.locator(".f-brand").click(no_wait_after=True)
    page.wait_for_timeout(700)


@pytest.mark.parametrize(("address", "name"), [
    ("/me/tokens/new/", "name"),
    ("/me/tokens/new/", "expires_on"),  # a day
    ("/desk/views/advisers/", "title"),
])  # fmt: skip
def test_who_typed_into_a_form_without_a_draft_is_asked_before_he_leaves(
    screen: BrowserContext, address: str, name: str
) -> None:
    page = signed_in(screen, "county")
    asked = _asked(page)
    page.goto(address)
    _types(page, name, "12")
    _tries_to_leave(page)
    assert asked == ["beforeunload"]
    assert address in page.url
    expect(page.locator(f"main [name={name}]")).to_have_value(re.compile("12"))


def test_who_sends_the_form_or_typed_nothing_or_only_searched_is_not_asked(
    screen: BrowserContext, world: World
) -> None:
    page = signed_in(screen, "county", proved=False)
    asked = _asked(page)
    page.goto("/feedback/")
    _types(page, "text", "字再大一些")
    page.locator("main form button:not([type=button])").first.click()
    expect(page.locator("main [name=text]")).to_have_value("")
    with inside(world.scope("county"), read_only=True):
        assert Feedback.objects.filter(text="字再大一些").count() == 1
    page.locator("#f-q").click()
    page.keyboard.type("宝石")
    _tries_to_leave(page)
    page.wait_for_url(lambda url: "/feedback/" not in url)
    assert asked == []


def test_the_single_keys_work_on_every_page_but_not_in_a_field(screen: BrowserContext) -> None:
    page = signed_in(screen, "county", proved=False)
    page.goto("/feedback/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-q"
    page.keyboard.press("?")  # now it is a sign that is typed
    expect(page.locator("#f-q")).to_have_value("?")
    page.goto("/feedback/")
    page.locator(".f-me").click()
    page.keyboard.press("Escape")
    assert page.locator("details[data-pop][open]").count() == 0
    page.locator("h1").click()
    page.keyboard.press("?")
    page.wait_for_url("**/help/keys/")
    page.get_by_role("button", name="关掉“/”和“?”").click()
    expect(page.get_by_role("button", name="打开“/”和“?”")).to_be_visible()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "f-q"
