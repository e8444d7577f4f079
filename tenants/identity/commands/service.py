"""
Service accounts: programs that work under a role. Opened, handed over, reviewed, ended.

A program may no more than the person who answers for it: he holds the same role at that place or above. When he leaves
it stands still until somebody else takes it over; when nobody reviews it in time it ends.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from tenants.divisions.api import get_division
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.commands.granting import end_all, propose_role
from tenants.identity.commands.people import check_charge, create_person
from tenants.identity.commands.tokens import stop
from tenants.identity.models import AccessToken, Binding, Person, ServiceAccount
from tenants.identity.queries.register import ends_of, open_on
from tenants.identity.queries.tokens import account_info
from tenants.identity.rules import SERVICE_REVIEW
from tenants.identity.types import AccountInfo, Role


def open_account(
    *, scope: Scope, username: str, name: str, owner_id: int, purpose: str, role: Role, node_id: int, begins_on: date,
    ends_on: date, reason: str, review_by: date, now: datetime, client_id: str = "",
) -> AccountInfo:  # fmt: skip
    """
    Enter a program with its role and who answers for it; its tokens are made by him.

    :raises Refused: as ``create_person`` and ``propose_role``. :raises Invalid: with the field.
    """
    named = _("%(name)s（服务账号）") % {
        "name": name
    }  # the name goes into every list and log: it says what it is there
    made = create_person(scope=scope, username=username, name=named, password=None, now=now, must_change_password=False)
    row = ServiceAccount.objects.create(person_id=made.id, owner_id=owner_id, purpose=purpose, client_id=client_id,
                                        review_by=_review_by(scope, review_by, now))  # fmt: skip
    binding = propose_role(scope=scope, person_id=made.id, role=role, node_id=node_id, begins_on=begins_on,
                           ends_on=ends_on, reason=reason, now=now)  # fmt: skip
    _check_owner(owner_id, role, node_id, binding.subject_id, now)
    book(scope=scope, act="identity.service.opened", person_id=made.id, node_id=node_id, why=purpose, now=now,
         after={"owner": owner_id, "ends_on": str(review_by)})  # fmt: skip
    return account_info(scope, row, legal_day(now))


def hand_over_account(*, scope: Scope, person_id: int, owner_id: int, reason: str, now: datetime) -> None:
    """
    Somebody else answers for a program from now on; tokens the one before knew are over.

    :raises Missing: :raises Forbidden: :raises Invalid:
    """
    row = _charge(scope, person_id, now)
    for held in Binding.objects.filter(open_on(legal_day(now)), person=person_id):
        _check_owner(owner_id, Role(held.role), held.node_id, held.subject_id, now)
    before, row.owner_id = row.owner_id, owner_id
    row.save(update_fields=["owner"])
    _stop_tokens(scope, person_id, now)
    book(scope=scope, act="identity.service.handed_over", person_id=person_id, node_id=_home(scope), why=reason, now=now,
         before={"owner": before}, after={"owner": owner_id})  # fmt: skip


def review_account(*, scope: Scope, person_id: int, review_by: date, now: datetime) -> None:
    """
    Say that a program is still wanted, and until when.

    :raises Missing: :raises Forbidden: :raises Invalid:
    """
    row = _charge(scope, person_id, now)
    row.review_by = _review_by(scope, review_by, now)
    row.save(update_fields=["review_by"])
    book(scope=scope, act="identity.service.reviewed", person_id=person_id, node_id=_home(scope), now=now,
         after={"ends_on": str(review_by)})  # fmt: skip


def end_account(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    A program is not wanted any more: its roles and tokens end at once.

    :raises Missing: :raises Forbidden:
    """
    _charge(scope, person_id, now)
    _end(scope, person_id, why, now)


def end_unreviewed_accounts(*, scope: Scope, now: datetime) -> int:
    """Programs nobody reviewed in time, by the system at night; how many. They stood still from the day on."""
    late = ServiceAccount.objects.filter(review_by__lt=legal_day(now), person__is_active=True)
    found = list(late.order_by("person_id").values_list("person_id", flat=True))
    for person_id in found:
        _end(scope, person_id, _("到期没有复核"), now)
    return len(found)


def _end(scope: Scope, person_id: int, why: str, now: datetime) -> None:
    end_all(scope=scope, person_id=person_id, why=why, now=now)
    _stop_tokens(scope, person_id, now)
    Person.objects.filter(id=person_id).update(is_active=False, session_epoch=F("session_epoch") + 1)
    book(scope=scope, act="identity.service.ended", person_id=person_id, node_id=_home(scope), why=why, now=now)


def _stop_tokens(scope: Scope, person_id: int, now: datetime) -> None:
    rows = AccessToken.objects.select_related("binding").filter(binding__person=person_id, revoked_at__isnull=True)
    stop(scope, list(rows), now)


def _charge(scope: Scope, person_id: int, now: datetime) -> ServiceAccount:
    scope.require(policies.GRANT)
    row = ServiceAccount.objects.select_for_update(of=("self",)).filter(person=person_id).first()
    if row is None:
        raise policies.no_account()
    check_charge(scope, person_id, now)
    return row


def _check_owner(owner_id: int, role: Role, node_id: int, subject_id: str, now: datetime) -> None:
    held = ends_of(owner_id, role, get_division(node_id), subject_id, legal_day(now))
    if not held or not Person.objects.filter(id=owner_id, is_active=True, service__isnull=True).exists():
        raise Invalid(
            "identity.owner_without_role",
            _("负责人自己在那里要有同样的身份：服务账号能做的，不能比他多。"),
            field="owner",
        )


def _review_by(scope: Scope, day: date, now: datetime) -> date:
    today = legal_day(now)
    most = parameters.value(SERVICE_REVIEW, node_id=_home(scope), on=today)
    if not today < day <= today + timedelta(days=most):
        text = _("复核日期要在今天以后，最远 %(n)s 天。") % {"n": most}
        raise Invalid("identity.review_by", text, field="review_by")
    return day


def _home(scope: Scope) -> int | None:
    return scope.roots[0] if scope.roots else None
