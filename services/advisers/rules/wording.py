"""The words for reasons and states, in the ministry's own terms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from services.advisers.types import AdviserState, VacancyReason

REASON_LABELS = {
    VacancyReason.RESIGNED: _("上任辞任"),
    VacancyReason.HIRING: _("正在选聘"),
    VacancyReason.REMOTE: _("偏远待结对"),
    VacancyReason.FIRM_SHORT: _("律所人手不足"),
    VacancyReason.MERGED: _("社区撤并中"),
}
STATE_LABELS = {
    AdviserState.BANNED: _("禁止聘任"),
    AdviserState.NOT_EXAMINED: _("待统一考试"),
    AdviserState.ENDING: _("30 天内到期"),
    AdviserState.SERVING: _("在任"),
    AdviserState.FREE: _("未任职"),
}
# What advisers say they know best, in residents' words.
SPECIALTIES = (
    gettext_noop("婚姻家庭"),
    gettext_noop("继承"),
    gettext_noop("邻里"),
    gettext_noop("物业"),
    gettext_noop("劳动争议"),
    gettext_noop("工伤"),
    gettext_noop("土地承包"),
    gettext_noop("征收"),
    gettext_noop("房屋租赁"),
    gettext_noop("合同"),
    gettext_noop("消费"),
    gettext_noop("公司"),
    gettext_noop("刑事"),
    gettext_noop("调解"),
    gettext_noop("法律援助"),
    gettext_noop("老年人权益"),
    gettext_noop("未成年人"),
    gettext_noop("农村事务"),
)
