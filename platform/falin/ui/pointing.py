"""
Place where outlines that somebody brought in become a small map to point at: made coarser together, so that borders still
meet, and few enough bytes for a slow line. What leaves it is a drawing in its own units; no coordinate can be read off it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from falin.ui.geo import WIDTH, Frame, has_room, in_units, middle_of, path_of, without_specks

LIMIT: Final = 48_000  # characters of all paths together; compressed they are less than half
MOST: Final = 3_000  # of one of them: a few hundred points
NAME_SIZE: Final = 40  # of a name in the drawing's units, as in maps.css: thirteen pixels on a phone
_KIND: Final = re.compile(r"(?:社区|街道|村|镇|乡)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A place to be drawn; ``shapes`` are GeoJSON geometries that together are its area."""

    code: str
    name: str
    shapes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area of a drawing. ``words`` stand on it at ``label``: its short name, or its number where that has no room."""

    code: str
    d: str
    label: tuple[int, int]
    words: str

    @property
    def number(self) -> str:
        """The number it is marked by, which the list beside the map must then say."""
        return self.words if self.words.isdecimal() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """``frame`` says where a point of degrees lies on it; it stays on the server."""

    view_box: str
    areas: tuple[Area, ...]
    frame: Frame


def draw(outlines: Iterable[Outline]) -> Drawing | None:
    """The areas drawn; ``None`` where there are none. Grows coarser until it is small enough."""
    asked = list(outlines)
    if not asked:
        return None
    shapes, frame = in_units([_whole(one) for one in asked])
    tolerance = 1.0
    while True:
        shapes = [without_specks(one, tolerance * 6) for one in shapely.coverage_simplify(shapes, tolerance=tolerance)]
        paths = [path_of(one) for one in shapes]
        tolerance *= 1.35
        if (sum(map(len, paths)) <= LIMIT and max(map(len, paths)) <= MOST) or tolerance > WIDTH / 10:
            break
    areas = (_area(*one) for one in zip(asked, shapes, paths, count(1)) if one[2])  # nothing is left of a mere dot
    return Drawing(view_box=f"0 0 {WIDTH} {frame.height}", areas=tuple(areas), frame=frame)


def _whole(outline: Outline) -> BaseGeometry:
    return without_specks(shapely.union_all([shapely.make_valid(shape(one)) for one in outline.shapes]), 0)


def _area(outline: Outline, drawn: BaseGeometry, d: str, number: int) -> Area:
    (x, y), radius = middle_of(drawn)
    short = _KIND.sub("", outline.name)
    short = short if len(short) > 1 else outline.name
    words = next((words for words in (short, str(number)) if words and has_room(words, radius, NAME_SIZE)), "")
    return Area(code=outline.code, d=d, label=(x, y), words=words)
