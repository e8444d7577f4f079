"""
The place where an adviser's seats are read and taken (R2.2).

A batch appoints tens of thousands of times; building these three statements anew each time took more than half of the
act, so they are written out.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import connection

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.queries.homes import home_of
from services.advisers.types import TakenSeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointee:
    """What an appointment needs to know of an adviser."""

    id: uuid.UUID
    name: str
    pinyin: str
    firm_id: uuid.UUID
    firm_name: str
    exam_passed_on: date | None
    banned_until: date | None
    ban_reason: str
    person_id: int | None


# No key update: other rows may go on pointing at the adviser; who wants to appoint him waits.
_LOCK = """
select a.id, a.name, a.pinyin, f.id, f.name, a.exam_passed_on, a.banned_until, a.ban_reason, a.person_id
from public.advisers_adviser a join public.advisers_firm f on f.id = a.firm_id
where a.id = %s and a.province_id = %s and a.erased_at is null for no key update of a
"""
_SEATS = """
select slot, node_id, county_id, begins_on, ends_on from public.advisers_seat
where adviser_id = %s and daterange(begins_on, ends_on, '[]') && daterange(%s, %s, '[]') order by slot, begins_on
"""
# Without a target: whichever of the register's exclusion constraints objects, the answer is the same refusal.
_TAKE = """
insert into public.advisers_seat
    (id, adviser_id, slot, most, node_id, county_id, appointment_id, begins_on, ends_on)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""


def lock_appointee(scope: Scope, adviser_id: uuid.UUID) -> Appointee:
    """
    Any adviser of the province's register: a county may appoint whom another one entered.

    :raises Missing:
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [adviser_id, home_of(scope).province_id])
        row = cursor.fetchone()
    if row is None:
        raise policies.no_adviser()
    return Appointee(
        id=row[0], name=row[1], pinyin=row[2], firm_id=row[3], firm_name=row[4], exam_passed_on=row[5],
        banned_until=row[6], ban_reason=row[7], person_id=row[8],
    )  # fmt: skip


def list_taken(adviser_id: uuid.UUID, begins_on: date, ends_on: date | None) -> list[TakenSeat]:
    """Seats that share a day with the time asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, [adviser_id, begins_on, ends_on])
        rows = cursor.fetchall()
    return [
        TakenSeat(slot=slot, node_id=node, county_id=county, begins_on=begin, ends_on=end)
        for slot, node, county, begin, end in rows
    ]


def take(
    *, adviser_id: uuid.UUID, slot: int, most: int, node_id: int, county_id: int, appointment_id: uuid.UUID,
    begins_on: date, ends_on: date | None,
) -> None:  # fmt: skip
    """
    Take a seat.

    :raises Refused: somebody took it a moment ago.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE, [uuid.uuid4(), adviser_id, slot, most, node_id, county_id, appointment_id, begins_on, ends_on]
        )
        if cursor.rowcount != 1:
            raise policies.seat_was_taken()
