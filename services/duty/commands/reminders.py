"""A word to an adviser who is behind, and his having read it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox
from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Missing, Refused, refusal_for
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import Reminder
from services.duty.queries import is_closed
from services.duty.queries.hours import find_pair_hours


def remind(*, scope: Scope, node_id: int, adviser_id: uuid.UUID, month: Month, now: datetime) -> int:
    """
    Remind an adviser of the hours a community still misses; the reminder's id. Once a day for a pair, whoever reminds.

    :raises Refused: nothing missing, not appointed there, month closed or not begun, or reminded today already.
    """
    policies.check_may_remind(scope, node_id)
    if month > Month.of(now):
        raise Invalid("duty.month_not_begun", _("这个月还没有开始。"), field="month")
    if is_closed(scope=scope, month=month):
        raise Refused("duty.month_closed", _("这个月的账已经结了，提醒也补不上了。"), field="month")
    hours = find_pair_hours(scope=scope, month=month, node_id=node_id, adviser_id=adviser_id)
    if hours is None or not hours.appointed:
        raise Refused("duty.no_such_pair", _("这位顾问这个月不在这个社区任职。"))
    if not hours.missing:
        raise Refused("duty.nothing_missing", _("这位顾问这个月的时长已经够了，不用提醒。"))
    try:
        with transaction.atomic():
            row = Reminder.objects.create(
                node_id=node_id, adviser_id=adviser_id, month=str(month), on_day=legal_day(now),
                minutes_missing=hours.missing, person_id=scope.person_id, at=now,
            )  # fmt: skip
    except IntegrityError as error:
        refused = refusal_for(error, {"one_reminder_a_day": _reminded_today})
        if refused is None:
            raise
        raise refused from None
    facts = {"adviser_id": str(adviser_id), "month": str(month), "minutes_missing": hours.missing}
    audit.record(scope=scope, act="duty.reminder.sent", subject=("reminder", row.id), node_id=node_id, now=now,
                 after=facts)  # fmt: skip
    outbox.put(scope=scope, event="duty.reminder.sent", version=1, key=f"reminder:{row.id}", now=now,
               payload={**facts, "node_id": node_id, "reminder_id": row.id})  # fmt: skip
    return int(row.id)


def _reminded_today() -> Refused:
    return Refused("duty.reminded_today", _("今天已经提醒过这位顾问了，明天再看。"))


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
