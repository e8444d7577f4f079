"""Lists held in memory turn their pages too: every row stands on one page, and a file and a bulk act have them all."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict

from falin.kernel.transactions import inside
from falin.ui import tables
from services.duty.queries.reminding import MOST_AT_ONCE
from tests.app.duty.cast import GEM, VILLAGE, engage
from tests.web.portal.test_exports import _firsts
from tests.world import NOW, World

# A list, its page with something asked of it, and which part of that every page after it keeps.
LISTS = {
    "behind": "/duty/behind/?month=2026-11&view=pace&col=done&sort=-adviser",
    "posts": "/duty/hours/?col=time&sort=-community",
    "vacancies": "/advisers/vacancies/?col=since&sort=-community",
}


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PAGE", 2)


@pytest.fixture
def peopled(world: World) -> World:
    engage(world)
    for number, name in enumerate(("郑安", "安之若", "郝长风"), 2):
        engage(world, name, username=f"other{number}", number=number, places=(("county", (VILLAGE, GEM)[number % 2]),))
    return world


def _turned(page: str, way: str) -> str:
    found = re.findall(rf'rel="{way}" href="([^"]+)"', page)
    return found[0].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("name", LISTS)
def test_every_row_stands_on_one_page_there_and_back_and_what_was_asked_is_kept(
    peopled: World, sign_in: Any, name: str
) -> None:
    client, table = sign_in("county"), tables.find(name)
    assert table is not None
    where, _mark, query = LISTS[name].partition("?")
    scope = peopled.scope("county")
    with inside(scope, read_only=True):  # a file has them all, also one that was asked for on the second page
        whole = table.step(scope, QueryDict(f"{query}&page=2"), "", NOW).rows
    page = client.get(LISTS[name]).content.decode()
    pages = [page]
    while asked := _turned(pages[-1], "next"):
        assert dict(parse_qsl(asked[1:])) == {**dict(parse_qsl(query)), "page": str(len(pages) + 1)}
        pages.append(client.get(where + asked).content.decode())
    assert len(pages) > 1
    assert [len(_firsts(one)) for one in pages[:-1]] == [2] * (len(pages) - 1)
    shown = [first for one in pages for first in _firsts(one)]
    assert shown == [str(table.columns[0].value(row)).replace(" ", "") for row in whole]
    assert f"第 1–2 条，共 {len(whole)} 条" in page
    back = client.get(where + _turned(pages[1], "prev")).content.decode()
    assert _firsts(back) == _firsts(page) and not _turned(page, "prev")


@pytest.mark.parametrize("name", LISTS)
def test_a_page_that_is_none_is_the_first_and_one_behind_the_last_the_last(
    peopled: World, sign_in: Any, name: str
) -> None:
    client = sign_in("county")
    first, last = (_firsts(client.get(LISTS[name] + more).content.decode()) for more in ("", "&page=99999"))
    assert first != last
    for wrong in ("0", "-1", "x", "１", "", "9" * 30, "1.5"):
        found = _firsts(client.get(f"{LISTS[name]}&page={wrong}").content.decode())
        assert found == first, wrong


def test_the_numbers_on_the_tabs_and_at_the_top_are_of_the_whole_list(peopled: World, sign_in: Any) -> None:
    client = sign_in("county")
    page = client.get("/duty/behind/?month=2026-11&page=3").content.decode()
    assert re.findall(r'class="f-dot[^"]*">(\d+)<', page) == ["5", "5", "5"] and len(_firsts(page)) == 1
    page = client.get("/advisers/vacancies/?page=2").content.decode()
    assert "3 个社区空缺，其中 3 个还没有写明原因" in page and len(_firsts(page)) == 1
    assert "还有 5 个社区没有公布" in client.get("/duty/hours/?page=3").content.decode()


def test_sorting_turning_the_month_and_a_saved_view_begin_with_the_first_page(peopled: World, sign_in: Any) -> None:
    client = sign_in("county")
    page = client.get("/duty/behind/?month=2026-11&view=pace&page=2").content.decode()
    others = re.findall(r'href="(\?[^"]+)"', page.replace(_turned(page, "next").replace("&", "&amp;"), ""))
    assert others and not any("page=" in one for one in others)
    client.post("/desk/views/posts/?sort=-community&page=2", {"title": "倒着看"})
    assert 'href="/duty/hours/?sort=-community">倒着看' in client.get("/desk/views/posts/").content.decode()


def test_one_is_led_back_to_the_page_one_reminded_on(peopled: World, sign_in: Any) -> None:
    client, here = sign_in("county"), "/duty/behind/?month=2026-11&page=2"
    page = client.get(here).content.decode()
    forms = page.split('<form id="one"')[1]
    assert forms.count(f'name="next" value="{here.replace("&", "&amp;")}"') >= 2  # of one, and of the ticked ones
    (pick, *_more) = re.findall(r'name="pick" value="([^"]+)"', page)
    answer = client.post("/duty/behind/remind/", {"pick": pick, "month": "2026-11", "next": here})
    assert answer.headers["Location"] == here
    assert _firsts(client.get(here).content.decode()) == _firsts(page)


def test_all_of_a_page_are_reminded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert tables.PAGE == MOST_AT_ONCE
