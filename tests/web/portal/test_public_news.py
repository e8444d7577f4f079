"""News on the public pages, their feed and their site map; and finding one's community by the phone's position."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from falin.portal.web import public as pages
from services.desk import commands
from tests.app.duty.cast import GEM
from tests.fixtures.outlines import bring_squares
from tests.world import NOW, TODAY, World

HOME = "/public/330106/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def _say(world: World, title: str = "法律讲座改期", *, published: bool = True, **given: Any) -> int:
    scope = world.scope("county")
    said: dict[str, Any] = {
        "text": "周六上午 9 点\n\n在社区 <一楼> & 二楼",
        "begins_on": TODAY,
        "ends_on": None,
        **given,
    }
    with inside(scope, read_only=False):
        number = commands.write_news(scope=scope, title=title, now=NOW, **said).number
        if published:
            commands.publish_news(scope=scope, number=number, now=NOW)
    return number


def _text(path: str, status: int = 200) -> str:
    pages._kept.clear()
    answer = Client().get(path)
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def test_a_resident_reads_it_on_the_first_page_in_the_list_and_at_its_own_address(world: World) -> None:
    _say(world)
    _say(world, "还没写完", published=False)
    for path in (HOME, f"{HOME}news/"):
        assert "法律讲座改期" in _text(path) and f"{HOME}news/1/" in _text(path)
        assert "还没写完" not in _text(path)
    page = _text(f"{HOME}news/1/")
    assert "<p>周六上午 9 点</p>" in page and "在社区 &lt;一楼&gt; &amp; 二楼" in page
    assert '<meta property="og:title" content="法律讲座改期 · 西湖区">' in page
    assert '<meta property="og:type" content="article">' in page
    assert '<meta property="og:description" content="周六上午 9 点">' in page
    assert '<meta name="description" content="周六上午 9 点">' in page
    assert f'href="{HOME}news/feed.xml"' in page


def test_a_draft_what_is_over_and_another_countys_are_not_found(world: World) -> None:
    _say(world, published=False)
    _say(world, ends_on=TODAY)
    for path in (f"{HOME}news/1/", f"{HOME}news/99/", "/public/330102/news/2/"):
        assert "法律讲座改期" not in _text(path, 404)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        _text(f"{HOME}news/2/", 404)
        assert "现在没有通知" in _text(f"{HOME}news/")


def test_it_stands_in_the_site_map_for_people_and_for_robots(world: World) -> None:
    _say(world)
    assert f"{HOME}news/" in _text(f"{HOME}map/")
    found = _text(f"{HOME}sitemap.xml")
    assert f"http://testserver{HOME}news/1/</loc>" in found and f"http://testserver{HOME}news/</loc>" in found


def test_the_feed_is_atom_and_says_when_something_changed(world: World) -> None:
    _say(world, "甲 & <乙>")
    scope = world.scope("county")
    with inside(scope, read_only=False):
        commands.change_news(scope=scope, number=1, title="甲 & <丙>", text="改", begins_on=TODAY, ends_on=None,
                             now=NOW + timedelta(hours=2))  # fmt: skip
    answer = Client().get(f"{HOME}news/feed.xml")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "甲 & <丙>"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-16T04:00:00+00:00"
    assert entry.findtext(f"{ATOM}id") == f"http://testserver{HOME}news/1/"
    assert root.find(f"{ATOM}link[@rel='self']").attrib["href"].endswith("/news/feed.xml")  # type: ignore[union-attr]


def test_programs_read_the_same_without_a_token(world: World) -> None:
    _say(world)
    found = Client().get("/api/v1/public/330106/news/").json()
    assert [(one["number"], one["title"]) for one in found["news"]] == [(1, "法律讲座改期")]
    assert Client().get("/api/v1/public/330106/news/1/").json()["text"].startswith("周六上午")
    assert Client().get("/api/v1/public/330106/news/2/").status_code == 404
    assert "person" not in json.dumps(found)


def test_the_team_writes_publishes_corrects_and_withdraws_on_its_pages(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    form = {"title": "办公室搬家", "text": "搬到一楼", "begins_on": "2026-11-16", "ends_on": "2026-11-10"}
    wrong = county.post("/desk/news/new/", form)
    assert wrong.status_code == 422 and "结束的日期不能早于" in wrong.content.decode()
    assert "搬到一楼" in wrong.content.decode()  # nothing is lost
    made = county.post("/desk/news/new/", {**form, "ends_on": ""})
    assert made.headers["Location"] == "/desk/news/1/"
    assert "草稿" in county.get("/desk/news/").content.decode()
    county.post("/desk/news/1/publish/")
    assert "公众看得到" in county.get("/desk/news/1/").content.decode()
    county.post("/desk/news/1/change/", {**form, "title": "办公室搬到一楼", "ends_on": ""})
    assert "办公室搬到一楼" in _text(f"{HOME}news/1/") and "2026年11月16日改过" in _text(f"{HOME}news/1/")
    assert county.post("/desk/news/1/withdraw/", {"why": ""}).status_code == 422
    county.post("/desk/news/1/withdraw/", {"why": "不搬了"})
    assert "不搬了" in county.get("/desk/news/1/").content.decode()
    _text(f"{HOME}news/1/", 404)
    assert "撤下对公众的通知" in county.get("/history/news/1/").content.decode()
    assert sign_in("street").get("/desk/news/").status_code == 403


# ---- by the phone's position -----------------------------------------------------------------------------------------
def _near(longitude: str = "120.10500", latitude: str = "30.20500", **more: str) -> Any:
    return Client(enforce_csrf_checks=True).post(
        f"{HOME}here/", {"longitude": longitude, "latitude": latitude, "accuracy": "20", **more}
    )


def test_her_community_is_found_by_where_she_stands_and_at_a_border_both_are(world: World) -> None:
    bring_squares(world, GEM, "330106002002")
    page = _near("120.10300").content.decode()
    assert f"places/{GEM}/" in page and "places/330106002002/" not in page
    border = _near("120.10950").content.decode()
    assert border.index(f"places/{GEM}/") < border.index("places/330106002002/")
    beyond = _near("120.11050").content.decode()
    assert beyond.index("places/330106002002/") < beyond.index(f"places/{GEM}/")


def test_far_away_or_without_a_position_the_streets_are_shown(world: World) -> None:
    bring_squares(world, GEM)
    away = _near("116.40", "39.90")
    assert (
        away.status_code == 200
        and "您好像不在" in away.content.decode()
        and "street=330106002" in away.content.decode()
    )
    for bad in ({"longitude": "x"}, {"longitude": ""}, {"longitude": "999"}, {"latitude": "nan"}, {"longitude": "inf"}):
        answer = _near(**bad)
        assert answer.status_code == 422 and "没有收到手机的位置" in answer.content.decode(), bad


def test_the_position_is_kept_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a row, not in a statement, not in the log, not in the answer, not in a memory of pages."""
    bring_squares(world, GEM)
    before = AuditEntry.objects.count()
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as asked:
        answer = _near("120.10512", "30.20512")
    assert f"places/{GEM}/" in answer.content.decode()
    everything = caplog.text + "".join(one["sql"] for one in asked) + answer.content.decode() + str(answer.headers)
    assert "10512" not in everything and "20512" not in everything
    assert not [one["sql"] for one in asked if one["sql"].lower().startswith(("insert", "update", "delete"))]
    assert AuditEntry.objects.count() == before
    assert "no-store" in answer.headers["Cache-Control"] and not answer.cookies
    assert pages._kept == {}
    assert Client().get(f"{HOME}here/?longitude=120.105&latitude=30.205").status_code == 405  # never in an address


def test_the_button_is_there_only_where_outlines_are(world: World) -> None:
    assert "data-here" not in _text(HOME) and "here.js" not in _text(HOME)
    bring_squares(world, GEM)
    for path in (HOME, f"{HOME}places/"):
        assert "data-here" in _text(path) and "here.js" in _text(path)
    assert "data-here" not in _text("/public/330102/")


def test_programs_ask_by_position_too(world: World) -> None:
    bring_squares(world, GEM)
    there = "/api/v1/public/330106/near/"
    found = Client().post(there, {"longitude": 120.105, "latitude": 30.205}, "application/json")
    assert [one["code"] for one in found.json()] == [GEM]
    assert found.headers["Cache-Control"] == "no-store"
    assert Client().post(there, {"longitude": 200, "latitude": 30.205}, "application/json").status_code in {400, 422}
