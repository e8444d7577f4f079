"""What the outlines that counties brought in tell: which communities lie around a point, and which places can be drawn."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import shapely
from shapely.geometry import Point, shape

from tenants.divisions.models import Boundary
from tenants.divisions.queries.history import list_boundaries
from tenants.divisions.queries.tree import list_communities, list_streets
from tenants.divisions.types import Division, Level

METRES_A_DEGREE = 111_320


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A county's outlines in metres, as flat as a county is."""

    narrow: float  # how much shorter a degree of longitude is there
    places: tuple[Division, ...]
    tree: shapely.STRtree

    def near(self, longitude: float, latitude: float, metres: float) -> list[Division]:
        here = Point(longitude * self.narrow * METRES_A_DEGREE, latitude * METRES_A_DEGREE)
        hits = self.tree.query(here, predicate="dwithin", distance=metres)
        return [self.places[hit] for hit in sorted(hits, key=lambda hit: self.tree.geometries[hit].distance(here))]


class Outlined(NamedTuple):
    """Who says what the outline of a place is, and when it came; its points are not read."""

    source: str
    recorded_at: datetime


def list_outlined(nodes: Collection[int], *, on: date) -> dict[int, Outlined]:
    """Which of the places have an outline on a day."""
    rows = Boundary.objects.filter(node_id__in=nodes, valid_from__lte=on).order_by("node_id", "-valid_from")
    newest = rows.distinct("node_id").values_list("node_id", "source", "recorded_at")
    return {node: Outlined(source, recorded_at) for node, source, recorded_at in newest}


def outlined_levels(root_id: int, *, on: date) -> frozenset[Level]:
    """At which levels, streets and communities, a place has outlines below it on a day."""
    below = {place.id: place.level for place in (*list_streets(root_id, on=on), *list_communities(root_id, on=on))}
    return frozenset(below[node] for node in list_outlined(below, on=on))


def list_near(root_id: int, *, longitude: float, latitude: float, metres: float, on: date) -> list[Division]:
    """
    Communities below a place that hold a point or come within so many metres of it, the nearest first.

    The point is compared in memory; it is in no statement, and nothing keeps it.
    """
    places = tuple(list_communities(root_id, on=on))
    known = list_outlined([place.id for place in places], on=on)
    return _drawn(places, on, tuple(known.values())).near(longitude, latitude, metres) if known else []


@lru_cache(maxsize=16)
def _drawn(places: Sequence[Division], on: date, _known: Sequence[Outlined]) -> _Drawn:
    """Read once for each state of a county's outlines: taking them apart takes longer than comparing."""
    outlines = list_boundaries([place.id for place in places], on=on)
    named = tuple(place for place in places if place.id in outlines)
    shapes = [shape(outlines[place.id]) for place in named]
    _west, south, _east, north = shapely.total_bounds(shapes)
    narrow = math.cos(math.radians((south + north) / 2))
    flat = [
        shapely.transform(one, lambda points: points * [narrow * METRES_A_DEGREE, METRES_A_DEGREE]) for one in shapes
    ]
    return _Drawn(narrow=narrow, places=named, tree=shapely.STRtree(flat))
