"""
The place of stations on the public pages: those of a community, of its street, the county's centre; or by how far they are.

Read in the county's public scope, as everything there. A position is compared and forgotten: nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import SHANGHAI
from falin.kernel.refusals import Invalid
from falin.kernel.workdays import is_day_off
from falin.portal.public import Face, Spot, find_spots, get_spot, spots_in
from services.stations.api import TIER_LABELS, list_open_stations, nearest_first, opening_words, times_words
from services.stations.types import Near, Position, StationInfo, Tier
from tenants.divisions.api import list_divisions

MOST_NEAR = 12
_BESIDE = 3  # on a community's own page


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A station as everybody reads it. ``far`` says how far it is, in words; "" where nobody knows."""

    station: StationInfo
    tier: str
    place: str
    opening: tuple[str, ...]
    today: str
    far: str = ""
    metres: int | None = None


def all_of(face: Face, *, on: date) -> list[Shown]:
    """Every station of the county, the centre first, then street by street; studios stay with their streets."""
    return _shown(nearest_first(list_open_stations(scope=face.scope), None), on)


def main_ones(face: Face, *, on: date) -> list[Shown]:
    """The centre and the streets' stations; all there are where there are none of these."""
    found = all_of(face, on=on)
    return [one for one in found if one.station.tier != Tier.STUDIO] or found


def open_now(face: Face, moment: datetime) -> Shown | None:
    """A main station whose door stands open, else one that opens today yet; ``None`` where none does."""
    local = moment.astimezone(SHANGHAI)
    waiting = [
        (one, spans) for one in main_ones(face, on=local.date())
        if not is_day_off(local.date())
        and (spans := [span for span in one.station.openings_on(local.isoweekday()) if span.ends_at > local.time()])
    ]  # fmt: skip
    there = [one for one, spans in waiting if spans[0].begins_at <= local.time()]
    return next(iter([*there, *(one for one, _spans in waiting)]), None)


def chosen(face: Face, *, q: str, street: str, community: str, on: date) -> tuple[str, list[Shown]] | None:
    """
    What one asked for and the stations there: of one's community, then of its street, then the county's centre. ``None``
    where nothing was asked.

    :raises Missing: no such street or community in the county.
    """
    if community:
        spot = get_spot(face, community, on=on)
        return _("%(place)s附近的法律服务站点") % {"place": spot.place.name}, around(face, spot, on=on)
    if street:
        called, spots = spots_in(face, street, on=on)
        name = _("%(place)s的法律服务站点") % {"place": called}
    elif q:
        name, spots = _("找“%(text)s”") % {"text": q}, find_spots(face, q, on=on)
    else:
        return None
    nodes = {node for spot in spots for node in (spot.place.id, spot.place.street_id)}
    return name, _of(face, nodes, on) if spots else []


def around(face: Face, spot: Spot, *, on: date) -> list[Shown]:
    """The stations of a community, of its street, and the county's centre; nearest to home first."""
    found = _of(face, {spot.place.id, spot.place.street_id}, on)
    return sorted(found, key=lambda one: one.station.content.node_id != spot.place.id)


def beside(face: Face, spot: Spot, *, on: date) -> list[Shown]:
    """The few of them that stand on the community's own page."""
    return around(face, spot, on=on)[:_BESIDE]


def near(face: Face, *, longitude: float, latitude: float, on: date) -> list[Shown]:
    """
    The stations around a position, nearest first; those without a position of their own stand behind.

    :raises Invalid: it is no position.
    """
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Invalid("portal.no_position", _("这不是一个位置。"))
    here = Position(longitude=longitude, latitude=latitude)
    return _shown(nearest_first(list_open_stations(scope=face.scope), here)[:MOST_NEAR], on)


def far_words(metres: float | None) -> str:
    """约 300 米, 约 2.4 公里: to the hundred, for the two grids of Chinese maps lie further apart than that."""
    if metres is None:
        return ""
    hundreds = max(1, round(metres / 100))
    if hundreds < 10:
        return _("约 %(n)s 米") % {"n": hundreds * 100}
    kilometres = hundreds / 10 if hundreds < 100 else round(metres / 1000)
    return _("约 %(n)s 公里") % {"n": formats.number(kilometres, 1 if kilometres % 1 else 0)}


def today_words(station: StationInfo, on: date) -> str:
    """What its hours come to today: open from when to when, closed, or a holiday on which one asks first."""
    spans = station.openings_on(on.isoweekday())
    if is_day_off(on):
        return _("今天放假，可能不开门，请先打电话问")
    return _("今天 %(times)s 开门") % {"times": times_words(spans)} if spans else _("今天不开门")


def _of(face: Face, nodes: set[int | None], on: date) -> list[Shown]:
    stations = list_open_stations(scope=face.scope, node_ids=[node for node in nodes if node is not None])
    order = (Tier.STUDIO, Tier.STATION, Tier.CENTRE)
    return _shown(nearest_first(sorted(stations, key=lambda one: order.index(one.tier)), None), on)


def _shown(found: list[Near], on: date) -> list[Shown]:
    names = {place.id: place.name for place in list_divisions({one.station.content.node_id for one in found})}
    return [
        Shown(station=one.station, tier=str(TIER_LABELS[one.station.tier]),
              place=names.get(one.station.content.node_id, ""), opening=tuple(opening_words(one.station.content.opening)),
              today=today_words(one.station, on), far=far_words(one.metres),
              metres=None if one.metres is None else round(one.metres / 100) * 100)
        for one in found
    ]  # fmt: skip
