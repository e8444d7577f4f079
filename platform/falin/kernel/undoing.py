"""The place of second thoughts: what somebody did a moment ago, he may undo himself while nothing new stands on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope

UNDO_WITHIN = timedelta(minutes=10)


def in_time(done_at: datetime, now: datetime) -> bool:
    return now - done_at < UNDO_WITHIN


def just_done(*, scope: Scope, act: str, subject: tuple[str, object], now: datetime) -> AuditEntry | None:
    """
    What the scope's holder did to a thing a moment ago, as it was booked, with what stood there before.

    Nothing where it is too long ago, was somebody else, or something of the same kind was booked of the thing since.

    :param act: ``service.thing.past-verb``; of the same kind is whatever begins alike.
    """
    kind, subject_id = subject
    alike = AuditEntry.objects.filter(
        subject_kind=kind, subject_id=str(subject_id), act__startswith=f"{act.rpartition('.')[0]}."
    )
    entry = alike.order_by("-id").first()
    if entry is None or entry.act != act or entry.person_id != scope.person_id or not in_time(entry.at, now):
        return None
    return entry
