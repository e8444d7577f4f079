"""
The place where the columns of a sheet are recognised, whatever people call them, and a row is read cell by cell.

It knows no sheet in particular: each kind of sheet hands in its own columns. Pure functions; what is wrong with a cell is a
code that the wording turns into a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from falin.kernel.sheets.workbook import EPOCH_1900, NOTHING, Cell, Kind, Merged, Row
from falin.kernel.sheets.writing import harmless
from falin.kernel.sheets.written import EXACT_DIGITS, Wrong, half_width, read_day, shown

HEAD_WITHIN: Final = 10  # a title and a line of remarks may stand above the head
EXAMPLE: Final = "示例"
PROBLEMS_COLUMN, NUMBER_COLUMN = "问题", "原行号"  # ours, on the sheet of rows to mend; passed over when it comes back
LONGEST_CELL: Final = 500

_BRACKETS = re.compile(r"[(\[【<《].*?[)\]】>》]")
_SIGNS = re.compile(r"[\s*:：、/\\|·.。_\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the sheet: its key, its name on the template, and what else people call it."""

    key: str
    name: str
    required: bool = False
    also: tuple[str, ...] = ()
    text: bool = False  # digits that a spreadsheet must not turn into a number
    takes: Kind | None = None  # what it may hold beside texts and numbers: days, or yes and no
    hint: str = ""
    example: str = ""
    width: int = 16


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a row. ``found`` carries no whole number of a person; ``facts`` fill the sentence."""

    column: str
    code: str
    found: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Columns:
    """The columns of one kind of sheet, and how they are found in the head of one."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.all = tuple(columns)
        self.by_key = {column.key: column for column in columns}
        self._names = {_plain_name(name): column.key for column in columns for name in (column.name, *column.also)}

    def is_known(self, text: str, key: str) -> bool:
        """Whether we call a column so ourselves, so that nothing has to be remembered."""
        return self._names.get(_plain_name(text)) == key

    def find_head(
        self, rows: Iterable[Row], merged: Iterable[Merged] = (), named: Mapping[str, str] | None = None
    ) -> Head:
        """
        The head among the first rows: the one in which most of our columns are named; of those in which none is, the
        fullest.

        :param named: what the team called columns in earlier sheets (``as_named``), which goes before what we know ourselves.
        :raises WrongColumns: when required columns are missing, a column stands there twice, or cells of it are merged.
        """
        named = named or {}
        best: tuple[tuple[int, int], Row, list[str]] | None = None
        for row in rows:
            texts = [half_width(str(cell.value)) if cell.kind is not Kind.EMPTY else "" for cell in row.cells]
            while texts and not texts[-1]:
                texts.pop()
            known = sum(1 for text in texts if as_named(text) in named or _plain_name(text) in self._names)
            weight = known, 0 if known else sum(map(bool, texts))
            if texts and (best is None or weight > best[0]):
                best = weight, row, texts
        if best is None:
            raise WrongColumns(missing=[column.name for column in self.all if column.required])
        _weight, row, texts = best
        across = [one.name for one in merged if one.first_row <= row.number <= one.last_row]
        return self._head_of(row.number, texts, across, named)

    def _head_of(self, number: int, texts: list[str], merged: list[str], named: Mapping[str, str]) -> Head:
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
            key = self._names.get(plain)
            if key is None:
                if plain and plain not in _OURS:
                    unknown.append(text)
            elif key not in places:
                places[key] = place
            elif places[key] in told_places:
                unknown.append(text)  # the team's own word for this column stands elsewhere
            elif plain == _plain_name(self.by_key[key].name) != _plain_name(texts[places[key]]):
                unknown.append(texts[places[key]])  # "联系电话" beside "手机号": the exact name wins
                places[key] = place
            elif _plain_name(texts[places[key]]) == _plain_name(self.by_key[key].name) != plain:
                unknown.append(text)
            else:
                doubled.append(text)
        found = [shown(text, most=20) for text in texts]
        missing = [column.name for column in self.all if column.required and column.key not in places]
        if missing or doubled or merged:
            raise WrongColumns(row=number, found=[text for text in found if text], missing=missing, doubled=doubled,
                               merged=merged, unknown=[shown(text, most=20) for text in unknown])  # fmt: skip
        return Head(
            row=number, columns=places, found=tuple(texts), unknown=tuple(shown(text, most=20) for text in unknown),
            told={found[place]: key for key, place in places.items() if place in told_places},
        )  # fmt: skip


def as_named(text: str) -> str:
    """A column's name as it is remembered: plain, no longer than it is shown, and without anybody's number."""
    return _plain_name(shown(text, most=20))


def _plain_name(text: str) -> str:
    """A column's name as it is compared: no hint in brackets, no star, no spaces."""
    return _SIGNS.sub("", _BRACKETS.sub("", half_width(text)))


_OURS = frozenset({PROBLEMS_COLUMN, NUMBER_COLUMN})


# ---- cells -----------------------------------------------------------------------------------------------------------
def is_blank(row: Row, head: Head) -> bool:
    """Nothing in any column we know: a serial number alone, or a remark, is no row."""
    cells = row.cells
    return all(place >= len(cells) or cells[place].kind is Kind.EMPTY for place in head.columns.values())


def is_example(row: Row, head: Head) -> bool:
    """The template's own example, left standing."""
    return half_width(seen_as(row, head, "name")).startswith(EXAMPLE)


def cell_of(row: Row, head: Head, column: str) -> Cell:
    place = head.columns.get(column)
    return NOTHING if place is None or place >= len(row.cells) else row.cells[place]


def seen_as(row: Row, head: Head, column: str) -> str:
    """A cell as a person sees it in his sheet."""
    cell = cell_of(row, head, column)
    if cell.kind is Kind.EMPTY:
        return ""
    if cell.kind is Kind.DAY:
        return str(getattr(cell.value, "date", lambda: cell.value)())
    return text_of(cell)


def text_of(cell: Cell) -> str:
    """A cell as text; a whole number without its ``.0``, an apostrophe that only guards a sign taken off."""
    value = cell.value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        value = int(value)
    text = "" if value is None else str(value)
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r" else text


def _unfit(cell: Cell, column: Column) -> str:
    """Why a cell's kind alone rules it out; ``""`` when it does not."""
    if cell.kind is Kind.FORMULA or text_of(cell).startswith("="):
        return "formula"
    if cell.kind is Kind.ERROR:
        return "error_value"
    if cell.kind is Kind.TRUTH and column.takes is not Kind.TRUTH:
        return "truth_value"
    if cell.kind is Kind.NUMBER and column.text and len(text_of(cell).lstrip("-")) > EXACT_DIGITS:
        return "digits_lost"
    if cell.kind is Kind.DAY and column.takes is not Kind.DAY:
        return "is_a_day"
    if len(text_of(cell)) > LONGEST_CELL:
        return "too_long"
    return ""


class RowReader:
    """Reads the cells of one row and collects what is wrong with them."""

    def __init__(self, columns: Columns, row: Row, head: Head, epoch: date = EPOCH_1900) -> None:
        self.columns, self.row, self.head, self.epoch = columns, row, head, epoch
        self.problems: list[Problem] = []

    def tell(self, column: str, code: str, **facts: Any) -> None:
        found = shown(seen_as(self.row, self.head, column))
        self.problems.append(Problem(column=column, code=code, found=found, facts=facts))

    def take(self, column: str, read: Callable[[Cell], Any]) -> Any:
        """What a cell holds, or ``None`` with the reason told."""
        cell = cell_of(self.row, self.head, column)
        if cell.kind is Kind.EMPTY:
            if self.columns.by_key[column].required:
                self.tell(column, "missing")
            return None
        code = _unfit(cell, self.columns.by_key[column])
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


def guarded(value: Any) -> Any:
    """A value as it may be written into a sheet: text that a spreadsheet would run gets an apostrophe before it."""
    return harmless(value) if isinstance(value, str) else value
