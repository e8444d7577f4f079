"""Quiet hours: by the legal clock, from an evening hour until a morning hour."""

from __future__ import annotations

from datetime import datetime

from falin.kernel.clock import SHANGHAI


def may_go_out(now: datetime, *, quiet_from: int, quiet_until: int) -> bool:
    """Whether a message may go out now; what is held back goes out in the morning, in one message."""
    hour = now.astimezone(SHANGHAI).hour
    return quiet_until <= hour < quiet_from
