"""The place where rows are locked before anything is decided about them."""

from __future__ import annotations

import uuid

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Adviser, Appointment
from services.advisers.queries.register import within_view


def lock_adviser(scope: Scope, adviser_id: uuid.UUID) -> Adviser:
    """
    An adviser the scope has on its own list. Others may still point at him meanwhile (``no_key``).

    :raises Missing: :raises Refused: his numbers were erased, and the entry is closed.
    """
    rows = within_view(scope).select_for_update(of=("self",), no_key=True).select_related("firm")
    adviser = rows.filter(id=adviser_id).first()
    if adviser is None:
        raise policies.no_adviser()
    if adviser.erased_at is not None:
        raise policies.erased()
    return adviser


def lock_appointment(scope: Scope, appointment_id: uuid.UUID) -> Appointment:
    """:raises Missing:"""
    rows = Appointment.objects.in_scope(scope).select_for_update(of=("self",), no_key=True)
    appointment: Appointment | None = rows.filter(id=appointment_id).first()
    if appointment is None:
        raise policies.no_appointment()
    return appointment
