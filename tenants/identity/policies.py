"""
Who may give, confirm, end and review which role where, and the sentences people read when they may not.

The caps of a grant (docs/reference/roles.md): the place lies in the grantor's own subtree, the days within his own, and
the role is one his *grants* column names. What he may read himself does not matter.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from tenants.divisions.api import Division
from tenants.identity.roles import ROLES, Bound, grades, looks_after, may_appoint
from tenants.identity.rules import ANOTHER_SECOND, NOT_TO_ONESELF, PASSWORD_AND_FACTORS, Rule
from tenants.identity.types import Role

READ, GRANT, CONFIRM, OWN_TOKENS = "people.read", "people.grant", "people.confirm", "tokens.own"
ASK_EMERGENCY, DECIDE_EMERGENCY = "emergency.ask", "emergency.decide"


def path_of(place: Division) -> frozenset[int]:
    """The place and all above it."""
    above = {place.id, place.province_id, place.city_id, place.county_id, place.street_id}
    return frozenset(node for node in above if node is not None)


def grades_of(place: Division) -> frozenset[int]:
    return grades(place.level, is_county_body=place.is_county_body)


def is_system(scope: Scope) -> bool:
    """Nobody's own act: the set-up, the command line, the demo."""
    return scope.person_id == 0


def check_may_join(scope: Scope) -> None:
    """Who can be spoken to about a thing of one's body: those who speak about it themselves."""
    scope.require("comments.join")


def check_may_look_ahead(scope: Scope) -> None:
    """Whose role ends soon, for who tells them: the system."""
    scope.require("desk.tell")


def reaches(scope: Scope, place: Division, subject_id: str) -> bool:
    """Whether a binding lies within a person's own: below one of his places, or in his own firm."""
    if scope.subject_id:
        return subject_id == scope.subject_id
    return bool(path_of(place).intersection(scope.roots))


def check_may_read(scope: Scope) -> None:
    scope.require(READ)


def check_may_grant(scope: Scope, *, person_id: int, role: Role, place: Division, subject_id: str) -> None:
    """:raises Forbidden: :raises Refused: :raises Invalid: with the sentence at ``role``, ``place`` or above the form."""
    scope.require(GRANT)
    if person_id == scope.person_id:
        raise parted(NOT_TO_ONESELF)
    if not may_appoint(Role(scope.role), role, grades_of(place)):
        raise Forbidden("identity.role_not_yours", _("您的身份不能在这一级授予这个身份。"), field="role")
    check_reaches(scope, place=place, subject_id=subject_id)


def check_reaches(scope: Scope, *, place: Division, subject_id: str) -> None:
    if not reaches(scope, place, subject_id):
        raise Invalid("identity.out_of_reach", _("这个地方不在您的辖区内。"), field="place")


def may_look_after(scope: Scope, *, person_id: int, role: Role, place: Division, subject_id: str) -> bool:
    """Whether a binding is the scope's charge: to end, to suspend and reset its holder, to review."""
    return (
        person_id != scope.person_id
        and bool({GRANT, CONFIRM} & scope.grants)
        and looks_after(Role(scope.role), role, grades_of(place))
        and reaches(scope, place, subject_id)
    )


def may_confirm(scope: Scope, *, granted_as: str, place: Division, subject_id: str) -> bool:
    """Whether the scope is the second person of a grant; that he is another one is asked when he does it."""
    wanted = ROLES[Role(granted_as)].granting.confirmed_by if granted_as else None
    return scope.may(CONFIRM) and scope.role == wanted and reaches(scope, place, subject_id)


def check_fits(role: Role, place: Division, subject_id: str) -> None:
    """:raises Invalid: a role is given at its own levels, and names its firm or adviser where it is bound to one."""
    if not ROLES[role].levels & grades_of(place):
        raise Invalid("identity.wrong_level", _("这个身份不能设在这一级。"), field="place")
    bound = ROLES[role].bound
    if bool(subject_id) != (bound is not None):
        text = _("这个身份要写明是哪家律所。") if bound == Bound.FIRM else _("这个身份要写明是哪位顾问。")
        raise Invalid("identity.subject", text if bound else _("这个身份不对应律所或顾问。"), field="subject_id")


def check_days(begins_on: date, ends_on: date, *, today: date, latest: date | None) -> None:
    """
    :param latest: the last day the grantor may name; ``None`` where he has nothing to give on the first day.
    """
    if begins_on < today:
        raise Invalid("identity.begins_in_the_past", _("开始日期不能早于今天。"), field="begins_on")
    if ends_on < begins_on:
        raise Invalid("identity.ends_before_it_begins", _("结束日期不能早于开始日期。"), field="ends_on")
    if latest is None:
        raise Invalid("identity.not_then", _("您自己的身份到那一天已经到期。"), field="begins_on")
    if ends_on > latest:
        text = _("最晚只能到 %(day)s：不能超过您自己的任期，一次也不能超过规定的天数。") % {"day": formats.day(latest)}
        raise Invalid("identity.too_long", text, field="ends_on")


# ---- sentences -------------------------------------------------------------------------------------------------------
def parted(rule: Rule) -> Refused:
    """The refusal a separation of duties stands for."""
    return Refused(f"identity.{rule.code}", str(rule.sentence), field=None if rule in _OF_ACTS else "role")


_OF_ACTS: Collection[Rule] = (NOT_TO_ONESELF, ANOTHER_SECOND, PASSWORD_AND_FACTORS)


def no_person() -> Missing:
    return Missing("identity.no_person", _("没有这个人，或者他不在您的辖区。"))


def no_username() -> Invalid:
    return Invalid("identity.no_username", _("登录名只能用字母、数字和 @ . + - _，最长 60 个。"), field="username")


def no_place() -> Missing:
    return Missing("identity.no_place", _("您的辖区里没有这个地方。"))


def no_binding() -> Missing:
    return Missing("identity.no_binding", _("没有这项身份，或者它不在您的辖区。"))


def no_proposal() -> Missing:
    return Missing("identity.no_proposal", _("没有这项待确认的授予，或者它已经办过了。"))


def not_yours() -> Forbidden:
    return Forbidden("identity.not_yours", _("他的身份不归您管，请找授予他身份的单位办理。"))


def grantor_gone() -> Refused:
    return Refused("identity.grantor_gone", _("提议人现在已经不能授予这个身份了，请拒绝这项提议，由现任的人重新提。"))


def too_late() -> Refused:
    return Refused("identity.too_late", _("这项授予的结束日期已经过了，请拒绝后重新提。"))


def held_already() -> Refused:
    return Refused("identity.waits_already", _("同样的授予已经提过，正在等确认。"), field="role")


def personal_data() -> Invalid:
    return Invalid("identity.personal_data", _("原因里不要写身份证号、手机号。"), field="reason")


def no_account() -> Missing:
    return Missing("identity.no_account", _("没有这个服务账号，或者它不在您的辖区。"))


def no_password_for_programs() -> Refused:
    return Refused("identity.no_password_for_programs", _("服务账号没有密码，用令牌。令牌由它的负责人生成。"))


def no_factors() -> Refused:
    return Refused("identity.no_factors", _("他没有设第二种登录方式，用密码就能登录。"))


def follows_an_appointment() -> Refused:
    return Refused("identity.follows_appointment", _("这个身份跟着聘任走：请在法律顾问那里结束聘任。"))


def still_holds() -> Refused:
    return Refused("identity.still_holds", _("他还有身份，联系方式还要用。先办离任，再删除。"))


def nothing_to_erase() -> Refused:
    return Refused("identity.nothing_to_erase", _("他的账号里没有手机号和邮箱，不用删除。"))


def link_over() -> Refused:
    return Refused("identity.link_over", _("这个链接已经用过或过期了。请给您开通的人重新发一个。"))


def no_session() -> Missing:
    return Missing("identity.no_session", _("这个登录已经不在了。"))


def no_emergency() -> Missing:
    return Missing("identity.no_emergency", _("没有这项应急访问，或者它已经结束。"))


def no_incident() -> Invalid:
    return Invalid("identity.no_incident", _("请写事件编号，方便以后查对。"), field="incident")


def reason_too_short() -> Invalid:
    return Invalid(
        "identity.reason_too_short", _("请把原因写清楚，至少 10 个字：出了什么事，要看什么。"), field="reason"
    )


def too_many_minutes(most: int) -> Invalid:
    return Invalid("identity.too_many_minutes", _("时间要在 1 到 %(n)s 分钟之间。") % {"n": most}, field="minutes")


def no_tenant() -> Invalid:
    return Invalid("identity.no_tenant", _("没有这个单位。"), field="tenant")


def emergency_waits() -> Refused:
    return Refused("identity.emergency_waits", _("对这个单位已经提过，正在等同意或正在进行。"), field="tenant")


def emergency_decided() -> Refused:
    return Refused("identity.emergency_decided", _("这项请求已经办过了。"))
