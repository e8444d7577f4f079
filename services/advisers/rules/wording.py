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
