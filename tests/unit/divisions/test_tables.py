"""Lists, facts and outlines are read out of files; what is wrong is said by its row, and the other rows are read."""

from __future__ import annotations

import io
import json
import math
import time
import zipfile
from typing import Any

import openpyxl
import pytest

from tenants.divisions.rules.tables import (
    FACT_COLUMNS,
    LIST_COLUMNS,
    FactRow,
    Unreadable,
    fact_rows,
    listed_rows,
    outlines,
    read_sheet,
)
from tenants.divisions.types import FactKind, Level, ListedRow

LIST = "代码,名称\n33,浙江省\n330106000000,西湖区\n,\n3301061,坏代码\n330106109200,湖埠村\n330106109,\n"


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_in_the_encodings_offices_use(encoding: str) -> None:
    rows, errors = listed_rows(read_sheet(LIST.encode(encoding), LIST_COLUMNS, ["code", "name"]))
    assert rows == [
        ListedRow(Level.PROVINCE, "33", "浙江省", ""),
        ListedRow(Level.COUNTY, "330106", "西湖区", "3301"),
        ListedRow(Level.COMMUNITY, "330106109200", "湖埠村", "330106109"),
    ]
    assert [(error.row, error.code) for error in errors] == [(5, "bad_code"), (7, "no_name")]


def test_a_workbook_is_read_under_the_mapping_that_is_given() -> None:
    data = xlsx(
        ("区划编码", "备注", "区划名"), (330106109200.0, "x", "湖埠村"), (None, None, None), ("33", "", "浙江省")
    )
    rows, errors = listed_rows(read_sheet(data, {"code": "区划编码", "name": "区划名"}, ["code", "name"]))
    assert [(row.code, row.name) for row in rows] == [("330106109200", "湖埠村"), ("33", "浙江省")]
    assert errors == []


@pytest.mark.parametrize(
    ("data", "code", "value"),
    [("甲,乙\n1,2\n".encode(), "column_missing", "代码、名称"), (b"\x89PNG\x00\x01", "not_a_table", ""),
     (b"PK\x03\x04 torn", "not_a_table", ""), (b"", "column_missing", "代码、名称")],
)  # fmt: skip
def test_a_file_that_is_no_list_says_why(data: bytes, code: str, value: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        read_sheet(data, LIST_COLUMNS, ["code", "name"])
    assert (wrong.value.code, wrong.value.value) == (code, value)


def test_facts_are_whole_numbers_and_an_empty_cell_says_nothing() -> None:
    table = '代码,人口,户数,面积\n330106,"1,234",500,\n330102,多,,88\n99,1,1,1\n'
    rows, errors = fact_rows(read_sheet(table.encode(), FACT_COLUMNS, ["code"]))
    assert rows[:3] == [
        FactRow(2, "330106", FactKind.POPULATION, 1234),
        FactRow(2, "330106", FactKind.HOUSEHOLDS, 500),
        FactRow(3, "330102", FactKind.AREA, 88),
    ]
    assert [(error.row, error.code, error.value) for error in errors] == [(3, "bad_number", "多")]


def feature(code: Any, *ring: tuple[float, float], kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": kind, "coordinates": [list(ring)]}}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


SQUARE = ((120.0, 30.0), (120.1, 30.0), (120.1, 30.1), (120.0, 30.1), (120.0, 30.0))


def test_outlines_are_mended_and_simplified() -> None:
    fine = ((120.0, 30.0), (120.05, 30.00001), *SQUARE[1:])
    found, errors = outlines(collection(feature("330106", *fine), feature("330102", *SQUARE)), "code")
    assert errors == []
    assert len(found[0].geometry["coordinates"][0]) == 5, "fifty metres are no line on the map"
    bow = ((120.0, 30.0), (120.1, 30.1), (120.1, 30.0), (120.0, 30.1), (120.0, 30.0))
    (crossed,), _none = outlines(collection(feature("330106", *bow)), "code")
    assert crossed.geometry["type"] == "MultiPolygon"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [(feature("33x", *SQUARE), "bad_code"), (feature(None, *SQUARE), "bad_code"), ("text", "bad_code"),
     (feature("330106", (1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 1.0)), "bad_outline"),
     ({"properties": {"code": "330106"}, "geometry": {"type": "Point", "coordinates": [120, 30]}}, "bad_outline"),
     ({"properties": {"code": "330106"}, "geometry": None}, "bad_outline"),
     (feature("330106", (120.0, 30.0), (120.1, 30.0)), "bad_outline")],
)  # fmt: skip
def test_a_feature_that_is_no_outline_is_said_by_its_number(wrong: Any, code: str) -> None:
    found, errors = outlines(collection(feature("330102", *SQUARE), wrong), "code")
    assert [one.code for one in found] == ["330102"]
    assert [(error.row, error.code) for error in errors] == [(2, code)]


def _swelling() -> bytes:
    """A workbook whose parser is asked to make a gigabyte out of ten names."""
    names = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(6))
    types = f'<!DOCTYPE x [<!ENTITY a "{"a" * 1000}">{names}]>'
    whole, out = zipfile.ZipFile(io.BytesIO(xlsx(("代码", "人口"), ("330106", 1)))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in whole.infolist():
            packed.writestr(one, whole.read(one).replace(b"<worksheet", f"{types}<worksheet".encode(), 1))
    return out.getvalue()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<x/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [(("代码,人口\n" + "9" * 200_000 + ",1\n").encode(), "not_a_table"), ('代码,人口\n"' + "x" * 300_000, "not_a_table"),
     (_swelling(), "not_a_table"), (_bomb(), "too_large"), (xlsx(("代码", "人口"))[:-40], "not_a_table"),
     ("代码,人口\n330106,12\n".encode("utf-16"), "not_a_table"), ("代码,人口,人口\n330106,12,13\n", "column_twice")],
    ids=["a field without end", "a quote without end", "swelling", "bomb", "cut short", "utf-16", "two columns of a name"],
)  # fmt: skip
def test_a_hostile_or_doubtful_table_is_refused_whole(data: str | bytes, code: str) -> None:
    """Of two columns of one name the first was taken without a word; a field without end was an error page."""
    with pytest.raises(Unreadable, match=code):
        read_sheet(data if isinstance(data, bytes) else data.encode(), FACT_COLUMNS, ("code",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_table_is_read_in_the_encodings_of_chinese_spreadsheets(encoding: str) -> None:
    found, errors = fact_rows(read_sheet("代码,人口\n330106,12\n".encode(encoding), FACT_COLUMNS, ("code",)))
    assert (found, errors) == ([FactRow(2, "330106", FactKind.POPULATION, 12)], [])


def scribble(lines: int) -> dict[str, Any]:
    """A stroke to and fro within a tenth of a degree, which crosses itself at every turn."""
    points = [(120 + number * 37 % 101 / 1000, 30 + number * 53 % 103 / 1000) for number in range(lines)]
    return feature("330106", *points, points[0])


@pytest.mark.parametrize(
    "wrong",
    [scribble(400), feature("330106", (1e308, 30.0), (-1e308, 30.0), (120.1, 30.1), (1e308, 30.0)),
     feature("330106", (float("nan"), 30.0), *SQUARE), feature("330106", (float("inf"), 30.0), *SQUARE),
     feature("330106", (10**400, 30.0), *SQUARE)],
    ids=["scribble", "huge", "nan", "inf", "beyond numbers"],
)  # fmt: skip
def test_an_outline_of_another_world_is_told_apart_at_once(wrong: Any) -> None:
    """Four numbers kept a thread of the web server busy for ever; three hundred crossed lines for longer than a minute."""
    began = time.perf_counter()
    found, errors = outlines(collection(wrong, feature("330102", *SQUARE)), "code")
    assert time.perf_counter() - began < 2
    assert ([one.code for one in found], [error.code for error in errors]) == (["330102"], ["bad_outline"])


def test_a_long_outline_that_crosses_itself_here_and_there_is_mended() -> None:
    angles = [math.tau * number / 20_000 for number in range(20_000)]
    circle = [(120 + math.cos(angle) / 20, 30 + math.sin(angle) / 20) for angle in angles]
    for number in range(0, 20_000, 400):
        circle[number], circle[number + 1] = circle[number + 1], circle[number]
    twice = [point for point in (*circle, circle[0]) for _again in range(2)]  # as badly joined outlines repeat points
    found, errors = outlines(collection(feature("330106", *twice)), "code")
    assert (len(found), errors) == (1, [])


@pytest.mark.parametrize("properties", [[1], "text", {"code": "33010600\ud800"}])
def test_properties_that_cannot_be_told_are_said_by_their_number(properties: Any) -> None:
    found, errors = outlines(collection({"properties": properties, "geometry": None}), "code")
    assert (found, [error.code for error in errors]) == ([], ["bad_code"])
    errors[0].value.encode()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"features": 1}', b'{"type": "Point"}', b'{"features": ' + b"[" * 90_000]
)
def test_what_is_no_collection_of_features_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="not_geojson"):
        outlines(data, "code")
