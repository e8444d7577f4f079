"""
Sheets as offices really send them, in the browser: each mistake is told with the file's own row number, what can be read
all the same is not complained of, and nobody is registered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Browser, Page, expect

from services.advisers.models import Adviser
from tests.conftest import small_world
from tests.e2e.conftest import SCREENS, a_screen, a_worker, looks_right, open_site, press, says, signed_in
from tests.fixtures.adviser_sheets import HEAD, WITH_ERRORS, person, write
from tests.world import World

pytestmark = pytest.mark.e2e

ROWS = {
    9: "这是 15 位的旧号码，已经停用",
    10: "这个号码是按数字存的，后几位已经丢失",
    11: "身份证号的最后一位对不上",
    13: "这像是座机号码",
    14: "这个手机号在表里出现了不止一次，另见第 15 行",
    15: "这个手机号在表里出现了不止一次，另见第 14 行",
    16: "这个身份证号在表里出现了不止一次，另见第 4 行",
    18: "本县（区）没有这个社区（村）",
    21: "这里是公式",
    22: "没有这一天",
    27: "这一行有合并单元格（D27:D28）",
    28: "这一行有合并单元格（D27:D28）",
}
READ_ALL_THE_SAME = {
    5: "a day as text",
    6: "full-width digits",
    7: "a day as the spreadsheet's own",
    12: "a number as a number",
}


@pytest.fixture(scope="module")
def world(template: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with small_world(template, django_db_blocker, tmp_path_factory.mktemp("sheets")) as one:
        yield one


@pytest.fixture(scope="module")
def county(world: World, assets: Path, browser: Browser) -> Iterator[Page]:
    with open_site(assets) as site, a_worker(), a_screen(browser, site, "desk") as screen:
        yield signed_in(screen, "county")


def _checked(page: Page, sheet: Path, words: str) -> None:
    page.set_viewport_size(SCREENS["desk"]["viewport"])  # type: ignore[arg-type]
    page.goto("/advisers/import/")
    page.set_input_files("[name=file]", str(sheet))
    press(page, "上传并检查")
    says(page, words)
    for size in SCREENS.values():
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        expect(page.locator("main").get_by_text(words).first).to_be_visible()
        looks_right(page)
    assert Adviser.objects.count() == 0


def test_every_mistake_of_a_row_is_told_with_the_files_own_row_number(county: Page) -> None:
    _checked(county, WITH_ERRORS, "行登记进来？")
    findings = county.get_by_role("table", name="要修改的地方")
    for row, sentence in ROWS.items():
        expect(findings.get_by_role("row").filter(has_text=f"第 {row} 行").filter(has_text=sentence)).to_have_count(1)
    for row, what in READ_ALL_THE_SAME.items():
        assert findings.get_by_role("rowheader", name=f"第 {row} 行", exact=True).count() == 0, what
    with county.expect_download() as got:
        county.get_by_role("link", name="下载要修改的行").click()
    with Path(got.value.path()).open("rb") as file:
        head, *rows = load_workbook(file).worksheets[0].iter_rows(values_only=True)
    own = head.index("原行号")
    assert {row[own] for row in rows} >= set(ROWS)
    assert {row[own] for row in rows}.isdisjoint(READ_ALL_THE_SAME)


def _no_phone(path: Path) -> Path:
    return write(path, [person(1)], head=[column for column in HEAD if column != "手机号"])


def _merged_head(path: Path) -> Path:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(HEAD)
    sheet.append([person(1).get(column) for column in HEAD])
    sheet.merge_cells("A1:B1")
    book.save(path)
    return path


def _empty(path: Path) -> Path:
    return write(path, [])


@pytest.mark.parametrize(
    ("make", "words", "more"),
    [
        (_no_phone, "列不对，还没有看行。", ["缺少这些列", "手机号"]),
        (_merged_head, "列不对，还没有看行。", ["表头有合并单元格", "A1:B1"]),
        (_empty, "表里没有一行人员。", []),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    county: Page, tmp_path: Path, make: Any, words: str, more: Sequence[str]
) -> None:
    _checked(county, make(tmp_path / "名册.xlsx"), words)
    for one in more:
        expect(county.locator("main").get_by_text(one).first).to_be_visible()
    expect(county.get_by_role("button", name="确认导入")).to_have_count(0)
