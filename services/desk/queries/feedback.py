"""Feedback as its writer and as who answers sees it; whether somebody put his first day away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet

from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import Feedback, FirstDay
from services.desk.types import Draft, FeedbackInfo, FeedbackPage, FeedbackState, NoticeKind
from tenants.identity.api import Role
from tenants.registry.api import find_by_schema, list_tenants

SIZE = 30
TOLD_FOR = timedelta(days=2)


def own_feedback(*, scope: Scope) -> list[FeedbackInfo]:
    """What one said oneself in this body, newest first, with the answers."""
    policies.check_may_send_feedback(scope)
    body = find_by_schema(scope.schema)
    rows = Feedback.objects.filter(person_id=scope.person_id, tenant_id=body.id if body else 0).order_by("-id")
    return [info_of(row, {}) for row in rows[:SIZE]]


def list_feedback(*, scope: Scope, state: FeedbackState | None = None, before: int | None = None) -> FeedbackPage:
    """What the scope answers for, newest first; ``before`` as the page before named it."""
    policies.check_may_answer_feedback(scope)
    rows = answerable(scope)
    waiting = rows.filter(answered_at__isnull=True).count()
    if state is not None:
        rows = rows.filter(answered_at__isnull=state == FeedbackState.NEW)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: SIZE + 1])
    names = {tenant.id: tenant.name for tenant in list_tenants()}
    return FeedbackPage(
        rows=tuple(info_of(row, names) for row in found[:SIZE]), waiting=waiting,
        next_before=found[SIZE - 1].pk if len(found) > SIZE else None,
    )  # fmt: skip


def answerable(scope: Scope) -> QuerySet[Feedback]:
    """The operator answers for the whole platform, the province's system administrator for the province."""
    rows = Feedback.objects.all()
    return rows if scope.role == Role.OPERATOR else rows.filter(province_id__in=scope.roots)


def info_of(row: Feedback, names: Mapping[int, str]) -> FeedbackInfo:
    return FeedbackInfo(id=row.pk, page=row.page, text=row.text, role=row.role, body=names.get(row.tenant_id, ""),
                        release=row.release, at=row.at, answer=row.answer, answered_at=row.answered_at)  # fmt: skip


def answers_to_tell(*, scope: Scope, now: datetime) -> list[Draft]:
    """Answers of the last days to people of this body; told twice they are one notice."""
    policies.check_may_tell(scope)
    body = find_by_schema(scope.schema)
    rows = Feedback.objects.filter(answered_at__gt=now - TOLD_FOR, tenant_id=body.id if body else 0).order_by("id")
    return [
        Draft(kind=NoticeKind.FEEDBACK_ANSWERED, person_id=row.person_id, key=f"feedback:{row.pk}",
              facts={"on": row.at.date().isoformat()})
        for row in rows
    ]  # fmt: skip


def first_day_is_put_away(*, scope: Scope) -> bool:
    scope.require("home.read")
    return FirstDay.objects.filter(person_id=scope.person_id, role=scope.role).exists()
