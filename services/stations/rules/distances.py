"""How far a station is, and in which order stations are told."""

from __future__ import annotations

import math
from collections.abc import Iterable

from services.stations.types import Near, Position, StationInfo

_RADIUS = 6_371_008.8  # metres; the mean of the earth's


def metres_between(one: Position, other: Position) -> float:
    """As the crow flies, on a sphere: within a county the error is below half a per cent."""
    first, second = math.radians(one.latitude), math.radians(other.latitude)
    across = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    along = math.sin((second - first) / 2) ** 2
    return 2 * _RADIUS * math.asin(math.sqrt(along + math.cos(first) * math.cos(second) * across))


def nearest_first(stations: Iterable[StationInfo], here: Position | None) -> list[Near]:
    """By distance; where it is not known after those, and among themselves as they came."""
    found = [
        Near(station=one, metres=metres_between(here, one.content.position) if here and one.content.position else None)
        for one in stations
    ]
    return sorted(found, key=lambda near: math.inf if near.metres is None else near.metres)
