"""A resident on the public pages: without scripts, on a slow line, with a reading voice and without one."""

from __future__ import annotations

import gzip
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.app.duty.cast import GEM, engage
from tests.e2e.conftest import Site, a_screen, looks_right, press, says, signed_in
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

HOME = "/public/330106/"
# A voice that reads when it is told to, so that the sentence in hand can be looked at.
VOICE = """
(() => {
  const said = [];
  window.said = said;
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  Object.defineProperty(window, "speechSynthesis", { value: {
    getVoices: () => [{ lang: "zh-CN", name: "test" }], cancel() {}, addEventListener() {},
    speak(utterance) { said.push(utterance.text); window.spoken = () => utterance.onend(); },
  } });
})();
"""
MARKED = "() => [...CSS.highlights.get('f-said')].map((range) => range.toString().trim())"


def test_a_resident_finds_her_adviser_without_scripts(world: World, site: Site, browser: Browser) -> None:
    engage(world, "陆知微")
    with a_screen(browser, site, "phone", java_script_enabled=False) as screen:
        page = screen.new_page()
        page.goto(HOME)
        page.fill("[name=q]", "baoshi")
        page.locator("main form button").click()
        page.locator("main").get_by_role("link", name="宝石社区").click()
        expect(page.locator("main")).to_contain_text("陆知微")
        assert page.locator("a[href='tel:12348']").count() >= 2
        page.locator("[name=size][value='30']").last.click()  # and asks for large type
        assert page.locator("html[data-size='30']").count() == 1 and GEM in page.url


def test_the_first_page_and_all_it_needs_is_at_most_thirty_kilobytes(
    world: World, site: Site, browser: Browser
) -> None:
    came: list[Response] = []
    with a_screen(browser, site, "phone") as screen:
        page = screen.new_page()
        page.on("response", lambda one: came.append(one))
        page.goto(HOME, wait_until="networkidle")
        sizes = {urlparse(one.url).path: len(gzip.compress(one.body())) for one in came if one.status == 200}
    assert sum(sizes.values()) <= 30_000, sizes


def test_with_the_keyboard_alone_she_comes_from_the_first_key_to_the_answer(
    world: World, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        page.goto(HOME)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "q"
        page.keyboard.type("bs")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("宝石社区")
        looks_right(page)


def _reading(page: Page) -> None:
    page.add_init_script(VOICE)
    page.goto(f"{HOME}help/")
    page.locator("[data-read]").click()


def test_the_page_is_read_sentence_by_sentence_with_the_one_in_hand_marked(
    world: World, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        _reading(page)
        assert page.evaluate("window.said") == ["怎样求助"] and page.evaluate(MARKED) == ["怎样求助"]
        for _sentence in range(2):
            page.evaluate("window.spoken()")
        assert page.evaluate("window.said.slice(-1)") == page.evaluate(MARKED)
        assert page.evaluate(MARKED) == ["12348 是全国统一的法律服务热线，全天有人接，不收费。"]
        page.locator("[data-read]").click()
        assert page.evaluate("CSS.highlights.has('f-said')") is False


def test_an_older_browser_marks_what_the_sentence_stands_in(world: World, site: Site, browser: Browser) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        page.add_init_script("delete CSS.highlights; Object.defineProperty(CSS, 'highlights', { value: undefined });")
        _reading(page)
        assert page.locator(".f-said").all_inner_texts() == ["怎样求助"]


@pytest.mark.parametrize("kind", ["desk", "phone"])
def test_that_there_is_no_voice_is_said_to_who_asks_to_hear_and_to_nobody_else(
    world: World, site: Site, browser: Browser, kind: str
) -> None:
    with a_screen(browser, site, kind) as screen:
        page = screen.new_page()
        page.goto(HOME)
        expect(page.locator("[data-read]")).to_be_visible()
        page.wait_for_timeout(2500)
        expect(page.locator("[data-read-none]")).to_be_hidden()
        page.locator("[data-read]").click()
        expect(page.locator("[data-read-none]")).to_contain_text("这台设备没有装中文语音，不能朗读。")
        expect(page.locator("#f-say")).to_contain_text("这台设备没有装中文语音，不能朗读。")
        assert page.locator("[data-read][aria-pressed=true]").count() == 0
        looks_right(page)


def test_where_voices_come_late_the_sentence_goes_and_the_next_click_reads(
    world: World, site: Site, browser: Browser
) -> None:
    late = VOICE.replace("getVoices: () => [", "getVoices: () => !window.come ? [] : [").replace(
        "addEventListener() {}", "addEventListener(_, act) { window.arrive = () => { window.come = true; act(); }; }"
    )
    with a_screen(browser, site, "phone") as screen:
        page = screen.new_page()
        page.add_init_script(late)
        page.goto(HOME)
        page.locator("[data-read]").click()
        expect(page.locator("[data-read-none]")).to_be_visible()
        page.evaluate("window.arrive()")
        expect(page.locator("[data-read-none]")).to_be_hidden()
        page.locator("[data-read]").click()
        assert len(page.evaluate("window.said")) == 1


def test_the_first_page_is_read_whole_with_its_doors_and_the_hint_at_the_search(
    world: World, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        page.add_init_script(VOICE)
        page.goto(HOME)
        page.locator("[data-read]").click()
        while page.locator("[data-read][aria-pressed=true]").count():
            page.evaluate("window.spoken()")
        said = page.evaluate("window.said")
        wanted = [
            "打 12348",
            "全天有人接，不要钱",
            "找顾问",
            "怎样求助",
            "公示",
            "写名字里的几个字就行，也可以写拼音，比如 cuiyuan",
        ]
        assert [one for one in wanted if said.count(one) != 1] == []


def test_what_the_street_posts_stands_on_the_public_page(world: World, site: Site, browser: Browser) -> None:
    engage(world, "陆知微")
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "street2")
        page.goto("/duty/hours/")
        page.locator("tr", has_text="宝石社区").get_by_role("link").click()
        page.get_by_label("周三").check()
        page.get_by_label("几点开始").fill("14:00")
        page.get_by_label("几点结束").fill("16:00")
        page.get_by_label("在哪里").fill("北山路 8 号")
        press(page, "公布")
        says(page, "已公布，居民在公开页面上看得到。")
        page.goto(f"{HOME}places/{GEM}/")
        expect(page.locator("main")).to_contain_text("每周三")
