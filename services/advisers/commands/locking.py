"""The place where rows are locked before anything is decided about them."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Adviser, Appointment
from services.advisers.queries.homes import home_of
from services.advisers.queries.register import within_view


def lock_adviser(scope: Scope, adviser_id: uuid.UUID) -> Adviser:
    """
    An adviser the scope has on its own list. Others may still point at him meanwhile (``no_key``).

    :raises Missing:
    """
    return _locked(adviser_id, within_view(scope))


def lock_adviser_of_province(scope: Scope, adviser_id: uuid.UUID) -> Adviser:
    """
    Any adviser of the province's register: a county may appoint whom another one entered.

    :raises Missing:
    """
    return _locked(adviser_id, Adviser.objects.filter(province_id=home_of(scope).province_id))


def _locked(adviser_id: uuid.UUID, among: QuerySet[Adviser]) -> Adviser:
    rows = among.select_for_update(of=("self",), no_key=True).select_related("firm")
    adviser = rows.filter(id=adviser_id).first()
    if adviser is None:
        raise policies.no_adviser()
    return adviser


def lock_appointment(scope: Scope, appointment_id: uuid.UUID) -> Appointment:
    """:raises Missing:"""
    rows = Appointment.objects.in_scope(scope).select_for_update(of=("self",), no_key=True)
    appointment: Appointment | None = rows.filter(id=appointment_id).first()
    if appointment is None:
        raise policies.no_appointment()
    return appointment
