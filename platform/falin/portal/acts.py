"""The words for booked acts: what a person reads in a history instead of ``advisers.adviser.appointed``."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "identity.person.created": _("录入人员"),
    "identity.role.granted": _("授予身份"),
    "identity.role.ended": _("结束身份"),
    "advisers.firm.registered": _("登记律所"),
    "advisers.adviser.registered": _("登记顾问"),
    "advisers.adviser.corrected": _("修改顾问资料"),
    "advisers.adviser.examined": _("记录考试通过"),
    "advisers.adviser.banned": _("暂停任职资格"),
    "advisers.adviser.appointed": _("聘任顾问"),
    "advisers.appointment.ended": _("结束聘任"),
    "advisers.adviser.allowed": _("解除禁止"),
    "advisers.vacancy.explained": _("说明空缺原因"),
    "advisers.account.opened": _("开通登录账号"),
    "advisers.import.taken": _("检查导入表"),
    "advisers.import.confirmed": _("确认导入名单"),
    "advisers.import.stopped": _("停下"),
    "advisers.import.loaded": _("导入名单"),
    "duty.visit.logged": _("记录到访"),
    "duty.visit.corrected": _("更正到访"),
    "duty.visit.voided": _("作废到访"),
    "duty.month.closed": _("月度结账"),
    "duty.reminder.sent": _("提醒顾问"),
    "duty.reminder.read": _("知道了"),
    "indicators.month.rolled_up": _("汇总本月指标"),
    "portal.province.asked": _("开通省级"),
    "portal.county.asked": _("开通县（区）"),
    "portal.event.resent": _("重新投递事件"),
    "indicators.month.published": _("发布本月指标"),
}
