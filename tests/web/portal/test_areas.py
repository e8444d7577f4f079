"""Statistical areas over the administration, and what is known of places beyond the list."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from falin.kernel.transactions import shared
from tenants.divisions import api
from tenants.divisions.models import AreaMember, Boundary, DivisionFact, StatisticalArea
from tests.app.indicators import books
from tests.app.indicators.books import publish
from tests.world import World

PARK = {"name": "滨水园区", "listed": ""}
INTO = {"codes": "330106109 330106002001", "day": "2026-01-01", "source": "西政〔2025〕9号"}


@pytest.fixture
def county(sign_in: Any) -> Any:
    return sign_in("county")


def opened(world: World, county: Any, **more: Any) -> Any:
    return county.post("/places/areas/new/", {"home": world.node("330106"), **PARK, **more})


def drawn(world: World, county: Any) -> str:
    """A park of a town and one community; its address."""
    where = str(opened(world, county).headers["Location"])
    assert county.post(where + "add/", INTO).headers["Location"] == where
    return where


def test_an_area_holds_what_lies_below_its_places_and_nothing_else(world: World, county: Any) -> None:
    where = drawn(world, county)
    area = StatisticalArea.objects.get()
    with shared(read_only=True):
        inside = api.communities_in(area.pk, on=date(2026, 6, 1))
        assert inside == {world.node(code) for code in ("330106109001", "330106109200", "330106109201", "330106002001")}
        assert api.communities_in(area.pk, on=date(2025, 12, 31)) == frozenset()
    page = county.get(where).content.decode()
    assert "双浦镇" in page
    assert "西政〔2025〕9号" in page
    village = county.get(f"/places/{world.node('330106109200')}/").content.decode()
    assert "滨水园区" in village, "a place says in which areas it lies, through what it lies in"
    assert "滨水园区" not in county.get(f"/places/{world.node('330106002002')}/").content.decode()


def test_figures_of_an_area_are_the_sum_of_its_communities_of_the_time(world: World, county: Any) -> None:
    books.small_book(world)
    publish(world, "330106")
    where = drawn(world, county)
    number = where.rstrip("/").rsplit("/", 1)[1]
    (month,) = county.get(f"/api/v1/places/areas/{number}/").json()["months"]
    assert (month["month"], month["lying"], month["communities"], month["covered"]) == ("2026-10", 4, 4, 3)
    assert "2026-10" in county.get(where).content.decode()
    assert sign_in_reads_nothing(world, number) is None


def sign_in_reads_nothing(world: World, number: str) -> Any:
    """A neighbour looks at the area and not at its figures."""
    from django.test import Client

    from tenants.identity.models import Person

    client = Client()
    client.force_login(Person.objects.get(username="county2"), "allauth.account.auth_backends.AuthenticationBackend")
    return client.get(f"/api/v1/places/areas/{number}/").json()["months"]


def test_a_place_leaves_an_area_and_its_past_figures_stay(world: World, county: Any) -> None:
    where = drawn(world, county)
    member = AreaMember.objects.get(node_id=world.node("330106109"))
    page = county.post(f"{where}members/{member.pk}/end/", {"valid_to": "2026-07-01", "source": "西政〔2026〕3号"})
    assert page.status_code == 302
    with shared(read_only=True):
        assert len(api.communities_in(member.area_id, on=date(2026, 6, 30))) == 4
        assert len(api.communities_in(member.area_id, on=date(2026, 7, 1))) == 1
    again = county.post(f"{where}members/{member.pk}/end/", {"valid_to": "2026-08-01", "source": "又"})
    assert again.status_code == 422
    assert "已经从区域里划出去了" in again.content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"codes": "330102001"}, "不在西湖区里"),
        ({"codes": "999999999"}, "没有代码是 999999999 的地方"),
        ({"codes": "330106109"}, "已经在这个区域里了"),
        ({"codes": ""}, "请填区划代码"),
        ({"source": " "}, "请写明依据"),
        ({"day": "3月"}, "日期不对"),
    ],
)
def test_what_cannot_be_drawn_in_is_refused_at_its_field(
    world: World, county: Any, sent: dict[str, str], sentence: str
) -> None:
    where = drawn(world, county)
    page = county.post(where + "add/", {**INTO, "codes": "330106002002", **sent})
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert AreaMember.objects.count() == 2


def test_nobody_draws_over_a_neighbour(world: World, county: Any, sign_in: Any) -> None:
    where = drawn(world, county)
    neighbour = sign_in("county2")
    assert neighbour.post(where + "add/", INTO).status_code == 404
    assert opened(world, neighbour).status_code == 422, "the neighbour's place is not offered"
    answer = neighbour.post(
        "/api/v1/places/areas/", {"home": world.node("330106"), **PARK}, content_type="application/json"
    )
    assert answer.status_code == 404
    assert StatisticalArea.objects.count() == 1


def test_two_areas_of_one_name_and_a_code_that_is_no_zone_are_refused(world: World, county: Any) -> None:
    opened(world, county)
    assert "已经有一个叫这个名称" in opened(world, county).content.decode()
    assert "没有这个代码的统计区域" in opened(world, county, name="另一个", listed="330106109").content.decode()
    assert StatisticalArea.objects.count() == 1


# ---- facts and outlines ----------------------------------------------------------------------------------------------
def bring(client: Any, kind: str, content: str, name: str = "x.csv") -> Any:
    file = SimpleUploadedFile(name, content.encode())
    return client.post("/places/describe/", {"kind": kind, "file": file, "day": "2026-01-01", "source": "统计年鉴"})


def test_a_county_brings_in_people_and_areas_of_its_places(world: World, county: Any) -> None:
    blank = county.get("/places/describe/template/").content.decode("utf-8-sig")
    assert blank.splitlines()[0] == "代码,名称,人口,户数,面积"
    assert len(blank.splitlines()) == 8
    page = bring(county, "facts", '代码,人口,户数,面积\n330106109,"12,000",4100,\n330106109200,800,,1500000\n')
    assert page.headers["Location"] == f"/places/{world.node('330106')}/"
    assert DivisionFact.objects.count() == 4
    assert "12,000" in county.get(f"/places/{world.node('330106109')}/").content.decode()


def test_with_one_row_wrong_nothing_is_taken_and_the_row_is_named(world: World, county: Any) -> None:
    page = bring(county, "facts", "代码,人口\n330106109,12000\n330102001,5\n33x,7\n330106002,many\n")
    text = page.content.decode()
    assert page.status_code == 422
    for sentence in (
        "第 3 行：330102001 不在您负责的地方",
        "第 4 行：代码“33x”不对",
        "第 5 行：“many”不是整数",
        "什么也没有导入",
    ):
        assert sentence in text
    assert not DivisionFact.objects.exists()


def test_a_county_brings_in_outlines_and_the_page_draws_them(world: World, county: Any) -> None:
    square = {"type": "Polygon", "coordinates": [[[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.0]]]}
    features = [{"type": "Feature", "properties": {"code": "330106109"}, "geometry": square}]
    assert bring(county, "outlines", json.dumps({"type": "FeatureCollection", "features": features})).status_code == 302
    assert Boundary.objects.get().node_id == world.node("330106109")
    assert 'class="f-map"' in county.get(f"/places/{world.node('330106109')}/").content.decode()
    assert "看不懂这个文件" in bring(county, "outlines", "[]").content.decode()


def test_only_who_answers_for_places_describes_them(world: World, sign_in: Any) -> None:
    for username in ("leader", "street", "auditor"):
        assert bring(sign_in(username), "facts", "代码,人口\n330106109,1\n").status_code == 403
    assert not DivisionFact.objects.exists()
