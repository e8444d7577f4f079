"""
Every page there is, from the live list of addresses, opened by each role in a real browser: a new page is looked at from
the day it has an address. It has a title and one heading, fits a small phone as it is and in 关怀版 with large type, its main
act is reached by the keyboard, and nothing complains in the console (a blocked script or style would). The server answers every
role; the browser opens what no role before was answered with: in 关怀版 on the phone, and each page once on a desk. It reads
well (axe) in every shape that comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import AS_IT_IS, Site, a_screen, open_site, reads_well, sideways
from tests.e2e.shapes import shapes_of
from tests.tenancy.conftest import _read_copy, ground, opened_copy, peopled_template, sent  # noqa: F401 - fixtures
from tests.tenancy.doors import ONLY_FOR, REDIRECTS, Door, address, every_door, things_of
from tests.tenancy.ground import CAST, NOBODY, Ground, Reader
from tests.tenancy.matrix import picked
from tests.tenancy.reference import may_open
from tests.weight import MOST, shows_a_list, weight

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LARGE = "size=24&care=on"
FARTHEST = 150  # steps of the Tab key
ON_A_DESK: set[str] = set()  # doors that were looked at there
SEEN: set[tuple[str, str]] = set()  # shapes that were looked at, in main and around it


def pages_of(ground: Ground, reader: Reader) -> Iterator[tuple[Door, str, str]]:  # noqa: F811 - the fixture's value
    """The addresses that answer this reader with a page, one of each, and the page."""
    for door in every_door():
        if door.api or door.method != "GET" or door.name in REDIRECTS:
            continue
        if not door.grant and reader.label not in {"nobody", "county"}:
            continue  # open to everybody, and the same for all who are signed in
        if door.grant and (
            not may_open(reader, door.grant) or reader.role not in ONLY_FOR.get(door.name, {reader.role})
        ):
            continue
        asked = things_of(door)
        things = [None] if asked is None else [
            thing for _, thing in picked(asked, ground, reader, 1) if asked.may(reader, thing)
        ]  # fmt: skip
        for thing in things[:1]:
            path = address(door, thing)
            answer = ground.client(reader).get(path)
            if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                yield door, path, answer.content.decode()
            answer.close()  # a file that is sent stays open else


def complaints(page: Page, heard: list[str]) -> list[Any]:
    """What is wrong with the page as it stands in the browser."""
    found = [*reads_well(page), *heard]
    heard.clear()
    if not page.title().strip():
        found.append("no title")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of the first order")
    return found


def out_of_reach(page: Page) -> list[str]:
    """That the main act of a page cannot be come to by the keyboard alone."""
    if page.locator(".f-btn--main:visible").count() == 0:
        return []
    for _step in range(FARTHEST):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.f-btn--main')"):
            return []
    return [f"the main act is not reached by {FARTHEST} steps of the keyboard"]


@pytest.mark.parametrize("label", ["nobody", *CAST])
def test_every_page_is_fit_for_every_role_that_may_open_it(
    label: str, ground: Ground, assets: Path, browser: Browser  # noqa: F811
) -> None:  # fmt: skip
    reader = NOBODY if label == "nobody" else ground.readers[label]
    pages = list(pages_of(ground, reader))
    wrong: list[str] = []
    with open_site(assets) as site, a_screen(browser, site, "desk") as screen:
        heard: list[str] = []
        page = screen.new_page()
        page.on("console", lambda said: heard.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        for door, path, html in pages:
            shapes = shapes_of(html)
            if shapes <= SEEN:
                continue
            SEEN.update(shapes)
            page.goto("about:blank")  # or the last page asks something more, as nobody
            _as(screen, site, ground, reader)
            found = []
            if door.name not in ON_A_DESK:
                ON_A_DESK.add(door.name)
                page.set_viewport_size({"width": 1440, "height": 900})
                page.goto(path)
                found = [*complaints(page, heard), *out_of_reach(page)]
            screen.add_cookies([{"name": "falin_prefs", "value": LARGE, "url": site.url}])
            page.set_viewport_size({"width": 360, "height": 740})
            page.goto(path)
            found += [f"关怀版: {one}" for one in complaints(page, heard)]
            if sideways(page) > 0:
                found.append(f"关怀版: {sideways(page)} pixels too wide for a phone")
            page.evaluate(AS_IT_IS)
            if sideways(page) > 0:
                found.append(f"{sideways(page)} pixels too wide for a phone")
            if shows_a_list(html) and (size := weight(ground.client(reader), path, assets)) > MOST:
                found.append(f"{size} bytes on the wire")
            wrong += [f"{door} {path}: {one}" for one in found]
    assert pages or label == "resident"  # who may open nothing yet
    assert not wrong, "\n".join(wrong)


def _as(screen: Any, site: Site, ground: Ground, reader: Reader) -> None:  # noqa: F811
    """The reader's session and nothing else: a page that chooses a role or signs out must not change the next one's."""
    screen.clear_cookies()
    kept = ground.client(reader).cookies.items()
    screen.add_cookies([{"name": name, "value": morsel.value, "url": site.url} for name, morsel in kept])
