"""The place where events leave the outbox: every tenant that has some, one batch a transaction, until told to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.utils.translation import gettext as _

from falin.kernel import outbox
from falin.kernel.models import Delivery
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared

log = logging.getLogger("falin.relay")

MEASURE_EVERY = 30.0  # seconds


def waiting_among(schemas: Iterable[str]) -> list[str]:
    """The schemas that have something to deliver, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("select * from public.outbox_waiting(%s)", [list(schemas)])
        return [row[0] for row in cursor.fetchall()]


def drain(scopes: dict[str, Scope], *, clock: Callable[[], datetime], batch: int = 200) -> int:
    """
    Deliver what waits, tenant by tenant, until one round finds nothing more to do; how many were dealt with.

    A tenant whose delivery breaks altogether is reported and passed by: it holds up nobody else.
    """
    total = 0
    broken: set[str] = set()
    while True:
        dealt = 0
        for schema in waiting_among(name for name in scopes if name not in broken):
            try:
                with inside(scopes[schema], read_only=False):
                    dealt += outbox.deliver_batch(scopes[schema], now=clock(), limit=batch)
            except (OperationalError, InterfaceError):
                raise  # the database itself: no tenant's fault
            except Exception:
                log.exception("nothing of %s can be delivered", schema)
                broken.add(schema)
        total += dealt
        if not dealt:
            return total


def measure(scopes: dict[str, Scope], *, clock: Callable[[], datetime]) -> None:
    """Write down each tenant's lag, and send again what somebody asked for."""
    wishes = dict(Delivery.objects.exclude(resend=[]).values_list("schema", "resend"))
    for schema, scope in scopes.items():
        try:
            with inside(scope, read_only=False):
                for event_id in wishes.get(schema, ()):
                    outbox.resend(event_id=event_id)
                waiting, oldest, _aside = outbox.lag(now=clock())
                aside = outbox.list_set_aside()
        except ProgrammingError:  # a schema that is not whole: its own trouble, nobody else waits for it
            log.exception("nothing of %s can be measured", schema)
            continue
        measured = {"waiting": waiting, "oldest_seconds": max(0, int(oldest)), "set_aside": aside,
                    "measured_at": clock()}  # fmt: skip
        with shared(read_only=False):
            row = Delivery.objects.select_for_update(of=("self",)).filter(schema=schema).first()
            if row is None:
                Delivery.objects.create(schema=schema, **measured)
                continue
            # A wish made while we were at it stays for the next round.
            row.resend = [event_id for event_id in row.resend if event_id not in wishes.get(schema, ())]
            for name, value in measured.items():
                setattr(row, name, value)
            row.save(update_fields=["resend", *measured])


def ask_again(*, schema: str, event_id: int, now: datetime) -> None:
    """
    Have the relay send an event again that was set aside.

    :raises Missing: no such event stands aside, as far as the relay has said.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).filter(schema=schema).first()
        if row is None or event_id not in {event["id"] for event in row.set_aside}:
            raise Missing("events.missing", _("没有这件放在一边的事件，可能已经投出去了。"))
        if event_id not in row.resend:
            row.resend = [*row.resend, event_id]
            row.save(update_fields=["resend"])


def run(
    scopes: Callable[[], dict[str, Scope]],
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool],
    pause: float = 0.5,
) -> None:
    """Go on until stopped; a database that went away is waited for."""
    known: dict[str, Scope] = {}
    measured: float | None = None
    while not stopped():
        try:
            if measured is None or time.monotonic() - measured > MEASURE_EVERY:
                known = scopes()
                measure(known, clock=clock)
                measured = time.monotonic()
            drain(known, clock=clock)
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database does not answer (%s); trying again", type(error).__name__)
            connection.close()
            time.sleep(1)
        time.sleep(pause)
