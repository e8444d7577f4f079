"""
The place of what everybody may read of a county without signing in: what it published, put together for its public pages.

Everything here is read in the scope ``public_of`` makes: in the shared schema, with the county as its one place. The
register says who serves, the notice board says when and what was reached; no county's own row is within reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from services.advisers.api import list_serving
from services.advisers.types import Serving
from services.desk.api import get_public_news, list_public_news
from services.desk.types import NewsInfo, NewsPage
from services.duty.api import HOURS_A_MONTH, list_posted
from services.duty.types import HoursPosted
from services.indicators.api import PlaceFigures, place_figures
from tenants.divisions.api import (
    Division,
    Level,
    Status,
    find_by_code,
    list_communities,
    list_divisions,
    list_near,
    list_streets,
    outlined_levels,
    search,
)
from tenants.identity.api import public_of
from tenants.registry.api import Kind, find_tenant_of, list_tenants
from tenants.registry.types import UNSEEN

_DIGITS = {Level.CITY: 4, Level.COUNTY: 6, Level.STREET: 9, Level.COMMUNITY: 12}
BELOW_NONE = "none"  # in an address, in place of a street's code
MOST_FOUND = 40
# Chinese phones and maps place a point up to some 500 m apart (GCJ-02 beside CGCS2000); who stands at a border chooses.
AROUND, WIDEST, MOST_NEAR = 500.0, 2_000.0, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A county as everybody sees it, and the scope its public pages are read in."""

    county: Division
    slug: str
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A community on the public pages: who serves it and when he can be met."""

    place: Division
    slug: str
    street: str
    serving: tuple[Serving, ...]
    hours: HoursPosted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A street and how many of its communities have an adviser; without a place, what lies below none."""

    place: Division | None
    slug: str
    communities: int
    served: int


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city and its counties that work with Falin; without a name, those below none."""

    name: str
    counties: tuple[tuple[str, str], ...]  # slug, name


def slug_of(place: Division) -> str:
    """The official code as far as the place's level reaches: what stands in the address."""
    return place.code[: _DIGITS[place.level]]


def find_face(slug: str) -> Face:
    """
    The county-grade body of an address.

    :raises Missing: there is none, or it does not work with Falin.
    """
    level = Level.CITY if len(slug) == 4 else Level.COUNTY
    county = find_by_code(level, slug) if slug.isdigit() and len(slug) in {4, 6} else None
    tenant = find_tenant_of(county.id) if county else None
    if county is None or tenant is None or tenant.kind != Kind.COUNTY or tenant.state in UNSEEN:
        raise Missing("portal.no_such_county", _("没有这个县（区）的公开页面。"))
    return Face(county=county, slug=slug, scope=public_of(tenant))


def list_faces() -> list[City]:
    """The counties that have public pages, by city, in the order of official codes."""
    open_ones = [one.node_id for one in list_tenants(kind=Kind.COUNTY) if one.state not in UNSEEN]
    bodies = list_divisions(open_ones)
    names = {city.id: city.name for city in list_divisions({body.city_id for body in bodies if body.city_id})}
    found: dict[str, list[tuple[str, str]]] = {}
    for body in bodies:
        above = names.get(body.city_id or 0, "") if body.level == Level.COUNTY else ""
        found.setdefault(above, []).append((slug_of(body), body.name))
    return [City(name=name, counties=tuple(counties)) for name, counties in found.items()]


def find_anywhere(text: str) -> list[tuple[str, str, Division]]:
    """Places of every open county by name, pinyin or initials: the county's slug and name, and the place."""
    bodies = {one.node_id for one in list_tenants(kind=Kind.COUNTY) if one.state not in UNSEEN}
    found = [place for place in search(text, limit=200) if place.county_id in bodies][:MOST_FOUND]
    counties = {body.id: body for body in list_divisions({place.county_id for place in found if place.county_id})}
    return [(slug_of(body), body.name, place) for place in found if (body := counties.get(place.county_id or 0))]


def grouped(face: Face) -> list[tuple[Division | None, list[Division]]]:
    """The county's streets that have communities, each with them; last, without a place, those below none."""
    below: dict[int | None, list[Division]] = {}
    for place in list_communities(face.county.id):
        below.setdefault(place.street_id, []).append(place)
    found: list[tuple[Division | None, list[Division]]] = [
        (street, below[street.id]) for street in list_streets(face.county.id) if street.id in below
    ]
    return [*found, (None, below[None])] if None in below else found


def streets_of(face: Face, *, on: date) -> list[Street]:
    """The county's streets, each with how many communities it has and how many are served."""
    served = list_serving(scope=face.scope, on=on)
    return [
        Street(place=street, slug=slug_of(street) if street else BELOW_NONE, communities=len(places),
               served=sum(place.id in served for place in places))
        for street, places in grouped(face)
    ]  # fmt: skip


def places_in(face: Face, street: str) -> tuple[str, list[Division]]:
    """
    The name of one street, and its communities.

    :raises Missing:
    """
    if street == BELOW_NONE:
        return _("不属于街道的"), [place for place in list_communities(face.county.id) if place.street_id is None]
    found = find_by_code(Level.STREET, street) if street.isdigit() else None
    if found is None or found.county_id != face.county.id:
        raise Missing("portal.no_such_street", _("这个县（区）没有这个街道。"))
    return found.name, list_communities(found.id)


def spots_in(face: Face, street: str, *, on: date) -> tuple[str, list[Spot]]:
    """:raises Missing:"""
    name, places = places_in(face, street)
    return name, _spots(face, places, on)


def find_spots(face: Face, text: str, *, on: date) -> list[Spot]:
    """Communities of the county called so: by part of the name, pinyin or initials; of a street called so, all of them."""
    found = search(text, root_id=face.county.id, limit=MOST_FOUND)
    places = {place.id: place for place in found if place.level == Level.COMMUNITY}
    for street in (place for place in found if place.level == Level.STREET):
        places |= {place.id: place for place in list_communities(street.id)}
    return _spots(face, list(places.values())[:MOST_FOUND], on)


def levels_drawn(face: Face, *, on: date) -> frozenset[Level]:
    """
    At which levels the county brought in outlines: with those of communities a position says something, with any there is
    a map to point at.
    """
    return outlined_levels(face.county.id, on=on)


def find_near(face: Face, *, longitude: float, latitude: float, accuracy: float, on: date) -> list[Spot]:
    """
    Communities around a position, the one that holds it first. It is compared and forgotten: nothing is written.

    :raises Invalid: it is no position.
    """
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and accuracy >= 0):
        raise Invalid("portal.no_position", _("这不是一个位置。"))
    near = list_near(
        face.county.id, longitude=longitude, latitude=latitude, metres=min(AROUND + accuracy, WIDEST), on=on
    )
    return _spots(face, near[:MOST_NEAR], on)


def get_spot(face: Face, slug: str, *, on: date) -> Spot:
    """
    One community, who serves it and when.

    :raises Missing:
    """
    place = find_by_code(Level.COMMUNITY, slug) if slug.isdigit() and len(slug) == 12 else None
    if place is None or place.county_id != face.county.id or place.status != Status.IN_USE:
        raise Missing("portal.no_such_community", _("这个县（区）没有这个社区（村）。"))
    (spot,) = _spots(face, [place], on, node_id=place.id)
    return spot


def figures_of(face: Face, node_id: int) -> PlaceFigures:
    """The newest published figures of the county or of one of its places."""
    return place_figures(scope=face.scope, node_id=node_id)


def hours_asked(face: Face, now: datetime) -> int:
    """How many hours a month an adviser gives each community, as set for the county."""
    return parameters.value(HOURS_A_MONTH, node_id=face.county.id, on=legal_day(now))


def news_of(face: Face, *, on: date, before: int | None = None) -> NewsPage:
    """What the county tells everybody on a day, newest first."""
    return list_public_news(scope=face.scope, on=on, before=before)


def get_news(face: Face, number: int, *, on: date) -> NewsInfo:
    """:raises Missing:"""
    return get_public_news(scope=face.scope, number=number, on=on)


def every_slug(face: Face) -> list[str]:
    """Of all the county's communities, for its site map."""
    return [slug_of(place) for place in list_communities(face.county.id)]


def _spots(face: Face, places: Iterable[Division], on: date, node_id: int | None = None) -> list[Spot]:
    places = list(places)
    serving = list_serving(scope=face.scope, on=on, node_id=node_id)
    posted = list_posted(scope=face.scope, node_id=node_id)
    streets = {one.id: one.name for one in list_divisions({place.street_id for place in places if place.street_id})}
    return [
        Spot(place=place, slug=slug_of(place), street=streets.get(place.street_id or 0, ""),
             serving=serving.get(place.id, ()), hours=posted.get(place.id))
        for place in places
    ]  # fmt: skip
