"""The shared texts of a workbook, kept as bytes: a hundred thousand names and numbers in a tenth of the memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element

from openpyxl.packaging.manifest import Manifest
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

_ITEM, _TEXT, _RUN = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "r"))


class Texts:
    """A list of texts in one stretch of bytes, with where each of them ends."""

    __slots__ = ("_bytes", "_ends")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q")

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        """:raises IndexError: a cell that points past the table, as in a damaged file."""
        if place < 0:
            raise IndexError(place)
        return self._bytes[self._ends[place - 1] if place else 0 : self._ends[place]].decode()


def read_texts(source: IO[bytes]) -> Texts:
    """The table of shared texts; readings written above characters are left out."""
    texts = Texts()
    root: Element | None = None
    for event, node in iterparse(source, events=("start", "end")):
        if root is None:
            root = node
        elif event == "end" and node.tag == _ITEM:
            texts.append("".join(_parts(node)).replace("x005F_", ""))
            root.clear()  # the table itself would otherwise keep an empty element for each text
    return texts


def _parts(item: Element) -> Iterator[str]:
    for child in item:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag == _RUN:
            yield child.findtext(_TEXT) or ""


class Reader(ExcelReader):
    """The library's reader with our table of texts in place of its list."""

    package: Manifest
    shared_strings: Any

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = read_texts(source)
