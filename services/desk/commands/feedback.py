"""Somebody says what is wrong on a page, and is answered; and he puts the list of his first day away."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import audit, outbox
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.retention import RowRule
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import Feedback, FirstDay
from services.desk.queries.feedback import answerable, info_of
from services.desk.rules import A_DAY, FEEDBACK_KEPT, LONGEST, names_somebody, page_kept
from services.desk.types import FeedbackInfo
from tenants.divisions.api import list_path
from tenants.registry.api import find_by_schema

# What nobody has answered yet is somebody's work, however old.
ANSWERED = RowRule(purpose="feedback", label=gettext_lazy("答复过的意见"), days=FEEDBACK_KEPT, shared=True,
                   rows=lambda scope: Feedback.objects.all(), over="answered_at")  # fmt: skip


def send_feedback(*, scope: Scope, page: str, text: str, now: datetime) -> FeedbackInfo:
    """
    Say what is wrong on a page. Kept are the words, the page without numbers, the role and the release.

    :raises Invalid: empty, too long, or with somebody's number in it; more than anybody has to say in a day.
    """
    policies.check_may_send_feedback(scope)
    text = _checked(text)
    mine = Feedback.objects.filter(person_id=scope.person_id, at__gt=now - timedelta(days=1))
    if mine.count() >= A_DAY:
        raise Invalid("desk.too_much_feedback", _("今天提得很多了，请明天再提，或者打电话说。"), field="text")
    body = find_by_schema(scope.schema)
    row = Feedback.objects.create(
        person_id=scope.person_id, role=scope.role, tenant_id=body.id if body else 0,
        province_id=list_path(body.node_id)[0].id if body else None,
        page=page_kept(page), text=text, release=settings.RELEASE, at=now,
    )  # fmt: skip
    audit.record(scope=scope, act="desk.feedback.sent", subject=("feedback", row.pk), node_id=None, now=now)
    outbox.put(scope=scope, event="desk.feedback.sent", version=1, key=f"feedback:{row.pk}", now=now,
               payload={"feedback": row.pk})  # fmt: skip
    return info_of(row, {})


def answer_feedback(*, scope: Scope, feedback_id: int, answer: str, now: datetime) -> FeedbackInfo:
    """
    Answer, once; the writer is told among his notices.

    :raises Missing: it is none of the scope's. :raises Refused: it was answered. :raises Invalid: as for feedback.
    """
    policies.check_may_answer_feedback(scope)
    row = answerable(scope).select_for_update(of=("self",)).filter(id=feedback_id).first()
    if row is None:
        raise Missing("desk.no_such_feedback", _("没有这条意见，或者它不归您答。"))
    if row.answered_at is not None:
        raise Refused("desk.feedback_answered", _("这条意见已经有人答过了。"), field="answer")
    row.answer, row.answered_at, row.answered_by = _checked(answer, "answer"), now, scope.person_id
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    audit.record(scope=scope, act="desk.feedback.answered", subject=("feedback", row.pk), node_id=None, now=now)
    outbox.put(scope=scope, event="desk.feedback.answered", version=1, key=f"feedback:{row.pk}", now=now,
               payload={"feedback": row.pk})  # fmt: skip
    return info_of(row, {})


def _checked(text: str, field: str = "text") -> str:
    text = text.strip()
    if not text:
        raise Invalid("desk.feedback_empty", _("请写几句话。"), field=field)
    if len(text) > LONGEST:
        raise Invalid("desk.feedback_too_long", _("请不要超过 1000 字。"), field=field)
    if names_somebody(text):
        raise Invalid("desk.feedback_with_numbers", _("请不要写证件号码和手机号码，删掉再送。"), field=field)
    return text


def put_away_first_day(*, scope: Scope, now: datetime) -> None:
    """Have the list of the first day no more on home, in this role; again changes nothing."""
    policies.check_may_keep_views(scope)
    _row, made = FirstDay.objects.get_or_create(person_id=scope.person_id, role=scope.role, defaults={"at": now})
    if made:
        audit.record(scope=scope, act="desk.first_day.put_away", subject=("person", scope.person_id), node_id=None,
                     now=now)  # fmt: skip
