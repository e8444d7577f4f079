"""A word to advisers who are behind, taken back while nobody has read it, and its having been read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox, undoing
from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing, Refused, refusal_for
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import Reminder
from services.duty.queries.reminding import hours_to_remind_of, preview_reminders
from services.duty.types import ReminderOutcome


def remind(*, scope: Scope, node_id: int, adviser_id: uuid.UUID, month: Month, now: datetime) -> int:
    """
    Remind an adviser of the hours a community still misses; the reminder's id. Once a day for a pair, whoever reminds.

    :raises Refused: nothing missing, not appointed there, month closed or not begun, or reminded today already.
    """
    hours = hours_to_remind_of(scope=scope, node_id=node_id, adviser_id=adviser_id, month=month, now=now)
    try:
        with transaction.atomic():
            row = Reminder.objects.create(
                node_id=node_id, adviser_id=adviser_id, month=str(month), on_day=legal_day(now),
                minutes_missing=hours.missing, person_id=scope.person_id, at=now,
            )  # fmt: skip
    except IntegrityError as error:
        refused = refusal_for(error, {"one_reminder_a_day": policies.reminded_today})
        if refused is None:
            raise
        raise refused from None
    facts = {"adviser_id": str(adviser_id), "month": str(month), "minutes_missing": hours.missing}
    audit.record(scope=scope, act="duty.reminder.sent", subject=("reminder", row.id), node_id=node_id, now=now,
                 after=facts)  # fmt: skip
    outbox.put(scope=scope, event="duty.reminder.sent", version=1, key=f"reminder:{row.id}", now=now,
               payload={**facts, "node_id": node_id, "reminder_id": row.id})  # fmt: skip
    return int(row.id)


def remind_many(
    *, scope: Scope, pairs: Iterable[tuple[int, uuid.UUID]], month: Month, now: datetime
) -> list[ReminderOutcome]:  # fmt: skip
    """
    Remind several advisers at once; what became of each. One that is refused stops no other.

    :raises Invalid: none or too many. :raises Missing: one is of a place that is not the scope's.
    """
    outcomes = []
    for one in preview_reminders(scope=scope, pairs=pairs, month=month, now=now):
        outcome = one
        if not one.refused:
            try:
                number = remind(scope=scope, node_id=one.node_id, adviser_id=one.adviser_id, month=month, now=now)
                outcome = replace(one, reminder_id=number)
            except Refused as refused:  # somebody was quicker
                outcome = replace(one, code=refused.code, refused=refused.message)
        outcomes.append(outcome)
    return outcomes


def take_back_reminders(*, scope: Scope, reminder_ids: Collection[int], now: datetime) -> int:
    """
    Take back reminders one sent oneself a moment ago, as far as nobody has read them; how many.

    :raises Missing: one of them is not there, or not one's own. :raises Refused: all were read, or it is too late.
    """
    policies.check_may_take_back(scope)
    asked = set(reminder_ids)
    locked = Reminder.objects.in_scope(scope).select_for_update(of=("self",))
    mine = list(locked.filter(id__in=asked, person_id=scope.person_id).order_by("id"))
    if not mine or len(mine) < len(asked):
        raise Missing("duty.no_such_reminder", _("没有这条提醒。"))
    rows = [row for row in mine if row.read_at is None and undoing.in_time(row.at, now)]
    if not rows:
        raise Refused("duty.too_late_to_take_back", _("顾问已经看过，或者超过 10 分钟了，收不回来。"))
    for row in rows:
        facts = {"adviser_id": str(row.adviser_id), "month": row.month}
        audit.record(scope=scope, act="duty.reminder.taken_back", subject=("reminder", row.id), node_id=row.node_id,
                     now=now, before=facts)  # fmt: skip
        outbox.put(scope=scope, event="duty.reminder.taken_back", version=1, key=f"reminder:{row.id}", now=now,
                   payload={**facts, "node_id": row.node_id, "reminder_id": row.id, "sent_at": row.at.isoformat()})  # fmt: skip
    Reminder.objects.in_scope(scope).filter(id__in=[row.id for row in rows]).delete()
    return len(rows)


def mark_reminder_read(*, scope: Scope, reminder_id: int, now: datetime) -> None:
    """
    Note that the adviser has read a word to him; again changes nothing.

    :raises Missing: no such reminder to him.
    """
    adviser_id = policies.check_may_log(scope)
    locked = Reminder.objects.in_scope(scope).select_for_update(of=("self",))
    row = locked.filter(id=reminder_id, adviser_id=adviser_id).first()
    if row is None:
        raise Missing("duty.no_such_reminder", _("没有这条提醒。"))
    if row.read_at is not None:
        return
    row.read_at = now
    row.save(update_fields=["read_at"])
    audit.record(scope=scope, act="duty.reminder.read", subject=("reminder", row.id), node_id=row.node_id, now=now)
    outbox.put(scope=scope, event="duty.reminder.read", version=1, key=f"reminder:{row.id}", now=now,
               payload={"reminder_id": row.id, "node_id": row.node_id})  # fmt: skip
