"""The pages of figures: way down from province to visit, exports that equal the page, publishing on demand."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from falin.ui import tables
from falin.ui.tables import Column
from services.indicators.web import maps
from tests.app.divisions.changing import Change
from tests.app.indicators import books
from tests.app.indicators.books import NOVEMBER, deliver, publish, visit
from tests.fixtures.outlines import SQUARES, lay_out
from tests.world import World


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        publish(world, county)
    return world


def _get(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return str(answer.content.decode())


def test_the_leader_goes_down_from_the_province_to_the_visits_of_one_village(published: World, sign_in: Any) -> None:
    client = sign_in("leader")
    first = client.get("/figures/")
    assert first.status_code == 302
    page = _get(client, first["Location"])
    for code, name in (("3301", "杭州市"), ("330106", "西湖区"), ("330106109", "双浦镇"), ("330106109200", "湖埠村")):
        address = f"/figures/{published.node(code)}/?month=2026-10"
        assert f'href="{address}"' in page, name
        page = _get(client, address)
        assert f"{name} · 2026年10月" in page
    assert "10月8日" in page
    assert "林知远" in page
    assert "不外传的内容" not in page


def test_the_first_sentence_says_what_the_page_means(published: World, sign_in: Any) -> None:
    page = _get(sign_in("county"), f"/figures/{published.node('330106')}/")
    lead = re.search(r'<p class="f-lead">(.*?)</p>', page)
    assert lead is not None
    assert lead[1] == (
        "5 个社区和村里，3 个有法律顾问，<b>还差 2 个</b>。"
        "要在年底到 100%，10 月末应达 98.3%，现在<b>落后 38.3 点</b>。"
        "缺口都在<b>北山街道和双浦镇</b>。"
    )


def test_a_month_nobody_published_says_so(published: World, sign_in: Any) -> None:
    page = _get(sign_in("leader"), f"/figures/{published.node('33')}/?month=2026-08")
    assert "这个月还没有发布" in page
    assert "f-figs" not in page
    for suffix in ("csv", "xlsx"):
        answer = sign_in("leader").post(f"/figures/{published.node('33')}/export.{suffix}?month=2026-08")
        assert answer.status_code == 404


def test_a_county_that_is_missing_is_named_and_not_counted_as_zero(published: World, sign_in: Any) -> None:
    page = _get(sign_in("leader"), f"/figures/{published.node('3302')}/?month=2026-10")
    assert "还有 1 个县（区）没有发布这个月" in page
    assert "没有发布" in page


@pytest.mark.parametrize("month", ["2026-13", "october", "2026-1"])
def test_a_month_that_is_none_is_refused(published: World, sign_in: Any, month: str) -> None:
    answer = sign_in("leader").get(f"/figures/{published.node('33')}/?month={month}")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("username", "code", "status"),
    [
        ("city2", "3301", 404), ("city2", "330106109200", 404), ("city2", "33", 404), ("city2", "3302", 200),
        ("street", "330106109", 200), ("street", "330106", 404), ("street", "330106002", 404),
        ("liaison", "330106109200", 200), ("liaison", "330106109201", 404), ("auditor3", "330106", 200),
        ("county2", "330106", 404),
    ],
)  # fmt: skip
def test_what_is_not_ones_own_is_not_found(
    published: World, sign_in: Any, username: str, code: str, status: int
) -> None:
    assert sign_in(username).get(f"/figures/{published.node(code)}/").status_code == status


def test_the_liaison_sees_the_figure_and_not_the_lines(published: World, sign_in: Any) -> None:
    page = _get(sign_in("liaison"), f"/figures/{published.node('330106109200')}/?month=2026-10")
    assert "到点时长" in page
    assert "林知远" not in page


def _table_of_page(page: str) -> list[list[str]]:
    """The words of each cell; what stands small below them, in one line or two, are cells of their own."""
    table = re.sub(r'<a class="f-no-print".*?</a>', "", re.findall(r"<table.*?</table>", page, re.S)[0], flags=re.S)
    rows = re.findall(r"<tr.*?</tr>", table, re.S)
    found = []
    for row in rows:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        parts = [
            [big, *small[0].split(" / ")] if small else [big] for big, *small in (c.split("<small", 1) for c in cells)
        ]
        found.append([re.sub(r"^[^<]*>|<[^>]+>", "", part).strip() for cell in parts for part in cell])
    return found


@pytest.fixture
def two_months(published: World) -> World:
    """October and November, so that a place is held against the month before."""
    books.appoint(published, "330106002002", books.WU, begins=date(2026, 11, 1))
    for county in ("330106", "330102"):
        publish(published, county, NOVEMBER)
    return published


def _file(client: Any, address: str, kind: str) -> list[list[str]]:
    place, _, asks = address.partition("?")
    answer = client.post(f"{place}export.{kind}?{asks}")
    if kind == "csv":
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(answer.content))
    return [["" if value is None else str(value) for value in row] for row in book.active.iter_rows(values_only=True)]


# Page, reader, month; the last has a county that published nothing.
PAGES = {
    "province": ("33", "leader", "2026-11"), "city": ("3301", "city", "2026-11"), "county": ("330106", "county", "2026-11"),
    "street": ("330106109", "county", "2026-11"), "community": ("330106109200", "county", "2026-10"),
    "missing": ("3302", "leader", "2026-10"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("at", PAGES)
def test_an_export_holds_exactly_what_the_page_shows(two_months: World, sign_in: Any, at: str, kind: str) -> None:
    """The same columns under the same names, the same rows, and in each cell what the page says there."""
    code, username, month = PAGES[at]
    client, address = sign_in(username), f"/figures/{two_months.node(code)}/?month={month}"
    (heads, *shown), (named, *rows) = _table_of_page(_get(client, address)), _file(client, address, kind)
    heads = [head for head in heads if not re.fullmatch(r"\d+%–\d+%", head)]  # the scale of the bars, no column
    assert [re.sub("（(%|小时)）$", "", head) for head in named] == heads
    assert ("比上月" in named) == (at in {"province", "city", "county"})
    if at == "community":
        shown.pop()  # its sum stands on the page alone
    assert len(rows) == len(shown)
    for row, on_page in zip(rows, shown, strict=True):
        if "没有发布" in on_page:
            assert [cell for cell in row if cell] == [on_page[1], "没有发布"]
            continue
        for head, cell, words in zip(heads, row, on_page, strict=True):
            if head == "进度":  # a bar on the page
                assert cell in {"已配齐", "已达本月应达", "没有社区"} or cell.startswith("落后 ")
            else:
                assert _plain(cell) == _plain(_without_units(words)), head


def _without_units(words: str) -> str:
    """A cell of the page as the number a file has for it: 66.7% is 66.7, 3 小时 20 分 3.33, +1 is 1, 没有 nothing."""
    if time := re.fullmatch(r"(?:(\d+) 小时)?\s*(?:(\d+) 分)?", words):
        hours, minutes = (int(part or 0) for part in time.groups())
        return f"{hours + minutes / 60:.2f}" if words else ""
    if day := re.fullmatch(r"(\d+)月(\d+)日", words):
        return f"2026-{int(day[1]):02}-{int(day[2]):02}"
    return "" if words == "没有" else re.sub(r"^\+|%$", "", words)


def _plain(cell: str) -> str:
    try:
        return f"{float(cell):g}"
    except ValueError:
        return cell.removesuffix(" 00:00:00")


def test_an_export_of_a_village_holds_its_lines(published: World, sign_in: Any) -> None:
    answer = sign_in("county").post(f"/figures/{published.node('330106109200')}/export.csv?month=2026-10")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["日期", "类别", "法律顾问", "时长（小时）"],
        ["2026-10-08", "到点服务", "林知远", "5.00"],
        ["2026-10-15", "讲座", "林知远", "3.33"],
    ]


@pytest.mark.parametrize("username", ["leader", "city"])
def test_who_takes_sums_home_takes_no_lines_of_visits(published: World, sign_in: Any, username: str) -> None:
    """The cell *export* of province and city is Σ: what a street's page sums up, not who was where."""
    client, node = sign_in(username), published.node("330106109200")
    assert client.post(f"/figures/{published.node('330106109')}/export.csv?month=2026-10").status_code == 200
    page = _get(client, f"/figures/{node}/?month=2026-10")
    assert "林知远" in page and "export.csv" not in page
    refused = client.post(f"/figures/{node}/export.csv?month=2026-10")
    assert (refused.status_code, "只能导出合计" in refused.content.decode()) == (403, True)


def test_an_export_is_booked_before_it_leaves_and_one_that_is_refused_is_not(published: World, sign_in: Any) -> None:
    from falin.kernel.audit import alarms
    from falin.kernel.models import AuditEntry
    from falin.kernel.transactions import inside

    node = published.node("3301")
    leader = sign_in("leader")
    assert leader.get(f"/figures/{node}/export.csv").status_code == 405  # a link that is followed leaves no file
    assert leader.post(f"/figures/{node}/export.xlsx?month=2026-10").status_code == 200
    assert leader.post(f"/figures/{node}/export.csv?month=2020-01").status_code == 404
    with inside(published.scope("leader"), read_only=True):
        (booked,) = AuditEntry.objects.filter(act="indicators.figures.exported")
    assert (booked.node_id, booked.after) == (
        node, {"month": "2026-10", "view": "as_was", "format": "xlsx", "rows": 3}
    )  # fmt: skip
    assert any(booked.act.endswith(ending) for rule in alarms.RULES if rule.code == "A2" for ending in rule.acts)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    columns, made = [Column(key="a", label="a", value=str)], {}
    for kind in tables.FORMATS:
        tables.write(made.setdefault(kind, io.BytesIO()), kind, title="x", columns=columns, cells=[[text]])
    [[_header], [cell]] = csv.reader(io.StringIO(made["csv"].getvalue().decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    if text.isprintable():
        book = load_workbook(made["xlsx"])
        assert book.active["A2"].data_type == "s"
        assert book.active["A2"].value == text


@pytest.mark.parametrize("username", ["street", "liaison", "auditor3"])
def test_who_may_not_export_is_refused_and_shown_no_button(published: World, sign_in: Any, username: str) -> None:
    client = sign_in(username)
    node = published.node({"street": "330106109", "liaison": "330106109200", "auditor3": "330106"}[username])
    assert client.post(f"/figures/{node}/export.csv").status_code == 403
    assert "export.csv" not in _get(client, f"/figures/{node}/")


def test_the_county_publishes_on_demand_and_a_double_click_acts_once(published: World, sign_in: Any) -> None:
    client, node = sign_in("county"), published.node("330106")
    page = _get(client, f"/figures/{node}/?month=2026-10")
    once = re.search(r'name="_once" value="([0-9a-f]{32})"', page)
    assert once is not None
    visit(published, "330106109001", date(2026, 10, 20), 240, adviser=books.WU)
    for _click in range(2):
        answer = client.post(f"/figures/{node}/publish/", {"month": "2026-10", "_once": once[1]})
        assert answer["Location"] == f"/figures/{node}/?month=2026-10"
    assert deliver(published, "330106") == 1
    page = _get(client, f"/figures/{node}/?month=2026-10")
    assert "第 2 次发布" in page
    assert "已经重新汇总" in page


@pytest.mark.parametrize("username", ["leader", "city", "street", "auditor3"])
def test_only_the_county_publishes(published: World, sign_in: Any, username: str) -> None:
    client, node = sign_in(username), published.node("330106")
    assert client.post(f"/figures/{node}/publish/", {"month": "2026-10"}).status_code == 403
    if username != "street":
        assert "重新汇总并发布" not in _get(client, f"/figures/{node}/")


def test_a_county_does_not_publish_anothers_month(published: World, sign_in: Any) -> None:
    answer = sign_in("county2").post(f"/figures/{published.node('330106')}/publish/", {"month": "2026-10"})
    assert answer.status_code == 404


def test_the_months_before_stand_beside_and_lead_back(published: World, sign_in: Any) -> None:
    publish(published, "330106", NOVEMBER)
    page = _get(sign_in("county"), f"/figures/{published.node('330106')}/")
    assert "本月未完，数到 11月16日" in page
    assert f'href="/figures/{published.node("330106")}/?month=2026-10"' in page
    assert "各地每月到点时长达标率" in page


def test_pages_hold_no_inline_style_or_script(published: World, sign_in: Any) -> None:
    client = sign_in("leader")
    for code in ("33", "3301", "330106", "330106109", "330106109200"):
        page = _get(client, f"/figures/{published.node(code)}/?month=2026-10")
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\son[a-z]+=", page)


def test_without_outlines_the_table_stands_alone(published: World, sign_in: Any) -> None:
    page = _get(sign_in("leader"), f"/figures/{published.node('33')}/?month=2026-10")
    assert '<svg class="f-map"' not in page
    assert "上城区" in page  # in the map's own table


def test_the_map_colours_each_county_and_links_to_it(
    published: World, sign_in: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    lay_out(tmp_path)
    client = sign_in("leader")
    page = _get(client, f"/figures/{published.node('33')}/?month=2026-10")
    drawn = page.split('<svg class="f-map"')[1].split("</svg>")[0]
    assert f'href="/figures/{published.node("330106")}/?month=2026-10"' in drawn
    assert "西湖区 60.0%" in drawn
    city = _get(client, f"/figures/{published.node('3301')}/?month=2026-10")
    drawn = city.split('<svg class="f-map"')[1].split("</svg>")[0]
    assert "海曙区" not in drawn
    assert "上城区" in drawn


def test_one_city_is_cut_out_and_drawn_large() -> None:
    cut = maps.city_only(SQUARES, {"330106": "西湖新区", "330102": "上城区"})
    assert cut is not None
    assert [one["name"] for one in cut["counties"]] == ["西湖新区", "上城区"]
    assert cut["viewBox"] == "0 0 1000 506"
    assert [county["code"] for county in cut["counties"]] == ["330106", "330102"]
    assert cut["counties"][0]["d"] == "M6.0 6.0l494.0 0.0 0.0 494.0 -494.0 0.0z"
    assert maps.city_only(SQUARES, {"339999": "别处"}) is None


def test_a_county_keeps_its_outline_under_another_code_name_and_city(
    published: World, sign_in: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    """Outlines are drawn once; 西湖区 is given another code, 海曙区 goes to 杭州市, which is given another code itself."""
    monkeypatch.setattr(settings, "HOME", tmp_path)
    lay_out(tmp_path)
    change = Change(published).move("3301", under="33", becomes="330500000000")
    change.rename("330106", "钱塘区", becomes="330507000000").rename("330102", "吴山区", becomes="330502000000")
    change.move("330203", under="3301", becomes="330503000000").on(date(2026, 11, 1))
    client = sign_in("leader")
    for code, names in (
        ("33", ("钱塘区 60.0%", "吴山区 20.0%", "海曙区 0.0%")),
        ("3305", ("钱塘区 60.0%", "海曙区 0.0%")),
    ):
        page = _get(client, f"/figures/{published.node(code)}/?month=2026-10&view=as_is")
        drawn = page.split('<svg class="f-map"')[1].split("</svg>")[0]
        for name in names:
            assert name in drawn
        assert "没有数据" not in drawn
        assert "西湖区" not in drawn
    assert ">杭州<tspan" in _get(client, f"/figures/{published.node('33')}/?month=2026-10&view=as_is")
    was = _get(client, f"/figures/{published.node('33')}/?month=2026-10")
    assert "西湖区 60.0%" in was.split('<svg class="f-map"')[1].split("</svg>")[0], "then it was called so"


def test_what_the_map_cannot_show_is_said_below_it(
    published: World, sign_in: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    lay_out(tmp_path)
    client, node = sign_in("leader"), published.node("3301")
    assert "轮廓" not in _get(client, f"/figures/{node}/?month=2026-10")
    assert "图上没有江北区的轮廓，请看下面的表。" in _get(client, f"/figures/{published.node('33')}/?month=2026-10")
    change = Change(published).begin("330107", "双浦区", under="3301", out_of="330106")
    change.move("330106109", under="330107").move("330102001", under="330106").move("330102002", under="330106")
    change.end("330102", into="330106").on(date(2026, 11, 1))
    page = _get(client, f"/figures/{node}/?month=2026-10&view=as_is")
    assert "图上没有双浦区的轮廓，请看下面的表。图上的上城区已经撤销，没有数。" in page
    assert "上城区 没有数据" in page.split('<svg class="f-map"')[1].split("</svg>")[0]
    was = _get(client, f"/figures/{node}/?month=2026-10")
    assert "轮廓" not in was
    assert "上城区 20.0%" in was.split('<svg class="f-map"')[1].split("</svg>")[0]


def test_a_sentence_names_a_few_and_counts_the_rest() -> None:
    assert maps._some(["甲", "乙"]) == "甲、乙"
    assert maps._some(list("甲乙丙丁戊己庚")) == "甲、乙、丙、丁、戊、己等 7 个"


def test_who_is_not_signed_in_is_sent_to_the_door(world: World) -> None:
    from django.test import Client

    answer = Client().get(f"/figures/{world.node('33')}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_pages_statements_do_not_grow_with_its_rows(published: World, sign_in: Any) -> None:
    client = sign_in("leader")
    counts = {}
    for code in ("3301", "3302", "330106", "330203", "330106109", "330106002"):
        address = f"/figures/{published.node(code)}/?month=2026-10"
        with CaptureQueriesContext(connection) as told:
            assert client.get(address).status_code == 200
        counts[code] = len(told)
    assert counts["3301"] == counts["3302"]
    assert counts["330106"] == counts["330203"]
    assert counts["330106109"] == counts["330106002"]


def test_a_nul_in_the_address_is_a_bad_request(sign_in: Any) -> None:
    assert sign_in("county").get("/figures/?month=%00").status_code == 400


def test_the_screen_on_the_wall_renews_itself_until_it_is_told_to_hold(published: World, sign_in: Any) -> None:
    client, address = sign_in("leader"), f"/figures/{published.node('33')}/screen/"
    first = client.get(address)
    page = first.content.decode()
    assert first.headers["Refresh"] == "300" and "每 5 分钟更新" in page and "杭州市" in page
    assert "Refresh" not in client.get(f"{address}?hold=1").headers
    assert "数据截止" in page


def test_the_screen_on_the_wall_names_nobody_and_shows_no_community(published: World, sign_in: Any) -> None:
    page = _get(sign_in("county"), f"/figures/{published.node('330106')}/screen/")
    assert "林知远" not in page and "f-mast" not in page
    assert sign_in("county").get(f"/figures/{published.node('330106109200')}/screen/").status_code == 404
    assert sign_in("county2").get(f"/figures/{published.node('330106')}/screen/").status_code == 404


def test_the_wall_shows_the_same_numbers_as_the_page(published: World, sign_in: Any) -> None:
    client, node = sign_in("leader"), published.node("33")
    figures = re.findall(r'<p class="f-fig__v[^"]*">([^<]+)<', _get(client, f"/figures/{node}/"))
    assert figures and figures == re.findall(
        r'<p class="f-fig__v[^"]*">([^<]+)<', _get(client, f"/figures/{node}/screen/")
    )
