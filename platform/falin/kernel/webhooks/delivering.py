"""
The place where events become messages, and messages come to rest.

The relay writes one message for each receiver that asked for an event. A sender claims what is due to one receiver,
sends outside any transaction, and books each answer in one of its own: killed in between, the claim lapses and what was
not booked is sent again under the same id. Receivers are served one by one and apart from each other: a slow one makes
nobody wait but itself.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from falin.kernel import audit
from falin.kernel.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from falin.kernel.webhooks import offers, sending, signing
from falin.kernel.webhooks.sealed import EARLIER, SECRET, unseal

BATCH = 8
CLAIM_HOLDS = timedelta(seconds=BATCH * sending.DEADLINE + 40)
KEPT = timedelta(days=30)
STOPS_AFTER = timedelta(days=5)  # a receiver that answered nothing well for so long is not asked any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message as it is sent now."""

    id: uuid.UUID
    address: str
    body: bytes
    keys: tuple[str, ...]

    def headers(self, now: datetime) -> dict[str, str]:
        return signing.headers(message_id=f"msg_{self.id.hex}", body=self.body, at=now, keys=self.keys)


def wanted(scope: Scope) -> frozenset[str]:
    """The kinds of events somebody in the open transaction's tenant asked for."""
    if scope.schema == "public":
        return frozenset()  # receivers are a tenant's
    asked = WebhookEndpoint.objects.values_list("events", flat=True)
    return frozenset(event for events in asked for event in events)


def fan_out(scope: Scope, event: Event) -> None:
    """The relay's handler: a message for each receiver that asked for the event; told again, it adds nothing."""
    receivers = WebhookEndpoint.objects.filter(events__contains=[event.event], at__lte=event.at).values_list(
        "id", flat=True
    )
    body = envelope(event.event, event.version, event.at, offers.shown(event.event, event.payload))
    WebhookMessage.objects.bulk_create(
        (
            WebhookMessage(endpoint_id=receiver, event_id=event.id, event=event.event, body=body, at=event.at,
                           next_at=event.at)
            for receiver in receivers
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def envelope(event: str, version: int, at: datetime, data: dict[str, Any]) -> str:
    """The body: ``type``, ``timestamp`` and ``data`` as the specification names them, and the version of ``data``."""
    whole = {"type": event, "timestamp": at.isoformat(), "version": version, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def pending_among(schemas: Iterable[str]) -> list[tuple[str, uuid.UUID]]:
    """The receivers something is due to, with the schema each lies in; in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("select * from public.webhooks_due(%s)", [list(schemas)])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def claim(*, scope: Scope, endpoint_id: uuid.UUID, now: datetime) -> list[Parcel]:
    """What is due to a receiver, for this sender alone until it says how it went or the claim lapses."""
    endpoint = (
        WebhookEndpoint.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(Q(busy_until=None) | Q(busy_until__lte=now), id=endpoint_id, stopped="")
        .first()
    )
    if endpoint is None:
        return []
    due = list(endpoint.messages.filter(next_at__lte=now).order_by("next_at", "at")[:BATCH])
    if not due:
        return []
    endpoint.busy_until = now + CLAIM_HOLDS
    endpoint.save(update_fields=["busy_until"])
    keys = [unseal(SECRET, endpoint.secret_sealed, tenant=scope.schema, row=endpoint.id)]
    if endpoint.earlier_until and endpoint.earlier_until > now:
        keys.append(unseal(EARLIER, endpoint.earlier_sealed, tenant=scope.schema, row=endpoint.id))
    return [Parcel(id=row.id, address=endpoint.address, body=row.body.encode(), keys=tuple(keys)) for row in due]


def record(*, scope: Scope, message_id: uuid.UUID, answer: sending.Answer, last: bool, now: datetime) -> None:
    """
    Book how it went.

    :param last: the sender stops here; whoever comes next may go on.
    """
    message = WebhookMessage.objects.select_for_update(of=("self",)).filter(id=message_id).first()
    if message is None:
        return  # the receiver was removed meanwhile, and everything with it
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).get(id=message.endpoint_id)
    WebhookAttempt.objects.create(message=message, at=now, outcome=answer.outcome, status=answer.status,
                                  milliseconds=answer.milliseconds)  # fmt: skip
    message.attempts += 1
    if answer.outcome == sending.OK:
        message.next_at, message.told_at, endpoint.failing_since = None, now, None
    else:
        pause = signing.wait(message.attempts, answer.asked_wait)
        message.next_at = now + pause if pause else None
        endpoint.failing_since = endpoint.failing_since or now
        if answer.outcome == sending.GONE or now - endpoint.failing_since >= STOPS_AFTER:
            _stop(scope, endpoint, "gone" if answer.outcome == sending.GONE else "failing", now)
    message.save(update_fields=["attempts", "next_at", "told_at"])
    if last:
        endpoint.busy_until = None
    endpoint.save(update_fields=["failing_since", "busy_until", "stopped"])


def forget_old(*, now: datetime) -> None:
    """Messages that came to rest a month ago, in the open transaction's tenant."""
    WebhookMessage.objects.filter(next_at__isnull=True, at__lt=now - KEPT).delete()


def _stop(scope: Scope, endpoint: WebhookEndpoint, why: str, now: datetime) -> None:
    """No more tries; what waits goes on waiting until somebody opens the receiver again."""
    endpoint.stopped = why
    audit.record(scope=scope, act="webhooks.endpoint.stopped", subject=("webhook", endpoint.id), node_id=None, now=now,
                 after={"stopped": why})  # fmt: skip
