"""The place where a CSV is read as a sheet is: the same rows and cells, so that nothing above needs to know which it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from falin.kernel.sheets.workbook import (
    EPOCH_1900,
    MOST_COLUMNS,
    NOTHING,
    Cell,
    Kind,
    Merged,
    Row,
    Sheet,
    Unusable,
    broken_is_unusable,
    opened,
)

ENCODINGS = ("utf-8-sig", "gb18030")  # what spreadsheets write in China


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A CSV, with what a workbook's sheet has. ``rows`` may be walked more than once."""

    text: str
    name: str = ""
    others: int = 0
    merged: tuple[Merged, ...] = ()
    epoch: date = EPOCH_1900

    def rows(self, *, width: int = MOST_COLUMNS) -> Iterator[Row]:
        with broken_is_unusable():
            for number, cells in enumerate(csv.reader(io.StringIO(self.text, newline="")), start=1):
                yield Row(number, tuple(Cell(Kind.TEXT, one) if one.strip() else NOTHING for one in cells[:width]))


def text_of_csv(data: bytes) -> str:
    """:raises Unusable: ``not_a_table``: it is no text."""
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise Unusable("not_a_table")


@contextmanager
def sheet_in(data: bytes) -> Iterator[Sheet | Lines]:
    """
    The first visible sheet of an XLSX, or a CSV: told by the bytes.

    :raises Unusable: it is neither.
    """
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        with opened(io.BytesIO(data)) as sheet:
            yield sheet
    else:
        yield Lines(text=text_of_csv(data))
