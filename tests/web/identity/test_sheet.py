"""Many people from one sheet: chosen, looked at, confirmed; nothing before, and no row in the way of another."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from falin.kernel.models import AuditEntry, StoredFile
from falin.kernel.transactions import inside
from tenants.identity.models import Binding, Invitation, Person
from tests.app.identity.cast import number, people_the_office, roles_of, scope
from tests.world import World, today

END = (today() + timedelta(days=60)).isoformat()
HEAD = ["姓名", "登录名", "身份", "地方", "从哪天起", "到哪天止", "依据"]
GOOD = [
    ["柯新月", "kexinyue", "社区联络员", "灵山村", "", END, "双浦镇〔2026〕3号"],
    ["简书白", "jianshubai", "街道专员", "330106002", "", END, "西湖区〔2026〕9号"],
    ["苗若云", "miaoruoyun", "社区联络员", "北山街道栖霞社区", "", END, "北山街道〔2026〕1号"],
]


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


@pytest.fixture
def county(sign_in: Any) -> Client:
    client: Client = sign_in("county")
    return client


def sheet(rows: list[list[Any]], head: list[str] = HEAD) -> SimpleUploadedFile:
    book = Workbook()
    active: Any = book.active
    active.append(["西湖区人员名单"])
    active.append(head)
    for row in rows:
        active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("名单.xlsx", out.getvalue())


def text(answer: Any) -> str:
    return str(answer.content.decode())


def looked_at(county: Client, rows: list[list[Any]]) -> tuple[str, str]:
    """The page of the second step, and what its form sends on."""
    page = text(county.post("/people/sheet/", {"file": sheet(rows)}))
    found = re.search(r'name="rows" value="([^"]*)"', page)
    return page, html.unescape(found[1]) if found else ""


def test_a_list_is_looked_at_before_anybody_is_entered_and_then_each_gets_a_link(county: Client) -> None:
    page, sent = looked_at(county, GOOD)
    assert "可以录入 3 人，要修改 0 行" in page
    assert "北山街道 · 栖霞社区" in page
    assert not Person.objects.filter(username__in=["kexinyue", "jianshubai", "miaoruoyun"]).exists()
    assert StoredFile.objects.count() == 0  # the sheet is not kept
    done = text(county.post("/people/sheet/enter/", {"rows": sent}))
    links = re.findall(r"/people/invitation/([\w-]+)/", done)
    assert len(set(links)) == Invitation.objects.count() == 3
    assert roles_of("kexinyue", today()) == {"liaison"}
    assert roles_of("jianshubai", today()) == {"street_officer"}
    with inside(scope("county", on=today()), read_only=True):
        assert AuditEntry.objects.filter(act="identity.role.granted", person_id=number("county")).count() == 3


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (0, "柯", "姓名要写"),
        (1, "柯新月", "登录名只能用"),
        (1, "county2", "登录名已经有人用了"),
        (2, "县长", "身份要写"),
        (2, "市级专员", "身份要写"),
        (3, "清波门社区", "您的辖区里没有这个名字"),
        (3, "社区", "有几个地方都叫这个名字"),
        (4, "2020-01-01", "开始日期不能早于今天"),
        (5, "", "请填到哪天止"),
        (5, "后天", "看不懂这个日期"),
        (5, "2199-01-01", "最晚只能到"),
        (6, "", "请写明依据"),
        (6, "身份证330106198501010014", "不要写身份证号"),
    ],
)
def test_a_row_that_is_wrong_says_how_to_mend_it_by_its_own_number_and_stops_no_other(
    county: Client, place: int, value: str, said: str
) -> None:
    bad = list(GOOD[0])
    bad[place] = value
    page, sent = looked_at(county, [bad, GOOD[1]])
    assert "可以录入 1 人，要修改 1 行" in page
    assert said in page
    assert '<th scope="row">3</th>' in page
    assert [one["username"] for one in json.loads(sent)] == ["jianshubai"]


def test_one_sign_in_name_twice_in_a_sheet_is_told_at_the_second(county: Client) -> None:
    page, sent = looked_at(county, [GOOD[0], [*GOOD[1][:1], "kexinyue", *GOOD[1][2:]]])
    assert "登录名已经有人用了" in page
    assert [one["number"] for one in json.loads(sent)] == [3]


def test_somebody_of_a_name_that_is_known_is_pointed_at(county: Client) -> None:
    page, _sent = looked_at(county, [["王桂英", "wangguiying2", *GOOD[0][2:]]])
    assert "已有同名的人（liaison）" in page


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (SimpleUploadedFile("a.xlsx", b"not a sheet"), "不能当表格打开"),
        (SimpleUploadedFile("a.xlsx", b""), "这个文件是空的"),
        (sheet([], HEAD[:5]), "表头里缺这几列：到哪天止、依据"),
        (sheet([]), "表里没有人"),
        (sheet([[*GOOD[0][:1], f"u{n}", *GOOD[0][2:]] for n in range(301)]), "一次最多 300 人"),
    ],
)
def test_a_file_that_is_no_list_says_so(county: Client, upload: SimpleUploadedFile, said: str) -> None:
    upload.seek(0)
    answer = county.post("/people/sheet/", {"file": upload})
    assert answer.status_code == 422
    assert said in text(answer)


def test_what_comes_back_changed_is_asked_of_every_rule_again(county: Client, world: World) -> None:
    _page, sent = looked_at(county, GOOD[:1])
    (row,) = json.loads(sent)
    forged = json.dumps([{**row, "node_id": world.node("330102001001")}, {**row, "role": "city_officer"}])
    done = text(county.post("/people/sheet/enter/", {"rows": forged}))
    assert "录入了 0 人" in done
    assert not Person.objects.filter(username="kexinyue").exists()
    for broken in ("[", "[1]", "{}", json.dumps([{**row, "role": "king"}])):
        assert county.post("/people/sheet/enter/", {"rows": broken}).status_code == 409


def test_the_template_is_read_as_it_is_and_its_example_is_nobody(county: Client) -> None:
    made = county.get("/people/sheet/template/")
    book = load_workbook(io.BytesIO(made.content))
    active: Any = book.active
    active.append(GOOD[0])
    out = io.BytesIO()
    book.save(out)
    page = text(county.post("/people/sheet/", {"file": SimpleUploadedFile("a.xlsx", out.getvalue())}))
    assert "可以录入 1 人，要修改 0 行" in page


def test_roles_that_need_a_second_person_wait_for_him(sign_in: Any) -> None:
    city = sign_in("city")
    _page, sent = looked_at(city, [["卜书年", "bushunian", "县（区）财务", "西湖区", "", END, "杭司〔2026〕1号"]])
    city.post("/people/sheet/enter/", {"rows": sent})
    assert Binding.objects.get(person__username="bushunian").standing == "proposed"


def test_who_gives_no_roles_has_no_such_page(sign_in: Any) -> None:
    assert sign_in("street").get("/people/sheet/").status_code == 403
    assert sign_in("auditor").post("/people/sheet/enter/", {"rows": "[]"}).status_code == 403


def test_programs_rehearse_and_enter_by_the_same_command(county: Client, world: World) -> None:
    row = {"number": 1, "name": "柯新月", "username": "kexinyue", "role": "liaison", "begins_on": today().isoformat(),
           "node_id": world.node("330106109201"), "ends_on": END, "reason": "双浦镇〔2026〕3号"}  # fmt: skip
    bad = {**row, "number": 2, "username": "other", "node_id": world.node("330102001001")}

    def send(**more: Any) -> list[dict[str, Any]]:
        answer = county.post("/api/v1/people/sheet/", json.dumps({"rows": [row, bad], **more}), "application/json")
        assert answer.status_code == 200, answer.content
        return list(answer.json())

    tried = send()
    assert [(one["person"] is None, bool(one["token"]), bool(one["refused"])) for one in tried] == [
        (False, False, False), (True, False, True),
    ]  # fmt: skip
    assert not Person.objects.filter(username="kexinyue").exists()
    done = send(rehearse=False)
    assert (bool(done[0]["token"]), done[1]["refused"]) == (True, tried[1]["refused"])
    assert roles_of("kexinyue", today()) == {"liaison"}
