"""
The place where rows become a file: CSV (with BOM, so that spreadsheets read Chinese) and XLSX. No cell becomes a formula.

Rows are written as they come; however many they are, memory holds one of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from falin.kernel.clock import SHANGHAI

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Full-width ones too: a spreadsheet set to Chinese or Japanese reads them as the others.
_DANGEROUS: Final = (*"=+-@＝＋－＠", "\t", "\r", "\n")

Value = str | int | Decimal | date | datetime | None


def harmless(text: str) -> str:
    """A text no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def write_csv(to: IO[bytes], header: Iterable[str], rows: Iterable[Iterable[Value]]) -> None:
    to.write(b"\xef\xbb\xbf")
    text = io.TextIOWrapper(to, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(one) for one in header])
    for row in rows:
        writer.writerow([_as_text(value) for value in row])
    text.detach()


def _as_text(value: Value) -> str:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def write_xlsx(to: IO[bytes], title: str, header: Iterable[str], rows: Iterable[Iterable[Value]]) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    page.append([_cell(page, text, bold=True) for text in header])
    for row in rows:
        page.append([_cell(page, value) for value in row])
    book.save(to)


def _cell(page: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    elif isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).replace(tzinfo=None)  # a sheet knows no time zones
    cell = WriteOnlyCell(page, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # "=…" stays a text
    if bold:
        cell.font = Font(bold=True)
    return cell
