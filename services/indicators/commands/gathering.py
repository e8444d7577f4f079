"""Where a run gets its facts: the tree of places, the appointments, and what duty counted. Nothing is decided here."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.advisers.api import list_appointments_in_month, served_on
from services.duty.api import is_closed, list_visit_lines, month_hours
from services.duty.types import MonthHours
from services.indicators.types import Community, CountyFacts, Line, PairHours
from tenants.divisions.api import list_communities, list_divisions, list_last, list_streets, list_takers
from tenants.divisions.types import Division, Status


def gather(*, scope: Scope, county: Division, month: Month, as_of: date) -> CountyFacts:
    """
    The county's month as it stands now, on the tree of the day coverage is counted on.

    What was done at a place that has ended counts where most of it went, if that lies in the same county; else under its
    own name, beside the communities and none of them. So does what this body's book still holds of a place that came under
    another county; that one counts the place, and has an adviser there whichever body appointed him (decision 65). So a
    month in which places change loses nothing.
    """
    standing = [_community(place) for place in list_communities(county.id, on=as_of)]
    streets = tuple(place.id for place in list_streets(county.id, on=as_of) if place.status == Status.IN_USE)
    lines = list_visit_lines(scope=scope, month=month)
    hours = [pair for community in month_hours(scope=scope, month=month) for pair in community.pairs]
    here = {one.node_id for one in standing}
    elsewhere = ({one.node_id for one in lines} | {pair.node_id for pair in hours}) - here
    elsewhere -= _published_before(elsewhere, scope=scope, county=county, month=month, as_of=as_of)
    at = {node: heir for node, heir in list_takers(elsewhere, on=as_of).items() if heir in here}
    held = list_appointments_in_month(scope=scope, month=month)
    alone = [
        replace(_community(place), street_id=place.street_id if place.street_id in streets else None, stands=False)
        for place in list_last(elsewhere - at.keys(), under=(county.id,))
    ]  # fmt: skip
    return CountyFacts(
        province_id=county.province_id,
        city_id=county.city_id,
        county_id=county.id,
        county_level=int(county.level),
        as_of=as_of,
        communities=(*standing, *alone),
        streets=streets,
        covered=frozenset(one.node_id for one in held if one.holds_on(as_of)) | served_on(here, on=as_of),
        pairs=_pairs(hours, at),
        lines=tuple(
            Line(
                visit_id=one.visit_id, node_id=at.get(one.node_id, one.node_id), adviser_id=one.adviser_id,
                firm_id=one.firm_id, adviser_name=one.adviser_name, kind=one.kind, on_day=one.on_day, minutes=one.minutes,
            )
            for one in lines
        ),
    )  # fmt: skip


def _published_before(
    nodes: Collection[int], *, scope: Scope, county: Division, month: Month, as_of: date
) -> set[int]:  # fmt: skip
    """Of a closed month: the places whose rows were handed over since. Who had them then has published it."""
    if not nodes or not is_closed(scope=scope, month=month):
        return set()
    lay = {place.id for place in list_divisions(nodes, on=as_of) if place.county_id != county.id}
    return {place.id for place in list_divisions(lay) if place.county_id == county.id}


def _community(place: Division) -> Community:
    return Community(node_id=place.id, street_id=place.street_id, urban=bool(place.urban))


def _pairs(hours: Iterable[MonthHours], at: Mapping[int, int]) -> tuple[PairHours, ...]:
    """Who is appointed where, once: the days before and after a place went into another are one debt and one effort."""
    found: dict[tuple[int, uuid.UUID], list[MonthHours]] = defaultdict(list)
    for pair in hours:
        found[at.get(pair.node_id, pair.node_id), pair.adviser_id].append(pair)
    return tuple(
        PairHours(node_id=node, required_minutes=sum(one.required_minutes for one in several),
                  minutes=sum(one.minutes for one in several))
        for (node, _adviser), several in found.items() if any(one.appointed for one in several)
    )  # fmt: skip
