"""How an adviser's numbers are seen in clear: an act with a reason, booked before anybody sees anything."""

from __future__ import annotations

import uuid
from datetime import datetime, time

from django.utils.translation import gettext as _

from falin.kernel import crypto
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.commands.booking import book
from services.advisers.models import Adviser, ClearView, Seat
from services.advisers.queries.appointments import places_of
from services.advisers.queries.homes import home_of
from services.advisers.queries.register import adviser_info, within_view
from services.advisers.queries.sealed import ID_NUMBER, PHONE
from services.advisers.queries.seen import list_seen_by
from services.advisers.types import ClearNumbers, FirmSeat, OwnRecord


def show_numbers(*, scope: Scope, adviser_id: uuid.UUID, reason: str, now: datetime) -> ClearNumbers:
    """
    An adviser's identity number and private telephone in clear. The adviser sees who asked, when and why.

    The door's transaction holds the booking; its answer leaves after the commit.

    :raises Missing: he is not on the scope's own list. :raises Invalid: no reason, or one with a number in it.
    """
    policies.check_may_see_clear(scope)
    reason = reason.strip()
    if not reason:
        raise policies.needed("reason", _("请写明为什么要看。"))
    adviser = within_view(scope).filter(id=adviser_id).first()
    if adviser is None:
        raise policies.no_adviser()
    if adviser.erased_at is not None:
        raise policies.erased()
    home = home_of(scope)
    id_number, phone = _numbers(adviser, home.province_schema)
    ClearView.objects.create(adviser=adviser, at=now, person_id=scope.person_id, role=scope.role, reason=reason,
                             node_id=home.node_id)  # fmt: skip
    midnight = datetime.combine(legal_day(now), time(), SHANGHAI)
    seen = ClearView.objects.filter(person_id=scope.person_id, at__gte=midnight).count()
    book(scope=scope, act="advisers.numbers.shown", subject=("adviser", adviser.id), node_id=home.node_id, now=now,
         why=reason, after={"fields": ["id_number", "phone"], "seen_today": seen}, field="reason",
         payload={"adviser": str(adviser.id), "person": scope.person_id})  # fmt: skip
    return ClearNumbers(adviser_id=adviser.id, name=adviser.name, id_number=id_number, phone=phone, seen_today=seen)


def take_own_record(*, scope: Scope, now: datetime) -> OwnRecord:
    """
    What the register holds about the signed-in adviser, in whatever county he serves (PIPL 45). Booked: whoever takes it
    away has his numbers in clear.

    :raises Missing: he is not on the register any more.
    """
    policies.check_may_read_own(scope)
    adviser = Adviser.objects.select_related("firm").filter(id=scope.subject_id).first()
    if adviser is None:
        raise policies.no_adviser()
    home = home_of(scope)
    id_number, phone = _numbers(adviser, home.province_schema)
    rows = list(Seat.objects.filter(adviser=adviser).order_by("begins_on", "id"))
    places = places_of({row.node_id for row in rows} | {row.county_id for row in rows})
    book(scope=scope, act="advisers.record.taken", subject=("adviser", adviser.id), node_id=home.node_id, now=now,
         payload={"adviser": str(adviser.id)})  # fmt: skip
    return OwnRecord(
        adviser=adviser_info(adviser, scope=scope, held=None, on=legal_day(now)), id_number=id_number, phone=phone,
        registered_at=adviser.created_at, seen=tuple(list_seen_by(scope=scope)),
        seats=tuple(
            FirmSeat(node_id=row.node_id, community=places[row.node_id].name, county=places[row.county_id].name,
                     begins_on=row.begins_on, ends_on=row.ends_on)
            for row in rows
        ),
    )  # fmt: skip


def _numbers(adviser: Adviser, tenant: str) -> tuple[str, str]:
    """:raises Refused: they cannot be read."""
    try:
        return (
            crypto.decrypt(adviser.id_sealed, ID_NUMBER.place(tenant, adviser.id)),
            crypto.decrypt(adviser.phone_sealed, PHONE.place(tenant, adviser.id)),
        )
    except crypto.Unreadable:
        raise policies.unreadable() from None
