"""
What a sheet of stations must look like, and what is wrong with a row of it. Pure functions.

A row says what the form says, in the form's own words: hours are written as the notice at the door says them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy, gettext_noop

from falin.kernel.refusals import Invalid
from falin.kernel.sheets.columns import Column, Columns, Head, Problem, RowReader, text_of
from falin.kernel.sheets.workbook import EPOCH_1900, Cell, Kind, Row
from falin.kernel.sheets.written import Wrong, compact, half_width
from services.stations.rules.contents import check_content, tidy
from services.stations.rules.opening import read_opening
from services.stations.types import Position, StationContent

MOST_ROWS: Final = 2_000  # a county of the largest has half as many
COLUMNS: Final = Columns((
    Column(
        key="name", name="名称", required=True, width=32, example="示例：某某街道公共法律服务工作站",
        also=("站点名称", "站点", "服务站点", "工作站名称", "工作室名称", "中心名称"),
    ),
    Column(
        key="place", name="设在哪里", required=True, hint=gettext_noop("街道/社区，或区划代码"), width=28,
        example="某某街道/某某社区",
        also=("地方", "所在地方", "所在地", "社区", "村社区", "社区村", "街道社区", "所属社区", "所属街道", "街道", "辖区",
              "区划代码"),
    ),
    Column(
        key="address", name="地址", required=True, hint=gettext_noop("写到门牌、楼层"), width=32, example="某某路 8 号一楼",
        also=("详细地址", "站点地址", "具体地址", "办公地址"),
    ),
    Column(
        key="opening", name="开放时间", required=True, width=40,
        hint=gettext_noop("如 周一至周五 9:00-12:00 14:00-17:30；周六 9:00-12:00"),
        example="周一至周五 9:00-12:00 14:00-17:30；周六 9:00-12:00",
        also=("服务时间", "办公时间", "工作时间", "开门时间", "营业时间", "值班时间"),
    ),
    Column(
        key="phone", name="电话", text=True, hint=gettext_noop("办公电话，带区号"), width=18, example="0571-87654321",
        also=("办公电话", "联系电话", "电话号码", "座机", "站点电话", "服务电话"),
    ),
    Column(
        key="wheelchair", name="轮椅进得去", takes=Kind.TRUTH, hint=gettext_noop("是或者否"), width=14, example="是",
        also=("轮椅", "无障碍", "轮椅可进", "无障碍设施", "无障碍通道"),
    ),
    Column(
        key="longitude", name="经度", hint=gettext_noop("如 120.13026"), width=14, also=("东经", "lng", "lon", "longitude"),
    ),
    Column(
        key="latitude", name="纬度", hint=gettext_noop("如 30.25919"), width=14, also=("北纬", "lat", "latitude"),
    ),
    Column(
        key="opened_on", name="开放日期", required=True, takes=Kind.DAY, width=18,
        hint=gettext_noop("从哪天起开放，如 2026-1-5"), example="2026-01-05",
        also=("从哪天起开放", "启用日期", "成立日期", "设立日期", "开放日", "开始日期", "建成日期"),
    ),
))  # fmt: skip
PROBLEMS: Final = {
    "said": "%(message)s",  # a rule's own sentence
    "yes_or_no": gettext_lazy("请写“是”或者“否”，或者空着。"),
    "degrees": gettext_lazy("请写成小数，例如 120.13026。"),
    "half_a_position": gettext_lazy("经度和纬度要一起写，或者都空着。"),
    "place_unknown": gettext_lazy("您的辖区里没有这个地方。请写成“街道/社区”，或者写区划代码。"),
    "place_several": gettext_lazy("有几个地方都叫这个名字：%(among)s。请写成“街道/社区”，或者写区划代码。"),
    "twice": gettext_lazy("同一个地方的同一个站点在表里出现了不止一次，另见第 %(rows)s 行。请只留一行。"),
    "differs": gettext_lazy("已经登记过，但和表里不一样：%(names)s。这里不改已登记的；要改请到这个站点的页面点“更正”。"),
}  # fmt: skip
UNUSABLE: Final = {
    "not_a_table": gettext_lazy("看不懂这个文件。请用 CSV 或 XLSX，表头写列名。"),
    "empty": gettext_lazy("表里没有一个站点。请填好以后再上传；可以先下载模板。"),
    "too_many_rows": gettext_lazy("表里超过 2000 行。请拆成几份，分别上传。"),
}
_YES = frozenset({"是", "有", "能", "可以", "进得去", "yes", "y", "true", "1", "√"})
_NO = frozenset({"否", "无", "没有", "不能", "进不去", "no", "n", "false", "0", "×"})
_SPLIT = re.compile(r"[/\\>·]+")
# Which column is meant by a field of the register that a rule refuses.
_FIELDS: Final = {"node_id": "place"}


class PlaceNames:
    """The places where a station may be, by every way of writing them."""

    def __init__(self, places: Iterable[tuple[int, str, str, Collection[str]]]) -> None:
        """:param places: node, name, name of the street above (``""`` for none), its code, whole and short."""
        self._by: dict[str, set[int]] = defaultdict(set)
        self._written: dict[int, str] = {}
        for node, own, above, codes in places:
            name, street = compact(own), compact(above)
            self._written[node] = f"{street}/{name}" if street else name
            for key in {name, f"{street}{name}", *codes}:
                self._by[key].add(node)

    def find(self, text: str) -> int:
        """:raises Wrong: ``place_unknown``; :raises Several: more than one is called so."""
        nodes = self._by.get("".join(_SPLIT.split(compact(text))), set())
        if len(nodes) > 1:
            raise Several(sorted(self._written[node] for node in nodes)[:5])
        if not nodes:
            raise Wrong("place_unknown")
        return next(iter(nodes))


class Several(Exception):
    """More than one place is called so; ``among`` are their names with the street."""

    def __init__(self, among: list[str]) -> None:
        super().__init__("several")
        self.among = among


def read_row(
    row: Row, head: Head, *, today: date, find_place: Callable[[str], int], epoch: date = EPOCH_1900
) -> tuple[StationContent | None, tuple[Problem, ...]]:
    """One row, read and checked by itself: a station as it is to be opened, or what is wrong with it."""
    reader = RowReader(COLUMNS, row, head, epoch)
    told: dict[str, Any] = {}

    def place(cell: Cell) -> int | None:
        try:
            return find_place(text_of(cell))
        except Several as wrong:
            reader.tell("place", "place_several", among="、".join(wrong.among))
            return None

    for column, read in (
        ("name", _plain), ("place", place), ("address", _plain), ("opening", _opening(reader)), ("phone", _plain),
        ("wheelchair", _yes_or_no), ("longitude", _degrees), ("latitude", _degrees), ("opened_on", reader.day),
    ):  # fmt: skip
        told[column] = reader.take(column, read)
    given = [column for column in ("longitude", "latitude") if told[column] is not None]
    unread = {problem.column for problem in reader.problems}
    if len(given) == 1 and not unread & {"longitude", "latitude"}:
        reader.tell("latitude" if given == ["longitude"] else "longitude", "half_a_position")
    if reader.problems:
        return None, tuple(reader.problems)
    position = Position(longitude=told["longitude"], latitude=told["latitude"]) if given else None
    content = StationContent(
        node_id=told["place"], name=told["name"], address=told["address"], opening=told["opening"],
        phone=told["phone"] or "", wheelchair=bool(told["wheelchair"]), position=position, opened_on=told["opened_on"],
    )  # fmt: skip
    try:
        return check_content(tidy(content), today=today), ()
    except Invalid as refused:
        field = refused.field or ""
        reader.tell(_FIELDS.get(field, field), "said", message=refused.message)
        return None, tuple(reader.problems)


def differences(asked: StationContent, known: StationContent, head: Head) -> list[str]:
    """The columns of a row, by name, that say something else than the register; a column the sheet has not says nothing."""
    plain = {
        "address": (asked.address, known.address), "phone": (asked.phone, known.phone),
        "opening": (asked.opening, known.opening), "wheelchair": (asked.wheelchair, known.wheelchair),
        "longitude": (asked.position, known.position), "opened_on": (asked.opened_on, known.opened_on),
    }  # fmt: skip
    return [COLUMNS.by_key[key].name for key, (now, was) in plain.items() if key in head.columns and now != was]


def named(columns: Mapping[str, str]) -> dict[str, str]:
    """Columns as somebody said them, without those he left alone: key → what stands in the head."""
    return {key: name for key, name in columns.items() if name and key in COLUMNS.by_key}


def _plain(cell: Cell) -> str:
    return half_width(text_of(cell))


def _opening(reader: RowReader) -> Callable[[Cell], Any]:
    def read(cell: Cell) -> Any:
        try:
            return read_opening(text_of(cell))
        except Invalid as refused:
            reader.tell("opening", "said", message=refused.message)
            return None

    return read


def _yes_or_no(cell: Cell) -> bool:
    if cell.kind is Kind.TRUTH:
        return bool(cell.value)
    text = compact(text_of(cell)).lower()
    if text not in _YES | _NO:
        raise Wrong("yes_or_no")
    return text in _YES


def _degrees(cell: Cell) -> float:
    try:
        return float(compact(text_of(cell)).rstrip("°度EeNn"))
    except ValueError:
        raise Wrong("degrees") from None
