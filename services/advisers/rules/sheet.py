"""
What a sheet of firms and advisers must look like, and what is wrong with a row of it. Pure functions.

Every row is either ready, or carries problems: the column, what was found (numbers masked) and a code that the wording
turns into a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext_noop

from falin.kernel.sheets.columns import Column, Columns, Head, Problem, RowReader, cell_of, text_of
from falin.kernel.sheets.workbook import EPOCH_1900, Cell, Kind, Row
from falin.kernel.sheets.written import Wrong, compact, half_width, shown
from services.advisers.rules.numbers import read_credit_code, read_identity, read_mobile

MOST_ROWS = 100_000
OPEN_END = frozenset({"长期", "至今", "无固定期限"})

COLUMNS: tuple[Column, ...] = (
    Column(
        key="name", name="姓名", required=True, also=("顾问姓名", "律师姓名", "法律顾问", "法律顾问姓名", "律师"), width=14,
        example="示例：周以宁",
    ),
    Column(
        key="id_number", name="身份证号", required=True, text=True, hint=gettext_noop("18 位"), width=24,
        example="330106198501010014",
        also=("身份证号码", "身份证", "公民身份号码", "居民身份证号", "居民身份证号码", "证件号码", "证件号"),
    ),
    Column(
        key="phone", name="手机号", required=True, text=True, hint=gettext_noop("11 位"), width=18, example="13800000000",
        also=("手机", "手机号码", "联系电话", "电话", "电话号码", "联系方式", "移动电话", "本人手机"),
    ),
    Column(
        key="firm", name="执业机构", required=True, hint=gettext_noop("律所或法律服务所全称"), width=32,
        example="浙江湖畔律师事务所",
        also=("律所", "律师事务所", "所属律所", "律所名称", "机构名称", "所属机构", "工作单位", "单位", "执业单位", "所在律所"),
    ),
    Column(
        key="licence", name="执业证号", text=True, width=24, example="13301201510000001",
        also=("律师执业证号", "执业证号码", "执业证", "律师证号", "执业证书号"),
    ),
    Column(
        key="specialties", name="专长", hint=gettext_noop("几项之间用顿号"), width=24, example="婚姻家庭、劳动争议",
        also=("业务专长", "专业特长", "擅长领域", "擅长", "业务领域", "特长"),
    ),
    Column(
        key="exam_passed_on", takes=Kind.DAY, name="考试通过日期", hint=gettext_noop("如 2026-1-5"), width=18,
        example="2026-01-05", also=("考试合格日期", "统一考试通过日期", "通过考试日期", "考试日期", "考试通过时间"),
    ),
    Column(
        key="credit_code", name="机构信用代码", text=True, hint=gettext_noop("统一社会信用代码"), width=24,
        also=("统一社会信用代码", "信用代码", "机构代码", "律所信用代码"),
    ),
    Column(
        key="firm_phone", name="机构电话", text=True, width=18, also=("律所电话", "办公电话", "单位电话", "座机"),
    ),
    Column(
        key="communities", name="服务社区", hint=gettext_noop("街道/社区，几个之间用顿号"), width=32,
        also=("服务村社区", "服务村", "社区", "村社区", "所服务社区", "服务的社区", "担任顾问的社区"),
    ),
    Column(
        key="begins_on", takes=Kind.DAY, name="聘期起", hint=gettext_noop("如 2026-1-5"), width=16,
        also=("聘任开始日期", "聘期开始", "合同开始日期", "起聘日期", "聘任日期", "开始日期"),
    ),
    Column(
        key="ends_on", takes=Kind.DAY, name="聘期止", hint=gettext_noop("空着就是长期"), width=16,
        also=("聘任结束日期", "聘期结束", "合同结束日期", "合同到期日", "到期日期", "结束日期"),
    ),
)  # fmt: skip
ROSTER: Final = Columns(COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row that is right in itself: one adviser, his firm, and where he is to serve."""

    name: str
    id_number: str
    phone: str
    firm: str
    licence: str = ""
    specialties: tuple[str, ...] = ()
    exam_passed_on: date | None = None
    credit_code: str = ""
    firm_phone: str = ""
    communities: tuple[int, ...] = ()
    begins_on: date | None = None
    ends_on: date | None = None


FindCommunity = Callable[[str], "int | Problem"]


def keys_of(row: Row, head: Head, *, today: date) -> tuple[str, str]:
    """The identity and telephone number of a row as far as they can be read: what duplicates are found by."""
    return (
        _quietly(lambda: read_identity(text_of(cell_of(row, head, "id_number")), today=today)),
        _quietly(lambda: read_mobile(text_of(cell_of(row, head, "phone")))),
    )


def read_row(
    row: Row, head: Head, *, today: date, find_community: FindCommunity, epoch: date = EPOCH_1900
) -> tuple[Entry | None, tuple[Problem, ...]]:
    """
    One row, read and checked by itself.

    :param today: births and examinations cannot lie after it.
    :param find_community: the node of a written place, or what is wrong with it.
    """
    reader = _Reader(ROSTER, row, head, epoch)
    name = reader.take("name", _name)
    id_number = reader.take("id_number", lambda cell: read_identity(text_of(cell), today=today))
    phone = reader.take("phone", lambda cell: read_mobile(text_of(cell)))
    firm = reader.take("firm", _firm)
    licence = reader.take("licence", _licence)
    specialties = reader.take("specialties", _specialties)
    exam = reader.take("exam_passed_on", reader.day)
    credit_code = reader.take("credit_code", lambda cell: read_credit_code(text_of(cell)))
    firm_phone = reader.take("firm_phone", _firm_phone)
    if exam and exam > today:
        reader.tell("exam_passed_on", "exam_later")
    communities = reader.communities(find_community)
    begins, ends = reader.term(has_community=bool(communities))
    if reader.problems:
        return None, tuple(reader.problems)
    return Entry(
        name=name, id_number=id_number, phone=phone, firm=firm, licence=licence or "", specialties=specialties or (),
        exam_passed_on=exam, credit_code=credit_code or "", firm_phone=firm_phone or "", communities=communities,
        begins_on=begins, ends_on=ends,
    ), ()  # fmt: skip


class _Reader(RowReader):
    """One row of firms and advisers."""

    def communities(self, find_community: FindCommunity) -> tuple[int, ...]:
        text = self.take("communities", text_of)
        nodes: list[int] = []
        for part in filter(None, (part.strip() for part in re.split(r"[、,;\n]", half_width(text or "")))):
            found = find_community(part)
            if isinstance(found, Problem):
                self.problems.append(found)
            elif found in nodes:
                self.tell("communities", "community_twice", place=shown(part))
            else:
                nodes.append(found)
        return tuple(nodes)

    def term(self, *, has_community: bool) -> tuple[date | None, date | None]:
        begins = self.take("begins_on", self.day)
        ends = self.take("ends_on", lambda cell: None if compact(text_of(cell)) in OPEN_END else self.day(cell))
        if has_community and begins is None and cell_of(self.row, self.head, "begins_on").kind is Kind.EMPTY:
            self.tell("begins_on", "begin_missing")
        if begins and ends and ends < begins:
            self.tell("ends_on", "ends_before")
        return begins, ends


def _quietly(read: Callable[[], str]) -> str:
    try:
        return read()
    except Wrong:
        return ""


_DOTS = re.compile(r"[•‧∙・.。﹒]")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[· '\-])+")


def _name(cell: Cell) -> str:
    text = half_width(text_of(cell))
    if _CHINESE.search(text):
        text = _DOTS.sub("·", compact(text))  # "王　明" is 王明
    if len(text) > 40:
        raise Wrong("name_long")
    if not _NAME.fullmatch(text):
        raise Wrong("name_odd")
    return text


def _firm(cell: Cell) -> str:
    text = half_width(text_of(cell))
    text = compact(text) if _CHINESE.search(text) else " ".join(text.split())
    if len(text) > 80:
        raise Wrong("firm_long")
    if len(text) < 4 or not re.search(r"[^\W\d_]{2}", text) or re.search(r"\d{7,}", text):
        raise Wrong("firm_odd")
    return text


def _licence(cell: Cell) -> str:
    text = compact(text_of(cell)).upper()
    if len(text) > 30 or not re.fullmatch(r"[\w()\-]+", text) or not re.search(r"\d", text):
        raise Wrong("licence_odd")
    return text


def _firm_phone(cell: Cell) -> str:
    text = compact(text_of(cell))
    if not re.fullmatch(r"[\d()+\-转,/]{5,30}", text):
        raise Wrong("firm_phone_odd")
    return text


def _specialties(cell: Cell) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[、,;/\n|]", half_width(text_of(cell)))]
    kept = tuple(dict.fromkeys(part for part in parts if part))
    if len(kept) > 10 or any(len(part) > 20 or re.search(r"\d{7,}", part) for part in kept):
        raise Wrong("specialties_odd")
    return kept


def ranges(numbers: Iterable[int]) -> str:
    """Ascending row numbers, written short: ``2-40,42``."""
    parts: list[str] = []
    first = last = 0
    for number in numbers:
        if number == last + 1 and first:
            last = number
            continue
        if first:
            parts.append(f"{first}-{last}" if last > first else str(first))
        first = last = number
    if first:
        parts.append(f"{first}-{last}" if last > first else str(first))
    return ",".join(parts)


def from_ranges(text: str) -> set[int]:
    """The row numbers that ``ranges`` wrote."""
    numbers: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers
