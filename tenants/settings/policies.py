"""Who may set a figure where, and the sentences of what is refused."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.parameters import Parameter
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from tenants.divisions.types import Division, Level
from tenants.settings.types import LEVEL_WORDS, Obstacle

READ, SET, POLICIES = "settings.read", "settings.set", "policies.set"


def concerns(scope: Scope, parameter: Parameter) -> bool:
    """What of the settings is somebody's to read: who sets policies has no targets, and reads the policies alone."""
    return parameter.policy or not scope.may(POLICIES)


def _is_his(scope: Scope, parameter: Parameter, place: Division) -> bool:
    """The province's policies are the security administrator's and nobody else's; nothing else is his."""
    return scope.may(POLICIES) == (parameter.policy and place.level == Level.PROVINCE)


def check_may_set(scope: Scope, parameter: Parameter, place: Division) -> Level:
    """
    At one's own place, and the province for one body in it where the figure is told body by body; the level that speaks.
    Policies of the province by its security administrator only.

    :raises Missing: another's place. :raises Forbidden: a policy.
    """
    scope.require(SET)
    speaking = _speaking(scope, parameter, place)
    if speaking is None or not concerns(scope, parameter):
        raise Missing("settings.not_yours", _("只能给自己负责的地方设定。"))
    if not _is_his(scope, parameter, place):
        raise Forbidden("settings.a_policy", _("登录、授权和审计的规定由省里的安全管理员设定。"))
    return speaking


def may_set(scope: Scope, parameter: Parameter, place: Division) -> bool:
    speaking = _speaking(scope, parameter, place)
    if not scope.may(SET) or speaking is None or LEVEL_WORDS[speaking] not in parameter.set_by:
        return False
    return _is_his(scope, parameter, place)


def _speaking(scope: Scope, parameter: Parameter, place: Division) -> Level | None:
    if place.id in scope.roots:
        return place.level
    for_one = parameter.by_body and place.is_county_body and place.province_id in scope.roots
    return Level.PROVINCE if for_one else None


def unknown() -> Missing:
    return Missing("settings.unknown", _("没有这项设定。"))


def too_early() -> Invalid:
    return Invalid(
        "settings.too_early", _("最早从明天起生效：已经过去的日子按当时的设定算，不再改变。"), field="valid_from"
    )


def refusal_of(obstacle: Obstacle, parameter: Parameter, *, place: str, value: int, own: bool) -> Refused:
    """
    The sentence for what speaks against a statement.

    :param place: who locked the figure or set what is inherited; empty for the default. :param value: what is inherited.
    :param own: the place says something itself already.
    """
    words = {"place": place, "value": parameter.told(value), "range": parameter.range_told}
    looser = (
        _("%(place)s要求 %(value)s，只能更严，不能更松。") if place else _("规定是 %(value)s，只能更严，不能更松。")
    )
    same = _("和现在的设定一样，不用改。") if own else _("这里没有自己的设定，不用撤回。")
    sentence = {
        Obstacle.NOT_THIS_LEVEL: _("这项指标不由您这一级设定。"),
        Obstacle.OUT_OF_RANGE: _("只能选：%(range)s。") if parameter.options else _("要在 %(range)s之间。"),
        Obstacle.NOTHING_CHANGES: same,
        Obstacle.LOCKED: _("%(place)s已锁定这一项，下级不能改。"),
        Obstacle.LOOSER: looser,
    }[obstacle]
    kind = Invalid if obstacle in {Obstacle.OUT_OF_RANGE, Obstacle.NOTHING_CHANGES} else Refused
    return kind(f"settings.{obstacle}", sentence % words, field="value")


def unreadable(parameter: Parameter) -> Invalid:
    words = {"range": parameter.range_told}
    sentence = _("只能选：%(range)s。") if parameter.options else _("请填一个整数，%(range)s。")
    return Invalid("settings.unreadable", sentence % words, field="value")


def why_missing() -> Invalid:
    return Invalid("settings.why_missing", _("请写明理由，2 到 200 个字。"), field="why")


def too_late(last: date) -> Invalid:
    return Invalid("settings.too_late", _("生效日期最晚到 %(day)s。") % {"day": formats.day(last)}, field="valid_from")
