"""Decisions about grants as pure functions: which roles one person may not hold together, and the quarter's review."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from falin.kernel.parameters import Option, Parameter, declare
from tenants.identity.roles import ADMINISTRATORS
from tenants.identity.types import Role

LONGEST_GRANT = declare(
    Parameter(
        key="identity.longest_grant",
        label=gettext_noop("一次授予身份最长"),
        unit=gettext_noop("天"),
        default=366,
        minimum=30,
        maximum=1100,
        rule="decision 57",
        set_by=("province",),
        policy=True,
        direction=-1,
    )
)
REVIEW_DAYS = declare(
    Parameter(
        key="identity.review_days",
        label=gettext_noop("每季度复核身份的期限"),
        unit=gettext_noop("天"),
        default=30,
        minimum=7,
        maximum=60,
        rule="decision 10",
        set_by=("province",),
        policy=True,
        direction=-1,
    )
)
LONGEST_TOKEN = declare(
    Parameter(
        key="identity.longest_token",
        label=gettext_noop("访问令牌最长有效"),
        unit=gettext_noop("天"),
        default=180,
        minimum=7,
        maximum=366,
        rule="decision 57",
        set_by=("province",),
        policy=True,
        direction=-1,
    )
)
SERVICE_REVIEW = declare(
    Parameter(
        key="identity.service_review",
        label=gettext_noop("服务账号最久多少天复核一次"),
        unit=gettext_noop("天"),
        default=180,
        minimum=30,
        maximum=366,
        rule="decision 57",
        set_by=("province",),
        policy=True,
        direction=-1,
    )
)
SECOND_FACTOR = declare(
    Parameter(
        key="identity.second_factor",
        label=gettext_noop("必须有第二种登录方式的人"),
        unit="",
        default=1,
        minimum=0,
        maximum=2,
        rule="decision 20",
        set_by=("province",),
        policy=True,
        options=(
            Option(0, "nobody", gettext_noop("没有人")),
            Option(1, "sensitive", gettext_noop("能授权、审批、导出、看号码的人")),
            Option(2, "everybody", gettext_noop("所有人")),
        ),
    )
)
SECOND_GRACE = declare(
    Parameter(
        key="identity.second_factor_grace",
        label=gettext_noop("第一次提醒后还能不设第二种登录方式"),
        unit=gettext_noop("天"),
        default=14,
        minimum=0,
        maximum=60,
        rule="decision 57",
        set_by=("province",),
        policy=True,
        direction=-1,
    )
)
INVITATIONS_KEPT = declare(
    Parameter(
        key="identity.invitations_kept",
        label=gettext_noop("用过或过期的邀请保留的天数"),
        unit=gettext_noop("天"),
        default=30,
        minimum=1,
        maximum=365,
        rule="PIPL 19",
        set_by=(),
        direction=-1,
    )
)
CONTACTS_KEPT = declare(
    Parameter(
        key="identity.contacts_kept",
        label=gettext_noop("离开的人的电话和邮箱保留的天数"),
        unit=gettext_noop("天"),
        default=365,
        minimum=30,
        maximum=1095,
        rule="PIPL 47",
        set_by=(),
        direction=-1,
    )
)
EXPIRES_SOON = timedelta(days=30)
INVITED_FOR = timedelta(hours=72)
RESETS_APART = timedelta(days=30)  # one person resets either the password or the factors of another


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One separation of duties, and its sentence."""

    code: str
    sentence: Any  # translated when it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation(Rule):
    """Roles one person never holds at one time: of each side one, ``anywhere`` or where one's place holds the other's."""

    one: frozenset[Role]
    other: frozenset[Role]
    anywhere: bool = False

    def parts(self, new: Role, held: Role) -> bool:
        return new != held and ((new in self.one and held in self.other) or (held in self.one and new in self.other))


_OPERATIONAL = frozenset(Role) - ADMINISTRATORS - {Role.AUDITOR, Role.RESIDENT, Role.PROVINCE_LEADER}
NOT_TO_ONESELF = Rule(
    code="not_to_oneself",
    sentence=_("不能给自己授予身份、确认自己的身份，也不能停用、重置、复核自己。"),
)  # fmt: skip
ANOTHER_SECOND = Rule(code="another_second", sentence=_("提议人不能自己确认，要由另一个人确认。"))
PASSWORD_AND_FACTORS = Rule(
    code="password_and_factors",
    sentence=_("一个人的密码和第二种登录方式，30 天内不能由同一个人重设。请另一位管他身份的同事办。"),
)  # fmt: skip
SEPARATIONS = (
    Separation(
        code="three_administrators", one=ADMINISTRATORS, other=ADMINISTRATORS, anywhere=True,
        sentence=_("系统管理员、安全管理员、审计管理员要由三个人分别担任。"),
    ),
    Separation(
        code="auditor_is_not_operational", one=frozenset({Role.AUDITOR}), other=_OPERATIONAL | {Role.PROVINCE_LEADER},
        sentence=_("审计人员不能在同一辖区内担任业务工作。"),
    ),
    Separation(
        code="inspector_is_not_of_the_place", one=frozenset({Role.INSPECTOR}),
        other=frozenset({Role.LIAISON, Role.ADVISER, Role.FIRM_MANAGER}),
        sentence=_("巡查员不能巡查自己任职的社区和律所。"),
    ),
    Separation(
        code="evaluator_has_no_role", one=frozenset({Role.EVALUATOR}), other=frozenset(Role) - {Role.RESIDENT},
        sentence=_("第三方评估人员不能在被评估的辖区内担任其他身份。"),
    ),
    Separation(
        code="steward_does_not_decide", one=frozenset({Role.DATA_STEWARD}), other=frozenset({Role.COUNTY_TEAM}),
        sentence=_("数据管理员不能同时在同一辖区决定数据的处理。"),
    ),
)  # fmt: skip
RULES: tuple[Rule, ...] = (NOT_TO_ONESELF, ANOTHER_SECOND, PASSWORD_AND_FACTORS, *SEPARATIONS)

# What else makes a role in force open less than it says, or nothing: its body's state, and a program that is stopped.
BODY_SUSPENDED = Rule(code="body_suspended", sentence=_("单位停用期间，大家只能看，不能办。"))
BODY_MOVING = Rule(code="body_moving", sentence=_("单位正在换库，这几秒只能看。"))
BODY_SHUT = Rule(code="body_shut", sentence=_("单位已经关闭或者搬走，这里谁也进不来。"))
PROGRAM_STOPPED = {
    "not_reviewed": Rule(code="not_reviewed", sentence=_("服务账号到期没有复核。")),
    "owner_gone": Rule(code="owner_gone", sentence=_("服务账号的负责人已离开，等着移交。")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role somebody holds or is to hold: the place with all above it, and the days."""

    role: Role
    node_id: int
    path: frozenset[int]
    begins_on: date
    ends_on: date | None

    def meets(self, other: Held) -> bool:
        """Whether both hold on some day."""
        return (other.ends_on is None or self.begins_on <= other.ends_on) and (
            self.ends_on is None or other.begins_on <= self.ends_on
        )


def parted_roles(roles: Collection[Role]) -> frozenset[Role]:
    """Those of somebody's roles that some rule may part from another of them; where their places lie decides."""
    return frozenset(one for one in roles for other in roles for rule in SEPARATIONS if rule.parts(one, other))


def separation_between(new: Held, held: Iterable[Held]) -> Separation | None:
    """The first rule that forbids a role beside those held already."""
    for one in held:
        same_ground = new.node_id in one.path or one.node_id in new.path
        for rule in SEPARATIONS:
            if rule.parts(new.role, one.role) and new.meets(one) and (rule.anywhere or same_ground):
                return rule
    return None


def ends_latest(of_grantor: Iterable[date | None], begins_on: date, longest: int) -> date:
    """The last day a grant may name: its longest time, and never beyond the grantor's own."""
    ends = list(of_grantor)
    most = begins_on + timedelta(days=longest)
    return most if None in ends else min([most, max(end for end in ends if end is not None)])


def quarter_of(day: date) -> date:
    """The first day of the quarter a day lies in."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def review_ends(day: date, days: int) -> date:
    """The last day on which roles of this quarter can still be reviewed."""
    return quarter_of(day) + timedelta(days=days - 1)
