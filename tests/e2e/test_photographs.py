"""
The style page and the whole pages beside it, next to the photographs somebody looked at: every part of the design system in
four states, on a desk and on a phone. What is in them is invented and stands still, so that a difference is one of looks.

After a change that is meant, ``FALIN_NEW_PHOTOGRAPHS=1 ./falin test tests/e2e/test_photographs.py`` takes them anew; look at
each before it is kept.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Browser, Page

from falin.ui.specimen_states import PAGES
from tests.e2e.conftest import Site, a_screen, sideways
from tests.fixtures.outlines import lay_out

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEPT = Path(__file__).parent / "photographs"
TAKEN_ANEW = "FALIN_NEW_PHOTOGRAPHS" in os.environ
# state → the reader's choices, what it is shown on
STATES = {"normal": ("", "screen"), "care": ("size=24&care=on", "screen"), "contrast": ("contrast=high", "screen"),
          "print": ("", "print")}  # fmt: skip
SIDES = [(state, screen) for state in STATES for screen in ("desk", "phone") if (state, screen) != ("print", "phone")]
# Of a photograph taken at half its size and a little blurred: how far a pixel may be off (of 255), and how many may be
# farther. Another release of the browser draws the edges of letters a little differently; a thing that moved by three
# pixels, or took on another colour, is beyond it.
OFF, SHARE = 40, 0.002
# The letters themselves. Where the machine draws these otherwise it has other fonts, and nothing can be compared.
LETTERS = """
<body style="margin:0;background:#fff;color:#000;width:800px">
<p style="font:700 32px 'Noto Serif CJK SC', serif">法律顾问 浙江省 2026年10月 98.4%</p>
<p style="font:17px 'Noto Sans CJK SC', sans-serif">每个社区至少有一名法律顾问 1,234</p>
<p style="font:17px 'Noto Sans Mono CJK SC', monospace">330106 abc</p>
"""
_PARTS = """
() => Object.fromEntries([...document.querySelectorAll(".f-sec[id]"), document.querySelector("header")].map(one => {
  const { left, top, right, bottom } = one.getBoundingClientRect();
  return [one.id || "masthead", [left + scrollX, top + scrollY, right + scrollX, bottom + scrollY]];
}))
"""


def photograph(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot(full_page=True, animations="disabled", caret="hide"))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> str:
    """How two pictures differ for the eye; nothing, where they do not."""
    if max(abs(one.width - other.width), abs(one.height - other.height)) > 1:  # half a pixel rounds up or down
        return f"{one.width} × {one.height}, not {other.width} × {other.height}"
    size = (min(one.width, other.width), min(one.height, other.height))
    soft = [image.crop((0, 0, *size)).filter(ImageFilter.GaussianBlur(1)) for image in (one, other)]
    red, green, blue = ImageChops.difference(*soft).split()
    farther = sum(ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()[OFF:])
    return f"{farther} of {size[0] * size[1]} pixels" if farther > SHARE * size[0] * size[1] else ""


def compared(name: str, photo: Image.Image, draft: Path) -> str:
    """What sets a photograph apart from the one that is kept; kept instead, where they are taken anew."""
    small, kept = photo.reduce(2), KEPT / f"{name}.webp"
    if TAKEN_ANEW:
        KEPT.mkdir(exist_ok=True)
        small.save(kept, lossless=True)
        return ""
    if not kept.exists():
        return f"{name}: nobody looked at it yet"
    found = difference(small, Image.open(kept).convert("RGB"))
    if found:
        small.save(draft / f"{name}.png")
    return f"{name}: {found}" if found else ""


@pytest.fixture(scope="module")
def _letters_are_the_same(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 200})
    page.set_content(LETTERS)
    found = compared("letters", photograph(page), tmp_path_factory.mktemp("letters"))
    page.close()
    if found:
        pytest.skip(f"this machine draws letters otherwise than the photographs were taken: {found}")


@pytest.mark.usefixtures("_letters_are_the_same")
@pytest.mark.parametrize(("state", "screen"), SIDES)
def test_every_part_looks_as_it_did_when_somebody_looked(
    state: str, screen: str, site: Site, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path / "home")
    lay_out(tmp_path / "home")
    wishes, medium = STATES[state]
    more = {"viewport": {"width": 794, "height": 1123}} if medium == "print" else {}
    with a_screen(browser, site, screen, service_workers="block", reduced_motion="reduce", **more) as seen:
        if wishes:
            seen.add_cookies([{"name": "falin_prefs", "value": wishes, "url": site.url}])
        page = seen.new_page()
        page.emulate_media(media=medium)
        usual = page.viewport_size
        assert usual
        page.goto("/style/", wait_until="networkidle")
        page.wait_for_timeout(300)
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": usual["width"], "height": height})  # or parts move when they are taken
        parts, whole = page.evaluate(_PARTS), photograph(page)
        assert medium == "print" or sideways(page) <= 0  # however long the words are
        photos = {
            name: whole.crop(tuple(round(one) for one in box))
            for name, box in parts.items()
            if box[3] - box[1] >= 2  # the masthead is not printed
        }
        page.set_viewport_size(usual)
        for name in PAGES:
            page.goto(f"/style/{name}/", wait_until="networkidle")
            photos[f"page-{name}"] = photograph(page)
    assert len(parts) > 12
    found = [compared(f"{state}-{screen}-{name}", photo, tmp_path) for name, photo in photos.items()]
    wrong = [one for one in found if one]
    assert not wrong, "\n".join([*wrong, f"(the new ones: {tmp_path})"])


@pytest.mark.parametrize(("change", "seen"), [("", False), ("padding-left: 6px", True), ("color: #c00", True)])
def test_a_part_that_moved_or_changed_its_colour_is_seen(change: str, seen: bool, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 200})
    page.set_content(LETTERS)
    before = photograph(page).reduce(2)
    page.add_style_tag(content=f"p {{ {change} }}")
    after = photograph(page).reduce(2)
    page.close()
    assert bool(difference(before, after)) is seen
