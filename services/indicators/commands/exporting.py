"""Figures that leave as a file: booked before they leave, so that whoever watches over exports sees them (alarm A2)."""

from __future__ import annotations

from datetime import datetime

from falin.kernel import audit, quotas
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies
from tenants.divisions.api import Division, View


def book_export(
    *, scope: Scope, place: Division, month: Month, view: View, kind: str, rows: int, now: datetime
) -> None:  # fmt: skip
    """
    Book that a place's figures of a month were taken as a file, and in which tree.

    :param kind: ``csv`` or ``xlsx``.
    """
    policies.check_may_export(scope, place.level)
    quotas.check_export(scope, rows, now=now)
    audit.record(scope=scope, act="indicators.figures.exported", subject=("division", place.id), node_id=place.id, now=now,
                 after={"month": str(month), "view": view.value, "format": kind, "rows": rows})  # fmt: skip
