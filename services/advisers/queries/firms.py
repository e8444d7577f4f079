"""A firm as its own manager sees it: its advisers in every county, from the shared register."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Adviser, Firm, Seat
from services.advisers.queries.appointments import places_of, touching
from services.advisers.queries.register import adviser_info, firm_info, with_held
from services.advisers.rules import state_of
from services.advisers.types import FirmInfo, FirmMember, FirmOverview, FirmSeat


def firm_overview(*, scope: Scope, on: date) -> FirmOverview:
    """
    The signed-in manager's own firm.

    :raises Missing: the firm is not on the register any more.
    """
    policies.check_may_read_firm(scope)
    firm = Firm.objects.filter(id=scope.subject_id).first()
    if firm is None:
        raise policies.no_firm()
    advisers = list(
        with_held(Adviser.objects.filter(firm=firm), on).select_related("firm").order_by("pinyin", "id")
    )  # fmt: skip
    seats: dict[uuid.UUID, list[FirmSeat]] = defaultdict(list)
    rows = list(Seat.objects.filter(touching(on, on), adviser__firm=firm).order_by("begins_on", "id"))
    communities = places_of({row.node_id for row in rows})
    counties = places_of({row.county_id for row in rows})
    for row in rows:
        place, county = communities.get(row.node_id), counties.get(row.county_id)
        seats[row.adviser_id].append(
            FirmSeat(node_id=row.node_id, community=place.name if place else "", county=county.name if county else "",
                     begins_on=row.begins_on, ends_on=row.ends_on)
        )  # fmt: skip
    members = tuple(
        FirmMember(
            adviser=adviser_info(row, scope=scope, held=row.held, on=on), seats=tuple(seats[row.id]),
            state=state_of(exam_passed_on=row.exam_passed_on, banned_until=row.banned_until,
                           ends=[seat.ends_on for seat in seats[row.id]], on=on),
        )
        for row in advisers
    )  # fmt: skip
    return FirmOverview(
        firm=firm_info(firm, advisers=len(members)), members=members, communities=len({row.node_id for row in rows}),
        counties=len(counties),
    )  # fmt: skip


def firm_called(*, name: str, province_id: int) -> FirmInfo | None:
    """A firm of a province by its whole name. Names of firms are public; whoever appoints a manager names his firm."""
    row = Firm.objects.filter(province_id=province_id, name=name.strip()).first()
    return firm_info(row, advisers=0) if row else None
