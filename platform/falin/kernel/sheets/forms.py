"""
The sheets that go out: the template to fill in, and the rows to mend with their own numbers. Pure: bytes come back.

Nothing written here runs in a spreadsheet: text that begins with a sign of a formula gets an apostrophe before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from falin.kernel.sheets.columns import NUMBER_COLUMN, PROBLEMS_COLUMN, Columns, Head, guarded
from falin.kernel.sheets.workbook import Cell, Kind, Row

TEXT_FORMAT = "@"  # a spreadsheet leaves digits in such a column alone
_BOLD = Font(bold=True)
_MUST = PatternFill("solid", fgColor="FFE8E0D0")
_TOP = Alignment(vertical="top", wrap_text=True)


def template(columns: Columns, *, title: str, must: str) -> bytes:
    """
    The sheet to fill in: the head with its hints, one example row, columns of digits kept as text.

    :param title: of the sheet. :param must: the word for a column that must be filled.
    """
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    for place, column in enumerate(columns.all, start=1):
        hints = [part for part in (must if column.required else "", column.hint) if part]
        head = sheet.cell(row=1, column=place, value=column.name + (f"（{'，'.join(hints)}）" if hints else ""))
        head.font, head.alignment = _BOLD, _TOP
        if column.required:
            head.fill = _MUST
        letter = get_column_letter(place)
        dimension = sheet.column_dimensions[letter]
        dimension.width = column.width
        dimension.number_format = TEXT_FORMAT
        example = sheet.cell(row=2, column=place, value=column.example or None)
        example.number_format = TEXT_FORMAT
        if column.hint:
            asked = DataValidation(allow_blank=True, showInputMessage=True, promptTitle=column.name, prompt=column.hint)
            asked.add(f"{letter}2:{letter}10000")
            sheet.add_data_validation(asked)
    sheet.row_dimensions[1].height = 36
    sheet.freeze_panes = "B2"
    return _bytes(book)


class RowsToMend:
    """The rows that were not ready, as they stood in the sheet, with what is wrong and their own row numbers."""

    def __init__(self, columns: Columns, head: Head, *, title: str) -> None:
        self._columns, self._head, self._title = columns, head, title
        self._book: Workbook | None = None
        self._sheet: Any = None
        self.count = 0

    def add(self, row: Row, sentences: Sequence[str]) -> None:
        if self._book is None:
            self._begin()
        cells = [_written(cell) for cell in row.cells[: self._head.width]]
        cells += [None] * (self._head.width - len(cells))
        self._sheet.append([*cells, guarded("\n".join(sentences)), row.number])
        self.count += 1

    def data(self) -> bytes:
        """The finished sheet; ``b""`` when no row was added. Ends the writing, wanted or not: call it once, always."""
        return _bytes(self._book) if self._book else b""

    def _begin(self) -> None:
        head, by_key = self._head, self._columns.by_key
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(self._title)
        keys = {place: key for key, place in head.columns.items()}
        for place in range(head.width):
            dimension = self._sheet.column_dimensions[get_column_letter(place + 1)]
            dimension.width = by_key[keys[place]].width if place in keys else 14
            if place in keys and by_key[keys[place]].text:
                dimension.number_format = TEXT_FORMAT
        self._sheet.column_dimensions[get_column_letter(head.width + 1)].width = 60
        self._sheet.freeze_panes = "A2"
        self._sheet.append([self._bold(guarded(name)) for name in (*head.found, PROBLEMS_COLUMN, NUMBER_COLUMN)])

    def _bold(self, value: str) -> Any:
        cell = WriteOnlyCell(self._sheet, value=value)
        cell.font = _BOLD
        return cell


def _written(cell: Cell) -> Any:
    if cell.kind in {Kind.FORMULA, Kind.ERROR}:
        return "'" + str(cell.value)
    value = cell.value
    if isinstance(value, str):
        return guarded(ILLEGAL_CHARACTERS_RE.sub("", value))
    if getattr(value, "tzinfo", None) is not None:
        return str(value)
    return value


def _bytes(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()
