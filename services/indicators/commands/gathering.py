"""Where a run gets its facts: the tree of places, the appointments, and what duty counted. Nothing is decided here."""

from __future__ import annotations

from datetime import date

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.advisers.api import list_appointments_in_month
from services.duty.api import list_visit_lines, month_hours
from services.indicators.types import Community, CountyFacts, Line, PairHours
from tenants.divisions.api import list_communities, list_streets
from tenants.divisions.types import Division, Status


def gather(*, scope: Scope, county: Division, month: Month, as_of: date) -> CountyFacts:
    """The county's month as it stands now, on the tree of the day coverage is counted on."""
    return CountyFacts(
        province_id=county.province_id,
        city_id=county.city_id,
        county_id=county.id,
        county_level=int(county.level),
        as_of=as_of,
        communities=tuple(
            Community(node_id=place.id, street_id=place.street_id, urban=bool(place.urban))
            for place in list_communities(county.id, on=as_of)
        ),
        streets=tuple(place.id for place in list_streets(county.id, on=as_of) if place.status == Status.IN_USE),
        covered=frozenset(
            one.node_id for one in list_appointments_in_month(scope=scope, month=month) if one.holds_on(as_of)
        ),
        pairs=tuple(
            PairHours(node_id=pair.node_id, required_minutes=pair.required_minutes, minutes=pair.minutes)
            for community in month_hours(scope=scope, month=month)
            for pair in community.pairs
            if pair.appointed
        ),
        lines=tuple(
            Line(
                visit_id=one.visit_id, node_id=one.node_id, adviser_id=one.adviser_id, firm_id=one.firm_id,
                adviser_name=one.adviser_name, kind=one.kind, on_day=one.on_day, minutes=one.minutes,
            )
            for one in list_visit_lines(scope=scope, month=month)
        ),
    )  # fmt: skip
