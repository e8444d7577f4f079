"""Outlines that somebody brought in become a small map to point at."""

from __future__ import annotations

import gzip
import math
import random
import re
from typing import Any

import pytest

from falin.ui import pointing
from falin.ui.pointing import Outline, draw


def _square(west: float, south: float = 30.0, size: float = 0.01) -> dict[str, Any]:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _ragged(west: float, south: float, points: int) -> dict[str, Any]:
    """Something round of so many points, none of them on a line."""
    chance = random.Random(west)
    ring = [
        [west + 0.005 * far * math.cos(angle), south + 0.005 * far * math.sin(angle)]
        for step in range(points)
        for angle, far in [(math.tau * step / points, chance.uniform(0.9, 1.1))]
    ]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _outline(name: str, *shapes: dict[str, Any], code: str = "1") -> Outline:
    return Outline(code=code, name=name, shapes=shapes)


def test_each_area_keeps_its_code_its_place_and_a_short_name() -> None:
    drawing = draw([_outline("北山街道", _square(120.0), code="a"), _outline("双浦镇", _square(120.01), code="b")])
    assert drawing is not None
    left, right = drawing.areas
    assert (left.code, left.words, right.code, right.words) == ("a", "北山", "b", "双浦")
    assert left.label[0] < right.label[0] and left.number == ""
    assert re.fullmatch(r"0 0 1000 \d+", drawing.view_box)


def test_communities_of_a_street_are_one_area() -> None:
    drawing = draw([_outline("北山街道", _square(120.0), _square(120.01))])
    assert drawing is not None
    assert drawing.areas[0].d.count("M") == 1


def test_where_a_name_has_no_room_its_number_stands_and_where_that_has_none_nothing() -> None:
    drawing = draw([
        _outline("北山街道", _square(120.0, size=0.1)), _outline("马当宅基地居民点社区", _square(120.101, size=0.005)),
        _outline("双浦镇", _square(120.101, 30.02, size=0.001)),
    ])  # fmt: skip
    assert drawing is not None
    assert [(one.words, one.number) for one in drawing.areas] == [("北山", ""), ("2", "2"), ("", "")]


def test_a_dot_that_leaves_nothing_on_the_map_is_no_area() -> None:
    drawing = draw(
        [_outline("北山街道", _square(120.0, size=1.0), code="a"), _outline("双浦镇", _square(121.1, size=1e-6))]
    )
    assert drawing is not None
    assert [one.code for one in drawing.areas] == ["a"]


def test_no_outlines_are_no_map() -> None:
    assert draw([]) is None


def test_no_coordinate_can_be_read_off_it() -> None:
    drawing = draw([_outline("北山街道", _square(120.123456, 30.234567))])
    assert drawing is not None
    said = drawing.view_box + drawing.areas[0].d
    assert set(re.findall(r"\d+", said)) <= {str(one) for one in range(2000)} and "." not in said


@pytest.mark.parametrize(("places", "points"), [(12, 3000), (300, 300)])
def test_however_fine_the_outlines_are_the_map_is_light(places: int, points: int) -> None:
    drawing = draw(
        _outline("宝石社区", _ragged(120 + place % 20 * 0.01, 30 + place // 20 * 0.01, points), code=str(place))
        for place in range(places)
    )
    assert drawing is not None and len(drawing.areas) == places
    paths = "".join(area.d for area in drawing.areas)
    assert len(paths) <= pointing.LIMIT
    assert len(gzip.compress(paths.encode())) <= 20_000
    assert all(len(re.findall(r"-?\d+", area.d)) / 2 < 800 for area in drawing.areas)
