"""An adviser's right to act for a community follows his terms there."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Q

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from services.advisers.models import Seat
from services.advisers.queries.homes import home_of
from services.advisers.rules import LATE_DAYS
from tenants.divisions.api import UnknownDivision
from tenants.identity.api import Role, end_role, grant_role


def settle_access(
    *, scope: Scope, adviser_id: uuid.UUID, person_id: int, node_id: int, why: str, now: datetime
) -> None:  # fmt: skip
    """
    Have the role at a community last from the first of his terms there to some days after the last one.

    The days after it are for visits of the last days that lie on a phone without a network; what may be logged is a
    matter of the visit's own day. Terms that are over for longer count no more; where none is left the role ends, and so
    it does where the place did.
    """
    today = legal_day(now)
    late = timedelta(days=parameters.value(LATE_DAYS, node_id=home_of(scope).province_id, on=today))
    terms = Seat.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today - late), adviser_id=adviser_id, node_id=node_id
    ).values_list("begins_on", "ends_on")
    begins, ends = [term[0] for term in terms], [term[1] for term in terms]
    last = None if None in ends else max((day for day in ends if day), default=today) + late
    with suppress(UnknownDivision):  # a place that ended gives nobody anything to do
        if begins:
            grant_role(
                scope=scope, person_id=person_id, role=Role.ADVISER, node_id=node_id, subject_id=str(adviser_id),
                reason=why, valid_from=min(begins), valid_to=last, now=now,
            )  # fmt: skip
            return
    end_role(scope=scope, person_id=person_id, role=Role.ADVISER, node_id=node_id, subject_id=str(adviser_id), why=why,
             now=now)  # fmt: skip
