"""
What a sheet of firms and advisers must look like, and what is wrong with a row of it. Pure functions.

Every row is either ready, or carries problems: the column, what was found (numbers masked) and a code that the wording
turns into a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_noop

from falin.kernel.sheets.workbook import EPOCH_1900, NOTHING, Cell, Kind, Merged, Row
from falin.kernel.sheets.writing import harmless
from services.advisers.rules.numbers import (
    EXACT_DIGITS,
    Wrong,
    compact,
    half_width,
    read_credit_code,
    read_day,
    read_identity,
    read_mobile,
    shown,
)

MOST_ROWS = 100_000
HEAD_WITHIN = 10  # a title and a line of remarks may stand above the head
EXAMPLE = "示例"
OPEN_END = frozenset({"长期", "至今", "无固定期限"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the sheet: its key, its name on the template, and what else people call it."""

    key: str
    name: str
    required: bool = False
    also: tuple[str, ...] = ()
    text: bool = False  # digits that a spreadsheet must not turn into a number
    hint: str = ""
    example: str = ""
    width: int = 16


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
        key="exam_passed_on", name="考试通过日期", hint=gettext_noop("如 2026-1-5"), width=18, example="2026-01-05",
        also=("考试合格日期", "统一考试通过日期", "通过考试日期", "考试日期", "考试通过时间"),
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
        key="begins_on", name="聘期起", hint=gettext_noop("如 2026-1-5"), width=16,
        also=("聘任开始日期", "聘期开始", "合同开始日期", "起聘日期", "聘任日期", "开始日期"),
    ),
    Column(
        key="ends_on", name="聘期止", hint=gettext_noop("空着就是长期"), width=16,
        also=("聘任结束日期", "聘期结束", "合同结束日期", "合同到期日", "到期日期", "结束日期"),
    ),
)  # fmt: skip
BY_KEY: Mapping[str, Column] = {column.key: column for column in COLUMNS}
PROBLEMS_COLUMN, NUMBER_COLUMN = "问题", "原行号"  # ours, on the sheet of rows to mend; passed over when it comes back

_BRACKETS = re.compile(r"[(\[【<《].*?[)\]】>》]")
_SIGNS = re.compile(r"[\s*:：、/\\|·.。_\-]+")


def _plain_name(text: str) -> str:
    """A column's name as it is compared: no hint in brackets, no star, no spaces."""
    return _SIGNS.sub("", _BRACKETS.sub("", half_width(text)))


_NAMES: Mapping[str, str] = {
    _plain_name(name): column.key for column in COLUMNS for name in (column.name, *column.also)
}
_OURS = frozenset({PROBLEMS_COLUMN, NUMBER_COLUMN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the columns stand. ``columns`` counts from 0; ``found`` is the head as it is written."""

    row: int
    columns: Mapping[str, int]
    found: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)  # what was taken by the team's word: name → key

    @property
    def width(self) -> int:
        return len(self.found)


class WrongColumns(Exception):
    """
    The head cannot be worked with.

    ``missing`` are required columns that were not found, ``doubled`` those that stand there twice, ``merged`` the merged
    cells in the head; ``found`` is what stands there.
    """

    def __init__(
        self, *, row: int = 0, found: Sequence[str] = (), missing: Sequence[str] = (), doubled: Sequence[str] = (),
        merged: Sequence[str] = (), unknown: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__("wrong columns")
        self.row, self.found, self.missing = row, tuple(found), tuple(missing)
        self.doubled, self.merged, self.unknown = tuple(doubled), tuple(merged), tuple(unknown)


def find_head(rows: Iterable[Row], merged: Iterable[Merged] = (), named: Mapping[str, str] | None = None) -> Head:
    """
    The head among the first rows: the one in which most of our columns are named; of those in which none is, the fullest.

    :param named: what the team called columns in earlier sheets (``as_named``), which goes before what we know ourselves.
    :raises WrongColumns: when required columns are missing, a column stands there twice, or cells of it are merged.
    """
    named = named or {}
    best: tuple[tuple[int, int], Row, list[str]] | None = None
    for row in rows:
        texts = [half_width(str(cell.value)) if cell.kind is not Kind.EMPTY else "" for cell in row.cells]
        while texts and not texts[-1]:
            texts.pop()
        known = sum(1 for text in texts if as_named(text) in named or _plain_name(text) in _NAMES)
        weight = known, 0 if known else sum(map(bool, texts))
        if texts and (best is None or weight > best[0]):
            best = weight, row, texts
    if best is None:
        raise WrongColumns(missing=[column.name for column in COLUMNS if column.required])
    _weight, row, texts = best
    across = [one.name for one in merged if one.first_row <= row.number <= one.last_row]
    return _head_of(row.number, texts, across, named)


def as_named(text: str) -> str:
    """A column's name as it is remembered: plain, no longer than it is shown, and without anybody's number."""
    return _plain_name(shown(text, most=20))


def is_known(text: str, key: str) -> bool:
    """Whether we call a column so ourselves, so that nothing has to be remembered."""
    return _NAMES.get(_plain_name(text)) == key


def _head_of(number: int, texts: list[str], merged: list[str], named: Mapping[str, str]) -> Head:
    places: dict[str, int] = {}
    for place, text in enumerate(texts):
        if text and (told := named.get(as_named(text))):
            places.setdefault(told, place)
    told_places = set(places.values())
    doubled: list[str] = []
    unknown: list[str] = []
    for place, text in enumerate(texts):
        if place in told_places:
            continue
        plain = _plain_name(text)
        key = _NAMES.get(plain)
        if key is None:
            if plain and plain not in _OURS:
                unknown.append(text)
        elif key not in places:
            places[key] = place
        elif places[key] in told_places:
            unknown.append(text)  # the team's own word for this column stands elsewhere
        elif plain == _plain_name(BY_KEY[key].name) != _plain_name(texts[places[key]]):
            unknown.append(texts[places[key]])  # "联系电话" beside "手机号": the exact name wins
            places[key] = place
        elif _plain_name(texts[places[key]]) == _plain_name(BY_KEY[key].name) != plain:
            unknown.append(text)
        else:
            doubled.append(text)
    found = [shown(text, most=20) for text in texts]
    missing = [column.name for column in COLUMNS if column.required and column.key not in places]
    if missing or doubled or merged:
        raise WrongColumns(row=number, found=[text for text in found if text], missing=missing, doubled=doubled,
                           merged=merged, unknown=[shown(text, most=20) for text in unknown])  # fmt: skip
    return Head(
        row=number,
        columns=places,
        found=tuple(texts),
        told=_told(texts, places, told_places),
        unknown=tuple(shown(text, most=20) for text in unknown),
    )


def _told(texts: list[str], places: Mapping[str, int], told: set[int]) -> dict[str, str]:
    return {shown(texts[place], most=20): key for key, place in places.items() if place in told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a row. ``found`` carries no whole number of a person; ``facts`` fill the sentence."""

    column: str
    code: str
    found: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


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


def is_blank(row: Row, head: Head) -> bool:
    """Nothing in any column we know: a serial number alone, or a remark, is no row."""
    cells = row.cells
    return all(place >= len(cells) or cells[place].kind is Kind.EMPTY for place in head.columns.values())


def is_example(row: Row, head: Head) -> bool:
    """The template's own example, left standing."""
    return half_width(_raw(row, head, "name")).startswith(EXAMPLE)


def keys_of(row: Row, head: Head, *, today: date) -> tuple[str, str]:
    """The identity and telephone number of a row as far as they can be read: what duplicates are found by."""
    return (
        _quietly(lambda: read_identity(_text(_cell(row, head, "id_number")), today=today)),
        _quietly(lambda: read_mobile(_text(_cell(row, head, "phone")))),
    )


def read_row(
    row: Row, head: Head, *, today: date, find_community: FindCommunity, epoch: date = EPOCH_1900
) -> tuple[Entry | None, tuple[Problem, ...]]:
    """
    One row, read and checked by itself.

    :param today: births and examinations cannot lie after it.
    :param find_community: the node of a written place, or what is wrong with it.
    """
    reader = _Reader(row, head, epoch)
    name = reader.take("name", _name)
    id_number = reader.take("id_number", lambda cell: read_identity(_text(cell), today=today))
    phone = reader.take("phone", lambda cell: read_mobile(_text(cell)))
    firm = reader.take("firm", _firm)
    licence = reader.take("licence", _licence)
    specialties = reader.take("specialties", _specialties)
    exam = reader.take("exam_passed_on", reader.day)
    credit_code = reader.take("credit_code", lambda cell: read_credit_code(_text(cell)))
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


class _Reader:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, row: Row, head: Head, epoch: date) -> None:
        self.row, self.head, self.epoch = row, head, epoch
        self.problems: list[Problem] = []

    def tell(self, column: str, code: str, **facts: Any) -> None:
        self.problems.append(
            Problem(column=column, code=code, found=shown(_raw(self.row, self.head, column)), facts=facts)
        )

    def take(self, column: str, read: Callable[[Cell], Any]) -> Any:
        """What a cell holds, or ``None`` with the reason told."""
        cell = _cell(self.row, self.head, column)
        if cell.kind is Kind.EMPTY:
            if BY_KEY[column].required:
                self.tell(column, "missing")
            return None
        code = _unfit(cell, column)
        if code:
            self.tell(column, code)
            return None
        try:
            return read(cell)
        except Wrong as wrong:
            self.tell(column, wrong.code)
            return None

    def day(self, cell: Cell) -> date:
        return read_day(cell.value, epoch=self.epoch)

    def communities(self, find_community: FindCommunity) -> tuple[int, ...]:
        text = self.take("communities", _text)
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
        ends = self.take("ends_on", lambda cell: None if compact(_text(cell)) in OPEN_END else self.day(cell))
        if has_community and begins is None and _cell(self.row, self.head, "begins_on").kind is Kind.EMPTY:
            self.tell("begins_on", "begin_missing")
        if begins and ends and ends < begins:
            self.tell("ends_on", "ends_before")
        return begins, ends


def _cell(row: Row, head: Head, column: str) -> Cell:
    place = head.columns.get(column)
    return NOTHING if place is None or place >= len(row.cells) else row.cells[place]


def _raw(row: Row, head: Head, column: str) -> str:
    """A cell as a person sees it in his sheet."""
    cell = _cell(row, head, column)
    if cell.kind is Kind.EMPTY:
        return ""
    if cell.kind is Kind.DAY:
        return str(getattr(cell.value, "date", lambda: cell.value)())
    return _text(cell)


def _text(cell: Cell) -> str:
    """A cell as text; a whole number without its ``.0``, an apostrophe that only guards a sign taken off."""
    value = cell.value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        value = int(value)
    text = "" if value is None else str(value)
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


def _unfit(cell: Cell, column: str) -> str:
    """Why a cell's kind alone rules it out; ``""`` when it does not."""
    if cell.kind is Kind.FORMULA or _text(cell).startswith("="):
        return "formula"
    if cell.kind is Kind.ERROR:
        return "error_value"
    if cell.kind is Kind.TRUTH:
        return "truth_value"
    if cell.kind is Kind.NUMBER and BY_KEY[column].text and len(_text(cell).lstrip("-")) > EXACT_DIGITS:
        return "digits_lost"
    if cell.kind is Kind.DAY and column not in {"exam_passed_on", "begins_on", "ends_on"}:
        return "is_a_day"
    if len(_text(cell)) > 500:
        return "too_long"
    return ""


def _quietly(read: Callable[[], str]) -> str:
    try:
        return read()
    except Wrong:
        return ""


_DOTS = re.compile(r"[•‧∙・.。﹒]")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[· '\-])+")


def _name(cell: Cell) -> str:
    text = half_width(_text(cell))
    if _CHINESE.search(text):
        text = _DOTS.sub("·", compact(text))  # "王　明" is 王明
    if len(text) > 40:
        raise Wrong("name_long")
    if not _NAME.fullmatch(text):
        raise Wrong("name_odd")
    return text


def _firm(cell: Cell) -> str:
    text = half_width(_text(cell))
    text = compact(text) if _CHINESE.search(text) else " ".join(text.split())
    if len(text) > 80:
        raise Wrong("firm_long")
    if len(text) < 4 or not re.search(r"[^\W\d_]{2}", text) or re.search(r"\d{7,}", text):
        raise Wrong("firm_odd")
    return text


def _licence(cell: Cell) -> str:
    text = compact(_text(cell)).upper()
    if len(text) > 30 or not re.fullmatch(r"[\w()\-]+", text) or not re.search(r"\d", text):
        raise Wrong("licence_odd")
    return text


def _firm_phone(cell: Cell) -> str:
    text = compact(_text(cell))
    if not re.fullmatch(r"[\d()+\-转,/]{5,30}", text):
        raise Wrong("firm_phone_odd")
    return text


def _specialties(cell: Cell) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[、,;/\n|]", half_width(_text(cell)))]
    kept = tuple(dict.fromkeys(part for part in parts if part))
    if len(kept) > 10 or any(len(part) > 20 or re.search(r"\d{7,}", part) for part in kept):
        raise Wrong("specialties_odd")
    return kept


def guarded(value: Any) -> Any:
    """A value as it may be written into a sheet: text that a spreadsheet would run gets an apostrophe before it."""
    return harmless(value) if isinstance(value, str) else value


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
