"""The operator's page of the directory of cells: who holds what, which is this one, and another list in its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from falin.kernel.models import AuditEntry
from tenants.registry.models import Cell
from tests.web.tenants.test_changes import cells  # noqa: F401 -- a fixture
from tests.world import World

CHANGE = "/tenants/cells/change/"
LINES = [
    {"code": "a", "name": "平台一", "address": "https://a.falin.example", "places": "33"},
    {"code": "b", "name": "平台二", "address": "https://b2.falin.example", "places": "44 3302，3303"},
]


def _sent(lines: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    fields = {f"form-{number}-{name}": text for number, line in enumerate(lines) for name, text in line.items()}
    return {"form-TOTAL_FORMS": str(len(lines)), "form-INITIAL_FORMS": "0", **fields, **more}


def _mark(page: Any) -> str:
    return str(page.content.decode().partition('name="seen" value="')[2].partition('"')[0])


@pytest.fixture
def _here() -> Iterator[None]:
    kept, settings.CELL = settings.CELL, ""
    yield
    settings.CELL = kept


@pytest.mark.usefixtures("cells")
def test_the_page_tells_every_cell_its_places_by_name_and_which_is_this_one(world: World, sign_in: Any) -> None:
    page = sign_in("operator").get("/tenants/cells/").content.decode()
    assert "33 浙江省" in page and "https://b.falin.example" in page
    assert page.count("就是这个库") == 1
    assert "单位可以搬到那里" in page  # it is said how b is reached
    settings.CELL = "x"
    assert "x 不在名录上" in sign_in("operator").get("/tenants/cells/").content.decode()
    for username in ("leader", "county"):
        assert sign_in(username).get("/tenants/cells/").status_code == 403


@pytest.mark.usefixtures("_here")
def test_one_cell_alone_needs_no_list(world: World, sign_in: Any) -> None:
    page = sign_in("operator").get("/tenants/cells/").content.decode()
    assert "只有这一个库" in page
    assert "FALIN_CELL" not in page


@pytest.mark.usefixtures("cells")
def test_another_list_is_looked_at_first_and_replaces_the_old_one_when_it_is_sent_again(
    world: World, sign_in: Any
) -> None:
    operator = sign_in("operator")
    before = list(Cell.objects.order_by("code").values())
    looked = operator.post(CHANGE, _sent(LINES))
    shown = looked.content.decode()
    assert looked.status_code == 422
    assert "地址：https://b.falin.example → https://b2.falin.example" in shown
    assert "管的地方：44 → 44、3302、3303" in shown
    assert "平台一（a）" not in shown  # as it was
    assert list(Cell.objects.order_by("code").values()) == before
    answer = operator.post(CHANGE, _sent(LINES, seen=_mark(looked)))
    assert answer.headers["Location"] == "/tenants/cells/"
    assert dict(Cell.objects.values_list("code", "places")) == {"a": ["33"], "b": ["44", "3302", "3303"]}
    assert Cell.objects.get(code="a").since == before[0]["since"]
    assert operator.get(CHANGE).content.decode().count("去掉这个库") == 2  # the blank lines have none
    assert AuditEntry.objects.filter(act="registry.cells.replaced").count() == 2
    blank = dict.fromkeys(("code", "name", "address", "places"), "")
    browser = {"form-INITIAL_FORMS": "2", "seen": "", "cells": ""}  # as a browser sends the lines nobody filled in
    again = operator.post(CHANGE, _sent([*LINES, blank, blank], **browser))
    assert "和现在的名录一样" in again.content.decode()
    gone = operator.post(CHANGE, _sent([*LINES, blank], **browser, **{"form-1-DELETE": "on"}))
    assert "去掉平台二（b）" in gone.content.decode()
    half = operator.post(CHANGE, _sent([*LINES, {**blank, "code": "c"}], **browser))
    assert (half.status_code, "请核对" in half.content.decode()) == (422, False)


@pytest.mark.usefixtures("cells")
def test_what_was_not_looked_at_replaces_nothing(world: World, sign_in: Any) -> None:
    """The lines were changed after they were looked at, or somebody else replaced the list meanwhile."""
    operator = sign_in("operator")
    mark = _mark(operator.post(CHANGE, _sent(LINES)))
    other = [LINES[0], {**LINES[1], "address": "https://evil.example"}]
    assert operator.post(CHANGE, _sent(other, seen=mark)).status_code == 422
    assert not Cell.objects.filter(address="https://evil.example").exists()
    Cell.objects.filter(code="a").update(name="换过的")
    looked = operator.post(CHANGE, _sent(LINES, seen=mark))
    assert looked.status_code == 422
    assert "换过的" in looked.content.decode()
    assert Cell.objects.get(code="a").name == "换过的"


@pytest.mark.usefixtures("cells")
def test_the_list_goes_to_another_cell_as_a_file_and_a_bad_one_is_refused_at_the_field(
    world: World, sign_in: Any
) -> None:
    operator = sign_in("operator")
    file = operator.get("/tenants/cells/file/")
    assert [one["code"] for one in json.loads(file.content)] == ["a", "b"]
    Cell.objects.all().delete()
    looked = operator.post(CHANGE, _sent([], cells=SimpleUploadedFile("cells.json", file.content)))
    assert "加上平台一（a）" in looked.content.decode()
    lines = [{**one, "places": " ".join(one["places"])} for one in json.loads(file.content)]
    assert operator.post(CHANGE, _sent(lines, seen=_mark(looked))).status_code == 302
    assert Cell.objects.count() == 2
    bad = operator.post(CHANGE, _sent([], cells=SimpleUploadedFile("cells.json", b"[{")))
    assert (bad.status_code, "这不是各库的名录" in bad.content.decode()) == (422, True)
    wrong = operator.post(CHANGE, _sent([{**LINES[0], "address": "a.falin.example"}]))
    assert "地址不对" in wrong.content.decode()
    assert Cell.objects.count() == 2


@pytest.mark.usefixtures("cells")
def test_a_program_replaces_the_list_by_the_same_command(world: World, sign_in: Any) -> None:
    operator = sign_in("operator")
    listed = operator.get("/api/v1/tenants/cells/").json()
    assert [(one["code"], one["here"]) for one in listed] == [("a", True), ("b", False)]
    sent = [{**line, "places": line["places"].replace("，", " ").split()} for line in LINES]
    answer = operator.put("/api/v1/tenants/cells/", {"cells": sent}, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()[1]["places"] == ["44", "3302", "3303"]
    twice = [*sent, {**sent[0], "code": "c"}]
    refused = operator.put("/api/v1/tenants/cells/", {"cells": twice}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "registry.held_twice")
    assert Cell.objects.count() == 2
    assert (
        sign_in("county").put("/api/v1/tenants/cells/", {"cells": []}, content_type="application/json").status_code
        == 403
    )
