"""Outlines of a province made small."""

import json
from pathlib import Path

import pytest

from falin.ui import geo

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("province", "counties", "cities"),
    [("33", 90, 11), ("50", 38, 1), ("44", 124, 21), ("54", 74, 7)],
    ids=["Zhejiang", "a municipality", "cities without counties", "Tibet"],
)
def test_every_county_has_an_outline_and_a_city(province: str, counties: int, cities: int, tmp_path: Path) -> None:
    out = tmp_path / "geo" / f"{province}.json"
    assert geo.build_geo(province, out) == counties
    assert out.stat().st_size <= geo.LIMIT
    drawing = json.loads(out.read_text(encoding="utf-8"))
    assert len({county["code"] for county in drawing["counties"]}) == counties
    assert all(county["d"].startswith("M") and county["d"].endswith("z") for county in drawing["counties"])
    assert len(drawing["cities"]) == cities
    assert {county["city_code"] for county in drawing["counties"]} == {city["code"] for city in drawing["cities"]}
    assert list(out.parent.iterdir()) == [out]


def test_a_city_without_counties_stands_for_one(tmp_path: Path) -> None:
    out = tmp_path / "44.json"
    geo.build_geo("44", out)
    drawing = geo.load_geo(out)
    assert drawing is not None
    named = {county["code"]: county["name"] for county in drawing["counties"]}
    assert named["441900"] == "东莞市"
    assert named["442000"] == "中山市"


def test_an_unknown_province_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(geo.NoOutlines):
        geo.build_geo("99", tmp_path / "99.json")
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_no_map(tmp_path: Path) -> None:
    assert geo.load_geo(tmp_path / "33.json") is None


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("杭州市", "杭州"),
        ("阿里地区", "阿里"),
        ("恩施土家族苗族自治州", "恩施"),
        ("西双版纳傣族自治州", "西双版纳"),
        ("博尔塔拉蒙古自治州", "博尔塔拉"),
        ("忠县", "忠县"),
    ],
)
def test_names_on_the_map_are_short(name: str, short: str) -> None:
    assert geo.short_name(name) == short
