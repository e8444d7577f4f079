"""Figures that leave as a file: booked before they leave, so that whoever watches over exports sees them (alarm A2)."""

from __future__ import annotations

from datetime import datetime

from falin.kernel import audit, quotas
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies
from tenants.divisions.api import Division


def book_export(*, scope: Scope, place: Division, month: Month, kind: str, rows: int, now: datetime) -> None:
    """
    Book that a place's figures of a month were taken as a file.

    :param kind: ``csv`` or ``xlsx``.
    """
    policies.check_may_export(scope, place.level)
    quotas.check_export(scope, rows, now=now)
    audit.record(scope=scope, act="indicators.figures.exported", subject=("division", place.id), node_id=place.id, now=now,
                 after={"month": str(month), "format": kind, "rows": rows})  # fmt: skip
