"""Which events other systems may be told of, and with which fields: all of them, in this one list."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from falin.kernel.webhooks import Offer

_VISIT = ("visit_id", "adviser_id", "kind", "months", "revision")
_STATION = ("station", "tier")
_APPOINTMENT = ("appointment", "adviser", "firm", "begins_on", "ends_on")

OFFERED = (
    Offer(event="advisers.adviser.appointed", label=_("聘任了顾问"), fields=_APPOINTMENT, place="node"),
    Offer(event="advisers.appointment.ended", label=_("聘任结束了"), fields=_APPOINTMENT, place="node"),
    Offer(event="advisers.appointment.moved", label=_("聘任转到接手的地方"), fields=_APPOINTMENT, place="node"),
    Offer(event="advisers.appointment.resumed", label=_("结束聘任撤回了"), fields=_APPOINTMENT, place="node"),
    Offer(event="advisers.vacancy.explained", label=_("说明了空缺原因"), fields=("reason",), place="node"),
    Offer(event="stations.station.opened", label=_("登记了服务站点"), fields=_STATION, place="node_id"),
    Offer(event="stations.station.corrected", label=_("更正了服务站点"), fields=_STATION, place="node_id"),
    Offer(event="stations.station.closed", label=_("关闭了服务站点"), fields=_STATION, place="node_id"),
    Offer(event="stations.station.reopened", label=_("关闭服务站点撤回了"), fields=_STATION, place="node_id"),
    Offer(event="stations.station.moved", label=_("服务站点转到接手的地方"), fields=_STATION, place="node_id"),
    Offer(event="duty.visit.logged", label=_("记录了到访"), fields=_VISIT, place="node_id"),
    Offer(event="duty.visit.corrected", label=_("更正了到访"), fields=_VISIT, place="node_id"),
    Offer(event="duty.visit.voided", label=_("作废了到访"), fields=_VISIT, place="node_id"),
    Offer(event="duty.visit.restored", label=_("作废到访撤回了"), fields=_VISIT, place="node_id"),
    Offer(event="duty.month.closed", label=_("一个月结账了"), fields=("month",)),
    Offer(event="indicators.month.rolled_up", label=_("一个月的指标汇总好了"), fields=("month", "run_id")),
)
