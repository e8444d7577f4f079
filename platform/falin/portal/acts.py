"""
The words for what was booked: acts, the things they were done to, and the facts that changed.

A person reads 聘任顾问, not ``advisers.adviser.appointed``. A test holds every act and every fact in the code against this
page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from falin.kernel import formats, parameters
from falin.kernel.audit import alarms
from falin.kernel.periods import Month
from falin.portal.people import GRANT_WORDS
from falin.portal.shell import ROLE_LABELS
from services.advisers.api import REASON_LABELS
from services.stations.api import TIER_LABELS
from tenants.divisions.api import VIEW_LABELS
from tenants.identity.api import PEOPLE_AT

WORDS = {
    "identity.person.created": _("录入人员"),
    "identity.person.suspended": _("停用人员"),
    "identity.person.reinstated": _("恢复人员"),
    "identity.password.reset": _("重置密码"),
    "identity.password.changed": _("改密码"),
    "identity.password.recovered": _("用验证码重设密码"),
    "identity.password.failed": _("输错密码"),
    "identity.password.found_common": _("密码在常见密码名单上，要换掉"),
    "identity.guessing.slowed": _("连着输错密码，已经慢下来"),
    "identity.digits.failed": _("密码对了，第二步的数字输错"),
    "identity.digits.slowed": _("密码对了，第二步的数字连着输错，已经慢下来"),
    "identity.session.opened": _("登录"),
    "identity.session.ended_by_issuer": _("统一身份那边结束了登录"),
    "identity.sign_on.refused": _("登录没有通过核对"),
    "identity.sign_on.refused_often": _("同一网络一分钟内多次没有通过登录核对"),
    "identity.account.linked": _("关联统一身份账号"),
    "identity.account.unlinked": _("解除统一身份关联"),
    "identity.account.opened": _("开通统一身份账号"),
    "identity.account.mended": _("改正统一身份账号"),
    "identity.session.ended": _("退出一台设备"),
    "identity.correction.declined": _("没有同意更正姓名或登录名的请求"),
    "identity.language.chosen": _("选了写给自己用的语言"),
    "identity.sessions.ended": _("退出其他所有设备"),
    "identity.factors.reset": _("清除第二种登录方式"),
    "identity.factor.added": _("加一种登录方式"),
    "identity.factor.removed": _("删一种登录方式"),
    "identity.factor.renewed": _("换一套备用码"),
    "identity.emergency.asked": _("请求应急访问"),
    "identity.emergency.allowed": _("同意应急访问"),
    "identity.emergency.refused": _("不同意应急访问"),
    "identity.emergency.ended": _("结束应急访问"),
    "kernel.door.passed": _("应急访问中看了一页"),
    "identity.phone.changed": _("改登记的手机号"),
    "identity.email.changed": _("改登记的邮箱"),
    "identity.contacts.erased": _("删除账号登记的手机号和邮箱"),
    "identity.code.asked": _("要验证码"),
    "identity.code.failed": _("输错验证码"),
    "identity.code.wanted": _("要验证码"),
    "identity.invitation.used": _("用邀请链接设置密码"),
    "identity.role.granted": _("授予身份"),
    "identity.role.proposed": _("提议授予身份"),
    "identity.role.confirmed": _("确认授予身份"),
    "identity.role.refused": _("拒绝授予身份"),
    "identity.role.reviewed": _("复核身份"),
    "identity.role.shortened": _("缩短身份的期限"),
    "identity.role.ended": _("结束身份"),
    "identity.role.not_back": _("区划更新撤回后身份没有恢复"),
    "identity.person.corrected": _("更正姓名或登录名"),
    "identity.correction.asked": _("请求更正自己的姓名或登录名"),
    "identity.person.left": _("办理离任"),
    "identity.merge.proposed": _("提议合并两条人员记录"),
    "identity.merge.confirmed": _("确认合并两条人员记录"),
    "identity.merge.refused": _("认定是两个人"),
    "identity.token.made": _("生成令牌"),
    "identity.token.revoked": _("停用令牌"),
    "identity.service.opened": _("开通服务账号"),
    "identity.service.handed_over": _("移交服务账号"),
    "identity.service.reviewed": _("复核服务账号"),
    "identity.service.ended": _("结束服务账号"),
    "advisers.firm.registered": _("登记律所"),
    "advisers.adviser.registered": _("登记顾问"),
    "advisers.adviser.corrected": _("修改顾问资料"),
    "advisers.adviser.renamed": _("更正顾问姓名，各处跟着改"),
    "advisers.adviser.examined": _("记录考试通过"),
    "advisers.adviser.banned": _("暂停任职资格"),
    "advisers.adviser.appointed": _("聘任顾问"),
    "advisers.appointment.ended": _("结束聘任"),
    "advisers.appointment.moved": _("聘任转到接手的地方"),
    "advisers.appointment.resumed": _("撤回结束聘任"),
    "advisers.adviser.allowed": _("解除禁止"),
    "advisers.vacancy.explained": _("说明空缺原因"),
    "advisers.account.opened": _("开通登录账号"),
    "advisers.record.taken": _("下载自己的数据"),
    "identity.record.taken": _("下载自己账号的数据"),
    "advisers.numbers.erased": _("删除顾问的号码"),
    "advisers.numbers.shown": _("看顾问的完整号码"),
    "advisers.number.looked_up": _("按号码查顾问"),
    "advisers.import.taken": _("检查导入表"),
    "advisers.import.columns_named": _("说明导入表的列"),
    "advisers.import.confirmed": _("确认导入名单"),
    "advisers.import.stopped": _("停下导入"),
    "advisers.import.loaded": _("导入名单"),
    "stations.station.opened": _("登记服务站点"),
    "stations.station.corrected": _("更正服务站点"),
    "stations.station.closed": _("关闭服务站点"),
    "stations.station.reopened": _("撤回关闭服务站点"),
    "stations.sheet.taken": _("检查站点的表格"),
    "stations.sheet.confirmed": _("确认登记表格里的站点"),
    "stations.station.moved": _("服务站点转到接手的地方"),
    "duty.visit.logged": _("记录到访"),
    "duty.visit.corrected": _("更正到访"),
    "duty.visit.voided": _("作废到访"),
    "duty.visit.restored": _("撤回作废到访"),
    "duty.month.closed": _("月度结账"),
    "duty.hours.posted": _("公布值班时间"),
    "duty.hours.withdrawn": _("撤下值班时间"),
    "duty.hours.restored": _("撤回撤下值班时间"),
    "duty.reminder.sent": _("提醒顾问"),
    "duty.reminder.taken_back": _("撤回提醒"),
    "duty.reminder.read": _("看过提醒"),
    "indicators.month.rolled_up": _("汇总本月指标"),
    "desk.comment.written": _("写评论"),
    "desk.comment.taken_back": _("收回评论"),
    "desk.news.written": _("写了对公众的通知"),
    "desk.news.changed": _("改了对公众的通知"),
    "desk.news.published": _("发布对公众的通知"),
    "desk.news.withdrawn": _("撤下对公众的通知"),
    "desk.feedback.sent": _("提了意见"),
    "desk.feedback.answered": _("答复了意见"),
    "desk.first_day.put_away": _("收起第一天的清单"),
    "desk.notice.read": _("看过通知"),
    "desk.notices.read": _("看过全部通知"),
    "desk.view.saved": _("存下视图"),
    "desk.view.dropped": _("删掉视图"),
    "desk.way.chosen": _("选怎样通知"),
    "webhooks.endpoint.registered": _("添加接收地址"),
    "webhooks.endpoint.changed": _("修改接收地址"),
    "webhooks.endpoint.stopped": _("停下推送"),
    "webhooks.endpoint.resumed": _("恢复推送"),
    "webhooks.endpoint.removed": _("删除接收地址"),
    "webhooks.endpoint.tried": _("试发一条消息"),
    "webhooks.secret.changed": _("更换签名密钥"),
    "webhooks.messages.sent_again": _("再送一次消息"),
    "indicators.month.published": _("发布本月指标"),
    "indicators.figures.exported": _("下载指标"),
    "kernel.file.removed": _("按保存期限删除文件"),
    "kernel.rows.removed": _("按保存期限删除记录"),
    "kernel.file.orphans_removed": _("删除没有登记的文件"),
    "kernel.key.rotated": _("换用新的数据密钥"),
    "kernel.root.rotated": _("换用新的根密钥"),
    "registry.address.added": _("加网址"),
    "registry.address.removed": _("去掉网址"),
    "registry.tenant.opened": _("开通单位"),
    "registry.tenant.suspended": _("停用单位"),
    "registry.tenant.reopened": _("恢复单位"),
    "registry.tenant.closed": _("关闭单位"),
    "registry.tenant.removed": _("删除单位"),
    "registry.tenant.cleared": _("清除单位留下的副本"),
    "registry.tenant.restored": _("从档案恢复单位"),
    "registry.tenant.merged": _("并入单位"),
    "registry.tenant.split": _("分出单位"),
    "registry.tenant.moved": _("把单位搬到另一个库"),
    "registry.tenant.placed": _("把单位放到一台机器上"),
    "registry.tenant.arrived": _("单位从另一个库搬来"),
    "registry.places.changed_hands": _("地方换了单位"),
    "registry.restore.asked": _("要求从档案恢复"),
    "registry.cells.replaced": _("更换各库的名录"),
    "registry.archive.asked": _("要求导出单位"),
    "registry.archive.made": _("导出单位"),
    "registry.backup.made": _("夜间备份单位"),
    "registry.backup.failed": _("夜间备份没有做成"),
    "registry.deed.asked": _("提出要两人办的事"),
    "registry.deed.confirmed": _("确认要两人办的事"),
    "registry.deed.refused": _("拒绝要两人办的事"),
    "kernel.job.ended": _("任务做完了，或者没有做成"),
    "portal.list.asked": _("请求导出名单"),
    "portal.list.exported": _("导出名单"),
    "portal.export.held": _("导出名单等另一个人确认"),
    "portal.export.confirmed": _("确认导出名单"),
    "portal.export.refused": _("不同意导出名单"),
    "portal.export.withdrawn": _("收回导出名单的请求"),
    "portal.export.lapsed": _("导出名单到期没有人确认"),
    "portal.province.asked": _("开通省级"),
    "portal.county.asked": _("开通县（区）"),
    "settings.statement.made": _("设定指标"),
    "divisions.update.asked": _("送来新的区划名录"),
    "divisions.boundary.prepared": _("登记界线调整"),
    "divisions.update.prepared": _("比对新的区划名录"),
    "divisions.group.decided": _("整组决定区划变化"),
    "divisions.change.decided": _("决定一处区划变化"),
    "divisions.update.submitted": _("提交区划更新"),
    "divisions.update.sent_back": _("退回区划更新"),
    "divisions.update.confirmed": _("确认区划更新"),
    "divisions.update.applied": _("应用区划更新"),
    "divisions.update.undone": _("撤回区划更新"),
    "divisions.update.changed": _("区划更新应用或撤回了"),
    "divisions.update.dropped": _("放弃区划更新"),
    "divisions.past.brought": _("补入以前的区划变更"),
    "divisions.facts.brought": _("导入人口、户数、面积"),
    "divisions.boundaries.brought": _("导入地图边界"),
    "divisions.area.opened": _("建统计区域"),
    "divisions.area.drawn": _("把地方划进统计区域"),
    "divisions.area.redrawn": _("把地方划出统计区域"),
    "portal.event.resent": _("重新投递事件"),
    "audit.log.exported": _("下载操作记录"),
    "audit.alarm.raised": _("异常提醒"),
    "audit.batch.sealed": _("封存操作记录"),
}
GROUPS = {
    "identity": _("人员和身份"), "advisers": _("顾问和律所"), "stations": _("服务站点"),
    "duty": _("到访"), "indicators": _("指标"),
    "registry": _("单位"), "divisions": _("区划"),
    "portal": _("平台"), "audit": _("审计"), "settings": _("设定"), "kernel": _("系统"),
    "webhooks": _("消息推送"), "desk": _("通知"),
}  # fmt: skip
KINDS = {
    "area": _("统计区域"),
    "places": _("各地"),
    "emergency": _("应急访问"),
    "notice": _("通知"),
    "appointment": _("聘任"),
    "news": _("对公众的通知"),
    "view": _("常用视图"),
    "list": _("名单"),
    "feedback": _("意见"),
    "sign-in": _("没有的登录名"),
    "sign_on": _("统一登录"),
    "person": _("人员"), "binding": _("身份"), "firm": _("律所"), "adviser": _("顾问"), "division": _("地方"),
    "station": _("服务站点"),
    "import": _("导入表"), "visit": _("到访"), "reminder": _("提醒"), "month": _("月份"), "run": _("汇总"),
    "province": _("省"), "event": _("事件"), "log": _("操作记录"), "alarm": _("异常提醒"), "setting": _("设定"),
    "file": _("文件"), "update": _("区划更新"), "webhook": _("接收地址"), "tenant": _("机构"), "installation": _("平台"),
}  # fmt: skip
FACTS = {
    "binding": _("身份编号"), "node": _("地方"),
    "told": _("提到（人）"),
    "places": _("各地"),
    "drift": _("差异"), "why": _("理由"), "because": _("没有恢复的原因"),
    "gone": _("并入的记录编号"), "owner": _("负责人编号"), "token": _("令牌编号"), "scopes": _("能做什么"),
    "incident": _("事件编号"), "minutes": _("分钟"), "address": _("地址"), "network": _("网络"),
    "device": _("设备"), "level": _("确认到第几级"), "count": _("个数"),
    "person": _("人员"), "role": _("身份"), "valid_to": _("有效期至"), "name": _("名称"), "firm": _("律所"),
    "examined": _("考试通过"), "passed_on": _("考试通过"), "begins_on": _("开始日期"), "ends_on": _("结束日期"),
    "reason": _("原因"), "until": _("截止"), "changed": _("改了哪些"), "specialties": _("专长"), "licence": _("执业证号"),
    "phone": _("电话"), "topic": _("主题"), "note": _("记事"), "photo": _("照片"), "node_id": _("地方"), "kind": _("类别"),
    "weekdays": _("星期"), "room": _("地点"), "notice": _("哪一类通知"), "way": _("怎样通知"),
    "language": _("语言"),
    "begins_at": _("开始"), "ends_at": _("结束"),
    "tier": _("层级"), "opening": _("开放时间"), "wheelchair": _("轮椅"), "position": _("位置"), "opened_on": _("开放日期"),
    "closed_on": _("关闭日期"),
    "title": _("标题"), "columns": _("哪一列是哪一列"), "text": _("正文"),
    "attendees": _("人数"), "rewritten": _("改了哪些"), "voided": _("已作废"), "adviser_id": _("顾问编号"),
    "month": _("月份"), "minutes_missing": _("还差（分钟）"), "visits": _("到访（次）"), "run": _("上一次汇总"),
    "as_of": _("截至"), "bytes": _("文件大小（字节）"), "sha256": _("文件指纹"), "ready": _("可以导入（行）"),
    "there": _("已在册（行）"), "advisers": _("登记顾问（名）"), "firms": _("登记律所（家）"),
    "appointed": _("聘任（份）"), "not_appointed": _("没有聘任（份）"), "refused": _("没有导入（行）"),
    "keys": _("密钥（个）"), "cipher": _("算法"), "version": _("版本"), "purpose": _("用途"), "days": _("保存（天）"),
    "files": _("文件（个）"), "fields": _("看了哪些"), "seen_today": _("今天第几次"), "key": _("设定项"), "value": _("数值"),
    "locked": _("锁定"), "valid_from": _("从哪天起"), "id_number": _("身份证号"), "username": _("登录名"),
    "format": _("格式"), "rows": _("行数"), "view": _("按哪时的区划"),
    "source": _("来源"), "changes": _("变化（处）"), "group": _("哪一组"), "decision": _("决定"), "change": _("变化编号"),
    "target": _("改选的地方"), "ended": _("结束的版本（个）"), "begun": _("新写的版本（个）"), "years": _("有变更的年份（个）"),
    "gave": _("划出的地方"), "took": _("划入的地方"), "share": _("划走多少"),
    "checked": _("只试一试"), "into": _("并入或分出到"), "cell": _("库"), "from": _("原来的库"),
    "state": _("状态"), "deed": _("编号"), "recipient": _("接收人"),
    "host": _("主机名"), "events": _("事件"), "stopped": _("停下的原因"), "messages": _("消息（条）"), "since": _("从何时起"),
    "rule": _("规则"), "times": _("次数"), "day": _("日期"), "act": _("操作"), "entry": _("记录编号"),
}  # fmt: skip
STATE_WORDS = {
    "preparing": _("准备中"),
    "open": _("开通"),
    "suspended": _("停用"),
    "closed": _("关闭"),
    "moving": _("正在换库"),
    "elsewhere": _("已搬走"),
}
_KINDS_OF_VISIT = {"visit": _("到点"), "lecture": _("讲座")}


def place_in_order(fact: str) -> int:
    """The database keeps facts in an order of its own; people read them in the order of this page."""
    return list(FACTS).index(fact) if fact in FACTS else len(FACTS)


def words_of(act: str) -> str:
    return str(WORDS.get(act, act))


def change(
    name: str, was: Any, became: Any, *, people: Mapping[int, str], places: Mapping[int, str]
) -> tuple[str, str, str]:  # fmt: skip
    """One fact as it is read: its label, what it was, what it became."""
    return str(FACTS.get(name, name)), value(name, was, people=people, places=places), value(
        name, became, people=people, places=places
    )  # fmt: skip


def value(name: str, given: Any, *, people: Mapping[int, str], places: Mapping[int, str]) -> str:
    """What a fact says, in the reader's language."""
    if given is None or given in ("", []):
        return ""
    if isinstance(given, bool):
        return _now("是") if given else _now("否")
    if name == "scopes":
        return _now("、").join(str(GRANT_WORDS.get(one, one)) for one in given)
    if name == "weekdays":
        return formats.weekdays(given)
    if name == "opening":
        return _now("、").join(_opening(one) for one in given)
    if isinstance(given, list):
        return _now("、").join(str(FACTS.get(one, _now(str(one)) if one else "")) for one in given)
    known: dict[str, Mapping[Any, Any]] = {
        "person": people, "node_id": places, "node": places, "kind": _KINDS_OF_VISIT, "reason": REASON_LABELS, "act": WORDS,
        "role": {str(role): label for role, label in ROLE_LABELS.items()}, "state": STATE_WORDS,
        "because": PEOPLE_AT.reasons, "tier": TIER_LABELS,
        "value": {option.word: _now(option.label) for one in parameters.declared() for option in one.options},
        "rule": {rule.code: f"{rule.code} {rule.name}" for rule in alarms.RULES}, "view": VIEW_LABELS,
    }  # fmt: skip
    words = known.get(name, {})
    return str(words[given]) if given in words else _moment(given)


def _opening(said: str) -> str:
    """One stretch of a station's week: its day by number, and from when to when."""
    day, _space, times = said.partition(" ")
    return f"{formats.weekdays([int(day)])} {times}"


def _moment(given: Any) -> str:
    """Days, moments and months as people write them; everything else as it is."""
    text = str(given)
    if re.fullmatch(r"\d{4}-\d\d", text):
        return formats.month(Month.parse(text).first_day)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return formats.day(date.fromisoformat(text))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d", text):
        return formats.moment(datetime.fromisoformat(text))
    return text


ROLES = {str(role): label for role, label in ROLE_LABELS.items()} | {"system": _("系统")}
