"""The place of second thoughts: what somebody did a moment ago, he may undo himself while nothing new stands on it."""

from __future__ import annotations

from datetime import datetime, timedelta

UNDO_WITHIN = timedelta(minutes=10)


def in_time(done_at: datetime, now: datetime) -> bool:
    return now - done_at < UNDO_WITHIN
