"""The place that says who may change the tree of places: one prepares an update and decides it, a second confirms it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Max
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Scope
from tenants.divisions.models import DivisionUpdate, DivisionVersion
from tenants.divisions.types import ChangeKind, Division, UpdateState

UPDATE = "places.update"
CONFIRM = "places.confirm"
READ = "places.read"
DESCRIBE = "places.describe"
REVIEW = "places.review"
_UNDER_WAY = frozenset({UpdateState.DECIDING, UpdateState.SUBMITTED, UpdateState.CONFIRMED})
# What was undone may be confirmed again; so may what was confirmed and then could not be applied.
_TO_CONFIRM = frozenset({UpdateState.SUBMITTED, UpdateState.CONFIRMED, UpdateState.UNDONE})


def no_update() -> Missing:
    return Missing("divisions.no_update", _("没有这次区划更新。"))


def no_area() -> Missing:
    return Missing("divisions.no_area", _("没有这个统计区域。"))


def in_reach(scope: Scope, path: Iterable[Division]) -> bool:
    """Whether a place is one of the scope's own, or lies below one."""
    return any(place.id in scope.roots for place in path)


def check_may_describe(scope: Scope, path: Iterable[Division]) -> None:
    """
    Facts, outlines and areas of one's own places.

    :raises Missing: somebody else's.
    """
    scope.require(DESCRIBE)
    if not in_reach(scope, path):
        raise Missing("divisions.not_yours", _("只能说明自己负责的地方。"))


def check_may_review(scope: Scope) -> None:
    """
    Who prepares updates or confirms them sees them too.

    :raises Forbidden: the role does not look at updates.
    """
    if not (scope.may(UPDATE) or scope.may(CONFIRM)):
        scope.require(REVIEW)


def check_may_prepare(scope: Scope, *, province: str, day: date) -> None:
    """
    Updates follow each other by their days: what was known at a moment is the tree on the eve of the next.

    :raises Refused: another update is under way, or the day lies before something that stands.
    """
    scope.require(UPDATE)
    updates = (
        DivisionUpdate.objects.all() if not province else DivisionUpdate.objects.filter(province__in=["", province])
    )
    if updates.filter(state__in=_UNDER_WAY).exists():
        raise Refused("divisions.update_under_way", _("还有一次区划更新没有办完，请先办完或者放弃它。"))
    open_versions = DivisionVersion.objects.on_day(None).filter(code__startswith=province)
    begun = open_versions.aggregate(latest=Max("valid_from"))["latest"]
    # One that only ended places has begun no version; a boundary changes no tree, so that several may share a day.
    applied = updates.filter(state=UpdateState.APPLIED).exclude(changes__kind=ChangeKind.BOUNDARY)
    last = applied.aggregate(latest=Max("day"))["latest"]
    latest = max((one for one in (begun, last) if one is not None), default=None)
    if latest is not None and day <= latest:
        raise Invalid(
            "divisions.day_too_early", _("生效日期要晚于 %(day)s：那天的区划已经定了。") % {"day": formats.day(latest)},
            field="day",
        )  # fmt: skip


def check_may_decide(scope: Scope, update: DivisionUpdate) -> None:
    """:raises Refused: it is not open for decisions."""
    scope.require(UPDATE)
    if update.state != UpdateState.DECIDING:
        raise Refused("divisions.not_deciding", _("这次更新已经提交或者办完，不能再改。"))


def check_may_submit(scope: Scope, update: DivisionUpdate) -> None:
    """:raises Refused: something is not decided."""
    check_may_decide(scope, update)
    left = update.changes.filter(decision="").count()
    if left:
        raise Refused("divisions.undecided", _("还有 %(left)d 处没有决定。") % {"left": left})


def check_may_confirm(scope: Scope, update: DivisionUpdate) -> None:
    """:raises Refused: it was not submitted, or by the same person."""
    scope.require(CONFIRM)
    if update.state not in _TO_CONFIRM:
        raise Refused("divisions.not_submitted", _("这次更新还没有提交，或者已经办完。"))
    if scope.person_id in {update.submitted_by, update.prepared_by}:
        raise Refused("divisions.own_update", _("自己提交的更新要由另一个人确认。"))


def may_confirm(scope: Scope, update: DivisionUpdate) -> bool:
    return (
        scope.may(CONFIRM)
        and update.state in _TO_CONFIRM
        and scope.person_id not in {update.submitted_by, update.prepared_by}
    )


def check_may_drop(scope: Scope, update: DivisionUpdate) -> None:
    """:raises Refused: it is over."""
    if not scope.may(CONFIRM):
        scope.require(UPDATE)
    if update.state not in _UNDER_WAY:
        raise Refused("divisions.over", _("这次更新已经办完。"))


def check_may_undo(scope: Scope, update: DivisionUpdate) -> None:
    """:raises Refused: it was not applied, or a later update stands on it."""
    scope.require(CONFIRM)
    if update.state != UpdateState.APPLIED:
        raise Refused("divisions.not_applied", _("这次更新没有应用过，或者已经撤回。"))
    later = DivisionUpdate.objects.filter(state=UpdateState.APPLIED, day__gt=update.day)
    if (later.filter(province__in=["", update.province]) if update.province else later).exists():
        raise Refused("divisions.stood_upon", _("后面还有一次区划更新建立在它上面，请先撤回后面那次。"))
