"""An act on people is booked, and told to whoever listens, with the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from falin.kernel import audit, outbox
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.models import Binding


def book(
    *, scope: Scope, act: str, person_id: int, node_id: int | None, now: datetime, why: str = "",
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """
    One act about a person; the event carries the same facts.

    :raises Invalid: when the reason holds an identity or telephone number.
    """
    try:
        audit.record(scope=scope, act=act, subject=("person", person_id), node_id=node_id, why=why, before=before,
                     after=after, now=now)  # fmt: skip
    except audit.PersonalDataInAudit:
        raise policies.personal_data() from None
    outbox.put(scope=scope, event=act, version=1, key=f"person:{person_id}", now=now,
               payload={"person": person_id, **(before or {}), **(after or {})})  # fmt: skip


def facts_of(binding: Binding) -> dict[str, Any]:
    """What is booked of a binding."""
    return {"binding": binding.id, "role": binding.role, "node": binding.node_id, "valid_from": str(binding.valid_from),
            "valid_to": str(binding.valid_to or "")}  # fmt: skip
