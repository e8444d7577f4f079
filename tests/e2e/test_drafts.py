"""What is half written into a form is there again: for him who wrote it, without numbers, until the server has taken it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.fixtures.adviser_sheets import identity, phone
from tests.world import World, today

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NEW_ADVISER, NEWS, FEEDBACK, NEW_PERSON = "/advisers/new/", "/desk/news/new/", "/feedback/", "/people/new/"
SETTING = "/settings/duty.hours_a_month/"


@pytest.fixture(params=["desk", "phone"])
def screen(request: pytest.FixtureRequest, world: World, site: Site, browser: Browser) -> Iterator[BrowserContext]:
    with a_screen(browser, site, request.param) as screen:
        yield screen


def _writes(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.fill(f"main [name={name}]", text)
    page.wait_for_timeout(500)  # a draft is put away a moment after the last letter


def _note(page: Page) -> Locator:
    return page.locator("[data-draft-note]")


def _drafts(page: Page) -> list[str]:
    return page.evaluate("""() => [localStorage, sessionStorage].flatMap(store => Object.keys(store))
        .filter(key => key.startsWith("falin-draft:"))""")


@pytest.mark.parametrize(("address", "name", "text"), [
    (NEWS, "title", "法律讲座改期"), (FEEDBACK, "text", "字再大一些"), (SETTING, "why", "按县里的通知"),
    ("/advisers/firms/new/", "name", "浙江来早律师事务所"),
])  # fmt: skip
def test_a_form_left_half_written_is_there_again(screen: BrowserContext, address: str, name: str, text: str) -> None:
    page = signed_in(screen, "county")
    page.goto(address)
    expect(_note(page)).to_have_count(0)
    _writes(page, **{name: text})
    page.goto("/")
    page.goto(address)
    expect(page.locator(f"main [name={name}]")).to_have_value(text)
    expect(_note(page)).to_be_visible()
    expect(page.locator("[data-draft-sealed]")).to_have_count(0)
    looks_right(page)
    page.locator("[data-draft-drop]").click()
    expect(_note(page)).to_have_count(0)
    expect(page.locator(f"main [name={name}]")).to_have_value("")
    assert _drafts(page) == []


def test_no_number_stays_in_a_draft_whatever_the_field_and_it_is_asked_before_one_leaves(
    screen: BrowserContext,
) -> None:
    page = signed_in(screen, "county")
    asked: list[str] = []

    def go(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", go)
    page.goto(NEW_ADVISER)
    page.locator("main [name=name]").click()
    _writes(page, name="来一新", licence="13301201010000001")
    page.reload()
    assert asked == []  # all of it is kept
    page.locator("main [name=name]").click()
    _writes(page, id_number=identity(77), phone=f"{phone(77)[:3]} {phone(77)[3:7]} {phone(77)[7:]}")
    page.reload()
    assert asked == ["beforeunload"]
    expect(page.locator("main [name=name]")).to_have_value("来一新")
    expect(page.locator("main [name=licence]")).to_have_value("13301201010000001")
    expect(page.locator("main [name=id_number]")).to_have_value("")
    expect(page.locator("main [name=phone]")).to_have_value("")
    expect(page.locator("[data-draft-sealed]")).to_be_visible()
    looks_right(page)
    page.goto(NEWS)
    page.locator("main [name=title]").click()
    _writes(page, title="改期", text=f"请打张先生{phone(78)}。")
    page.goto("/")
    page.goto(NEWS)
    assert asked == ["beforeunload"] * 2
    expect(page.locator("main [name=title]")).to_have_value("改期")
    expect(page.locator("main [name=text]")).to_have_value("")


def test_what_the_server_took_is_gone_and_what_it_refused_is_not(screen: BrowserContext) -> None:
    page = signed_in(screen, "county")
    page.goto(NEWS)
    _writes(page, title="法律讲座改期")
    press(page, "存成草稿")  # the text is missing
    page.goto(NEWS)
    expect(page.locator("main [name=title]")).to_have_value("法律讲座改期")
    _writes(page, text="改到周日。")
    press(page, "存成草稿")
    page.wait_for_url(lambda url: "/new/" not in url)
    assert _drafts(page) == []
    page.goto(FEEDBACK)
    _writes(page, text="字再大一些")
    press(page, "送出")  # the answer is this page again
    expect(page.locator(".f-notes .f-note--ok")).to_be_visible()
    assert _drafts(page) == []
    expect(_note(page)).to_have_count(0)


def test_a_form_that_is_read_again_first_keeps_its_draft_until_it_is_done(screen: BrowserContext) -> None:
    page = signed_in(screen, "county")
    page.goto(NEW_PERSON)
    until = today() + timedelta(days=30)
    _writes(
        page, name="来一新", username="newcomer", place="湖埠村", ends_on=until.isoformat(), reason="双浦镇〔2026〕3号"
    )
    page.select_option("main [name=role]", "liaison")
    press(page, "下一步：核对")
    expect(page.locator("h1")).to_have_text("请核对")
    assert _drafts(page) != []
    page.goto(NEW_PERSON)  # left before it was done
    expect(page.locator("main [name=username]")).to_have_value("newcomer")
    press(page, "下一步：核对")
    press(page, "没有错，办理")
    expect(page.locator("h1")).to_have_text("来一新录入好了")
    assert _drafts(page) == []


def test_the_next_person_at_the_browser_finds_nothing(screen: BrowserContext) -> None:
    page = signed_in(screen, "county")
    page.goto(FEEDBACK)
    _writes(page, text="只给我自己看的")
    assert "只给我自己看的" not in page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    page = signed_in(screen, "street", proved=False)
    page.goto(FEEDBACK)
    expect(page.locator("main [name=text]")).to_have_value("")
    expect(_note(page)).to_have_count(0)
    page = signed_in(screen, "county", proved=False)
    page.goto(FEEDBACK)
    expect(page.locator("main [name=text]")).to_have_value("只给我自己看的")
