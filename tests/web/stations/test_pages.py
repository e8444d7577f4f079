"""The pages of the register of stations: the list, one of them, the forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from falin.portal.web import public as pages
from tests.app.stations.cast import GEM, TOWN, VILLAGE, opened, rows, written
from tests.world import NOW, World

PUBLIC = "/public/330106/stations/"


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    pages._kept.clear()


def _form(world: World, code: str = TOWN, **changes: str) -> dict[str, str]:
    return {"node_id": str(world.node(code)), "name": "双浦镇公共法律服务工作站", "address": "湖埠街 8 号一楼",
            "phone": "0571-87654321", "opening": "周一至周五 9:00-12:00 14:00-17:30", "wheelchair": "on",
            "longitude": "120.13026", "latitude": "30.25919", "opened_on": "2026-01-05", **changes}  # fmt: skip


def _text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def _only(world: World) -> str:
    (station,) = rows(world)
    return str(station)


def test_a_street_opens_a_station_and_everybody_reads_it_without_signing_in(world: World, sign_in: Any) -> None:
    client = sign_in("street")
    answer = client.post(reverse("stations:new"), _form(world))
    assert answer.headers["Location"] == reverse("stations:station", args=[_only(world)])
    one = _text(client.get(answer.headers["Location"]))
    assert "已登记，居民在公开页面上看得到。" in one and "街道（乡镇）工作站" in one
    assert "周一至周五 09:00–12:00、14:00–17:30" in one and 'href="tel:0571-87654321"' in one
    read = _text(Client().get(PUBLIC))
    assert "双浦镇公共法律服务工作站" in read and "今天 09:00–12:00、14:00–17:30 开门" in read and "轮椅进得去" in read


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"node_id": ""}, "请填写这一项。", "node_id"), ({"name": ""}, "请填写这一项。", "name"),
        ({"address": ""}, "请填写这一项。", "address"),
        ({"phone": "13812341234"}, "请写办公电话，带区号", "phone"),
        ({"opening": "上午都在"}, "看不懂“上午都在”", "opening"), ({"opening": ""}, "请填写这一项。", "opening"),
        ({"opening": "周一 12:00-9:00"}, "结束要晚于开始", "opening"), ({"longitude": ""}, "要一起写", "longitude"),
        ({"latitude": ""}, "要一起写", "latitude"), ({"longitude": "东经120"}, "请写成小数", "longitude"),
        ({"longitude": "30.2", "latitude": "120.1"}, "是不是写反了", "longitude"),
        ({"opened_on": "2026-11-17"}, "不能晚于今天", "opened_on"), ({"opened_on": "昨天"}, "日期不对", "opened_on"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_said_at_its_field_with_nothing_lost(
    changes: dict[str, str], sentence: str, field: str, world: World, sign_in: Any
) -> None:
    answer = sign_in("county").post(reverse("stations:new"), _form(world, **changes))
    page = _text(answer)
    assert answer.status_code == 422
    assert sentence in page and f'href="#id_{field}"' in page, "the summary leads to the field"
    if "address" not in changes:
        assert 'value="湖埠街 8 号一楼"' in page
    assert (rows(world), written(world)) == ({}, (0, 0))


def test_a_place_that_is_not_ones_own_is_no_choice(world: World, sign_in: Any) -> None:
    answer = sign_in("street").post(reverse("stations:new"), _form(world, GEM))
    assert answer.status_code == 422 and "请从列出的地方里选。" in _text(answer)
    assert rows(world) == {}


def test_the_form_shows_what_stands_in_the_register_and_saving_it_as_it_is_changes_nothing(
    world: World, sign_in: Any
) -> None:
    client = sign_in("county")
    client.post(reverse("stations:new"), _form(world))
    before = rows(world)
    address = reverse("stations:correct", args=[_only(world)])
    page = _text(client.get(address))
    assert "周一至周五 09:00–12:00、14:00–17:30</textarea>" in page and 'value="120.13026"' in page
    shown = _form(world, opening="周一至周五 09:00–12:00、14:00–17:30")
    answer = client.post(address, shown)
    assert answer.status_code == 422 and "没有要改的" in _text(answer)
    assert (rows(world), written(world)) == (before, (1, 1))


def test_a_correction_stands_on_the_public_page(world: World, sign_in: Any) -> None:
    made = opened(world)
    answer = sign_in("street").post(reverse("stations:correct", args=[made.id]), _form(world, address="湖埠街 10 号"))
    assert answer.status_code == 302
    assert "湖埠街 10 号" in _text(Client().get(PUBLIC))


def test_closing_asks_why_and_takes_it_off_the_public_page(world: World, sign_in: Any) -> None:
    made = opened(world)
    client, address = sign_in("county"), reverse("stations:close", args=[made.id])
    refused = client.post(address, {"on_day": "2026-11-16", "why": ""})
    assert refused.status_code == 422 and 'href="#id_why"' in _text(refused)
    assert written(world) == (1, 1)
    page = _text(client.post(address, {"on_day": "2026-11-16", "why": "搬到新址"}, follow=True))
    assert "从2026年11月16日起关闭，居民看不到了。" in page.replace(" ", "") and "搬到新址" in page
    assert "更正</a>" not in page, "what is closed is not corrected"
    assert made.content.name not in _text(Client().get(PUBLIC))
    assert made.content.name not in _text(client.get(reverse("stations:list")))
    assert "搬到新址" in _text(client.get(reverse("stations:list") + "?view=closed"))


def test_the_list_is_filtered_sorted_and_keeps_the_columns_one_chose(world: World, sign_in: Any) -> None:
    opened(world)
    opened(world, code=VILLAGE, name="湖埠村法律工作室")
    client, where = sign_in("county"), reverse("stations:list")

    def names(query: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', _text(client.get(where + query)))

    assert names("") == ["双浦镇公共法律服务工作站", "湖埠村法律工作室"]
    assert names("?sort=-tier") == ["湖埠村法律工作室", "双浦镇公共法律服务工作站"]
    assert names("?tier=studio") == names("?q=hubu") == ["湖埠村法律工作室"]
    assert names(f"?street={world.node('330106002')}") == []
    page = _text(client.get(where + "?col=phone"))
    assert "0571-87654321" in page and "湖埠街 8 号一楼" not in page
    assert "没有符合条件的站点" in _text(client.get(where + "?q=没有这里"))


def test_who_reads_and_does_not_keep_finds_no_buttons_and_no_forms(world: World, sign_in: Any) -> None:
    made = opened(world, code=VILLAGE, name="湖埠村法律工作室")
    client = sign_in("liaison")
    page = _text(client.get(reverse("stations:list")))
    assert made.content.name in page and reverse("stations:new") not in page
    one = _text(client.get(reverse("stations:station", args=[made.id])))
    assert reverse("stations:close", args=[made.id]) not in one
    for name, parts in (("new", []), ("correct", [made.id]), ("close", [made.id])):
        assert client.get(reverse(f"stations:{name}", args=parts)).status_code == 403


def test_a_neighbours_station_is_not_there(world: World, sign_in: Any) -> None:
    made = opened(world)
    client = sign_in("county2")
    for name in ("station", "correct", "close"):
        assert client.get(reverse(f"stations:{name}", args=[made.id])).status_code == 404
    assert (
        client.post(reverse("stations:close", args=[made.id]), {"on_day": "2026-11-16", "why": "不是我的"}).status_code
        == 404
    )
    assert written(world) == (1, 1)


def test_the_history_of_a_station_is_a_click_away_and_reads_as_sentences(world: World, sign_in: Any) -> None:
    made = opened(world)
    client = sign_in("county")
    client.post(reverse("stations:correct", args=[made.id]), _form(world, opening="周六 9:00-12:00"))
    where = reverse("portal:history-of", args=["station", made.id])
    assert where in _text(client.get(reverse("stations:station", args=[made.id])))
    page = _text(client.get(where))
    assert "登记服务站点" in page and "更正服务站点" in page and "周六 09:00-12:00" in page


def test_officials_find_stations_by_name_and_pinyin_of_their_own_places_alone(world: World, sign_in: Any) -> None:
    opened(world)
    opened(world, "county2", "330102001", name="清波街道公共法律服务工作站")
    for who, typed, found in (
        ("county", "双浦镇公共", ["双浦镇公共法律服务工作站"]), ("liaison", "spz", []), ("county", "qbjd", []),
        ("leader", "qbjd", ["清波街道公共法律服务工作站"]), ("street", "shuangpu", ["双浦镇公共法律服务工作站"]),
    ):  # fmt: skip
        groups = sign_in(who).get("/api/v1/search/", {"q": typed, "kind": "stations"}).json()
        assert [hit["name"] for group in groups for hit in group["hits"]] == found, (who, typed)
