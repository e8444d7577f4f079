"""Who may read and keep the register of stations, and the sentences people read when they may not."""

from __future__ import annotations

from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Scope

READ, KEEP = "stations.read", "stations.keep"
PUBLIC = "public.read"


def check_may_read(scope: Scope) -> None:
    """Stations of the scope's places, closed ones among them."""
    scope.require(READ)


def check_may_read_open(scope: Scope) -> None:
    """Stations that are open are for everybody, who comes without signing in; and for who reads them all."""
    if not scope.may(PUBLIC):
        scope.require(READ)


def check_may_keep(scope: Scope) -> None:
    """Open, correct and close stations of the scope's places."""
    scope.require(KEEP)


def may_keep(scope: Scope) -> bool:
    return scope.may(KEEP)


# ---- sentences -----------------------------------------------------------------------------------------------------
def no_station() -> Missing:
    return Missing("stations.no_station", _("没有这个站点，或者它不归您管。"))


def no_place() -> Invalid:
    return Invalid("stations.no_place", _("没有这个地方，或者它不归您管。"), field="node_id")


def no_tier() -> Invalid:
    text = _("站点设在县（区）、街道（乡镇）或者社区（村），不设在省、市。")
    return Invalid("stations.no_tier", text, field="node_id")


def is_registered() -> Refused:
    text = _("这个地方已经有同名的站点。请核对；确实是另一处的，换个名称。")
    return Refused("stations.registered", text, field="name")


def no_sheet() -> Missing:
    return Missing("stations.no_sheet", _("没有这张表，或者它过了保存期限，已经删除。请再上传一次。"))


def nothing_to_enter() -> Refused:
    return Refused("stations.nothing_to_enter", _("没有可以登记的行，或者正在登记。请看这张表现在怎样了。"))


def is_closed() -> Refused:
    return Refused("stations.closed", _("这个站点已经关闭，不能再改。重新开放请另外登记。"))


def too_late_to_reopen() -> Refused:
    return Refused("stations.too_late_to_reopen", _("关闭只能由经办人在 10 分钟内撤回。重新开放请另外登记。"))


def nothing_to_correct() -> Invalid:
    return Invalid("stations.nothing_to_correct", _("和现在的一样，没有要改的。"))


def personal_data() -> Invalid:
    return Invalid("stations.personal_data", _("不要写身份证号或手机号：谁都会看到，也会记入办事记录。"))
