"""The place where a body is told of something that happened above it, in its own outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from falin.kernel import outbox
from falin.kernel.refusals import Refused
from tenants.registry.queries import find_tenant_of
from tenants.registry.types import State


def tell_body(*, node_id: int, event: str, key: str, payload: Mapping[str, Any], now: datetime) -> bool:
    """
    Write an event for the body that sits at a place, in the open transaction; whether there is one here.

    :raises Refused: its rows change hands at this moment, and the event might stay behind.
    """
    body = find_tenant_of(node_id)
    if body is None or body.state in {State.CLOSED, State.ELSEWHERE}:
        return False
    if body.state == State.MOVING:
        raise Refused("registry.held", _("%(name)s正在换库，请过一会儿再试。") % {"name": body.name})
    outbox.put_for(body.schema, event=event, version=1, key=key, payload=payload, now=now)
    return True
