"""The lists of people, of bodies and of what was booked: their columns, and their rows for a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from falin.portal import booked, people
from falin.portal.acts import STATE_WORDS
from falin.portal.commands import EXPORT
from falin.portal.web.log_form import LogForm
from falin.ui.tables import SORT, STEP, Column, Step, Table
from tenants.identity import policies
from tenants.identity import queries as identity
from tenants.registry import queries as registry
from tenants.registry.policies import MANAGE


def view_of(asked: QueryDict) -> identity.View:
    view = str(asked.get("view", ""))
    return identity.View(view) if view in set(identity.View) else identity.View.NOW


def _people(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    today = legal_day(now)
    page = identity.search_people(
        scope=scope, on=today, text=asked.get("q", "")[:60], view=view_of(asked), after=after, size=STEP,
        sort=asked.get(SORT, ""),
    )  # fmt: skip
    return Step(rows=people.rows_of(scope, page.rows, today), after=page.after)


VIEW_LABELS = {
    identity.View.NOW: gettext_lazy("现任"), identity.View.SOON: gettext_lazy("30 天内到期"),
    identity.View.SUSPENDED: gettext_lazy("停用的"), identity.View.FORMER: gettext_lazy("以前的"),
}  # fmt: skip


def _asked_of_people(scope: Scope, asked: QueryDict, now: datetime) -> list[tuple[Any, str]]:
    text = asked.get("q", "")[:60]
    return [*([(_("查找"), text)] if text else []), (_("查看"), str(VIEW_LABELS[view_of(asked)]))]


def _roles(row: people.PersonRow) -> str:
    acting = _("（代理）")
    said = [f"{line.place} {line.role}{acting if line.binding.acting_for else ''}" for line in row.lines]
    return _("；").join(said) or _("现在没有")


def _standing(row: people.PersonRow) -> str:
    if row.record.suspended:
        return _("停用")
    words = [line.words for line in row.lines[:1]]
    return " ".join(words if row.record.may_sign_in else [*words, _("还没设密码")])


def _bodies(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    found = registry.list_overview(scope=scope, sort=asked.get(SORT, ""))
    return Step(rows=found, total=len(found))


def _release(row: Any) -> str:
    if row.trouble:
        return _("升级没有成功")
    return _("差 %(n)s 步") % {"n": row.behind} if row.behind else _("最新")


def _backup(row: Any) -> Any:
    return _("没有做成") if row.backup.error else row.backup.made_at or _("还没有")


def _log(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    form = LogForm(asked, places=booked.places_of(scope))
    page = booked.log(scope=scope, asked=form.asked(), before=int(after) if after else None, size=STEP)
    return Step(rows=page.acts, after=str(page.older or ""))


def _why(act: booked.Act) -> str:
    none = _("没有")
    changes = [
        f"{name}{_('：')}{f'{was} → ' if was and was != became else ''}{became or none}"
        for name, was, became in act.changes
        if was or became
    ]
    return _("；").join([act.why, *changes] if act.why else changes)


PEOPLE: Final = Table(
    name="people", title=gettext_lazy("人员和身份"), grant=policies.READ, step=_people, filters=_asked_of_people,
    order="name",
    columns=(
        Column(key="name", label=gettext_lazy("姓名"), value=lambda row: row.record.person.name, sorts=True),
        Column(key="username", label=gettext_lazy("登录名"), value=lambda row: row.record.person.username, sorts=True),
        Column(key="roles", label=gettext_lazy("身份"), value=_roles),
        Column(key="state", label=gettext_lazy("状态"), value=_standing),
    ),
)  # fmt: skip
BODIES: Final = Table(
    name="tenants", title=gettext_lazy("单位"), grant=MANAGE, step=_bodies,
    columns=(
        Column(key="name", label=gettext_lazy("单位"), value=lambda row: row.tenant.name, sorts=True),
        Column(key="schema", label=gettext_lazy("库"), value=lambda row: row.tenant.schema, small=True),
        Column(key="state", label=gettext_lazy("状态"), sorts=True,
               value=lambda row: str(STATE_WORDS[row.tenant.state])),
        Column(key="release", label=gettext_lazy("库结构"), value=_release, sorts=True),
        Column(key="size", label=gettext_lazy("占用"), value=lambda row: filesizeformat(row.size), numeric=True,
               sorts=True),
        Column(key="backup", label=gettext_lazy("夜间备份"), value=_backup, sorts=True),
        Column(key="archive", label=gettext_lazy("最近一次导出"), value=lambda row: row.archived_at or _("还没有"),
               sorts=True),
    ),
)  # fmt: skip
LOG: Final = Table(
    name="audit", title=gettext_lazy("操作记录"), grant=booked.READ, export=EXPORT, step=_log,
    columns=(
        Column(key="act", label=gettext_lazy("做了什么"), value=lambda act: act.words),
        Column(key="kind", label=gettext_lazy("对什么"), value=lambda act: act.kind_words, small=True),
        Column(key="at", label=gettext_lazy("时间"), value=lambda act: act.at),
        Column(key="person", label=gettext_lazy("谁"), value=lambda act: f"{act.person} {act.role}".strip()),
        Column(key="place", label=gettext_lazy("地方"), value=lambda act: act.place),
        Column(key="why", label=gettext_lazy("原因和变化"), value=_why),
    ),
)  # fmt: skip
TABLES: Final = (PEOPLE, BODIES, LOG)
