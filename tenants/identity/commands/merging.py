"""
Two records of one person become one. It cannot be undone, so it takes two people: one proposes, another confirms.

What the record that goes holds and held moves to the one that stays, history and all. What was booked about it stays
booked about it, and is read with the other from then on.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Scope
from tenants.divisions.api import get_division
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.commands.granting import check_separate, end_these
from tenants.identity.commands.tokens import stop
from tenants.identity.models import (
    AccessToken,
    Binding,
    Invitation,
    Person,
    PersonMerge,
    ServiceAccount,
    Suspension,
)
from tenants.identity.oidc.models import Link
from tenants.identity.queries.merging import may_merge, merge_info
from tenants.identity.rules import ANOTHER_SECOND, NOT_TO_ONESELF
from tenants.identity.types import MergeInfo, Role, Standing


def propose_merge(*, scope: Scope, kept_id: int, gone_id: int, reason: str, now: datetime) -> MergeInfo:
    """
    Say that two records are one person, and which of them stays.

    :raises Missing: :raises Forbidden: not everything both hold is the scope's charge. :raises Refused: they cannot be
        one, or it waits already.
    """
    scope.require(policies.GRANT)
    _check(scope, kept_id, gone_id, legal_day(now))
    if PersonMerge.objects.filter(gone__in=(kept_id, gone_id), standing=Standing.PROPOSED).exists():
        raise Refused("identity.merge_waits", _("这个合并已经提过，正在等另一个人确认。"))
    row = PersonMerge.objects.create(kept_id=kept_id, gone_id=gone_id, reason=reason, proposed_by=scope.person_id,
                                     proposed_at=now)  # fmt: skip
    _book(scope, "identity.merge.proposed", row, now, reason)
    return merge_info(row)


def tell_apart(*, scope: Scope, kept_id: int, gone_id: int, reason: str, now: datetime) -> None:
    """
    Say that two records are two people; nobody is asked about them again.

    :raises Missing: :raises Forbidden:
    """
    scope.require(policies.GRANT)
    may_merge(scope, (kept_id, gone_id), legal_day(now))
    row = PersonMerge.objects.create(
        kept_id=kept_id, gone_id=gone_id, reason=reason, proposed_by=scope.person_id, proposed_at=now,
        standing=Standing.REFUSED, decided_by=scope.person_id, decided_at=now,
    )  # fmt: skip
    _book(scope, "identity.merge.refused", row, now, reason)


def confirm_merge(*, scope: Scope, merge_id: int, now: datetime) -> None:
    """
    Say yes as another person: the records become one in this transaction.

    Everything that was asked when it was proposed is asked again.

    :raises Missing: :raises Forbidden: :raises Refused:
    """
    row = _waiting(scope, merge_id)
    if scope.person_id == row.proposed_by:
        raise policies.parted(ANOTHER_SECOND)
    _check(scope, row.kept_id, row.gone_id, legal_day(now))
    _move(scope, row, now)
    row.standing, row.decided_by, row.decided_at = Standing.CONFIRMED, scope.person_id, now
    row.save()
    _book(scope, "identity.merge.confirmed", row, now, row.reason)


def refuse_merge(*, scope: Scope, merge_id: int, why: str, now: datetime) -> None:
    """
    Say no, or take it back: they stay two people, and nobody is asked again.

    :raises Missing: :raises Forbidden:
    """
    row = _waiting(scope, merge_id)
    may_merge(scope, (row.kept_id, row.gone_id), legal_day(now))
    row.standing, row.decided_by, row.decided_at = Standing.REFUSED, scope.person_id, now
    row.save()
    _book(scope, "identity.merge.refused", row, now, why)


def _waiting(scope: Scope, merge_id: int) -> PersonMerge:
    policies.check_may_read(scope)
    row = PersonMerge.objects.select_for_update(of=("self",)).filter(id=merge_id, standing=Standing.PROPOSED).first()
    if row is None:
        raise Missing("identity.no_merge", _("没有这个待确认的合并，或者它已经办过了。"))
    return row


def _check(scope: Scope, kept_id: int, gone_id: int, today: object) -> None:
    """Whether the two can be one person, under a lock on both; roles change one by one."""
    if kept_id == gone_id:
        raise Invalid("identity.same_person_twice", _("这是同一条记录，不用合并。"))
    both = list(Person.objects.select_for_update(of=("self",)).filter(id__in=(kept_id, gone_id)).order_by("id"))
    may_merge(scope, (kept_id, gone_id), today)  # type: ignore[arg-type]
    if scope.person_id in {kept_id, gone_id}:
        raise policies.parted(NOT_TO_ONESELF)
    if not all(one.is_active for one in both):
        raise Refused("identity.merge_suspended", _("其中一条记录停用了。停用的原因弄清、恢复以后才能合并。"))
    if ServiceAccount.objects.filter(person__in=both).exists():
        raise Refused("identity.merge_program", _("服务账号不是人，不能合并。"))
    of_gone, of_kept = Binding.objects.filter(person=gone_id), Binding.objects.filter(person=kept_id)
    if of_gone.filter(role=Role.ADVISER).exists():
        raise Refused("identity.merge_adviser", _("这条是法律顾问的记录，聘任跟着它走。请保留这一条，合并另一条。"))
    given = Q(granted_by=kept_id) | Q(decided_by=kept_id)
    taken = Q(granted_by=gone_id) | Q(decided_by=gone_id)
    if of_gone.filter(given).exists() or of_kept.filter(taken).exists():
        raise Refused("identity.merge_granted", _("其中一个给另一个授予过身份。自己不能给自己授予身份，所以不能合并。"))
    for row in of_gone.filter(ended_at__isnull=True).exclude(standing=Standing.REFUSED):
        check_separate(kept_id, Role(row.role), get_division(row.node_id), row.valid_from, row.valid_to)


def _move(scope: Scope, row: PersonMerge, now: datetime) -> None:
    kept, gone = row.kept_id, row.gone_id
    tokens = AccessToken.objects.select_related("binding").filter(binding__person=gone, revoked_at__isnull=True)
    stop(scope, list(tokens), now)
    same = [
        held for held in Binding.objects.filter(person=gone, ended_at__isnull=True).order_by("id")
        if Binding.objects.filter(person=kept, role=held.role, node_id=held.node_id, subject_id=held.subject_id,
                                  standing=held.standing, ended_at__isnull=True).exists()
    ]  # fmt: skip
    end_these(same, scope, _("合并到同一个人的同一项身份"), now)
    Binding.objects.filter(person=gone).update(person=kept)
    Suspension.objects.filter(person=gone).update(person=kept)
    held_at = Link.objects.filter(person=kept).values("issuer")  # one account at an issuer; a second one is shut there
    Link.objects.filter(person=gone).exclude(issuer__in=held_at).update(person=kept)
    ServiceAccount.objects.filter(owner=gone).update(owner=kept)
    Invitation.objects.filter(person=gone, used_at__isnull=True).update(used_at=now)
    Person.objects.filter(merged_into=gone).update(merged_into=kept)
    Person.objects.filter(id=gone).update(is_active=False, merged_into=kept, session_epoch=F("session_epoch") + 1)


def _book(scope: Scope, act: str, row: PersonMerge, now: datetime, why: str) -> None:
    book(scope=scope, act=act, person_id=row.kept_id, node_id=scope.roots[0] if scope.roots else None, why=why, now=now,
         after={"gone": row.gone_id})  # fmt: skip
