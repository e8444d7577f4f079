"""
A map, or a table of coloured cells, taken away as a picture: what is in the file, by reading its pixels; and what stays in
the browser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.app.indicators.books import NOVEMBER, publish, small_book
from tests.e2e.conftest import Site, a_screen, looks_right, signed_in
from tests.fixtures.outlines import lay_out
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def province(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    small_book(world)
    publish(world, "330106")
    monkeypatch.setattr(settings, "HOME", tmp_path)
    monkeypatch.setattr(settings, "MAP_APPROVAL", "浙S(2026)1号")
    monkeypatch.setattr(settings, "DEMO", True)
    lay_out(tmp_path)
    return f"/figures/{world.node('33')}/?month=2026-10"


def _picture(page: Any, path: str, to: Path, name: str = "顾问配备率，按县（区）") -> Image.Image:
    page.goto(path)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url))
    with page.expect_download() as coming:
        page.locator(f'[data-picture][data-title="{name}"]').click()
    coming.value.save_as(to)
    expect(page.locator("#f-say")).to_contain_text("图片已存到下载里")
    assert [url for url in sent if url.startswith("http") and "/static/" not in url] == []  # nothing leaves the browser
    assert coming.value.suggested_filename.endswith(f"{name}.png")
    return Image.open(to).convert("RGB")


def test_the_map_is_taken_away_with_its_title_colours_and_words(
    province: str, site: Site, browser: Browser, tmp_path: Path
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        picture = _picture(page, province, tmp_path / "map.png")
        looks_right(page)
        wide, tall = picture.size
        assert wide == 2400 and 1200 < tall < 6000
        seen = {
            page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--d{n}').trim()")
            for n in (1, 4, 7)
        }
        colours = {colour for _count, colour in picture.getcolors(2**24) or ()}
        assert {tuple(bytes.fromhex(one[1:])) for one in seen if len(one) == 7} & colours, "the map's own colours"
        ink = [row for row in range(tall) if min(sum(picture.getpixel((x, row))) for x in range(96, 1400, 2)) < 250]
        assert ink[0] < 200 and ink[-1] > tall - 200  # words above the map and below it
        words = page.locator("[data-picture]").first
        assert "数到" in str(words.get_attribute("data-origin")) and "浙江省" in str(words.get_attribute("data-origin"))
        assert words.get_attribute("data-demo") == "演示数据"
        expect(page.locator("figcaption").first).to_contain_text("浙S(2026)1号")


def test_streets_by_months_are_taken_away_in_their_cells_colours(
    province: str, world: World, site: Site, browser: Browser, tmp_path: Path
) -> None:
    publish(world, "330106", NOVEMBER)
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "county")
        where = f"/figures/{world.node('330106')}/?month=2026-11"
        picture = _picture(page, where, tmp_path / "cells.png", "各地每月到点时长达标率，%")
        looks_right(page)
        assert _colours(page, ".f-mx td:not(.nil)") <= _in(picture)
        for button in page.locator("[data-picture]").all():
            assert str(button.get_attribute("data-origin")).startswith("西湖区，2026年11月，数到")


def test_a_table_with_its_bars_is_taken_away_as_it_stands(
    province: str, site: Site, browser: Browser, tmp_path: Path
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        picture = _picture(page, province, tmp_path / "bars.png", "谁落后，谁在追")
        bars = _colours(page, "[data-drawn] .f-bul .v", "fill") | _colours(page, "[data-drawn] .f-bul .t", "stroke")
        assert len(bars) > 1
        assert bars | _colours(page, "[data-drawn] th[scope=row] a", "color") <= _in(picture)


@pytest.mark.parametrize("kind", ["desk", "phone"])
def test_the_squares_are_taken_away_with_what_they_mean(
    province: str, site: Site, browser: Browser, tmp_path: Path, kind: str
) -> None:
    narrow = {"viewport": {"width": 360, "height": 740}} if kind == "phone" else {}
    with a_screen(browser, site, kind, **narrow) as screen:
        page = signed_in(screen, "county")
        picture = _picture(page, "/advisers/", tmp_path / "squares.png", "每个社区有没有顾问")
        looks_right(page)
        wanted = _colours(page, ".f-tile .full path", "stroke") | _colours(
            page, ".f-tiles .none path:first-child", "stroke"
        )
        assert len(wanted) == 2
        assert wanted <= _in(picture)
        origin = str(page.locator("[data-picture]").get_attribute("data-origin"))
        assert origin.startswith("西湖区，2026年") and "一格是一个社区" in origin


def _colours(page: Any, which: str, what: str = "backgroundColor") -> set[tuple[int, ...]]:
    """Those that parts of the page have."""
    shown = page.locator(which).evaluate_all(f"all => all.map(one => getComputedStyle(one).{what})")
    assert shown, which
    return {tuple(int(part) for part in one[4:-1].split(",")) for one in shown}


def _in(picture: Image.Image) -> set[Any]:
    return {colour for _count, colour in picture.getcolors(2**24) or ()}


def _hostile(page: Any, path: str, change: str) -> Any:
    """The ranking's button, after a change of what the page holds; errors of scripts in ``page.broke``."""
    page.goto(path)
    broke: list[str] = []
    page.on("pageerror", lambda error: broke.append(str(error)))
    page.evaluate(
        f"(figure) => {{ {change} }}",
        page.locator("figure:has([data-picture][data-title='谁落后，谁在追'])").element_handle(),
    )
    return page.locator("[data-picture][data-title='谁落后，谁在追']"), broke


ROWS = """
  const row = figure.querySelector("tbody tr");
  for (let n = 0; n < %d; n += 1) row.after(row.cloneNode(true));
"""


@pytest.mark.parametrize("look", ["normal", "care", "contrast"])
def test_a_table_of_more_rows_than_a_picture_holds_is_drawn_smaller(
    province: str, site: Site, browser: Browser, tmp_path: Path, look: str
) -> None:
    """A province of a hundred and fifty counties: nothing came at all, and nobody was told."""
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        named = {"care": ("data-care", "on"), "contrast": ("data-contrast", "high")}.get(look, ("data-size", "16"))
        button, broke = _hostile(page, province, ROWS % 150 + f"document.documentElement.setAttribute{named};")
        with page.expect_download() as coming:
            button.click()
        coming.value.save_as(tmp_path / "tall.png")
        with Image.open(tmp_path / "tall.png") as picture:
            assert picture.size[1] <= 16000 and picture.size[0] >= 900
            assert len(_in(picture.convert("RGB"))) > 3
        assert broke == []


def test_of_thousands_of_rows_there_is_no_picture_and_a_sentence_says_so(
    province: str, site: Site, browser: Browser
) -> None:  # fmt: skip
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        button, broke = _hostile(page, province, ROWS % 3_000)
        button.evaluate("one => one.click()")
        expect(page.locator("p:has(> [data-picture]) + p", has_text="存不成一张图片").first).to_be_visible()
        expect(page.locator("#f-say")).to_contain_text("存不成一张图片")
        assert broke == []


def test_markup_and_unprintable_signs_in_names_are_words_of_the_picture(
    province: str, site: Site, browser: Browser, tmp_path: Path
) -> None:
    hostile = """
      const cell = figure.querySelector("tbody th a") || figure.querySelector("tbody th");
      cell.textContent = '</text><script>window.hit=1</script><image href="https://x.example/a.png"/>'
        + "\\u0008\\u000b\\uffff" + "长".repeat(300);
      const button = figure.querySelector("[data-picture]");
      button.dataset.origin = '<svg onload="window.hit=1"> & \\u0001 ]]> ' + button.dataset.origin;
    """
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        button, broke = _hostile(page, province, hostile)
        with page.expect_download() as coming:
            button.click()
        coming.value.save_as(tmp_path / "hostile.png")
        with Image.open(tmp_path / "hostile.png") as picture:
            assert picture.size[0] == 2400
        assert (page.evaluate("window.hit"), broke) == (None, [])


def test_without_scripts_there_is_the_table_and_no_dead_button(province: str, site: Site, browser: Browser) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = signed_in(screen, "leader")
        kept = screen.storage_state()
    with a_screen(browser, site, "desk", java_script_enabled=False, storage_state=kept) as screen:
        page = screen.new_page()
        page.goto(province)
        expect(page.locator("figure table").first).to_be_attached()
        expect(page.get_by_role("button", name="存成图片")).to_have_count(0)
