"""The public pages of a county: what a resident finds without signing in, and what she never does."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from falin.kernel.refusals import Forbidden
from falin.kernel.transactions import inside
from falin.portal.web import public as pages
from services.advisers.commands import ban_adviser
from services.advisers.models import Appointment
from services.advisers.queries import list_advisers
from services.duty.commands import post_hours
from services.indicators.models import Figure
from tenants.identity.api import public_of, system_of
from tenants.registry.api import find_by_schema
from tenants.registry.models import Tenant
from tests.app.duty.cast import GEM, VILLAGE, engage
from tests.app.indicators.books import NOVEMBER, publish
from tests.world import NOW, World

HOME = "/public/330106/"


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def _text(path: str, status: int = 200, client: Client | None = None, **query: str) -> str:
    answer = (client or Client()).get(path, query)
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


def _posted(world: World) -> None:
    scope = world.scope("county")
    with inside(scope, read_only=False):
        post_hours(scope=scope, node_id=world.node(GEM), weekdays=[2, 4], begins_at=time(9), ends_at=time(11),
                   room="北山路 8 号一楼", now=NOW)  # fmt: skip


@pytest.mark.parametrize("typed", ["宝石", "baoshi", "bs", "北山", "ＢＳ"])
def test_a_resident_finds_her_community_however_she_types_it(typed: str, world: World) -> None:
    assert f"/public/330106/places/{GEM}/" in _text(f"{HOME}places/", q=typed)


def test_she_finds_it_by_its_street_too_and_from_the_page_of_all_counties(world: World) -> None:
    assert "北山街道" in _text(HOME) and "street=330106002" in _text(HOME)
    assert f"/public/330106/places/{GEM}/" in _text(f"{HOME}places/", street="330106002")
    assert HOME in _text("/public/") and "宝石社区" in _text("/public/", q="baoshi")


def test_what_is_not_found_leads_on_to_the_streets(world: World) -> None:
    page = _text(f"{HOME}places/", q="没有这个")
    assert "没有找到" in page and "street=330106002" in page


def test_her_community_says_who_when_and_where(world: World) -> None:
    engage(world, "陆知微")
    _posted(world)
    page = _text(f"{HOME}places/{GEM}/")
    assert "陆知微" in page and "示例律师事务所1" in page and "2026年1月1日" in page
    assert "周二、周四" in page and "09:00–11:00" in page and "北山路 8 号一楼" in page
    assert "1390000" not in page and "33010619800101" not in page and "luzhiwei" not in page


def test_without_posted_hours_it_says_so_and_without_an_adviser_where_to_ask(world: World) -> None:
    engage(world, "陆知微")
    assert "还没有公布时间" in _text(f"{HOME}places/{GEM}/")
    nobody = _text(f"{HOME}places/330106002002/")
    assert "这里现在没有法律顾问" in nobody and "tel:12348" in nobody


def test_who_is_barred_or_not_yet_appointed_is_not_named(world: World) -> None:
    barred = engage(world, "陆知微")
    engage(world, "顾听澜", username="later", number=2, places=(("county", GEM),), begins_on=date(2026, 12, 1))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        ban_adviser(scope=scope, adviser_id=barred.id, until=date(2027, 1, 1), reason="收受礼品", now=NOW)
    for path in (f"{HOME}places/{GEM}/", f"{HOME}places/?street=330106002"):
        page = _text(path)
        assert "陆知微" not in page and "顾听澜" not in page


@pytest.mark.parametrize(
    "path",
    ["/public/330102/places/330106002001/", "/public/330106/places/330106999001/", "/public/330106/places/x/",
     "/public/33/", "/public/3301/", "/public/999999/", "/public/county/", "/public/330106/nothing/",
     "/public/330106/places/?street=330102001", "/public/330106/places/?street=x"],
)  # fmt: skip
def test_what_is_not_there_or_not_this_countys_is_not_found(path: str, world: World) -> None:
    assert "找不到" in _text(path, 404) or "没有" in _text(path, 404)


def test_a_closed_county_has_no_public_pages_and_a_suspended_one_keeps_them(world: World) -> None:
    of = Tenant.objects.filter(schema_name=world.schema("330106"))
    of.update(state="suspended")
    assert "北山街道" in _text(HOME)
    pages._kept.clear()
    of.update(state="closed")
    _text(HOME, 404)
    assert HOME not in _text("/public/")


def test_published_figures_are_told_in_sentences_with_their_method(world: World) -> None:
    assert "还没有公布过" in _text(f"{HOME}figures/")
    pages._kept.clear()
    engage(world, "陆知微")
    publish(world, "330106", NOVEMBER)
    page = _text(f"{HOME}figures/")
    assert "5 个里有 2 个" in page and "至少 8 小时" in page and "北山街道" in page
    assert "2026年11月" in _text(HOME)


def test_a_page_holds_nothing_of_its_reader_and_sets_no_cookie(world: World, sign_in: Any) -> None:
    everybody = Client().get(HOME)
    assert not everybody.cookies and everybody.headers["Cache-Control"] == pages.CACHE
    pages._kept.clear()
    signed_in = sign_in("county")
    signed_in.get("/")  # his session, his hat, his messages
    assert signed_in.get(HOME).content == everybody.content


def test_a_page_just_made_is_given_out_again_without_a_statement_and_a_search_is_never_kept(world: World) -> None:
    client = Client()
    first = client.get(HOME)
    with CaptureQueriesContext(connection) as asked:
        again = client.get(HOME)
    assert again.content == first.content and not asked.captured_queries
    assert client.get(HOME, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    client.get(f"{HOME}places/", {"q": "宝石"})
    assert not any("宝石" in str(key) for key in pages._kept)


def test_the_choice_of_large_type_needs_no_token_and_is_another_page(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/prefs/", {"size": "30", "next": HOME})
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert 'data-size="30"' in _text(HOME, client=client) and 'data-size="16"' in _text(HOME)


def test_robots_are_told_what_is_public_and_where_every_page_is(world: World) -> None:
    robots = _text("/robots.txt")
    assert "Allow: /public/\n" in robots and "Disallow: /\n" in robots
    index = re.findall(r"<loc>http://testserver([^<]+)</loc>", _text("/sitemap.xml"))
    assert "/public/330106/sitemap.xml" in index
    paths = re.findall(r"<loc>http://testserver([^<]+)</loc>", _text("/public/330106/sitemap.xml"))
    assert f"/public/330106/places/{GEM}/" in paths and "/public/330106/privacy/" in paths
    for path in paths:
        assert "<h1" in _text(path)


def test_every_page_can_be_shared_and_is_described(world: World) -> None:
    engage(world, "陆知微")
    page = _text(f"{HOME}places/{GEM}/")
    assert '<meta property="og:title" content="宝石社区 · 西湖区">' in page
    assert '<link rel="canonical" href="http://testserver/public/330106/places/330106002001/">' in page
    assert 'name="description" content="宝石社区的法律顾问是陆知微，示例律师事务所1。"' in page


def test_the_first_page_itself_is_a_few_kilobytes(world: World) -> None:
    assert len(gzip.compress(Client().get(HOME).content)) < 6_000


# ---- what nobody reaches ---------------------------------------------------------------------------------------------
def test_in_the_public_scope_no_countys_own_row_can_be_read(world: World) -> None:
    tenant = find_by_schema(world.schema("330106"))
    assert tenant is not None
    scope = public_of(tenant)
    assert scope.person_id != system_of(tenant).person_id
    with pytest.raises(DatabaseError, match="does not exist"), inside(scope, read_only=True):
        list(Appointment._plain.all())
    with pytest.raises(Forbidden), inside(scope, read_only=True):
        list_advisers(scope=scope, on=NOW.date())


def test_in_the_public_scope_figures_of_another_county_are_not_there(world: World) -> None:
    publish(world, "330106", NOVEMBER)
    publish(world, "330102", NOVEMBER)
    tenant = find_by_schema(world.schema("330106"))
    assert tenant is not None
    with inside(public_of(tenant), read_only=True):
        assert set(Figure.objects.values_list("county_id", flat=True)) == {world.node("330106")}


# ---- the same for programs -------------------------------------------------------------------------------------------
def test_programs_read_the_same_without_a_token(world: World) -> None:
    engage(world, "陆知微")
    _posted(world)
    client = Client()
    assert {"county": "330106", "name": "西湖区", "city": "杭州市"} in client.get("/api/v1/public/").json()
    found = client.get(f"/api/v1/public/330106/communities/{GEM}/").json()
    assert found["advisers"] == [{"name": "陆知微", "firm": "示例律师事务所1", "firm_phone": "", "specialties": [],
                                  "since": "2026-01-01"}]  # fmt: skip
    assert found["hours"] == {"weekdays": [2, 4], "begins_at": "09:00", "ends_at": "11:00", "room": "北山路 8 号一楼"}
    assert client.get(f"/api/v1/public/330102/communities/{GEM}/").status_code == 404
    (one,) = client.get("/api/v1/public/330106/communities/", {"q": "baoshi"}).json()
    assert one["code"] == GEM and client.get("/api/v1/public/330106/communities/").status_code == 422
    assert client.get("/api/v1/public/330106/figures/").json()["month"] is None
    assert [row["code"] for row in client.get("/api/v1/public/330106/communities/", {"street": "330106109"}).json()] == [
        "330106109001", VILLAGE, "330106109201"]  # fmt: skip
