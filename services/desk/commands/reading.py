"""A notice is read, which is booked, and after a while forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from falin.kernel import audit
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import Notice
from services.desk.types import NoticeKind

KEPT = timedelta(days=180)


def mark_read(*, scope: Scope, notice_id: int, now: datetime) -> tuple[NoticeKind, Mapping[str, Any]]:
    """
    Note that its reader has read a notice; again changes nothing. What kind it is, and its facts.

    :raises Missing: no such notice to him.
    """
    policies.check_may_read_own(scope)
    row = Notice.objects.select_for_update(of=("self",)).filter(id=notice_id, person_id=scope.person_id).first()
    if row is None:
        raise Missing("desk.no_such_notice", _("没有这条通知。"))
    if row.read_at is None:
        row.read_at = now
        row.save(update_fields=["read_at"])
        audit.record(scope=scope, act="desk.notice.read", subject=("notice", row.id), node_id=None, now=now)
    return NoticeKind(row.kind), row.facts


def mark_all_read(*, scope: Scope, now: datetime) -> int:
    """Note that one has read everything; how many there were."""
    policies.check_may_read_own(scope)
    count = Notice.objects.filter(person_id=scope.person_id, read_at__isnull=True).update(read_at=now)
    audit.record(scope=scope, act="desk.notices.read", subject=("person", scope.person_id), node_id=None, now=now,
                 after={"count": count})  # fmt: skip
    return count


def forget_old(*, scope: Scope, now: datetime) -> int:
    """Drop notices nobody looks for any more; how many."""
    policies.check_may_tell(scope)
    return Notice.objects.filter(at__lt=now - KEPT).delete()[0]
