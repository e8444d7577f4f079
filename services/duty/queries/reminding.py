"""What a reminder would say, and whether it may be sent: asked before it is, one or many."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import Reminder
from services.duty.queries.book import is_closed
from services.duty.queries.hours import find_pair_hours
from services.duty.queries.visits import place_names
from services.duty.types import MonthHours, ReminderOutcome

MOST_AT_ONCE = 100


def hours_to_remind_of(
    *, scope: Scope, node_id: int, adviser_id: uuid.UUID, month: Month, now: datetime
) -> MonthHours:  # fmt: skip
    """
    What a community still misses of an adviser.

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
    today = Reminder.objects.in_scope(scope).filter(node_id=node_id, adviser_id=adviser_id, on_day=legal_day(now))
    if today.exists():
        raise policies.reminded_today()
    return hours


def preview_reminders(
    *, scope: Scope, pairs: Iterable[tuple[int, uuid.UUID]], month: Month, now: datetime
) -> list[ReminderOutcome]:  # fmt: skip
    """
    What would become of each reminder, in the order they were asked for.

    :raises Invalid: none or too many. :raises Missing: one is of a place that is not the scope's.
    """
    several = list(dict.fromkeys(pairs))
    policies.check_how_many(several, MOST_AT_ONCE)
    for node_id, _adviser in several:
        policies.check_may_remind(scope, node_id)
    names = place_names({node_id for node_id, _adviser in several})
    return [_outcome(scope, node_id, adviser_id, month, names.get(node_id, ("", ""))[0], now)
            for node_id, adviser_id in several]  # fmt: skip


def _outcome(
    scope: Scope, node_id: int, adviser_id: uuid.UUID, month: Month, place: str, now: datetime
) -> ReminderOutcome:  # fmt: skip
    try:
        hours = hours_to_remind_of(scope=scope, node_id=node_id, adviser_id=adviser_id, month=month, now=now)
    except Refused as refused:
        found = find_pair_hours(scope=scope, month=month, node_id=node_id, adviser_id=adviser_id)
        return ReminderOutcome(node_id=node_id, adviser_id=adviser_id, node_name=place, code=refused.code,
                               adviser_name=found.adviser_name if found else "", refused=refused.message)  # fmt: skip
    return ReminderOutcome(node_id=node_id, adviser_id=adviser_id, node_name=place, adviser_name=hours.adviser_name,
                           minutes_missing=hours.missing)  # fmt: skip
