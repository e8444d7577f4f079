"""
The place of the first day: what somebody new in a role does first, ticked from what he really did.

What he did is read where it was booked, so no act has to tell this list of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope
from services.desk.api import first_day_is_put_away
from tenants.identity.api import Role
from tenants.identity.models import Person
from tenants.identity.signing import factors


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do first, and where."""

    words: str
    url: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """Done once one of the acts is booked for the person in this role."""

    words: Any
    page: str
    acts: frozenset[str]


def _act(words: Any, page: str, *acts: str) -> _Act:
    return _Act(words=words, page=page, acts=frozenset(acts))


_WAY = _act(_("选好怎样通知我"), "desk:ways", "desk.way.chosen")
_VIEW = _act(_("给常看的列表存一个视图"), "advisers:list", "desk.view.saved")
_GIVE = _act(_("给第一个人授予身份"), "portal:people", "identity.role.granted", "identity.role.proposed")
_CONFIRM = _act(_("确认或者退回一项授予"), "portal:proposals", "identity.role.confirmed", "identity.role.refused")
_SET = _act(_("看一遍设定，改一项该改的"), "portal:settings", "settings.statement.made")
_TAKE = _act(_("下载一次指标"), "figures:home", "indicators.figures.exported")
_POST = _act(_("公布第一个社区的值班时间"), "duty:posts", "duty.hours.posted")
_LOG = _act(_("下载一次操作记录，试着核对"), "portal:audit", "audit.log.exported")
_ACTS: Mapping[Role, tuple[_Act, ...]] = {
    Role.PROVINCE_LEADER: (_TAKE, _SET, _WAY),
    Role.CITY_OFFICER: (_TAKE, _GIVE, _WAY),
    Role.COUNTY_TEAM: (
        _act(_("登记第一名顾问，或者批量导入"), "advisers:import", "advisers.adviser.registered", "advisers.import.confirmed"),
        _act(_("聘任第一名顾问到社区"), "advisers:vacancies", "advisers.adviser.appointed", "advisers.import.confirmed"),
        _GIVE, _POST,
    ),
    Role.STREET_OFFICER: (_POST, _VIEW, _WAY),
    Role.LIAISON: (_POST, _WAY),
    Role.ADVISER: (_act(_("记下第一次到访"), "duty:log", "duty.visit.logged"), _WAY),
    Role.AUDITOR: (_LOG, _WAY),
    Role.SYSTEM_ADMINISTRATOR: (_GIVE, _WAY),
    Role.SECURITY_ADMINISTRATOR: (_CONFIRM, _WAY),
    Role.AUDIT_ADMINISTRATOR: (_LOG, _WAY),
    Role.OPERATOR: (_act(_("开通第一个县（区）"), "portal:setup", "portal.county.asked"), _WAY),
}  # fmt: skip


def first_day(*, scope: Scope) -> tuple[Step, ...]:
    """What is to be done first and what of it is done; nothing once all is, once it was put away, or in an emergency."""
    if scope.emergency or not scope.person_id or first_day_is_put_away(scope=scope):
        return ()
    person = Person.objects.only("must_change_password", "email", "phone_index").get(id=scope.person_id)
    second = Authenticator.objects.filter(user_id=scope.person_id).exclude(type=factors.RECOVERY).exists()
    acts = _ACTS.get(Role(scope.role), (_WAY,))
    wanted = frozenset().union(*(act.acts for act in acts))
    did = set(
        AuditEntry.objects.filter(person_id=scope.person_id, role=scope.role, act__in=wanted)
        .order_by().values_list("act", flat=True).distinct()
    )  # fmt: skip
    security = reverse("portal:security")
    steps = (
        Step(words=str(_("登录进来")), url="", done=True),
        Step(words=str(_("换成自己的密码")), url=reverse("account_change_password"), done=not person.must_change_password),
        Step(words=str(_("留下手机或者邮箱，忘了密码好找回")), url=security, done=bool(person.email or person.phone_index)),
        Step(words=str(_("加一种二次验证")), url=security, done=second),
        *(Step(words=str(act.words), url=reverse(act.page), done=bool(act.acts & did)) for act in acts),
    )  # fmt: skip
    return () if all(step.done for step in steps) else steps
