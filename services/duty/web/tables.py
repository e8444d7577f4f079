"""The lists of who is behind, of one's own visits and of posted hours: their columns, and their rows for a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from falin.kernel import formats
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.ui.tables import SORT, Column, Step, Table
from services.duty import queries
from services.duty.types import Behind, Cut, Post, VisitInfo, VisitKind
from services.duty.web.cards import row_of
from services.duty.web.months import month_of

CUT_LABELS = {Cut.ALL: gettext_lazy("还没够"), Cut.PACE: gettext_lazy("落后进度"), Cut.NONE: gettext_lazy("一次没来")}


def within(rows: list[Behind], view: str) -> list[Behind]:
    """The cut of the list a tab shows; a name that is none shows all."""
    return [row for row in rows if row.within(Cut(view))] if view in set(Cut) else rows


def _behind(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    month = month_of(asked, now).month
    found = queries.list_behind(scope=scope, month=month, now=now, sort=asked.get(SORT, ""))
    found = within(found, asked.get("view", ""))
    return Step(rows=[row_of(row) for row in found], total=len(found))


def _asked_of_behind(scope: Scope, asked: QueryDict, now: datetime) -> list[tuple[Any, str]]:
    view = asked.get("view", "")
    cut = Cut(view) if view in set(Cut) else Cut.ALL
    return [(_("月份"), formats.month(month_of(asked, now).month.first_day)), (_("查看"), str(CUT_LABELS[cut]))]


def own_visits(scope: Scope, month: Month, sort: str) -> list[tuple[VisitInfo, str]]:
    """Each with the name of its community."""
    found = queries.list_my_visits(scope=scope, month=month, sort=sort)
    names = queries.place_names({visit.content.node_id for visit in found})
    return [(visit, names.get(visit.content.node_id, ("", ""))[0]) for visit in found]


def _visits(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    found = own_visits(scope, month_of(asked, now).month, asked.get(SORT, ""))
    return Step(rows=found, total=len(found))


def _posts(scope: Scope, asked: QueryDict, after: str, now: datetime) -> Step:
    found = queries.list_posts(scope=scope, sort=asked.get(SORT, ""))
    return Step(rows=found, total=len(found))


def _hours(post: Post) -> str:
    one = post.posted
    return f"{formats.weekdays(one.weekdays)} {one.begins_at:%H:%M}–{one.ends_at:%H:%M}" if one else _("没有公布")


def _last(row: Any) -> str:
    return formats.short_day(row.behind.last_on) if row.behind.last_on else _("本月没有")


def _kind(row: tuple[VisitInfo, str]) -> str:
    return pgettext("类别", "讲座") if row[0].content.kind == VisitKind.LECTURE else _("到点服务")


def _when(row: tuple[VisitInfo, str]) -> str:
    content = row[0].content
    return f"{formats.moment(content.begins_at)}–{formats.moment(content.ends_at)[-5:]}"


def _what(row: tuple[VisitInfo, str]) -> str:
    content = row[0].content
    people = _("%(n)s 人到场") % {"n": content.attendees} if content.attendees else ""
    return " ".join(part for part in (content.topic, people, content.note) if part) or _("没有写")


def _state(row: tuple[VisitInfo, str]) -> str:
    if not row[0].in_force:
        return f"{_('已作废')} {row[0].void_why}"
    return _("更正过") if row[0].revision > 1 else ""


BEHIND: Final = Table(
    name="behind", title=gettext_lazy("谁还没到点"), grant="duty.read", step=_behind, filters=_asked_of_behind,
    order="-pace",
    columns=(
        Column(key="adviser", label=gettext_lazy("顾问"), value=lambda row: row.behind.hours.adviser_name,
               sorts=True),
        Column(key="firm", label=gettext_lazy("律所"), value=lambda row: row.behind.hours.firm_name, small=True),
        Column(key="community", label=gettext_lazy("社区（村）"),
               value=lambda row: f"{row.behind.street_name} {row.behind.node_name}".strip(), sorts=True),
        Column(key="done", label=gettext_lazy("本月到点"), numeric=True,
               value=lambda row: formats.hours(row.behind.hours.minutes), sorts=True),
        Column(key="due", label=gettext_lazy("要求"), numeric=True,
               value=lambda row: formats.hours(row.behind.hours.required_minutes), sorts=True),
        Column(key="pace", label=gettext_lazy("进度"), value=lambda row: row.words, sorts=True),
        Column(key="missing", label=gettext_lazy("还差"), numeric=True,
               value=lambda row: formats.hours(row.behind.hours.missing), sorts=True),
        Column(key="last", label=gettext_lazy("上次到访"), value=_last, sorts=True),
    ),
)  # fmt: skip
VISITS: Final = Table(
    name="visits", title=gettext_lazy("我的到访和讲座"), grant="duty.own", export="own.export", step=_visits,
    order="-when",
    columns=(
        Column(key="community", label=gettext_lazy("社区（村）"), value=lambda row: row[1], sorts=True),
        Column(key="kind", label=gettext_lazy("类别"), value=_kind, small=True),
        Column(key="when", label=gettext_lazy("日期和时间"), value=_when, sorts=True),
        Column(key="time", label=gettext_lazy("时长"), numeric=True, sorts=True,
               value=lambda row: formats.hours(row[0].content.minutes)),
        Column(key="what", label=gettext_lazy("内容"), value=_what),
        Column(key="state", label=gettext_lazy("办理"), value=_state),
    ),
)  # fmt: skip
POSTS: Final = Table(
    name="posts", title=gettext_lazy("值班公示"), grant="duty.post", step=_posts,
    columns=(
        Column(key="community", label=gettext_lazy("社区（村）"), value=lambda post: post.node_name, sorts=True),
        Column(key="street", label=gettext_lazy("街镇"), value=lambda post: post.street_name, small=True),
        Column(key="time", label=gettext_lazy("时间"), value=_hours, sorts=True),
        Column(key="room", label=gettext_lazy("地点"), value=lambda post: post.posted.room if post.posted else _("没有"),
               sorts=True),
    ),
)  # fmt: skip
TABLES: Final = (BEHIND, VISITS, POSTS)
