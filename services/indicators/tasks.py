"""What runs outside requests: the delivery of a finished run to the board, and what places that changed hands ask for."""

from __future__ import annotations

import uuid

from falin.kernel.clock import now
from falin.kernel.outbox import Event
from falin.kernel.periods import Month, months_between
from falin.kernel.scope import Scope
from services.indicators.commands import publish_again, publish_month, put_on_board


def on_month_rolled_up(scope: Scope, event: Event) -> None:
    """Handler of ``indicators.month.rolled_up`` (v1); delivered twice it does nothing the second time."""
    put_on_board(scope=scope, run_id=uuid.UUID(str(event.payload["run_id"])), now=now())


def on_update_changed(scope: Scope, event: Event) -> None:
    """Handler of ``divisions.update.changed`` (v1): what stands of the running month is counted anew in the new tree."""
    moment = now()
    publish_again(scope=scope, month=Month.of(moment), now=moment)


def on_places_changed_hands(scope: Scope, event: Event) -> None:
    """Handler of ``registry.places.changed_hands`` (v1): the body is counted anew from the month of the change on."""
    moment = now()
    for month in months_between(Month.parse(str(event.payload["month"])), Month.of(moment)):
        publish_month(scope=scope, month=month, now=moment)
