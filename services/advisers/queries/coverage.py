"""Which communities of a scope have an adviser on a day, and which have none (R4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from falin.kernel import sorting
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Appointment, Vacancy
from services.advisers.queries.appointments import appointment_info, places_of, touching
from services.advisers.queries.homes import communities_by_id, home_of
from services.advisers.rules import ENDING_WITHIN
from services.advisers.types import CommunityInfo, Gap, Square, SquareState, StreetSquares, VacancyReason
from tenants.divisions.api import Division, Level, list_communities, list_divisions
from tenants.divisions.rules import sound_of

# What the list of gaps stands by; else by code. Those that never had anybody are vacant longest.
GAP_ORDERS: Final[dict[str, Callable[[Gap], Any]]] = {
    "community": lambda gap: (sound_of(gap.name).pinyin, gap.name),
    "since": lambda gap: -(gap.vacant_since or date.min).toordinal(),
    "reason": lambda gap: gap.reason or "",
}


def list_gaps(*, scope: Scope, on: date, sort: str = "") -> list[Gap]:
    """
    Communities of the scope without an appointment on the day, with the reason the county gave since.

    :param sort: one of ``GAP_ORDERS``, with - before it the other way round.
    """
    policies.check_may_read_appointments(scope)
    served = set(Appointment.objects.in_scope(scope).filter(touching(on, on)).values_list("node_id", flat=True))
    vacant = [place for place in communities_of(scope) if place.id not in served]
    streets = places_of({place.street_id for place in vacant if place.street_id})
    last = last_days(scope, [place.id for place in vacant], on)
    said = _said(scope, [place.id for place in vacant])
    found = [_gap(place, streets, last.get(place.id), said.get(place.id)) for place in vacant]
    return sorting.in_order(found, sort, GAP_ORDERS)


def coverage_squares(*, scope: Scope, on: date) -> list[StreetSquares]:
    """Each street of the scope with one square a community; the largest street first, as people look for the gaps."""
    policies.check_may_read_appointments(scope)
    ends: dict[int, list[date | None]] = defaultdict(list)
    holding = Appointment.objects.in_scope(scope).filter(touching(on, on)).values_list("node_id", "ends_on")
    for node_id, end in holding:
        ends[node_id].append(end)
    below: dict[int, list[Division]] = defaultdict(list)
    for place in communities_of(scope):
        below[place.street_id or place.parent_id or 0].append(place)
    above = places_of(set(below))
    streets = [_street(above.get(node), places, ends, on) for node, places in below.items()]
    return sorted(streets, key=lambda street: (-len(street.squares), street.street_id or 0))


def get_community(*, scope: Scope, node_id: int, on: date) -> CommunityInfo:
    """
    A community of the scope and who serves it.

    :raises Missing: it does not lie in the scope. :raises Invalid: it is not a community.
    """
    policies.check_may_read_appointments(scope)
    place = community_in(scope, node_id)
    rows = Appointment.objects.in_scope(scope).filter(node_id=node_id, ends_on__isnull=True)
    rows |= Appointment.objects.in_scope(scope).filter(node_id=node_id, ends_on__gte=on)
    current = tuple(appointment_info(row) for row in rows.order_by("begins_on", "id"))
    vacant = not any(item.holds_on(on) for item in current)
    last = last_days(scope, [node_id], on).get(node_id) if vacant else None
    gap = _gap(place, {}, last, _said(scope, [node_id]).get(node_id))
    street = places_of({place.street_id} if place.street_id else set()).get(place.street_id or 0)
    return CommunityInfo(
        node_id=place.id, name=place.name, street_id=place.street_id, street=street.name if street else "",
        urban=place.urban, vacant=vacant, vacant_since=gap.vacant_since, reason=gap.reason, note=gap.note,
        current=current,
    )  # fmt: skip


# ---- shared --------------------------------------------------------------------------------------------------------
def communities_of(scope: Scope) -> list[Division]:
    """The communities of the scope, by code."""
    places = list_communities(home_of(scope).node_id) if scope.whole else list_divisions(scope.nodes)
    return [place for place in places if place.level == Level.COMMUNITY]


def community_in(scope: Scope, node_id: int) -> Division:
    """
    The community, where it lies in the scope; no statement while the county's list is fresh.

    ``scope.sees`` answers for rows of this tenant; a place is looked up in the tree, which is everybody's.

    :raises Missing: :raises Invalid:
    """
    if not scope.sees(node_id):
        raise policies.no_community()
    found = communities_by_id(scope).get(node_id)
    if found is not None:
        return found
    others = list_divisions([node_id])
    if not others or others[0].county_id != home_of(scope).node_id:
        raise policies.no_community()
    if others[0].level == Level.COMMUNITY:  # since the list was read
        return others[0]
    raise policies.not_a_community(others[0].name)


def last_days(scope: Scope, nodes: list[int], on: date) -> dict[int, tuple[date, datetime]]:
    """Of each place whose last adviser is gone: his last day, and when that appointment was written."""
    rows = (
        Appointment.objects.in_scope(scope)
        .filter(node_id__in=nodes, ends_on__lt=on)
        .order_by("node_id", "-ends_on", "-created_at")
        .distinct("node_id")
        .values_list("node_id", "ends_on", "created_at")
    )
    return {node: (end, written) for node, end, written in rows if end}


def _said(scope: Scope, nodes: list[int]) -> dict[int, Vacancy]:
    return {row.node_id: row for row in Vacancy.objects.in_scope(scope).filter(node_id__in=nodes)}


def _gap(
    place: Division, streets: dict[int, Division], last: tuple[date, datetime] | None, said: Vacancy | None
) -> Gap:
    since, written = (last[0] + timedelta(days=1), last[1]) if last else (None, None)
    # A reason given before the last adviser was appointed explains an earlier gap, not this one.
    current = said if said and (written is None or said.said_at >= written) else None
    street = streets.get(place.street_id) if place.street_id else None
    return Gap(
        node_id=place.id, name=place.name, street_id=place.street_id, street=street.name if street else "",
        reason=VacancyReason(current.reason) if current else None, note=current.note if current else "",
        vacant_since=since,
    )  # fmt: skip


def _street(
    street: Division | None, places: list[Division], ends: dict[int, list[date | None]], on: date
) -> StreetSquares:
    return StreetSquares(
        street_id=street.id if street and street.level == Level.STREET else None,
        name=street.name if street else "",
        squares=tuple(sorted((_square(place, ends.get(place.id), on) for place in places), key=_worst_last)),
    )


_ORDER = {SquareState.COVERED: 0, SquareState.ENDING: 0, SquareState.VACANT: 1}


def _worst_last(square: Square) -> int:
    return _ORDER[square.state]


def _square(place: Division, ends: list[date | None] | None, on: date) -> Square:
    if ends is None:
        return Square(node_id=place.id, name=place.name, state=SquareState.VACANT)
    last = None if None in ends else max(end for end in ends if end)
    ending = last is not None and last <= on + ENDING_WITHIN
    return Square(
        node_id=place.id, name=place.name, state=SquareState.ENDING if ending else SquareState.COVERED, ends_on=last
    )
