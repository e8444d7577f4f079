"""The head of a sheet, its rows one by one, and files that are no sheets."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from falin.kernel.sheets import workbook
from falin.kernel.sheets.columns import Head, Problem, WrongColumns, guarded, is_blank, is_example
from falin.kernel.sheets.forms import template
from falin.kernel.sheets.workbook import Cell, Kind, Merged, Row, Unusable, opened
from services.advisers.rules.import_wording import sentence
from services.advisers.rules.places import Gazetteer
from services.advisers.rules.sheet import COLUMNS, ROSTER, Entry, from_ranges, ranges, read_row
from tests.fixtures.adviser_sheets import (
    HEAD,
    as_offices_write,
    identity,
    mixed,
    parts_of,
    person,
    phone,
    write,
    zipped,
)

TODAY = date(2026, 11, 16)
PLACES = Gazetteer(
    [
        (1, "湖埠村", "双浦镇", "330106109200"),
        (2, "灵山村", "双浦镇", "330106109201"),
        (3, "宝石社区", "北山街道", "330106002001"),
        (4, "湖埠社区居委会", "北山街道", "330106002009"),
        (5, "和平社区", "北山街道", "330106002010"),
        (6, "和平社区", "双浦镇", "330106109010"),
    ]
)


def row_of(values: Sequence[Any], number: int = 1) -> Row:
    kinds = {str: Kind.TEXT, int: Kind.NUMBER, float: Kind.NUMBER, bool: Kind.TRUTH, date: Kind.DAY}
    return Row(
        number, tuple(workbook.NOTHING if value is None else Cell(kinds[type(value)], value) for value in values)
    )


HEAD_OF_ALL = ROSTER.find_head([row_of(HEAD)])


def read(row: dict[str, Any]) -> tuple[Entry | None, list[str]]:
    entry, problems = read_row(
        row_of([row.get(column) for column in HEAD], 2), HEAD_OF_ALL, today=TODAY, find_community=PLACES.find
    )
    return entry, [f"{problem.column}: {problem.code}" for problem in problems]


# ---- the head ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "written",
    [
        ["姓名", "身份证号", "手机号", "执业机构"],
        ["手机号码", "执业机构", "姓 名", "公民身份号码"],
        ["姓名*", "身份证号（必填，18位）", "联系电话：", "所属律所"],
        ["顾问姓名", "证件号码", "移动电话", "律师事务所【全称】"],
    ],
)
def test_columns_are_known_in_any_order_and_by_their_other_names(written: list[str]) -> None:
    head = ROSTER.find_head([row_of(["2026 年名册"]), row_of(written, 2)])
    assert head.row == 2
    assert {"name", "id_number", "phone", "firm"} <= set(head.columns)
    assert head.unknown == ()


def test_missing_columns_are_named_with_what_was_found() -> None:
    with pytest.raises(WrongColumns) as wrong:
        ROSTER.find_head([row_of(["姓名", "性别", "电话"])])
    assert wrong.value.missing == ("身份证号", "执业机构")
    assert wrong.value.found == ("姓名", "性别", "电话")
    assert wrong.value.unknown == ("性别",)


def test_a_column_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(WrongColumns) as wrong:
        ROSTER.find_head([row_of(["姓名", "身份证号", "手机", "联系电话", "执业机构"])])
    assert wrong.value.doubled == ("联系电话",)


@pytest.mark.parametrize("written", [["联系电话", "手机号"], ["手机号", "联系电话"]])
def test_the_exact_name_wins_over_another_name(written: list[str]) -> None:
    head = ROSTER.find_head([row_of(["姓名", "身份证号", "执业机构", *written])])
    assert head.found[head.columns["phone"]] == "手机号"
    assert head.unknown == ("联系电话",)


def test_merged_cells_in_the_head_are_refused_and_above_it_are_not() -> None:
    rows = [row_of(["名册"]), row_of(HEAD, 2)]
    assert ROSTER.find_head(rows, [Merged("A1:M1", 1, 1, 13, 1)]).row == 2
    with pytest.raises(WrongColumns) as wrong:
        ROSTER.find_head(rows, [Merged("A2:B2", 1, 2, 2, 2)])
    assert wrong.value.merged == ("A2:B2",)


# ---- a row ---------------------------------------------------------------------------------------------------------
def test_a_right_row_becomes_an_entry() -> None:
    entry, problems = read(person(1, 服务社区="双浦镇/湖埠村、宝石社区", 聘期起="2026.1.5", 聘期止="长期"))
    assert problems == []
    assert entry == Entry(
        name="陆知行", id_number=identity(1), phone=phone(1), firm="浙江青山律师事务所",
        specialties=("婚姻家庭", "劳动争议"), exam_passed_on=date(2025, 6, 20), communities=(1, 3),
        begins_on=date(2026, 1, 5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"姓名": None}, ["name: missing"]),
        ({"姓名": "周"}, ["name: name_odd"]),
        ({"姓名": "周以宁2"}, ["name: name_odd"]),
        ({"身份证号": 330106198501010000}, ["id_number: digits_lost"]),
        ({"身份证号": 330106850101001}, ["id_number: id_fifteen"]),
        ({"手机号": True}, ["phone: truth_value"]),
        ({"手机号": date(2026, 1, 5)}, ["phone: is_a_day"]),
        ({"执业机构": "12345678"}, ["firm: firm_odd"]),
        ({"考试通过日期": "2026-11-17"}, ["exam_passed_on: exam_later"]),
        ({"专长": "=A1"}, ["specialties: formula"]),
        ({"专长": "、".join(map(str, range(11)))}, ["specialties: specialties_odd"]),
        ({"机构信用代码": "1"}, ["credit_code: credit_length"]),
        ({"机构电话": "打总机"}, ["firm_phone: firm_phone_odd"]),
        ({"服务社区": "湖埠村"}, ["begins_on: begin_missing"]),
        ({"服务社区": "湖埠村、湖埠村", "聘期起": "2026-1-5"}, ["communities: community_twice"]),
        ({"聘期起": "2026-2-1", "聘期止": "2026-1-1"}, ["ends_on: ends_before"]),
        (
            {"姓名": None, "手机号": "1", "聘期起": "昨天"},
            ["name: missing", "phone: phone_length", "begins_on: day_unreadable"],
        ),
    ],
)
def test_each_mistake_is_told_with_its_column(other: dict[str, Any], told: list[str]) -> None:
    entry, problems = read(person(1, **other))
    assert entry is None
    assert problems == told


def test_spaces_in_a_chinese_name_go_and_other_names_keep_theirs() -> None:
    for written, name in [("周　以宁", "周以宁"), ("阿卜杜拉•买买提", "阿卜杜拉·买买提"), ("Anna  Li", "Anna  Li")]:
        entry, problems = read(person(1, 姓名=written))
        assert problems == []
        assert entry is not None
        assert entry.name == name


def test_a_serial_number_alone_is_no_row_and_the_example_is_passed_over() -> None:
    head = Head(row=1, columns={"name": 1, "phone": 2}, found=("序号", "姓名", "手机号"))
    assert is_blank(row_of([7, None, None]), head)
    assert not is_blank(row_of([7, None, "1"]), head)
    assert is_example(row_of([1, "示例：周以宁", None]), head)


def test_every_code_has_a_sentence() -> None:
    told = {problem.code for row in mixed(600, wrong_every=2) for problem in read_row(
        row_of([row.get(column) or None for column in HEAD]), HEAD_OF_ALL, today=TODAY, find_community=PLACES.find
    )[1]}  # fmt: skip
    assert {"id_fifteen", "phone_length", "day_unreadable", "missing", "community_unknown", "id_checksum"} <= told
    assert all(sentence(code, {"near": "x"}) for code in told)


# ---- places --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "node"),
    [("湖埠村", 1), ("双浦镇/湖埠村", 1), ("双浦镇湖埠村", 1), ("双浦镇 / 湖埠村委会", 1), ("330106109200", 1), ("灵山", 2),
     ("灵山村村民委员会", 2), ("北山街道/和平社区", 5), ("北山街道·湖埠社区", 4)],
)  # fmt: skip
def test_a_community_is_found_however_it_is_written(written: str, node: int) -> None:
    assert PLACES.find(written) == node


@pytest.mark.parametrize(
    ("written", "code", "facts"),
    [
        ("和平社区", "community_several", {"among": "北山街道/和平社区、双浦镇/和平社区"}),
        ("双浦镇", "community_is_street", {}),
        ("灵小村", "community_unknown", {"near": "双浦镇/灵山村"}),
        ("很远的地方", "community_unknown", {"near": ""}),
    ],
)
def test_a_place_that_is_not_found_says_why(written: str, code: str, facts: dict[str, str]) -> None:
    found = PLACES.find(written)
    assert isinstance(found, Problem)
    assert (found.code, dict(found.facts)) == (code, facts)


# ---- files that are no sheets --------------------------------------------------------------------------------------
def unusable(data: bytes) -> str:
    with pytest.raises(Unusable) as wrong, opened(io.BytesIO(data)) as sheet:
        list(sheet.rows())
    return wrong.value.code


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    return as_offices_write(write(tmp_path / "small.xlsx", [person(1), person(2)])).read_bytes()


def test_what_is_not_an_xlsx_says_so(small: bytes) -> None:
    assert unusable("姓名,手机号\n".encode()) == "not_xlsx"
    assert unusable(b"") == "not_xlsx"
    assert unusable(zipped({"word/document.xml": b"<a/>"})) == "not_xlsx"
    assert unusable(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)) == "old_excel"
    assert unusable(small[: len(small) // 2]) == "not_xlsx"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_damaged_file_is_told_in_one_word(small: bytes, part: str) -> None:
    parts = parts_of(small)
    assert unusable(zipped(parts | {part: parts[part][: len(parts[part]) // 2]})) == "broken"


def test_entities_are_not_unfolded(small: bytes) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "aaaa">]><sst/>'
    assert unusable(zipped(parts_of(small) | {"xl/sharedStrings.xml": bomb})) == "broken"


def test_an_archive_that_swells_is_not_unpacked(small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    swollen = zipped(parts_of(small) | {"xl/media/image1.bin": bytes(60 * 1024 * 1024)})
    assert len(swollen) < 200_000
    assert unusable(swollen) == "too_large_unpacked"
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1000)
    assert unusable(small) == "too_large_unpacked"


def test_rows_out_of_order_are_not_lost_in_silence(small: bytes) -> None:
    parts = parts_of(small)
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'<row r="3"', b'<row r="1"')
    assert unusable(zipped(parts | {"xl/worksheets/sheet1.xml": sheet})) == "broken"
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b'<row r="3"', b'<row r="99999999"')
    assert unusable(zipped(parts | {"xl/worksheets/sheet1.xml": sheet})) == "broken"


def test_rows_keep_the_files_own_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", [person(1), {}, person(3)], above=[["名册"]])
    with path.open("rb") as source, opened(source) as sheet:
        numbers = [row.number for row in sheet.rows(width=3) if row.cells[0].kind is not Kind.EMPTY]
        assert numbers == [1, 2, 3, 5]
        assert [row.number for row in sheet.rows(width=3)] == [1, 2, 3, 4, 5]  # it may be walked again


def test_merged_cells_are_found_though_they_stand_behind_the_rows() -> None:
    book = Workbook()
    sheet: Any = book.active
    for number in range(30):
        sheet.append([f"<mergeCell {number}", "x" * 500])
    sheet.merge_cells("A3:A5")
    out = io.BytesIO()
    book.save(out)
    with opened(out) as read_back:
        assert read_back.merged == (Merged("A3:A5", 1, 3, 1, 5),)
        under = workbook.rows_under(read_back.merged, below=3, columns=frozenset({1}), until=1000)
    assert under == {4: "A3:A5", 5: "A3:A5"}


# ---- what goes out -------------------------------------------------------------------------------------------------
def test_the_template_is_read_back_without_a_word() -> None:
    data = template(ROSTER, title="法律顾问", must="必填")
    with opened(io.BytesIO(data)) as sheet:
        head = ROSTER.find_head(list(islice(sheet.rows(), 10)), sheet.merged)
        rows = [row for row in sheet.rows(width=head.width) if row.number > head.row and not is_blank(row, head)]
    assert list(head.columns) == [column.key for column in COLUMNS]
    assert (sheet.others, len(rows), is_example(rows[0], head)) == (0, 1, True)


def test_the_templates_columns_of_digits_stay_text() -> None:
    sheet: Any = load_workbook(io.BytesIO(template(ROSTER, title="法律顾问", must="必填"))).active
    for letter in "BCEHI":
        assert sheet.column_dimensions[letter].number_format == "@"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_nothing_written_runs_in_a_spreadsheet(sign: str) -> None:
    assert guarded(f"{sign}1") == f"'{sign}1"
    assert guarded("1=1") == "1=1"
    assert guarded(-1) == -1


@given(st.sets(st.integers(1, 400)))
def test_row_numbers_are_written_short_and_come_back(numbers: set[int]) -> None:
    assert from_ranges(ranges(sorted(numbers))) == numbers
