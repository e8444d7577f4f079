"""
`falin shots`: the ten main pages in four states, into docs/pictures/pages: as they are, 关怀版 on a phone, high contrast,
on paper; and the picture README begins with. Each is the whole page. Somebody looks at each.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))  # the stand the product runs on

from stand.product import Running, product

from falin.runtime.home import Home
from falin.runtime.launch.programs import browser_in_chinese
from falin.runtime.sentences import say

DESK, PHONE, PAPER = (1440, 900), (390, 844), (794, 1123)
# state → window, the reader's choices, what it is shown on
STATES: dict[str, tuple[tuple[int, int], str, str]] = {
    "normal": (DESK, "", "screen"),
    "care": (PHONE, "size=24&care=on", "screen"),
    "contrast": (DESK, "contrast=high", "screen"),
    "print": (PAPER, "", "print"),
}
LONGEST = 2400  # pixels: below it a long list only goes on
FIRST, FIRST_PAGE, FIRST_TALL = "province.png", "coverage-map", 1604  # of README: down to where its map and table end
IN_CHINESE = {"LANGUAGE": "zh_CN", "LC_ALL": "zh_CN.UTF-8"}  # what Chromium writes itself goes by these


def run(home: Home) -> int:
    """Every page in every state; how it went."""
    from playwright.sync_api import sync_playwright

    out = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd())) / "docs" / "pictures" / "pages"
    out.mkdir(parents=True, exist_ok=True)
    with product(home) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_in_chinese(home),
            args=["--no-sandbox", "--disable-gpu", "--lang=zh-CN"],
            env={**os.environ, **IN_CHINESE},
        )
        for state in STATES:
            _photograph(browser, running, state, out)
        browser.close()
    say(f"照片在 {out}", f"{len(running.shown) * len(STATES)} pictures in {out}")
    return 0


def _photograph(browser: Any, running: Running, state: str, out: Path) -> None:
    (width, height), wishes, medium = STATES[state]
    for name, (who, path) in running.shown.items():
        context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": width, "height": height},
            service_workers="block",
        )  # fmt: skip
        chosen = [{"name": "falin_prefs", "value": wishes}] if wishes else []
        context.add_cookies([{**cookie, "url": running.url} for cookie in (*running.cookies(who), *chosen)])
        page = context.new_page()
        page.emulate_media(media=medium)
        answer = page.goto(running.url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        page.wait_for_timeout(1300)  # the bell asks a second after the page is there
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))" if medium == "print" else "0")
        # In a window as tall as the page: what sticks to the window's foot stands at the page's.
        tall = min(int(page.evaluate("document.documentElement.scrollHeight")), LONGEST)
        page.set_viewport_size({"width": width, "height": max(tall, height)})
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        picture.save(out / f"{name}-{state}.jpg", quality=70)
        if (name, state) == (FIRST_PAGE, "normal"):
            first = picture.crop((0, 0, picture.width, FIRST_TALL))
            first.quantize(192).save(out.parent / FIRST, optimize=True)
        context.close()
