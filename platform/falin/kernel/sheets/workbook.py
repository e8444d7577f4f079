"""
The place where an XLSX is opened with suspicion, and read row by row without holding it in memory.

Everything here works on the bytes alone: no names of columns, no tables. What cannot be read says why in one code.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import IO, Any, NamedTuple

from openpyxl.cell.read_only import EmptyCell
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH

from falin.kernel.sheets.texts import Reader

# Day 0 of a sheet's serial numbers; older Macintosh sheets count from another one.
EPOCH_1900 = date(1899, 12, 30)
EPOCH_1904 = date(1904, 1, 1)
MEGABYTE = 1024 * 1024
MOST_UNPACKED = 600 * MEGABYTE
MOST_STRINGS = 150 * MEGABYTE  # shared texts are the one part that must be held in memory whole
MOST_RATIO = 200  # real sheets pack 5 to 40 times; looked at only where much would be unpacked
RATIO_MATTERS = 50 * MEGABYTE
MOST_PARTS = 2_000
MOST_COLUMNS = 60
LAST_ROW = 1_048_576
MOST_MERGED = 200_000  # rows under merged cells that are told one by one
_STEP = 500
_BLOCK = 1 * MEGABYTE

_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_TYPES = re.compile(rb"<!DOCTYPE", re.IGNORECASE)


class Unusable(Exception):
    """
    The file cannot be taken as a sheet at all.

    Codes: ``not_xlsx``, ``old_excel`` (also an encrypted one), ``too_large_unpacked``, ``broken``, ``empty``,
    ``too_many_rows``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Kind(StrEnum):
    """What a cell holds."""

    EMPTY = ""
    TEXT = "s"
    NUMBER = "n"
    DAY = "d"
    FORMULA = "f"
    ERROR = "e"
    TRUTH = "b"


class Cell(NamedTuple):
    kind: Kind
    value: Any


NOTHING = Cell(Kind.EMPTY, None)


class Merged(NamedTuple):
    """A merged range, numbered from 1, all ends included."""

    name: str
    first_column: int
    first_row: int
    last_column: int
    last_row: int


class Row(NamedTuple):
    """One row as the file numbers it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class Sheet:
    """The first visible sheet of an opened workbook. ``rows`` may be walked more than once."""

    name: str
    others: int
    row_count: int
    merged: tuple[Merged, ...]
    epoch: date
    _worksheet: Any = field(repr=False)

    def rows(self, *, width: int = MOST_COLUMNS) -> Iterator[Row]:
        """
        Every row from the first on, ``width`` cells each, with the file's own numbers; a row the file leaves out comes
        as an empty one.
        """
        source = enumerate(self._worksheet.iter_rows(max_col=width), start=1)
        while True:
            # The library warns of things that do not touch us (unknown extensions); not past this step, though.
            with warnings.catch_warnings(), broken_is_unusable():
                warnings.simplefilter("ignore")
                step = [Row(number, tuple(map(_cell, cells))) for number, cells in islice(source, _STEP)]
            if not step:
                return
            yield from step


def _cell(cell: Any) -> Cell:
    if isinstance(cell, EmptyCell) or cell.value is None:
        return NOTHING
    kind, value = cell.data_type, cell.value
    if kind == "f":
        return Cell(Kind.FORMULA, str(getattr(value, "text", value)))
    if kind in {"s", "inlineStr", "str"}:
        text = str(value)
        return Cell(Kind.TEXT, text) if text.strip() else NOTHING
    if kind == "n" and not isinstance(value, int | float):
        return Cell(Kind.DAY, value)
    return Cell(Kind(kind), value)


@contextmanager
def broken_is_unusable() -> Iterator[None]:
    """A damaged or hostile file makes the parser fail in a dozen ways; to the person they are one."""
    try:
        yield
    except (Unusable, MemoryError):
        raise
    except Exception as error:
        raise Unusable("broken") from error


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[Sheet]:
    """
    The first visible sheet of an XLSX.

    :raises Unusable: when there is none to be had.
    """
    check_outside(stream)
    with broken_is_unusable():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = Reader(stream, read_only=True, data_only=False, keep_links=False)
            reader.read()
            book: Any = reader.wb
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    if not sheets:
        raise Unusable("empty")
    try:
        first = sheets[0]
        row_count, merged = _survey(first)
        first.reset_dimensions()  # what the file says of its own size is often wrong
        epoch = EPOCH_1904 if book.epoch == MAC_EPOCH else EPOCH_1900
        yield Sheet(name=str(first.title), others=len(book.worksheets) - 1, row_count=row_count, merged=merged,
                    epoch=epoch, _worksheet=first)  # fmt: skip
    finally:
        book.close()


def check_outside(stream: IO[bytes]) -> None:
    """What the archive's own list says, before anything is unpacked. (A list that lies is cut short when read.)"""
    stream.seek(0)
    head = stream.read(8)
    stream.seek(0)
    if head == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unusable("old_excel")
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            names = {part.filename.replace("\\", "/").lstrip("/") for part in parts}
            if not any(name.startswith("xl/") for name in names) or "[Content_Types].xml" not in names:
                raise Unusable("not_xlsx")
            _check_sizes(parts)
            _refuse_document_types(archive, parts)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Unusable("not_xlsx") from error
    finally:
        stream.seek(0)


def _check_sizes(parts: Iterable[zipfile.ZipInfo]) -> None:
    sized = [part for part in parts if not part.is_dir()]
    unpacked = sum(part.file_size for part in sized)
    packed = max(1, sum(part.compress_size for part in sized))
    strings = sum(part.file_size for part in sized if part.filename.lower().endswith("sharedstrings.xml"))
    if (
        len(sized) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or strings > MOST_STRINGS
        or (unpacked > RATIO_MATTERS and unpacked / packed > MOST_RATIO)
    ):
        raise Unusable("too_large_unpacked")


def _refuse_document_types(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo]) -> None:
    """A spreadsheet never declares entities; who does wants the parser to swell."""
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as source:
                if _TYPES.search(source.read(4096)):
                    raise Unusable("broken")


def _survey(worksheet: Any) -> tuple[int, tuple[Merged, ...]]:
    """How many rows the sheet has and which cells are merged: read off the bytes, as merges stand behind the rows."""
    count, last, merged = 0, 0, []
    with broken_is_unusable(), worksheet._get_source() as source:  # noqa: SLF001
        for text in _whole_marks(source):
            count += len(_ROW.findall(text))
            for found in _ROW_NUMBER.finditer(text):
                number = int(found[1])
                if not last < number <= LAST_ROW:  # the library would skip such a row without a word
                    raise Unusable("broken")
                last = number
            merged += [_merged(found[1].decode()) for found in _MERGED.finditer(text)]
            if len(merged) > MOST_MERGED:
                raise Unusable("broken")
    return count, tuple(merged)


def _whole_marks(source: IO[bytes]) -> Iterator[bytes]:
    """The stream in blocks that never end in the middle of a mark."""
    tail = b""
    while block := source.read(_BLOCK):
        text = tail + block
        cut = text.rfind(b"<")
        cut = cut if cut > 0 else len(text)
        tail = text[cut:]
        yield text[:cut]
    yield tail


def _merged(name: str) -> Merged:
    first_column, first_row, last_column, last_row = range_boundaries(name)
    return Merged(name, int(first_column or 1), int(first_row or 1), int(last_column or 1), int(last_row or 1))


def rows_under(merged: Iterable[Merged], *, below: int, columns: frozenset[int], until: int) -> dict[int, str]:
    """Rows after row ``below`` that a merge touches in one of ``columns`` (from 1), each with the merge's name."""
    under: dict[int, str] = {}
    walked = 0
    for one in merged:
        if not any(one.first_column <= column <= one.last_column for column in columns):
            continue
        span = range(max(one.first_row, below + 1), min(one.last_row, until) + 1)
        walked += len(span)
        if walked > MOST_MERGED:
            raise Unusable("broken")
        for number in span:
            under.setdefault(number, one.name)
    return under
