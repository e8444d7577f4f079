"""
The place of the map on the public pages: what can be pointed at in a county, its streets first, then the communities of one.

Drawn is what was brought in for the county's own places. A street without an outline is drawn as its communities together,
so that whoever brought in either has a map; what was not drawn stands in the list beside it.

Stations lie on it as points. Which ones are the map's the register says, by the place a station is at, and never the point:
outlines and positions may be in two grids up to 500 m apart (decision 60).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from falin.portal import nearby
from falin.portal.nearby import Shown
from falin.portal.public import BELOW_NONE, Face, grouped, places_in, slug_of
from falin.ui.pointing import Drawing, Outline, draw
from services.stations.types import Position
from tenants.divisions.api import Division, Outlined, list_boundaries, list_outlined


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A street or a community, on the map and in the list; ``place`` is None for what lies below no street."""

    place: Division | None
    slug: str
    below: tuple[Division, ...] = ()
    opens: bool = False  # a map of its communities


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMap:
    """
    ``street`` is the name of the one whose communities are shown; ``sources`` say where the outlines are from. ``stations``
    are those that belong to what is drawn; none where nothing is.
    """

    street: str
    choices: tuple[Choice, ...]
    drawing: Drawing | None
    sources: tuple[str, ...]
    stations: tuple[Pinned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """An open station of the map: ``at`` is where it lies on the drawing; ``None`` where it has no position, or beside it."""

    shown: Shown
    number: int
    at: tuple[int, int] | None


def map_of(face: Face, street: str, *, on: date) -> PublicMap:
    """
    The streets of a county, or the communities of one; a county with one street shows its communities at once.

    :raises Missing: no such street.
    """
    groups = [] if street else grouped(face)
    if street or len(groups) == 1:
        name, places = places_in(face, street) if street else ("", groups[0][1])
        known = list_outlined([place.id for place in places], on=on)
        found = _map(name, [Choice(place=place, slug=slug_of(place)) for place in places], known, on)
        return _pinned(found, _of_street(face, street, places, on) if street else nearby.all_of(face, on=on))
    known = list_outlined([place.id for one, places in groups for place in (*places, *([one] if one else ()))], on=on)
    found = _map("", [
        Choice(place=one, slug=slug_of(one) if one else BELOW_NONE, below=tuple(places),
               opens=any(place.id in known for place in places))
        for one, places in groups
    ], known, on)  # fmt: skip
    return _pinned(found, nearby.main_ones(face, on=on))


def _of_street(face: Face, street: str, places: Sequence[Division], on: date) -> list[Shown]:
    """The stations of a street and of its communities."""
    nodes = {place.id for place in places} | {place.street_id for place in places}
    return [one for one in nearby.all_of(face, on=on) if one.station.content.node_id in nodes]


def _pinned(found: PublicMap, stations: Sequence[Shown]) -> PublicMap:
    if found.drawing is None:
        return found
    return replace(found, stations=tuple(
        Pinned(shown=one, number=number, at=_at(found.drawing, one.station.content.position))
        for number, one in enumerate(stations, start=1)
    ))  # fmt: skip


def _at(drawing: Drawing, position: Position | None) -> tuple[int, int] | None:
    return drawing.frame.point(position.longitude, position.latitude) if position else None


def _map(street: str, choices: Sequence[Choice], known: Mapping[int, Outlined], on: date) -> PublicMap:
    drawn = tuple(
        (choice.slug, choice.place.name if choice.place else "", nodes)
        for choice in choices
        if (nodes := _shown_by(choice, known))
    )
    used = tuple(known[node] for _slug, _name, nodes in drawn for node in nodes)
    return PublicMap(street=street, choices=tuple(choices), drawing=_drawing(drawn, on, used),
                     sources=tuple(sorted({one.source for one in used})))  # fmt: skip


def _shown_by(choice: Choice, known: Mapping[int, Outlined]) -> tuple[int, ...]:
    """Whose outlines show it: its own, or, where there is none, those of the communities below it."""
    if choice.place and choice.place.id in known:
        return (choice.place.id,)
    return tuple(place.id for place in choice.below if place.id in known)


@lru_cache(maxsize=64)
def _drawing(drawn: Sequence[tuple[str, str, Sequence[int]]], on: date, _known: Sequence[Outlined]) -> Drawing | None:
    """Made once for each state of the outlines: to draw a county takes longer than everything else on its page."""
    found = list_boundaries([node for _slug, _name, nodes in drawn for node in nodes], on=on)
    return draw(Outline(code=slug, name=name, shapes=[found[node] for node in nodes]) for slug, name, nodes in drawn)
