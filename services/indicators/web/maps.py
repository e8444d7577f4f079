"""The map of a province or of one of its cities: every county body coloured by its coverage against the pace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.ui.figures import MapRow, Shade
from falin.ui.geo import MARGIN, NAME_SIZE, WIDTH, load_geo, short_name
from services.indicators import rules
from services.indicators.types import PlaceFigures, PlaceTally, Ratio
from services.indicators.web.pages import Aim, address, aim_of, origin_of
from tenants.divisions.api import list_by_code, list_codes
from tenants.divisions.types import Level

NAMED: Final = 6  # in a sentence below the map
_NOTHING_DRAWN: Final[Mapping[str, Any]] = {"counties": [], "cities": []}
_RING: Final = re.compile(r"M(-?[\d.]+) (-?[\d.]+)l([^z]*)z")
_NUMBER: Final = re.compile(r"-?[\d.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What the ``choropleth`` tag is told."""

    geo: Mapping[str, Any] | None
    rows: tuple[MapRow, ...]
    legend: tuple[Shade, ...]
    labels: Mapping[str, str]
    title: str
    caption: str
    approval: str
    origin: str


def has_map(figures: PlaceFigures) -> bool:
    """Outlines exist for county bodies: a province or a city shows them, a lower place does not."""
    return figures.tally is not None and figures.place.level <= Level.CITY and not figures.place.is_county_body


def map_of(figures: PlaceFigures, bodies: Iterable[PlaceTally]) -> Map:
    aim = aim_of(figures)
    steps = steps_to(aim)
    found = list(bodies)
    outlines = load_geo(geo_file(figures)) or _NOTHING_DRAWN
    drawn = _known_as([county["code"] for county in outlines["counties"]], found, 6)
    rows = tuple(_row(body, drawn.get(body.place.id, body.place.code[:6]), figures, steps) for body in found)
    names = {drawn[body.place.id]: body.place.name for body in found if body.place.id in drawn}
    gone = _no_more(outlines, names, figures)
    if figures.place.level == Level.CITY:
        geo = city_only(outlines, {**names, **dict(gone)})
        labels = {row.code: _number(body) for row, body in zip(rows, found, strict=True)}
        caption = _("数字是全区（县、市）配备率（%）。")
    else:
        below = [child for child in figures.children if child.place.level == Level.CITY]
        known = _known_as([city["code"] for city in outlines["cities"]], below, 4)
        cities = {known[city.place.id]: city for city in below if city.place.id in known}
        geo = _named(outlines, names, {code: city.place.name for code, city in cities.items()})
        labels = {code: _number(city) for code, city in cities.items()}
        caption = _("粗线为市界，城市名下的数是全市配备率（%）。")
    counted = Counter(row.shade for row in rows)
    missing = [body.place.name for body in found if body.place.id not in drawn] if geo else []
    return Map(geo=geo, rows=rows, legend=_legend(steps, counted), labels=labels,
               caption=caption + _untold(missing, [name for _code, name in gone]), title=_("顾问配备率，按县（区）"),
               approval=settings.MAP_APPROVAL, origin=origin_of(figures))  # fmt: skip


def _known_as(codes: Iterable[str], places: Sequence[PlaceTally], digits: int) -> dict[int, str]:
    """
    The outline of each place, by the code it was drawn under: its own, else one it had once.

    Outlines are drawn once, at set-up; places are given other codes in the years after.
    """
    free = set(codes)
    found = {one.place.id: code for one in places if (code := one.place.code[:digits]) in free}
    free -= set(found.values())
    others = [one.place.id for one in places if one.place.id not in found]
    for node, had in list_codes(others).items() if free else ():
        if (code := next((code[:digits] for code in had if code[:digits] in free), "")) != "":
            found[node] = code
            free.discard(code)
    return found


def _no_more(geo: Mapping[str, Any], names: Mapping[str, str], figures: PlaceFigures) -> list[tuple[str, str]]:
    """Outlines, by code and name, of counties that are no more; of a city those that lay in it when it was drawn."""
    if not geo["counties"]:
        return []
    own = list_codes([figures.place.id])[figures.place.id]
    here = tuple(code[: 4 if figures.place.level == Level.CITY else 2] for code in own)
    empty = [one for one in geo["counties"] if one["code"] not in names and one["city_code"].startswith(here)]
    found = {one["code"]: list_by_code(one["code"]) for one in empty}
    return [(one["code"], one["name"]) for one in empty if found[one["code"]] and found[one["code"]][0].ended_on]


def _untold(missing: Sequence[str], gone: Sequence[str]) -> str:
    """What a map cannot show is said: places that were made since it was drawn, and outlines of some that are no more."""
    said = _("图上没有%(names)s的轮廓，请看下面的表。") % {"names": _some(missing)} if missing else ""
    return said + (_("图上的%(names)s已经撤销，没有数。") % {"names": _some(gone)} if gone else "")


def _some(names: Sequence[str]) -> str:
    told = _("、").join(names[:NAMED])
    return told if len(names) <= NAMED else _("%(names)s等 %(n)s 个") % {"names": told, "n": len(names)}


def _named(
    geo: Mapping[str, Any], counties: Mapping[str, str], cities: Mapping[str, str]
) -> Mapping[str, Any] | None:  # fmt: skip
    """The drawing with the names of its places, by the codes they were drawn under; ``None`` where nothing is drawn."""
    if not geo["counties"]:
        return None
    return {
        **geo,
        "counties": [_renamed(county, counties.get(county["code"], county["name"])) for county in geo["counties"]],
        "cities": [
            {**city, "name": short_name(cities[city["code"]])} if city["code"] in cities else city
            for city in geo["cities"]
        ],
    }


def _renamed(county: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return (
        county
        if name == county["name"]
        else {**county, "name": name, "short": county.get("short") and short_name(name)}
    )


def geo_file(figures: PlaceFigures) -> Path:
    return Path(settings.HOME) / "geo" / f"{figures.path[0].code[:2]}.json"


@dataclass(frozen=True, slots=True)
class Step:
    """Shares from ``above`` on, up to the next step, wear this shade."""

    above: Fraction
    shade: str


def steps_to(aim: Aim) -> tuple[Step, ...]:
    """Five classes round the pace; limits in whole tenths, so that the legend says exactly what was done."""
    pace = Fraction(str(rules.rounded(aim.pace)))
    middle = Fraction(str(rules.rounded((pace + aim.target) / 2)))
    steps = [Step(Fraction(0), "d1"), Step(pace - 3, "d2"), Step(pace - Fraction(3, 2), "d3"), Step(pace, "d5")]
    return (*steps, Step(middle, "d7")) if middle > pace else tuple(steps)


def shade_of(ratio: Ratio, steps: tuple[Step, ...]) -> str:
    if not ratio.exists:
        return ""
    share = Fraction(ratio.part * 100, ratio.whole)
    return [step.shade for step in steps if share >= step.above][-1]


def _legend(steps: tuple[Step, ...], counted: Mapping[str, int]) -> tuple[Shade, ...]:
    lines = []
    for step, above in zip(steps, [*steps[1:], None], strict=True):
        low = formats.number(float(step.above), 1)
        if above is None:
            text = _("%(low)s%% 以上") % {"low": low}
        elif step.above == 0:
            text = _("低于 %(high)s%%") % {"high": formats.number(float(above.above), 1)}
        else:
            text = _("%(low)s–%(high)s%%") % {"low": low, "high": formats.number(float(above.above), 1)}
        lines.append(Shade(shade=step.shade, text=text, count=counted.get(step.shade, 0)))
    if counted.get(""):
        lines.append(Shade(shade="", text=_("没有发布"), count=counted[""]))
    return tuple(lines)


def _row(body: PlaceTally, code: str, figures: PlaceFigures, steps: tuple[Step, ...]) -> MapRow:
    return MapRow(
        code=code, name=body.place.name, value=f"{_number(body)}%" if _number(body) else _("没有发布"),
        shade=shade_of(body.tally.coverage, steps) if body.tally else "", url=address(body.place, figures.month, figures.view),
    )  # fmt: skip


def _number(child: PlaceTally) -> str:
    value = rules.percent(child.tally.coverage) if child.tally else None
    return "" if value is None else formats.number(value, 1)


# ---- one city cut out of the province's drawing ---------------------------------------------------------------------


def city_only(geo: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any] | None:
    """
    Some counties, drawn as large as the province was; ``None`` where the drawing has none of them.

    :param names: what each is called, by the code it was drawn under.
    """
    counties = [_renamed(county, names[county["code"]]) for county in geo["counties"] if county["code"] in names]
    if not counties:
        return None
    west, north, east, south = _bounds(county["d"] for county in counties)
    scale = (WIDTH - 2 * MARGIN) / max(east - west, south - north, 1)

    def put(x: float, y: float) -> tuple[float, float]:
        return (x - west) * scale + MARGIN, (y - north) * scale + MARGIN

    drawn = [
        {**county, "d": _scaled(county["d"], put, scale), "label": [round(at) for at in put(*county["label"])]}
        for county in counties
    ]
    width, height = round((east - west) * scale) + 2 * MARGIN, round((south - north) * scale) + 2 * MARGIN
    return {
        "viewBox": f"0 0 {width} {height}",
        "outline": "",
        "borders": "",
        "counties": drawn,
        # The tag names cities; here the counties that have room take their part.
        "cities": [
            {"code": one["code"], "name": short_name(one["name"]), "label": one["label"]}
            for one in drawn
            if _roomy(one)
        ],
    }


def _roomy(county: Mapping[str, Any]) -> bool:
    west, north, east, south = _bounds([county["d"]])
    return east - west > len(short_name(county["name"])) * NAME_SIZE * 1.4 and south - north > NAME_SIZE * 3.5


def _bounds(paths: Iterable[str]) -> tuple[float, float, float, float]:
    xs, ys = [], []
    for path in paths:
        for begin_x, begin_y, steps in _RING.findall(path):
            x, y = float(begin_x), float(begin_y)
            xs.append(x)
            ys.append(y)
            numbers = [float(number) for number in _NUMBER.findall(steps)]
            for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
                x, y = x + dx, y + dy
                xs.append(x)
                ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)


def _scaled(path: str, put: Any, scale: float) -> str:
    def ring(found: re.Match[str]) -> str:
        x, y = put(float(found[1]), float(found[2]))
        steps = " ".join(f"{float(number) * scale:.1f}" for number in _NUMBER.findall(found[3]))
        return f"M{x:.1f} {y:.1f}l{steps}z"

    return _RING.sub(ring, path)
