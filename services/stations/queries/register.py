"""The register of stations, as far as a scope reads it: one's own places', or for everybody what is open in a county."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import time
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from falin.kernel import sorting
from falin.kernel.scope import Scope
from falin.kernel.sorting import Order
from services.stations import policies
from services.stations.models import Station
from services.stations.rules import tier_of
from services.stations.types import (
    MOST_COUNTED,
    Opening,
    Position,
    StationContent,
    StationCounts,
    StationFilters,
    StationInfo,
    StationPage,
    StationRow,
    Tier,
    View,
)
from tenants.divisions.api import Division, Level, list_communities, list_divisions, list_streets
from tenants.divisions.rules.pinyin import typed_pinyin

PAGE: Final = 20
LONGEST_PAGE: Final = 500
# What the list stands by; the first one where nothing is asked.
STATION_ORDERS: Final[dict[str, Order]] = {
    "tier": ("tier", "pinyin", "id"), "name": ("pinyin", "id"), "opened": ("opened_on", "pinyin", "id"),
}  # fmt: skip
_VIEWS: Final = {
    View.OPEN: Q(closed_on__isnull=True), View.NO_POSITION: Q(closed_on__isnull=True, longitude__isnull=True),
    View.CLOSED: Q(closed_on__isnull=False),
}  # fmt: skip


def list_stations(
    *, scope: Scope, filters: StationFilters | None = None, after: str = "", before: str = "", size: int = PAGE,
    sort: str = "", counted: bool = True,
) -> StationPage:  # fmt: skip
    """
    Stations of the scope's places: the centre first, then by how their names are read.

    :param after: a page's ``after`` cursor, for the next one; ``before`` likewise for the one before.
    :param sort: one of ``STATION_ORDERS``, with - before it the other way round.
    :param counted: how many there are in all; who looks for the first few does not ask.
    """
    policies.check_may_read(scope)
    rows = _cut(stations_in(scope), filters or StationFilters())
    page = sorting.turn(
        rows, sorting.order_of(sort, STATION_ORDERS), after=after, before=before, size=min(size, LONGEST_PAGE)
    )
    total = rows.order_by().values("pk")[: MOST_COUNTED + 1].count() if counted else 0
    return StationPage(rows=tuple(_lines(page.rows)), total=min(total, MOST_COUNTED), more=total > MOST_COUNTED,
                       before=page.before, after=page.after)  # fmt: skip


def count_stations(*, scope: Scope) -> StationCounts:
    """How many stations each ready-made cut of the list holds, and in how many communities there is one (R4.1)."""
    policies.check_may_read(scope)
    return StationCounts(**stations_in(scope).aggregate(
        open=Count("id", filter=_VIEWS[View.OPEN]), no_position=Count("id", filter=_VIEWS[View.NO_POSITION]),
        closed=Count("id", filter=_VIEWS[View.CLOSED]),
        communities=Count("node_id", filter=_VIEWS[View.OPEN] & Q(tier=Tier.STUDIO), distinct=True),
    ))  # fmt: skip


def get_station(*, scope: Scope, station_id: uuid.UUID) -> StationRow:
    """
    One station of the scope's places, closed ones too.

    :raises Missing:
    """
    policies.check_may_read(scope)
    row = stations_in(scope).filter(id=station_id).first()
    if row is None:
        raise policies.no_station()
    return _lines([row])[0]


def list_open_stations(*, scope: Scope, node_ids: Collection[int] | None = None) -> list[StationInfo]:
    """
    What everybody may read: the stations of the scope's county that are open, the centre first.

    :param node_ids: of these places and the county itself alone.
    """
    policies.check_may_read_open(scope)
    rows = Station.objects.filter(_VIEWS[View.OPEN], county_id__in=scope.roots)
    if node_ids is not None:
        rows = rows.filter(Q(node_id__in=node_ids) | Q(tier=Tier.CENTRE))
    return [info_of(row) for row in rows.order_by(*STATION_ORDERS["tier"])]


def list_places(*, scope: Scope) -> list[Division]:
    """The places of the scope where a station may be: its own and those below, each street before its communities."""
    policies.check_may_keep(scope)
    found: list[Division] = []
    for root in list_divisions(scope.roots):
        if root.county_id is None:
            continue
        below: dict[int | None, list[Division]] = {}
        for place in list_communities(root.id):
            below.setdefault(place.street_id, []).append(place)
        found.append(root)
        for street in list_streets(root.id) if root.level < Level.STREET else [root]:
            found += [*([street] if street is not root else []), *below.pop(street.id, [])]
        found += [place for rest in below.values() for place in rest if place is not root and place.id != root.id]
    return [place for place in found if tier_of(place.level, is_county_body=place.is_county_body)]


def list_own_streets(*, scope: Scope) -> list[Division]:
    """The streets of the scope's places, to cut the list by; none for who looks over more than a county."""
    policies.check_may_read(scope)
    bodies = [place for place in list_divisions(scope.roots) if place.county_id == place.id]
    return [street for body in bodies for street in list_streets(body.id)]


# ---- shared by the commands ----------------------------------------------------------------------------------------
def stations_in(scope: Scope) -> QuerySet[Station]:
    """Rows of the board at or below the places the scope has its role for."""
    roots = scope.roots
    return Station.objects.filter(
        Q(province_id__in=roots) | Q(city_id__in=roots) | Q(county_id__in=roots) | Q(street_id__in=roots)
        | Q(node_id__in=roots)
    )  # fmt: skip


def content_of(row: Station) -> StationContent:
    position = None
    if row.longitude is not None and row.latitude is not None:
        position = Position(longitude=row.longitude, latitude=row.latitude)
    return StationContent(
        node_id=row.node_id, name=row.name, address=row.address, phone=row.phone, wheelchair=row.wheelchair,
        opening=tuple(Opening(weekday=day, begins_at=time.fromisoformat(begin), ends_at=time.fromisoformat(end))
                      for day, begin, end in row.opening),
        position=position, opened_on=row.opened_on,
    )  # fmt: skip


def info_of(row: Station) -> StationInfo:
    return StationInfo(id=row.id, tier=Tier(row.tier), county_id=row.county_id, street_id=row.street_id,
                       content=content_of(row), closed_on=row.closed_on, closed_why=row.closed_why)  # fmt: skip


def _cut(rows: QuerySet[Station], filters: StationFilters) -> QuerySet[Station]:
    rows = rows.filter(_VIEWS[filters.view])
    if filters.tier is not None:
        rows = rows.filter(tier=filters.tier)
    if filters.street_id is not None:
        rows = rows.filter(Q(street_id=filters.street_id) | Q(node_id=filters.street_id))
    text = filters.text.strip()
    if text:
        called = Q(name__contains=text) | Q(address__contains=text)
        typed = typed_pinyin(text)
        if typed and typed.isascii():
            called |= Q(pinyin__startswith=typed) | Q(initials__startswith=typed)
        rows = rows.filter(called)
    return rows


def _lines(rows: Iterable[Station]) -> list[StationRow]:
    rows = list(rows)
    wanted: set[Any] = {row.node_id for row in rows} | {_above(row) for row in rows}
    names = {place.id: place.name for place in list_divisions(wanted - {None})}
    return [
        StationRow(station=info_of(row), place=names.get(row.node_id, ""), above=names.get(_above(row) or 0, ""))
        for row in rows
    ]


def _above(row: Station) -> int | None:
    """The next place above its own that there is."""
    chain = (row.street_id, row.county_id, row.city_id, row.province_id)
    return next((one for one in chain if one is not None and one != row.node_id), None)
