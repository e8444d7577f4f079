"""
The place of events: written with the change, delivered afterwards, at least once, in order per thing.

A handler may be called twice for the same event and must not mind. An event that keeps failing is set aside with its
error; later events of the same key wait behind it until somebody re-sends or drops it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from falin.kernel.models import OutboxEvent
from falin.kernel.scope import Scope

log = logging.getLogger("falin.outbox")

MAX_ATTEMPTS = 8
Handler = Callable[[Scope, "Event"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One delivery: the name with its schema version, the thing it is about, and what happened."""

    id: int
    event: str
    version: int
    key: str
    payload: Mapping[str, Any]
    at: datetime


_handlers: dict[str, list[Handler]] = {}
Wanted = Callable[[Scope], frozenset[str]]
_listeners: list[tuple[Wanted, Handler]] = []


def subscribe(event: str, handler: Handler) -> None:
    """Have ``handler`` called for every ``event``; wired in ``falin.config.wiring``, so that no floor calls up."""
    if handler not in _handlers.setdefault(event, []):
        _handlers[event].append(handler)


def listen(wanted: Wanted, handler: Handler) -> None:
    """Have ``handler`` called for the events a tenant ``wanted``, which is asked once a batch."""
    if (wanted, handler) not in _listeners:
        _listeners.append((wanted, handler))


def put(*, scope: Scope, event: str, version: int, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Write an event in the open transaction of the change it tells of."""
    assert connection.in_atomic_block, "an event is written with the change it tells of"
    OutboxEvent.objects.create(event=event, version=version, key=key, payload=dict(payload), at=now)


def put_for(schema: str, *, event: str, version: int, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """
    Write an event into another body's outbox, in the open transaction of what happened to both; its own relay delivers it.

    The one statement that names another schema: it adds a row and reads none (decision 40).
    """
    assert connection.in_atomic_block, "an event is written with the change it tells of"
    table = f"{connection.ops.quote_name(schema)}.{OutboxEvent._meta.db_table}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {table} (event, version, key, payload, at, attempts, error) values (%s, %s, %s, %s, %s, 0, '')",  # noqa: S608
            [event, version, key, json.dumps(dict(payload)), now],
        )


def put_many(
    *, scope: Scope, event: str, version: int, payloads: Iterable[tuple[str, Mapping[str, Any]]], now: datetime
) -> None:
    """Write one event for each key and payload of a batch, in the open transaction of the changes they tell of."""
    assert connection.in_atomic_block, "an event is written with the change it tells of"
    OutboxEvent.objects.bulk_create(
        OutboxEvent(event=event, version=version, key=key, payload=dict(payload), at=now) for key, payload in payloads
    )


def deliver_batch(scope: Scope, *, now: datetime, limit: int = 200) -> int:
    """
    Deliver up to ``limit`` waiting events of the open transaction's tenant; how many were dealt with.

    Each event runs in a savepoint: its handlers' writes and its delivery mark commit together. One relay at a time for a
    tenant: of two, one would pass by the events the other holds, and deliver a later one of the same thing first. A
    relay that was killed may hold its transaction a moment longer than it lives.
    """
    if not _take_turn(scope.schema):
        return 0
    undelivered = OutboxEvent.objects.filter(delivered_at__isnull=True)
    blocked = undelivered.filter(Q(set_aside_at__isnull=False) | Q(next_at__gt=now)).values("key")
    waiting = list(undelivered.exclude(key__in=blocked).order_by("id").select_for_update(of=("self",))[:limit])
    held: set[str] = set()
    plain: list[int] = []  # nobody listens: delivered by saying so
    dealt = 0
    listening = [(wanted(scope), handler) for wanted, handler in _listeners] if waiting else []
    for row in waiting:
        if row.key in held:
            continue
        handlers = [*_handlers.get(row.event, []), *(handler for events, handler in listening if row.event in events)]
        dealt += 1
        if not handlers:
            plain.append(row.id)
            continue
        if not _deliver(scope, row, handlers, now):
            held.add(row.key)
    if plain:
        OutboxEvent.objects.filter(id__in=plain).update(delivered_at=now)
    return dealt


def _take_turn(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"kernel.outbox:{schema}"])
        return bool(cursor.fetchone()[0])


def _deliver(scope: Scope, row: OutboxEvent, handlers: list[Handler], now: datetime) -> bool:
    event = Event(
        id=row.id, event=row.event, version=row.version, key=row.key, payload=row.payload, at=row.at
    )  # fmt: skip
    try:
        with transaction.atomic():
            for handler in handlers:
                handler(scope, event)
    except Exception as error:
        log.warning("event %s %s failed: %s", row.event, row.id, type(error).__name__)
        row.attempts += 1
        row.error = f"{type(error).__name__}: {error}"[:2000]
        row.next_at = now + timedelta(seconds=min(300, 2**row.attempts))
        if row.attempts >= MAX_ATTEMPTS:
            row.set_aside_at = now
        row.save(update_fields=["attempts", "error", "next_at", "set_aside_at"])
        return False
    row.delivered_at = now
    row.save(update_fields=["delivered_at"])
    return True


def resend(*, event_id: int) -> bool:
    """Give an event that was set aside another round; whether there was one."""
    changed = OutboxEvent.objects.filter(id=event_id, set_aside_at__isnull=False, delivered_at__isnull=True).update(
        set_aside_at=None, next_at=None, attempts=0
    )
    return bool(changed)


def list_set_aside() -> list[dict[str, Any]]:
    """What stands aside in the open transaction's tenant: enough to judge by, without the payload."""
    return [
        {"id": row.id, "event": row.event, "key": row.key, "attempts": row.attempts, "error": row.error.split(":")[0]}
        for row in OutboxEvent.objects.filter(set_aside_at__isnull=False, delivered_at__isnull=True).order_by("id")[:50]
    ]


def lag(*, now: datetime) -> tuple[int, float, int]:
    """How many events wait, how old the oldest is in seconds, how many are set aside."""
    waiting = OutboxEvent.objects.filter(delivered_at__isnull=True)
    oldest = waiting.filter(set_aside_at__isnull=True).order_by("id").values_list("at", flat=True).first()
    aside = waiting.filter(set_aside_at__isnull=False).count()
    return waiting.count() - aside, (now - oldest).total_seconds() if oldest else 0.0, aside
