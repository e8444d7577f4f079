"""The pages of a sheet of stations, from the file to the public page; without scripts, and the same way for programs."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from falin.kernel import jobs
from falin.kernel.scope import system_scope
from falin.portal.web import public as pages
from services.stations.tasks import register_jobs
from tests.app.stations.cast import rows
from tests.world import NOW, World

UPLOAD, API = "/stations/sheets/", "/api/v1/stations/sheets/"
HEAD = "名称,设在哪里,地址,开放时间,电话,开放日期"
FIRST = "湖埠村法律工作室,双浦镇/湖埠村,湖埠街 8 号,周一 09:00-11:30；周三 14:00-17:00,0571-87654321,2026-01-05"
WRONG = "宝石社区法律工作室,宝石社区,宝石路 1 号,上午都在,,2026-01-05"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    register_jobs()
    pages._kept.clear()
    monkeypatch.setattr(jobs, "_sender", [lambda schema, job_id, _lane: told.append((schema, job_id))])
    with time_machine.travel(NOW, tick=False):
        yield told
    pages._kept.clear()


def _file(*lines: str, head: str = HEAD, name: str = "站点.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, "\r\n".join((head, *lines)).encode("gb18030"))}


def _text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def _work(sent: list[tuple[str, str]]) -> None:
    schema, job_id = sent.pop(0)
    jobs.work(system=system_scope(schema=schema, tenant_id=0, grants=frozenset()), job_id=UUID(job_id))


def test_the_whole_way_from_file_to_public_page(world: World, sign_in: Any, sent: list[tuple[str, str]]) -> None:
    client = sign_in("county")
    assert f'href="{UPLOAD}"' in _text(client.get(reverse("stations:list")))
    where = client.post(UPLOAD, _file(FIRST, WRONG)).headers["Location"]
    page = _text(client.get(where))
    assert "把 1 处站点登记进来？" in page and "另有 1 行要改" in page
    assert "第 3 行" in page and "看不懂“上午都在”" in page and "周一 09:00–11:30" in page
    assert rows(world) == {}
    assert client.post(f"{where}enter/").headers["Location"] == where
    waiting = client.get(where)
    assert waiting.headers["Refresh"] == "4" and "排队等着" in _text(waiting) and "确认登记" not in _text(waiting)
    _work(sent)
    done = client.get(where)
    assert "Refresh" not in done.headers and "登记了 1 处，居民在公开页面上看得到。" in _text(done)
    assert "湖埠村法律工作室" in _text(Client().get("/public/330106/stations/?community=330106109200"))
    assert "已登记" in _text(client.get(UPLOAD))


def test_a_sheet_with_other_names_is_told_once_which_column_is_which(
    world: World, sign_in: Any, sent: list[tuple[str, str]]
) -> None:
    client = sign_in("county")
    head = HEAD.replace("名称", "门牌上的字")
    where = client.post(UPLOAD, _file(FIRST, head=head)).headers["Location"]
    page = _text(client.get(where))
    assert "列不对" in page and '<option value="门牌上的字">' in page and "缺少这些列" in page
    told = _text(client.get(where, {"name": "门牌上的字"}))
    assert '<input type="hidden" name="name" value="门牌上的字">' in told
    client.post(f"{where}enter/", {"name": "门牌上的字"})
    _work(sent)
    assert len(rows(world)) == 1
    again = client.post(UPLOAD, _file(FIRST, head=head)).headers["Location"]
    assert "“门牌上的字” = 名称" in _text(client.get(again)) and "都已经登记过" in _text(client.get(again))


def test_the_rows_to_mend_are_downloaded_and_who_is_not_their_owner_finds_nothing(world: World, sign_in: Any) -> None:
    where = sign_in("county").post(UPLOAD, _file(FIRST, WRONG)).headers["Location"]
    client = sign_in("county")
    book = load_workbook(io.BytesIO(client.get(f"{where}errors.xlsx").content))
    assert [row[-1] for row in book.active.iter_rows(values_only=True)] == ["原行号", 3]
    for address in (where, f"{where}errors.xlsx"):
        assert sign_in("street").get(address).status_code == 404
    assert sign_in("street").post(f"{where}enter/").status_code == 404


def test_what_is_no_sheet_is_said_at_the_field_and_the_template_is_read_back_as_empty(
    world: World, sign_in: Any
) -> None:
    client = sign_in("street")
    for given, words in (({}, "请选一个文件。"), (_file(name="照片.png"), "文件的内容不是这里能收的类型。")):
        answer = client.post(UPLOAD, given)
        assert answer.status_code == 422 and words in _text(answer) and 'href="#id_file"' in _text(answer)
    blank = client.get("/stations/sheets/template.xlsx").content
    heads = [str(cell.value) for cell in next(load_workbook(io.BytesIO(blank)).active.iter_rows())]
    assert [re.sub("（.*", "", head) for head in heads][:4] == ["名称", "设在哪里", "地址", "开放时间"]
    where = client.post(UPLOAD, {"file": SimpleUploadedFile("模板.xlsx", blank)}).headers["Location"]
    assert "表里没有一个站点" in _text(client.get(where))


def test_programs_go_the_same_way(world: World, sign_in: Any, sent: list[tuple[str, str]]) -> None:
    client = sign_in("county")
    made = client.post(API, _file(FIRST, WRONG))
    assert made.status_code == 201
    where, body = made.headers["Location"], made.json()
    assert (body["rows"], body["to_mend"], [one["name"] for one in body["ready"]]) == (2, 1, ["湖埠村法律工作室"])
    assert [(one["row"], one["column"]) for one in body["findings"]] == [(3, "开放时间")]
    assert client.get(API).json() == [body["taken"]]
    asked = client.post(f"{where}enter/", {}, content_type="application/json")
    assert (asked.status_code, asked.headers["Location"]) == (202, where)
    _work(sent)
    now = client.get(where).json()
    assert (now["taken"]["entering"]["state"], now["taken"]["entering"]["entered"], now["there"]) == ("done", 1, 1)
    refused = client.post(f"{where}enter/", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "stations.nothing_to_enter")
    assert client.get(f"{where}errors.xlsx").status_code == 200 and len(rows(world)) == 1
