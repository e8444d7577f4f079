"""A row of a sheet of stations: read as people write it, refused with the sentence that mends it."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from falin.kernel.sheets.columns import Head
from falin.kernel.sheets.csvs import sheet_in
from falin.kernel.sheets.wording import sentence
from falin.kernel.sheets.workbook import Cell, Kind, Row, Unusable
from services.stations.rules.sheet import COLUMNS, PROBLEMS, PlaceNames, read_row
from services.stations.types import Opening, Position, StationContent

TODAY = date(2026, 11, 16)
KEYS = tuple(COLUMNS.by_key)
HEAD = Head(row=1, columns={key: number for number, key in enumerate(KEYS)}, found=KEYS)
PLACES = PlaceNames([
    (1, "西湖区", "", {"330106000000", "330106"}), (2, "双浦镇", "", {"330106109000", "330106109"}),
    (3, "湖埠村", "双浦镇", {"330106109200"}), (4, "和平社区", "双浦镇", {"330106109010"}),
    (5, "和平社区", "北山街道", {"330106002010"}),
])  # fmt: skip
RIGHT = {"name": "湖埠村法律工作室", "place": "双浦镇/湖埠村", "address": "湖埠街 8 号", "opened_on": "2026-1-5",
         "opening": "周一 09:00-11:30；周三 14:00-17:00"}  # fmt: skip


def _read(**cells: Any) -> tuple[StationContent | None, list[tuple[str, str]]]:
    """What a row says, or which column is told what."""
    given = {**RIGHT, **cells}
    row = Row(2, tuple(_cell(given.get(key)) for key in KEYS))
    content, problems = read_row(row, HEAD, today=TODAY, find_place=PLACES.find)
    return content, [(one.column, sentence(one.code, one.facts, PROBLEMS)) for one in problems]


def _cell(value: Any) -> Cell:
    if isinstance(value, Cell):
        return value
    return Cell(Kind.EMPTY, None) if value is None else Cell(Kind.TEXT, value)


def test_a_row_says_what_the_form_says() -> None:
    content, problems = _read(phone="0571-87654321", wheelchair="是", longitude="120.13026", latitude="30.25919")
    assert problems == []
    assert content == StationContent(
        node_id=3, name="湖埠村法律工作室", address="湖埠街 8 号", phone="0571-87654321", wheelchair=True,
        opening=(Opening(weekday=1, begins_at=time(9), ends_at=time(11, 30)),
                 Opening(weekday=3, begins_at=time(14), ends_at=time(17))),
        position=Position(longitude=120.13026, latitude=30.25919), opened_on=date(2026, 1, 5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "node"),
    [("湖埠村", 3), ("双浦镇湖埠村", 3), ("双浦镇 / 湖埠村", 3), ("330106109200", 3), ("330106109", 2), ("双浦镇", 2),
     ("西湖区", 1), ("330106", 1), ("北山街道·和平社区", 5)],
)  # fmt: skip
def test_a_place_is_found_by_name_by_street_and_by_code(written: str, node: int) -> None:
    content, problems = _read(place=written)
    assert problems == [] and content is not None and content.node_id == node


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"name": None}, "name", "必填，这里空着"), ({"opening": None}, "opening", "必填，这里空着"),
        ({"place": "别处村"}, "place", "您的辖区里没有这个地方"),
        ({"place": "和平社区"}, "place", "有几个地方都叫这个名字：北山街道/和平社区、双浦镇/和平社区"),
        ({"opening": "上午都在"}, "opening", "看不懂“上午都在”"),
        ({"opening": "周一 12:00-9:00"}, "opening", "结束要晚于开始"),
        ({"phone": "13812341234"}, "phone", "请写办公电话"), ({"wheelchair": "也许"}, "wheelchair", "请写“是”或者“否”"),
        ({"longitude": "120.1"}, "latitude", "要一起写"), ({"longitude": "东", "latitude": "30.2"}, "longitude", "请写成小数"),
        ({"longitude": "30.2", "latitude": "120.1"}, "longitude", "是不是写反了"),
        ({"opened_on": "2026-11-17"}, "opened_on", "不能晚于今天"), ({"opened_on": "昨天"}, "opened_on", "看不懂这个日期"),
        ({"address": Cell(Kind.FORMULA, "=A1")}, "address", "这里是公式"), ({"name": "长" * 61}, "name", "最多 60 个字"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_said_at_its_column(cells: dict[str, Any], column: str, words: str) -> None:
    content, problems = _read(**cells)
    assert content is None
    assert [where for where, _said in problems] == [column] and words in problems[0][1]


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    _content, problems = _read(place="别处村", opening="上午", opened_on="昨天")
    assert [column for column, _said in problems] == ["place", "opening", "opened_on"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_reads_as_a_workbook_does_in_either_encoding(encoding: str) -> None:
    text = '名称,设在哪里,地址,开放时间,开放日期\r\n甲,湖埠村,一楼,"周一 9:00-12:00\n周三 9:00-12:00",2026-01-05\r\n'
    with sheet_in(text.encode(encoding)) as sheet:
        head = COLUMNS.find_head(sheet.rows())
        rows = list(sheet.rows(width=head.width))
    assert (head.row, set(head.columns)) == (1, {"name", "place", "address", "opening", "opened_on"})
    content, problems = read_row(rows[1], head, today=TODAY, find_place=PLACES.find)
    assert problems == () and content is not None and len(content.opening) == 2


@pytest.mark.parametrize("data", [b"\x00\x01\x02\xff", b"\xff\xfe\xff"])
def test_what_is_no_text_is_no_table(data: bytes) -> None:
    with pytest.raises(Unusable, match="not_a_table"), sheet_in(data):
        pass
