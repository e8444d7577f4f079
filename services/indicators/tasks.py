"""What runs outside requests: the delivery of a finished run to the board."""

from __future__ import annotations

import uuid

from falin.kernel.clock import now
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from services.indicators.commands import put_on_board


def on_month_rolled_up(scope: Scope, event: Event) -> None:
    """Handler of ``indicators.month.rolled_up`` (v1); delivered twice it does nothing the second time."""
    put_on_board(scope=scope, run_id=uuid.UUID(str(event.payload["run_id"])), now=now())
