"""
The place that reads lists, facts and outlines of places out of files: CSV or XLSX under a given mapping, and GeoJSON.

Whatever is wrong with a row is said with the row's number, of the file as a person sees it; the others are read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

import openpyxl
from shapely import STRtree, get_parts, linestrings, make_valid
from shapely.errors import GEOSException
from shapely.geometry import mapping as geometry_of
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from falin.kernel.sheets.csvs import text_of_csv
from falin.kernel.sheets.workbook import Unusable, broken_is_unusable, check_outside
from tenants.divisions.rules.codes import SIGNIFICANT, padded
from tenants.divisions.types import FactKind, Level, ListedRow

LIST_COLUMNS: Final = {"code": "代码", "name": "名称", "parent": ""}  # without a parent the code tells it
FACT_COLUMNS: Final = {"code": "代码", "population": "人口", "households": "户数", "area": "面积"}
_SHOWN: Final = 12  # columns that are named where one is missing
MOST_ROWS: Final = 800_000
# Degrees, of which a thousandth is a hundred metres: finer than a line on the map that shows a place of this level.
_FINE: Final = {Level.STREET: 0.00005, Level.COMMUNITY: 0.00005}
_FINE_ABOVE: Final = 0.0005
_GRADES: Final = {digits: level for level, digits in SIGNIFICANT.items()}
_CHINA: Final = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north
_AREAS: Final = frozenset({"Polygon", "MultiPolygon"})
_MOST_CROSSINGS: Final = (
    200  # of an outline with itself: what crosses more often was not drawn, and takes minutes to mend
)
_STRETCH: Final = 50  # lines that are compared with all others at once


class RowError(NamedTuple):
    """What is wrong with a row: its number in the file, a code for the sentence, and the value."""

    row: int
    code: str
    value: str


class FactRow(NamedTuple):
    row: int
    code: str
    kind: FactKind
    value: int


class Outline(NamedTuple):
    row: int
    code: str
    geometry: Mapping[str, Any]


class Unreadable(Exception):
    """The file as a whole cannot be read: ``code`` says why, ``value`` what is missing, ``found`` which columns it has."""

    def __init__(self, code: str, value: str = "", found: str = "") -> None:
        super().__init__(code, value, found)
        self.code, self.value, self.found = code, value, found


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows by the fields of a mapping, each with its number in the file."""

    rows: Sequence[tuple[int, Mapping[str, str]]]


def read_sheet(data: bytes, columns: Mapping[str, str], needed: Iterable[str]) -> Sheet:
    """
    A CSV (UTF-8 or GB 18030) or the first sheet of an XLSX; its first row names the columns.

    :param columns: field → the name of its column; an empty name: the file has none.
    :raises Unreadable: not such a file, too large, or without a needed column.
    """
    lines = _unbroken(_workbook(data) if data[:2] == b"PK" else _text(data))
    head = [str(cell or "").strip() for cell in next(lines, [])]
    if twice := [name for name in columns.values() if name and head.count(name) > 1]:
        raise Unreadable("column_twice", "、".join(twice))
    at = {field: head.index(name) for field, name in columns.items() if name and name in head}
    missing = [columns[field] or field for field in needed if field not in at]
    if missing:
        raise Unreadable("column_missing", "、".join(missing), "、".join([cell for cell in head if cell][:_SHOWN]))
    rows = []
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise Unreadable("too_many_rows")
        row = {field: _cell(cells[index]) if index < len(cells) else "" for field, index in at.items()}
        if any(row.values()):
            rows.append((number, row))
    return Sheet(rows)


def _text(data: bytes) -> Iterator[Sequence[Any]]:
    try:
        return iter(csv.reader(io.StringIO(text_of_csv(data), newline="")))
    except Unusable as error:
        raise Unreadable("not_a_table") from error


def _workbook(data: bytes) -> Iterator[Sequence[Any]]:
    stream = io.BytesIO(data)
    try:
        check_outside(stream)
        with broken_is_unusable():
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            return iter(book.worksheets[0].iter_rows(values_only=True))
    except Unusable as error:
        raise Unreadable("too_large" if error.code == "too_large_unpacked" else "not_a_table") from error


def _unbroken(lines: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """A damaged file fails in a dozen ways, in the middle too."""
    try:
        with broken_is_unusable():
            yield from lines
    except Unusable as error:
        raise Unreadable("not_a_table") from error


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime):
        return value.isoformat()[:10]
    return str(value).strip()


# ---- lists -----------------------------------------------------------------------------------------------------------
def listed_rows(sheet: Sheet) -> tuple[list[ListedRow], list[RowError]]:
    """The rows of a list. Codes may be whole or as far as their level reaches; the parent follows from the code."""
    found: list[ListedRow] = []
    errors: list[RowError] = []
    for number, row in sheet.rows:
        code, name = row["code"], row["name"]
        level = level_of(code)
        if level is None:
            errors.append(RowError(number, "bad_code", code))
        elif not name:
            errors.append(RowError(number, "no_name", code))
        else:
            parent = row.get("parent") or (code[: SIGNIFICANT[Level(level - 1)]] if level > Level.PROVINCE else "")
            found.append(ListedRow(level, code[: SIGNIFICANT[level]], name, _cut(parent, level)))
    return found, errors


def _cut(parent: str, level: Level) -> str:
    return parent[: SIGNIFICANT[Level(level - 1)]] if level > Level.PROVINCE else ""


def level_of(code: str) -> Level | None:
    """The level a code says: by its length, of twelve digits by the noughts at its end."""
    if not (code.isascii() and code.isdigit()):
        return None
    if len(code) == SIGNIFICANT[Level.COMMUNITY]:
        return next((level for level in Level if padded(level, code)), None)
    level = _GRADES.get(len(code))
    return level if level and padded(level, code) else None


# ---- facts -----------------------------------------------------------------------------------------------------------
def fact_rows(sheet: Sheet) -> tuple[list[FactRow], list[RowError]]:
    """Whole numbers of people, households and square metres; an empty cell says nothing."""
    found: list[FactRow] = []
    errors: list[RowError] = []
    for number, row in sheet.rows:
        if level_of(row["code"]) is None:
            errors.append(RowError(number, "bad_code", row["code"]))
            continue
        for kind in FactKind:
            if not (text := row.get(kind.value, "").replace(",", "")):
                continue
            if text.isascii() and text.isdigit() and len(text) <= 15:
                found.append(FactRow(number, row["code"], kind, int(text)))
            else:
                errors.append(RowError(number, "bad_number", text))
    return found, errors


# ---- outlines --------------------------------------------------------------------------------------------------------
def outlines(data: bytes, code_property: str) -> tuple[list[Outline], list[RowError]]:
    """
    The features of a GeoJSON collection, mended and simplified for the map; numbered from 1.

    :raises Unreadable: no such collection.
    """
    try:
        features = json.loads(data)["features"]
        assert isinstance(features, list)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError) as error:
        raise Unreadable("not_geojson") from error
    found: list[Outline] = []
    errors: list[RowError] = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        code = str(properties.get(code_property, "")).strip() if isinstance(properties, dict) else ""
        level = level_of(code)
        if level is None:
            errors.append(RowError(number, "bad_code", code.encode(errors="replace").decode()))
            continue
        geometry = _mended(feature.get("geometry"), _FINE.get(level, _FINE_ABOVE))
        if geometry is None:
            errors.append(RowError(number, "bad_outline", code))
        else:
            found.append(Outline(number, code, geometry))
    return found, errors


def _mended(given: Any, tolerance: float) -> Mapping[str, Any] | None:
    """A polygon within China, its crossings mended, fine enough for a map; ``None`` where there is none."""
    try:
        drawn = shape(given)
        # Before it is mended: numbers of another world keep whoever mends them busy for ever.
        if drawn.geom_type not in _AREAS or drawn.is_empty or not _in_china(drawn):
            return None
        if not drawn.is_valid:
            if _crosses_itself_too_often(drawn):
                return None
            drawn = make_valid(drawn, method="structure", keep_collapsed=False)
        fine = drawn.simplify(tolerance)
    except (GEOSException, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError):
        return None
    if fine.geom_type not in _AREAS or not _in_china(fine):
        return None
    return json.loads(json.dumps(geometry_of(fine)))  # type: ignore[no-any-return]


def _in_china(drawn: BaseGeometry) -> bool:
    west, south, east, north = drawn.bounds
    return bool(_CHINA[0] <= west <= east <= _CHINA[2] and _CHINA[1] <= south <= north <= _CHINA[3])


def _crosses_itself_too_often(drawn: BaseGeometry) -> bool:
    """Told by its lines, a few at a time: each meets itself and its two neighbours, and of other meetings there are few."""
    lines = [
        line
        for area in get_parts(drawn)
        for ring in (area.exterior, *area.interiors)
        for line in linestrings([pair for pair in pairwise(ring.coords) if pair[0] != pair[1]])
    ]
    tree, met = STRtree(lines), 0
    for begin in range(0, len(lines), _STRETCH):
        some = lines[begin : begin + _STRETCH]
        met += tree.query(some, predicate="intersects").shape[1] - 3 * len(some)
        if met > 2 * _MOST_CROSSINGS:  # each is met from both its lines
            return True
    return False
