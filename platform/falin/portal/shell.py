"""What stands around every page: who is acting as what, where he is, and where he may go. Filled here, drawn by ``ui``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from falin.kernel.scope import Scope
from falin.portal.help import help_url
from falin.ui.shell import Crumb, NavGroup, NavItem, Shell
from falin.ui.shell import Hat as ShownHat
from tenants.divisions.api import get_division, list_path
from tenants.identity.api import Hat, Role
from tenants.identity.rules import Rule

ROLE_LABELS = {
    Role.PROVINCE_LEADER: _("省级负责人"),
    Role.CITY_OFFICER: _("市级专员"),
    Role.COUNTY_TEAM: _("县（区）工作专班"),
    Role.COUNTY_FINANCE: _("县（区）财务"),
    Role.STREET_OFFICER: _("街道专员"),
    Role.LIAISON: _("社区联络员"),
    Role.ADVISER: _("法律顾问"),
    Role.FIRM_MANAGER: _("律所负责人"),
    Role.INSPECTOR: _("巡查员"),
    Role.AUDITOR: _("审计人员"),
    Role.EVALUATOR: _("第三方评估"),
    Role.DATA_STEWARD: _("数据管理员"),
    Role.RESIDENT: _("居民"),
    Role.SYSTEM_ADMINISTRATOR: _("系统管理员"),
    Role.SECURITY_ADMINISTRATOR: _("安全管理员"),
    Role.AUDIT_ADMINISTRATOR: _("审计管理员"),
    Role.OPERATOR: _("平台运维"),
}

# The menu: group, label, address, icon, the grant that shows it. What is not granted is not shown.
MENU: tuple[tuple[Any, tuple[tuple[Any, str, str, str], ...]], ...] = (
    (
        "",
        (
            (_("今天"), "portal:home", "home", "home.read"),
            (_("日历"), "portal:calendar", "calendar", "calendar.read"),
        ),
    ),
    (
        _("人"),
        (
            (_("法律顾问"), "advisers:list", "users", "advisers.read"),
            (_("律所"), "advisers:firms", "building", "advisers.register"),
            (_("本所顾问"), "advisers:firm", "users", "firm.read"),
            (pgettext_lazy("名词", "空缺"), "advisers:vacancies", "pin", "advisers.appoint"),
            (_("人员和身份"), "portal:people", "shield", "people.read"),
            (_("待确认的授予"), "portal:proposals", "check", "people.confirm"),
            (_("应急访问"), "portal:emergencies", "warn", "emergency.decide"),
        ),
    ),
    (
        _("事"),
        (
            (_("我的社区"), "duty:mine", "pin", "duty.own"),
            (_("记一次到访"), "duty:log", "edit", "duty.log"),
            (_("我的记录"), "duty:visits", "list", "duty.own"),
            (_("我的信息"), "advisers:me", "eye", "duty.own"),
            (_("谁还没到点"), "duty:behind", "clock", "duty.read"),
            (_("值班公示"), "duty:posts", "calendar", "duty.post"),
            (_("服务站点"), "stations:list", "building", "stations.read"),
            (_("对公众的通知"), "desk:news", "chat", "news.write"),
            (_("月度结账"), "duty:months", "lock", "duty.close"),
        ),
    ),
    (
        _("评"),
        (
            (_("指标与排名"), "figures:home", "chart", "figures.read"),
            (_("设定"), "portal:settings", "edit", "settings.read"),
        ),
    ),
    (
        _("地"),
        (
            (_("区划"), "portal:places", "map", "places.read"),
            (_("区划更新"), "portal:updates", "refresh", "places.review"),
        ),
    ),
    (
        _("查"),
        (
            (_("操作记录"), "portal:history", "eye", "history.read"),
            (_("审计"), "portal:audit", "shield", "audit.read"),
            (_("操作统计"), "portal:audit-sums", "chart", "audit.sums"),
            (_("我的任务"), "portal:jobs", "clock", "jobs.own"),
            (_("等着确认的导出"), "portal:exports", "download", "lists.export"),
            (_("我的令牌"), "portal:tokens", "lock", "tokens.own"),
        ),
    ),
    (
        _("平台"),
        (
            (_("开通"), "portal:setup", "box", "tenants.manage"),
            (_("手机连接"), "portal:phones", "phone", "tenants.manage"),
            (_("单位"), "portal:tenants", "building", "tenants.manage"),
            (_("大家的意见"), "portal:feedback-all", "chat", "feedback.answer"),
            (_("应急访问"), "portal:emergency-ask", "warn", "emergency.ask"),
            (_("事件投递"), "portal:events", "refresh", "events.manage"),
            (_("消息推送"), "portal:webhooks", "link", "webhooks.manage"),
        ),
    ),
)


@lru_cache(maxsize=64)
def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _menu(scope: Scope, path: str) -> tuple[NavGroup, ...]:
    entries = [
        (title, [(label, _address(name), icon) for label, name, icon, grant in items if scope.may(grant)])
        for title, items in MENU
    ]
    inside = [url for _title, items in entries for _label, url, _icon in items if url and path.startswith(url)]
    nearest = max(inside, key=len, default="")
    if nearest == "/" != path:  # every address begins like the home page's
        nearest = ""
    return tuple(
        NavGroup(
            title=str(title),
            items=tuple(
                NavItem(label=str(label), url=url, icon=icon, current=url == nearest)
                for label, url, icon in items
                if url
            ),
        )
        for title, items in entries
        if any(url for _label, url, _icon in items)
    )


def _place(hat: Hat) -> str:
    if hat.emergency:
        return str(_("应急访问：%(tenant)s")) % {"tenant": hat.tenant_name}
    if hat.role == Role.OPERATOR:
        return str(_("全平台"))
    if hat.role == Role.ADVISER:
        return hat.tenant_name
    return "、".join(filter(None, hat.names))


def _shown(hat: Hat) -> ShownHat:
    return ShownHat(key=hat.key, role=str(ROLE_LABELS[hat.role]), place=_place(hat), level=hat.level or 1)


def trail_to(node_id: int, scope: Scope) -> tuple[Crumb, ...]:
    """From the province down to a place; only what the scope may open is a link."""
    path = list_path(node_id)
    below = False
    crumbs: list[Crumb] = []
    for place in path:
        below = below or place.id in scope.roots
        url = reverse("figures:place", args=[place.id]) if below and place.id != node_id else ""
        crumbs.append(Crumb(label=place.name, level=int(place.level), url=url))
    return tuple(crumbs)


def _notice(active: Hat, parted: Rule | None) -> str:
    """What stands above every page while the body is not simply open, or some of the person's roles open nothing."""
    if parted is not None:
        return _("%(rule)s您的部分身份因此暂时不能用，请找授予的单位结束其中一个。") % {"rule": parted.sentence}
    if active.suspended:
        return _("%(name)s已停用：现在只能查看，不能办理。") % {"name": active.tenant_name}
    if active.preparing:
        return _("%(name)s还在准备：可以录入和设置，公众还看不到，每月的数也还不发布。") % {"name": active.tenant_name}
    return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Asks the database nothing: everything came with the session and is on the request."""
    scope: Scope | None = getattr(request, "scope", None)
    active: Hat | None = getattr(request, "hat", None)
    if scope is None or active is None:
        return {"shell": None}
    hats: tuple[Hat, ...] = getattr(request, "hats", ())
    return {
        "shell": Shell(
            person=scope.person_name,
            notice=_notice(active, getattr(request, "parted", None)),
            owner=active.tenant_name or str(_("平台运维")),
            active=_shown(active),
            hats=tuple(_shown(hat) for hat in hats),
            switch_url=_address("portal:hat"),
            # What is swapped into a page has no menu: it is made when a template first reads it.
            nav=cast(tuple[NavGroup, ...], SimpleLazyObject(lambda: _menu(scope, request.path))),
            search_url=_address("portal:search"),
            search_text=request.GET.get("q", "") if request.path == _address("portal:search") else "",
            notices_url=_address("desk:notices"),
            unread_url=_address("desk-api:unread"),
            account_url=_address("portal:security"),
            password_url=_address("account_change_password"),
            sign_out_url=_address("account_logout"),
            feedback_url=_address("portal:feedback") if scope.may("feedback.own") else "",
            help_url=help_url(request.resolver_match.route) if request.resolver_match else _address("portal:help"),
        )
    }


def place_name(node_id: int) -> str:
    return get_division(node_id).name
