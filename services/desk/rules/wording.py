"""The words of notices. A notice keeps facts; its sentence is made in the reader's language when he reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from falin.kernel import formats
from falin.kernel.periods import Month
from falin.ui import tables
from services.desk.types import Decision, NoticeKind, Way
from tenants.identity.api import SEPARATIONS

LABELS = {
    NoticeKind.HOURS_MISSING: _("到点时长不够的提醒"),
    NoticeKind.APPOINTED: _("我被聘任"),
    NoticeKind.APPOINTMENT_ENDED: _("我的聘任结束"),
    NoticeKind.CONTRACTS_ENDING: _("聘任快到期"),
    NoticeKind.ROLE_ENDING: _("我的身份快到期"),
    NoticeKind.FEEDBACK_ANSWERED: _("我提的意见有答复"),
    NoticeKind.MENTIONED: _("评论里提到我"),
    NoticeKind.CORRECTION_ASKED: _("有人请求更正姓名或登录名"),
    NoticeKind.EXPORT_HELD: _("导出名单等我确认"),
    NoticeKind.EXPORT_DECIDED: _("我请求的导出有结果"),
    NoticeKind.DECISION_WAITS: _("有事等我确认"),
    NoticeKind.JOB_ENDED: _("我的任务做完了，或者没有做成"),
    NoticeKind.CORRECTION_DECLINED: _("我请求更正姓名或登录名，没有更正"),
    NoticeKind.BACKUP_FAILED: _("夜间备份没有做成"),
    NoticeKind.ROLES_PARTED: _("有人的身份互相冲突"),
}
_SENTENCES = {
    NoticeKind.HOURS_MISSING: _("%(place)s：%(month)s还差 %(missing)s，请抽空到社区。"),
    NoticeKind.APPOINTED: _("您从 %(begins_on)s起担任%(place)s的法律顾问。"),
    NoticeKind.APPOINTMENT_ENDED: _("您在%(place)s的聘任到 %(ends_on)s结束。"),
    NoticeKind.CONTRACTS_ENDING: _("%(ends_on)s有 %(count)s 份聘任到期，请安排续聘或者换人。"),
    NoticeKind.ROLE_ENDING: _("您在%(place)s的身份 %(ends_on)s到期。要续的话，请联系给您授予的单位。"),
    NoticeKind.FEEDBACK_ANSWERED: _("您 %(on)s提的意见有答复了。"),
    NoticeKind.MENTIONED: _("%(who)s在“%(thing)s”的评论里提到了您。"),
    NoticeKind.CORRECTION_ASKED: _("%(name)s请求更正自己的姓名或登录名。请核对后，到“人员和身份”里他的页面办理。"),
    NoticeKind.EXPORT_HELD: _("%(who)s要导出名单“%(list)s”，等您确认。"),
    NoticeKind.EXPORT_DECIDED: _("您请求导出的名单“%(list)s”%(outcome)s。"),
    NoticeKind.DECISION_WAITS: _("有%(what)s等您确认。"),
    NoticeKind.JOB_ENDED: _("您的任务“%(thing)s”%(outcome)s。"),
    NoticeKind.CORRECTION_DECLINED: _("您请求更正姓名或登录名，没有更正。点进去看原因，也可以再请求一次。"),
    NoticeKind.BACKUP_FAILED: _(
        "%(place)s %(on)s夜里的备份没有做成，或者试恢复不成功，可能不止它一个。原因在“单位”里。"
    ),
    NoticeKind.ROLES_PARTED: _("%(name)s的身份互相冲突，现在都打不开：%(why)s请结束其中一项。"),
}
_OUTCOMES = {
    "confirmed": _("有人确认了，正在做"), "refused": _("没有得到同意"), "lapsed": _("到期没有人确认，已经结束"),
    "done": _("已经做完"), "failed": _("没有做成，原因写在任务里"),
}  # fmt: skip
_DECISIONS = {
    Decision.ROLES: _("授予身份的提议"), Decision.MERGE: _("合并两条人员记录的提议"), Decision.UPDATE: _("区划更新"),
    Decision.DEED: _("关闭、删除、合并等单位的大事"), Decision.EMERGENCY: _("应急访问的请求"),
}  # fmt: skip
# The roles to whom a kind comes: nobody is asked about what never comes to him. None: to everybody.
ROLES: Mapping[NoticeKind, frozenset[str] | None] = {
    NoticeKind.HOURS_MISSING: frozenset({"adviser"}),
    NoticeKind.APPOINTED: frozenset({"adviser"}),
    NoticeKind.APPOINTMENT_ENDED: frozenset({"adviser"}),
    NoticeKind.CONTRACTS_ENDING: frozenset({"county_team"}),
    NoticeKind.ROLE_ENDING: None,
    NoticeKind.FEEDBACK_ANSWERED: None,
    NoticeKind.MENTIONED: frozenset(
        {"province_leader", "city_officer", "county_team", "street_officer", "liaison", "adviser"}
    ),
    NoticeKind.CORRECTION_ASKED: frozenset(
        {"city_officer", "county_team", "firm_manager", "system_administrator", "security_administrator"}
    ),
    NoticeKind.EXPORT_HELD: frozenset({"county_team"}),
    NoticeKind.EXPORT_DECIDED: frozenset({"county_team"}),
    NoticeKind.DECISION_WAITS: frozenset(
        {
            "city_officer",
            "county_team",
            "firm_manager",
            "system_administrator",
            "security_administrator",
            "operator",
        }
    ),
    NoticeKind.JOB_ENDED: None,
    NoticeKind.CORRECTION_DECLINED: None,
    NoticeKind.BACKUP_FAILED: frozenset({"operator"}),
    NoticeKind.ROLES_PARTED: frozenset(
        {"city_officer", "county_team", "firm_manager", "system_administrator", "security_administrator"}
    ),
}
# What has a day by which something is to be done comes by mail too, unless one says otherwise.
DEFAULT_WAYS = {
    NoticeKind.HOURS_MISSING: Way.MAIL,
    NoticeKind.APPOINTED: Way.MAIL,
    NoticeKind.APPOINTMENT_ENDED: Way.MAIL,
    NoticeKind.CONTRACTS_ENDING: Way.MAIL,
    NoticeKind.ROLE_ENDING: Way.MAIL,
    NoticeKind.FEEDBACK_ANSWERED: Way.NONE,
    NoticeKind.MENTIONED: Way.NONE,
    NoticeKind.CORRECTION_ASKED: Way.MAIL,
    NoticeKind.EXPORT_HELD: Way.MAIL,
    NoticeKind.EXPORT_DECIDED: Way.MAIL,
    NoticeKind.DECISION_WAITS: Way.MAIL,
    NoticeKind.JOB_ENDED: Way.NONE,
    NoticeKind.CORRECTION_DECLINED: Way.NONE,
    NoticeKind.BACKUP_FAILED: Way.MAIL,
    NoticeKind.ROLES_PARTED: Way.MAIL,
}


def sentence(kind: NoticeKind, facts: Mapping[str, Any], *, places: Mapping[int, str]) -> str:
    """What the reader reads; ``places`` names the nodes."""
    words: dict[str, Any] = {name: facts.get(name, "") for name in ("count", "who", "thing", "name")}
    words["place"] = places.get(facts.get("node_id", 0), _now("一个社区"))
    for name in ("begins_on", "ends_on", "on"):
        words[name] = formats.day(date.fromisoformat(facts[name])) if facts.get(name) else ""
    table = tables.find(facts.get("list", ""))
    words["list"] = table.title if table else ""
    words["outcome"] = _OUTCOMES.get(facts.get("outcome", ""), "")
    words["what"] = _DECISIONS.get(facts.get("what", ""), "")
    words["why"] = next((one.sentence for one in SEPARATIONS if one.code == facts.get("rule")), "")
    if facts.get("month"):
        words["month"] = formats.month(Month.parse(facts["month"]).first_day)
    if "minutes_missing" in facts:
        words["missing"] = formats.hours(facts["minutes_missing"])
    return str(_SENTENCES[kind] % words)
