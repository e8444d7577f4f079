"""The place where an act on advisers is booked: one audit row and one event, in the act's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from falin.kernel import audit, outbox
from falin.kernel.audit import PersonalDataInAudit
from falin.kernel.scope import Scope
from services.advisers import policies


def book(
    *, scope: Scope, act: str, subject: tuple[str, object], now: datetime, node_id: int | None = None, why: str = "",
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any], field: str = "why",
) -> None:  # fmt: skip
    """
    Write both rows.

    :param field: where the person wrote ``why``, for the refusal.
    :raises Invalid: the person wrote an identity or telephone number into the reason.
    """
    try:
        audit.record(
            scope=scope, act=act, subject=subject, node_id=node_id, why=why, before=before, after=after, now=now
        )
    except PersonalDataInAudit:
        raise policies.personal_data_in(field) from None
    outbox.put(scope=scope, event=act, version=1, key=str(subject[1]), payload=payload, now=now)
