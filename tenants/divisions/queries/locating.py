"""Which communities lie around a point on the ground, by the outlines their counties brought in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import shapely
from django.db.models import Count, Max
from shapely.geometry import Point, shape

from tenants.divisions.models import Boundary
from tenants.divisions.queries.history import list_boundaries
from tenants.divisions.queries.tree import list_communities
from tenants.divisions.types import Division

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


def has_outlines(root_id: int, *, on: date) -> bool:
    """Whether any community below a place has an outline on a day."""
    nodes = [place.id for place in list_communities(root_id, on=on)]
    return Boundary.objects.filter(node_id__in=nodes, valid_from__lte=on).exists()


def list_near(root_id: int, *, longitude: float, latitude: float, metres: float, on: date) -> list[Division]:
    """
    Communities below a place that hold a point or come within so many metres of it, the nearest first.

    The point is compared in memory; it is in no statement, and nothing keeps it.
    """
    places = tuple(list_communities(root_id, on=on))
    rows = Boundary.objects.filter(node_id__in=[place.id for place in places], valid_from__lte=on)
    known = rows.aggregate(count=Count("id"), newest=Max("recorded_at"))
    if not known["count"]:
        return []
    return _drawn(places, on, known["count"], known["newest"]).near(longitude, latitude, metres)


@lru_cache(maxsize=16)
def _drawn(places: Sequence[Division], on: date, _count: int, _newest: datetime) -> _Drawn:
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
