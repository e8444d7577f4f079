"""The words for reasons and states, in the ministry's own terms."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

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
    "婚姻家庭", "继承", "邻里", "物业", "劳动争议", "工伤", "土地承包", "征收", "房屋租赁", "合同", "消费", "公司",
    "刑事", "调解", "法律援助", "老年人权益", "未成年人", "农村事务",
)  # fmt: skip
