"""Who may do what in duty: each check raises with the sentence the person will read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from falin.kernel.periods import Month
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from services.duty.models import ClosedMonth, Visit
from tenants.divisions.api import get_division


def own_adviser_id(scope: Scope) -> uuid.UUID:
    """
    The adviser the scope belongs to.

    :raises Forbidden: when the person does not act as an adviser.
    """
    try:
        return uuid.UUID(scope.subject_id)
    except ValueError:
        raise Forbidden("duty.not_an_adviser", _("只有法律顾问本人能做这件事。")) from None


def check_may_log(scope: Scope) -> uuid.UUID:
    """Log, correct or void one's own visits; whose they are."""
    scope.require("duty.log")
    return own_adviser_id(scope)


def check_may_read_own(scope: Scope) -> uuid.UUID:
    """Read one's own visits, hours and reminders; whose they are."""
    scope.require("duty.own")
    return own_adviser_id(scope)


def check_may_read(scope: Scope) -> None:
    """Read the duty of everybody in the scope's places."""
    scope.require("duty.read")


def own_or_published(scope: Scope) -> uuid.UUID | None:
    """
    Whose visits one may look at one by one: an adviser his own, officials those of their places, whose lines are published.

    :raises Forbidden:
    """
    if scope.may("duty.own"):
        return own_adviser_id(scope)
    scope.require("visits.published")
    return None


def check_may_remind(scope: Scope, node_id: int) -> None:
    """:raises Missing: a place outside the scope; who sees a whole county sees none beside it."""
    scope.require("duty.remind")
    if not scope.sees(node_id) or (scope.whole and get_division(node_id).county_id not in scope.roots):
        raise Missing("duty.no_such_place", _("没有这个社区，或者不归您管。"))


def check_may_take_back(scope: Scope) -> None:
    """Take back what one sent oneself; the rows say whose they are."""
    scope.require("duty.remind")


def check_how_many(several: Sequence[object], most: int) -> None:
    """:raises Invalid: none, or more than are done in one go."""
    if not several:
        raise Invalid("duty.none_chosen", _("请先勾选要提醒的顾问。"), field="pick")
    if len(several) > most:
        raise Invalid("duty.too_many_chosen", _("一次最多 %(n)s 位，请分几次。") % {"n": most}, field="pick")


def too_late_to_restore_hours() -> Refused:
    return Refused("duty.too_late_to_restore_hours", _("撤下只能由经办人在 10 分钟内撤回。现在请重新公布。"))


def reminded_today() -> Refused:
    return Refused("duty.reminded_today", _("今天已经提醒过这位顾问了，明天再看。"))


def may_remind(scope: Scope) -> bool:
    return scope.may("duty.remind")


POST = "duty.post"


def check_may_post(scope: Scope) -> None:
    """Post when the advisers of the scope's communities can be met."""
    scope.require(POST)


def check_may_read_posted(scope: Scope) -> None:
    """What is posted is for everybody: those who come without signing in, and those who post it."""
    if not scope.may("public.read"):
        scope.require(POST)


def check_may_close(scope: Scope) -> None:
    """Close a month of the whole county's book."""
    scope.require("duty.close")
    if not scope.whole:
        raise Forbidden("duty.not_the_county", _("月度结账由县（区）工作专班来做。"))


def check_closed_before(scope: Scope, day: date) -> None:
    """
    Before a body's visits go to another one: the months before the change are over and done with in its book.

    :raises Refused: one is not closed.
    """
    last = ClosedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    visits = Visit.objects.in_scope(scope).filter(voided_at__isnull=True, begins_at__lt=Month.of(day).starts_at)
    if last is not None:
        visits = visits.filter(begins_at__gte=Month.parse(last).ends_at)
    first = visits.order_by("begins_at").values_list("begins_at", flat=True).first()
    if first is not None:
        raise Refused("duty.book_open", _("%(month)s 的到访还没有结账。请先把变更以前的月份都结账，再来办。")
                      % {"month": Month.of(first)})  # fmt: skip
