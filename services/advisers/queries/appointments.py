"""Who serves where and when, within a scope."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Count, Q

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Appointment
from services.advisers.rules import ENDING_WITHIN
from services.advisers.types import AppointmentInfo, AppointmentLine, OwnCommunity, SquareState
from tenants.divisions.api import Division, list_divisions


def list_appointments(
    *, scope: Scope, on: date | None = None, between: tuple[date, date] | None = None,
    node_ids: Collection[int] | None = None, adviser_id: uuid.UUID | None = None,
) -> list[AppointmentInfo]:  # fmt: skip
    """
    Appointments in the scope's places, by place and first day.

    :param between: those that share a day with it, both ends included.
    """
    policies.check_may_read_appointments(scope, adviser_id=adviser_id)
    rows = Appointment.objects.in_scope(scope)
    if on is not None:
        rows = rows.filter(touching(on, on))
    if between is not None:
        rows = rows.filter(touching(*between))
    if node_ids is not None:
        rows = rows.filter(node_id__in=node_ids)
    if adviser_id is not None:
        rows = rows.filter(adviser_id=adviser_id)
    return [appointment_info(row) for row in rows.order_by("node_id", "begins_on", "id")]


def list_appointments_in_month(*, scope: Scope, month: Month) -> list[AppointmentInfo]:
    """Appointments that hold on at least one day of the month."""
    return list_appointments(scope=scope, between=(month.first_day, month.last_day))


def count_ending(*, scope: Scope, after: date, until: date) -> dict[date, int]:
    """How many of the scope's appointments have their last day on each of the days after one and up to another."""
    policies.check_may_read_appointments(scope)
    ending = Appointment.objects.in_scope(scope).filter(ends_on__gt=after, ends_on__lte=until)
    counted = ending.order_by("ends_on").values_list("ends_on").annotate(Count("id"))
    return dict(counted)


def list_appointment_lines(*, scope: Scope, node_id: int, on: date) -> list[AppointmentLine]:
    """Everybody who served or serves a community, newest first, with names of places."""
    policies.check_may_read_appointments(scope)
    return lines_of(Appointment.objects.in_scope(scope).filter(node_id=node_id).order_by("-begins_on", "id"), on)


def get_appointment(*, scope: Scope, appointment_id: uuid.UUID, on: date) -> AppointmentLine:
    """:raises Missing:"""
    policies.check_may_read_appointments(scope)
    lines = lines_of(Appointment.objects.in_scope(scope).filter(id=appointment_id), on)
    if not lines:
        raise policies.no_appointment()
    return lines[0]


def find_appointment_on(*, scope: Scope, adviser_id: uuid.UUID, node_id: int, on: date) -> AppointmentInfo | None:
    """The appointment under which an adviser serves a community on a day. One statement."""
    policies.check_may_read_appointments(scope, adviser_id=adviser_id)
    rows = Appointment.objects.in_scope(scope).filter(touching(on, on), adviser_id=adviser_id, node_id=node_id)
    row = rows.first()
    return appointment_info(row) if row else None


def list_own_communities(*, scope: Scope, on: date) -> list[OwnCommunity]:
    """The communities the signed-in adviser serves on a day, in this county."""
    policies.check_may_read_own(scope)
    rows = Appointment.objects.in_scope(scope).filter(touching(on, on), adviser_id=scope.subject_id)
    return [
        OwnCommunity(
            appointment_id=line.appointment.id, node_id=line.appointment.node_id, name=line.community,
            street=line.street, begins_on=line.appointment.begins_on, ends_on=line.appointment.ends_on,
        )
        for line in lines_of(rows.order_by("begins_on", "id"), on)
    ]  # fmt: skip


# ---- shared by the other queries -----------------------------------------------------------------------------------
def touching(first: date, last: date) -> Q:
    """Appointments or seats that share a day with ``first … last``."""
    return Q(begins_on__lte=last) & (Q(ends_on__isnull=True) | Q(ends_on__gte=first))


def appointment_info(row: Appointment) -> AppointmentInfo:
    return AppointmentInfo(
        id=row.id, node_id=row.node_id, adviser_id=row.adviser_id, adviser_name=row.adviser_name,
        adviser_pinyin=row.adviser_pinyin, firm_id=row.firm_id, firm_name=row.firm_name, begins_on=row.begins_on,
        ends_on=row.ends_on, ended_why=row.ended_why,
    )  # fmt: skip


def lines_of(rows: Iterable[Appointment], on: date) -> list[AppointmentLine]:
    """With the names of community and street; two statements more, however many rows."""
    found = [appointment_info(row) for row in rows]
    places = places_of({item.node_id for item in found})
    streets = places_of({place.street_id for place in places.values() if place.street_id})
    return [_line(item, places.get(item.node_id), streets, on) for item in found]


def places_of(nodes: Collection[int]) -> dict[int, Division]:
    return {place.id: place for place in list_divisions(nodes)}


def _line(item: AppointmentInfo, place: Division | None, streets: dict[int, Division], on: date) -> AppointmentLine:
    street = streets.get(place.street_id) if place and place.street_id else None
    ending = item.ends_on is not None and item.ends_on <= on + ENDING_WITHIN
    return AppointmentLine(
        appointment=item, community=place.name if place else "", street_id=street.id if street else None,
        street=street.name if street else "", over=item.ends_on is not None and item.ends_on < on,
        state=SquareState.ENDING if ending else SquareState.COVERED,
    )  # fmt: skip
