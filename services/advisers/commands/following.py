"""The place where appointments go on at the community that took over theirs, and come back with it (decision 40)."""

from __future__ import annotations

import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused, refusal_for
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.access import settle_access
from services.advisers.commands.appointing import appoint_adviser, end_appointment, payload_of
from services.advisers.commands.booking import book
from services.advisers.models import Adviser, Appointment, Seat
from services.advisers.queries.coverage import community_in
from tenants.divisions.hanging import Handed

log = logging.getLogger("falin.advisers")


def follow_places(*, scope: Scope, heirs: Mapping[int, int], day: date, why: str, now: datetime) -> Handed:
    """
    Appointments at communities that ended go on at the one that took over, for the days that are left of them.

    As a county would do it by hand: the old one ends, a new one begins, and all that speaks against an appointment (R2.2,
    R2.6) speaks against this one. What cannot go on stays as it is and is told of.

    :param heirs: communities that ended, and where each went. :param day: the first day of the new tree.
    """
    acting, first = _acting(scope), max(day, legal_day(now))
    went, stands, left = list[dict[str, Any]](), list[str](), defaultdict[int, Counter[str]](Counter)
    for row in _lasting(acting, first).filter(node_id__in=heirs).order_by("begins_on", "id"):
        place, ends_on = row.node_id, row.ends_on
        try:
            with transaction.atomic():
                new = _follow(acting, row, heirs[place], first, why, now)
        except Refused as refused:
            left[place][refused.code] += 1
            continue
        went.append({"was": str(row.id), "from": place, "ends_on": str(ends_on or ""), "goes_on": str(new or "")})
        stands += [str(new)] if new else []
    return Handed(went=went, stands=stands, left=left)


def come_back(*, scope: Scope, went: Sequence[Mapping[str, Any]], why: str, now: datetime) -> None:
    """
    What ``follow_places`` did is taken back, for the days that are left; one that somebody ended since stays ended.

    Where something speaks against it by now (the adviser is banned, say) it stays where it went, and the old place stands
    among the county's vacancies.
    """
    acting, today = _acting(scope), legal_day(now)
    for done in went:
        try:
            with transaction.atomic():
                _return(acting, done, today, why, now)
        except Refused as refused:
            log.warning("an appointment of %s could not come back: %s", scope.schema, refused.code)


def _return(scope: Scope, done: Mapping[str, Any], today: date, why: str, now: datetime) -> None:
    ends_on = date.fromisoformat(done["ends_on"]) if done["ends_on"] else None
    if done["goes_on"]:
        row = _lasting(scope, today).filter(id=done["goes_on"], ended_why="", ends_on=ends_on).first()
        if row is not None:
            _follow(scope, row, done["from"], today, why, now)
    elif ends_on is None or ends_on >= today:  # he served there anyway: his old place alone is to be had again
        was = Appointment.objects.in_scope(scope).get(id=done["was"])
        appoint_adviser(scope=scope, adviser_id=was.adviser_id, node_id=done["from"], begins_on=today, ends_on=ends_on,
                        now=now, replaces=was.id)  # fmt: skip


def _acting(scope: Scope) -> Scope:
    """The county's own system, with the grant of who appoints."""
    return replace(scope, grants=scope.grants | {policies.APPOINT})


def _lasting(scope: Scope, day: date) -> Any:
    """Appointments that last to a day or beyond, locked."""
    rows = Appointment.objects.in_scope(scope).select_for_update(of=("self",), no_key=True)
    return rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))


def _follow(scope: Scope, row: Appointment, node_id: int, day: date, why: str, now: datetime) -> uuid.UUID | None:
    """
    One appointment goes on at a community from a day on; as which, or ``None`` where he serves there all that time.

    :raises Refused: something speaks against it.
    """
    if row.begins_on >= day:
        return _move(scope, row, node_id, why, now)
    ends_on = row.ends_on
    here = Seat.objects.filter(adviser_id=row.adviser_id, node_id=node_id, begins_on__lte=day)
    serves = here.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=ends_on) if ends_on else Q(ends_on__isnull=True))
    end_appointment(scope=scope, appointment_id=row.id, on_day=day - timedelta(days=1), why=why, now=now)
    if serves.exists():
        return None
    return appoint_adviser(scope=scope, adviser_id=row.adviser_id, node_id=node_id, begins_on=day, ends_on=ends_on, now=now,
                           replaces=row.id).id  # fmt: skip


def _move(scope: Scope, row: Appointment, node_id: int, why: str, now: datetime) -> uuid.UUID:
    """
    One that has not begun: nobody has served by it yet, so it is the same one at another place.

    :raises Refused: he is appointed there for some of these days already.
    """
    was, place = row.node_id, community_in(scope, node_id)
    try:
        with transaction.atomic():
            Seat.objects.filter(appointment_id=row.id).update(node_id=place.id)
    except IntegrityError as error:
        raise refusal_for(error, {"an_adviser_holds_a_community_once": _held_already}) or error from None
    row.node_id = place.id
    row.save(update_fields=["node_id"])
    person_id = Adviser.objects.filter(id=row.adviser_id).values_list("person_id", flat=True).first()
    for node in (was, place.id):
        if person_id is None:
            break
        settle_access(scope=scope, adviser_id=row.adviser_id, person_id=person_id, node_id=node, why=why, now=now)
    book(
        scope=scope, act="advisers.appointment.moved", subject=("adviser", row.adviser_id), node_id=place.id, now=now,
        why=why, before={"node_id": was}, after={"node_id": place.id}, payload=payload_of(row),
    )  # fmt: skip
    return row.id


def _held_already() -> Refused:
    return Refused("advisers.held_already", _("顾问在接手的地方已有聘任，日期重叠"))
