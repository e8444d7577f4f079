"""What the portal's pages show, put together from the services' own queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day
from falin.kernel.models import Delivery, Job
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.portal import acts, booked, exports, opening
from falin.portal.first_day import Step, first_day
from services.advisers.api import firm_overview, list_gaps
from services.duty.api import dirty_months, hours_a_month, is_closed, list_behind, my_months
from services.indicators.api import home_place, list_months, place_figures
from tenants.divisions.api import LEVEL_LABELS, UpdateState, count_by_level, list_provinces, list_updates
from tenants.divisions.types import Level
from tenants.identity.api import Role
from tenants.identity.queries import administrators_ending, count_due, find_own_correction, list_merges, list_proposals
from tenants.identity.queries.emergency import count_waiting
from tenants.registry.api import Kind, TenantInfo, list_tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How far the first start is."""

    province: TenantInfo | None
    counts: tuple[tuple[Level, str, int], ...]
    open_counties: tuple[TenantInfo, ...]
    counties: list[tuple[int, str]]
    cities: tuple[opening.CityOffice, ...]
    working: tuple[Job, ...]
    failed: tuple[Job, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeNetwork:
    """How phones on the office network reach this machine, while it serves them."""

    page: str  # where a phone begins, without HTTPS
    by_number: str
    by_name: str
    fingerprint: str
    until: datetime


def office_network(*, scope: Scope) -> OfficeNetwork | None:
    """The addresses as they are now; none where Falin was started without ``--lan``."""
    scope.require("tenants.manage")
    if settings.LAN is None:
        return None
    try:
        told = json.loads((settings.LAN / "door.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return OfficeNetwork(**{**told, "until": datetime.fromisoformat(told["until"])})


def setup_page(*, scope: Scope, on: date) -> Setup:
    """Province, list and counties as they stand; jobs under way in the shared schema."""
    scope.require("tenants.manage")
    tenants = list_tenants()
    province = next((tenant for tenant in tenants if tenant.kind == Kind.PROVINCE), None)
    standing = {tenant.node_id for tenant in tenants}
    provinces = list_provinces()
    jobs = list(Job.objects.order_by("-created_at")[:20])
    return Setup(
        province=province,
        counts=tuple(
            (level, str(LEVEL_LABELS[level]), count) for level, count in count_by_level(provinces[0].id).items()
        )
        if provinces
        else (),
        open_counties=tuple(tenant for tenant in tenants if tenant.kind == Kind.COUNTY),
        counties=opening.bodies_to_open(standing),
        cities=tuple(opening.city_offices(on=on)),
        working=tuple(job for job in jobs if job.state in {"queued", "running"}),
        failed=tuple(job for job in jobs[:3] if job.state == "failed"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    schema: str
    name: str
    waiting: int
    oldest_seconds: int
    measured_at: datetime
    set_aside: tuple[Mapping[str, Any], ...]


def delivery(*, scope: Scope, now: datetime) -> list[DeliveryRow]:
    """How far each tenant's events are delivered, as the relay last measured; what stands aside first."""
    scope.require("events.manage")
    names = {tenant.schema: tenant.name for tenant in list_tenants()}
    rows = [
        DeliveryRow(schema=row.schema, name=names.get(row.schema, row.schema), waiting=row.waiting,
                    oldest_seconds=row.oldest_seconds, measured_at=row.measured_at,
                    set_aside=tuple({**one, "words": acts.words_of(one["event"])} for one in row.set_aside))
        for row in Delivery.objects.order_by("schema")
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-len(row.set_aside), -row.waiting, row.schema))


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """
    One thing to do: what, how many, where. ``late``: its day is over and it can still be done; ``act``: a person must
    decide; ``watch``: good to know; ``wait``: somebody else is to do it.
    """

    words: str
    count: int
    url: str
    kind: str = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    day: date
    sentence: str
    due: tuple[Due, ...]  # what is late comes first
    go: tuple[tuple[str, str, str], ...]  # words, address, icon: where this role usually goes
    first: tuple[Step, ...] = ()  # of the first day, until done or put away
    waits: tuple[Due, ...] = ()  # what one asked for and somebody else is to do


def today(*, scope: Scope, now: datetime) -> Today:
    """What is late and what is due for this role, what it waits for, and where it usually goes."""
    scope.require("home.read")
    lists = {
        Role.COUNTY_TEAM: _county_today,
        Role.STREET_OFFICER: _street_today,
        Role.LIAISON: _street_today,
        Role.ADVISER: _adviser_today,
        Role.FIRM_MANAGER: _firm_today,
        Role.OPERATOR: _operator_today,
    }
    make = lists.get(Role(scope.role), _leader_today if scope.may("figures.read") else _plain_today)
    if scope.emergency:
        make = _plain_today  # he looks for something; nothing is due here for him
    page = make(scope, now)
    due = (*page.due, *_people_due(scope, now), *_exports_due(scope, now), *_updates_due(scope, now),
           *_watch_due(scope, now))  # fmt: skip
    return replace(page, due=tuple(sorted(due, key=lambda one: one.kind != "late")), first=first_day(scope=scope),
                   waits=_waits(scope, now))  # fmt: skip


def _people_due(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """Grants that wait for this person, end soon, or are to be reviewed; and his own that ends."""
    due = count_due(scope=scope, now_day=legal_day(now))
    found = (
        Due(words=_("项授予等您确认"), count=due.proposals, url=reverse("portal:proposals"), kind="act")
        if due.proposals else None,
        Due(words=_("项身份要在 %(day)s前复核，没人复核的自动结束") % {"day": formats.short_day(due.review_ends)},
            count=due.to_review, url=reverse("portal:review"), kind="act") if due.to_review else None,
        Due(words=_("项身份 30 天内到期"), count=due.expiring, url=f"{reverse('portal:people')}?view=soon")
        if due.expiring else None,
        Due(words=_("项您自己的身份 %(day)s到期，请联系给您授予的单位") % {"day": formats.short_day(due.own_end)}, count=1,
            url=reverse("portal:home")) if due.own_end else None,
    )  # fmt: skip
    return tuple(one for one in found if one)


def _exports_due(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """Files of lists that wait for this person's yes or no."""
    if not (count := exports.count_held(scope=scope, now=now)):
        return ()
    return (Due(words=_("份名单等您确认，确认了才能导出"), count=count, url=reverse("portal:exports"), kind="act"),)


def _watch_due(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """Operators who ask to be let in, for who decides; odd patterns of the last week, for who watches the log or its sums."""
    found = [
        Due(
            words=_("件应急访问的请求等您答复"),
            count=count_waiting(scope=scope),
            url=reverse("portal:emergencies"),
            kind="act",
        )
    ]
    if not scope.emergency and (scope.may(booked.READ) or scope.may(booked.SUMS)):
        address = "portal:audit" if scope.may(booked.READ) else "portal:audit-sums"
        words = _("件异常提醒，最近 7 天") if scope.may(booked.READ) else _("件异常提醒，最近 7 天，由审计人员核对")
        found.append(Due(words=words, count=booked.count_alarms(scope=scope, since=now - timedelta(days=7)),
                         url=reverse(address)))  # fmt: skip
    return tuple(one for one in found if one.count)


def _updates_due(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """Updates of places that wait for this person's yes; late from the day on which they are to hold."""
    if not scope.may("places.confirm"):
        return ()
    mine = [one for one in list_updates(scope=scope)
            if one.state == UpdateState.SUBMITTED and one.submitted_by != scope.person_id]  # fmt: skip
    late = [one for one in mine if one.day <= legal_day(now)]
    found = (
        Due(
            words=_("份区划更新的生效日已经到了，还等您确认"),
            count=len(late),
            url=reverse("portal:updates"),
            kind="late",
        ),
        Due(words=_("份区划更新等您确认"), count=len(mine) - len(late), url=reverse("portal:updates"), kind="act"),
    )
    return tuple(one for one in found if one.count)


def _waits(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """What this person asked for and somebody else is to do."""
    if scope.emergency:
        return ()
    proposals = merges = updates = 0
    if scope.may("people.read"):
        groups = list_proposals(scope=scope, on=legal_day(now)).values()
        proposals = sum(group[0].granted_by == scope.person_id for group in groups)
        merges = sum(one.proposed_by == scope.person_id for one in list_merges(scope=scope))
    if scope.may("places.review"):
        updates = sum(one.state == UpdateState.SUBMITTED and one.submitted_by == scope.person_id
                      for one in list_updates(scope=scope))  # fmt: skip
    found = (
        (_("项您提议的授予，等另一个人确认"), proposals, "portal:proposals"),
        (_("个您提议合并的人，等另一个人确认"), merges, "portal:same"),
        (_("份您要导出的名单，等另一个人确认"), exports.count_own_held(scope=scope), "portal:exports"),
        (_("份您提交的区划更新，等另一个人确认"), updates, "portal:updates"),
        (
            _("项您请求的姓名更正，等管您身份的单位办"),
            int(find_own_correction(scope=scope) is not None),
            "portal:correction",
        ),
    )
    return tuple(Due(words=words, count=count, url=reverse(name), kind="wait") for words, count, name in found if count)


def _late_hours(scope: Scope, now: datetime) -> tuple[Due, ...]:
    """Who did not reach the hours of last month, whose book is still open: what was done may still be logged."""
    month = Month.of(now).plus(-1)
    if is_closed(scope=scope, month=month):
        return ()
    words, query = formats.month(month.first_day), f"?month={month}"
    if scope.may("duty.own"):
        # Its last moment: then nothing of the month is left to come.
        late = [
            one for one in my_months(scope=scope, now=month.ends_at - timedelta(microseconds=1)) if one.hours.missing
        ]
        said, where = _("个社区%(month)s没到够时长；去过没记的，结账以前还能补记"), reverse("duty:visits")
        count = len(late)
    else:
        said, where = _("位顾问%(month)s没到够时长，账还没结"), reverse("duty:behind")
        count = len(list_behind(scope=scope, month=month, now=now))
    return (Due(words=said % {"month": words}, count=count, url=f"{where}{query}", kind="late"),) if count else ()


def _plain_today(scope: Scope, now: datetime) -> Today:
    """Who has no figures: his people, his history, his jobs, as far as he has any."""
    go = [
        (_("人员和身份"), "portal:people", "shield", "people.read"),
        (_("待确认的授予"), "portal:proposals", "check", "people.confirm"),
        (_("操作记录"), "portal:history", "eye", "history.read"), (_("我的任务"), "portal:jobs", "clock", "jobs.own"),
    ]  # fmt: skip
    return Today(day=legal_day(now), sentence="", due=(), go=tuple(
        (words, reverse(name), icon) for words, name, icon, grant in go if scope.may(grant)
    ))  # fmt: skip


def _leader_today(scope: Scope, now: datetime) -> Today:
    """Province, city, auditor: the newest published month in one sentence."""
    home = home_place(scope)
    go: tuple[tuple[str, str, str], ...] = ((_("指标与排名"), reverse("figures:home"), "chart"),)
    if scope.may("history.read"):
        go += ((_("操作记录"), reverse("portal:history"), "eye"),)
    months = list_months(scope=scope, node_id=home) if home is not None else []
    if home is None or not months:
        return Today(
            day=legal_day(now), sentence=_("还没有发布的指标。县（区）汇总以后，这里会说明情况。"), due=(), go=go
        )
    month = months[-1]
    own = place_figures(scope=scope, node_id=home, month=month).tally
    if own is None:
        return Today(day=legal_day(now), sentence="", due=(), go=go)
    sentence = _("%(month)s，%(covered)s 个社区有顾问，还差 %(gaps)s 个；顾问到社区 %(visits)s 次。") % {
        "month": formats.month(month.first_day), "covered": f"{own.covered:,}",
        "gaps": f"{own.communities - own.covered:,}", "visits": f"{own.visits:,}",
    }  # fmt: skip
    due: tuple[Due, ...] = ()
    if own.communities > own.covered:
        due = (Due(words=_("个社区没有顾问"), count=own.communities - own.covered,
                   url=reverse("figures:place", args=[home]), kind="act"),)  # fmt: skip
    return Today(day=legal_day(now), sentence=sentence, due=due, go=go)


def _county_today(scope: Scope, now: datetime) -> Today:
    day = legal_day(now)
    gaps = list_gaps(scope=scope, on=day)
    unexplained = [gap for gap in gaps if gap.reason is None]
    behind = [pair for pair in list_behind(scope=scope, month=Month.of(now), now=now) if pair.off_pace]
    open_months = [month for month in dirty_months(scope=scope) if month < Month.of(now)]
    due = (
        *_late_hours(scope, now),
        Due(words=_("个社区没有顾问，其中 %(n)s 个还没写原因") % {"n": len(unexplained)}, count=len(gaps),
            url=reverse("advisers:vacancies"), kind="act"),
        Due(words=_("位顾问本月到点时长落后"), count=len(behind), url=reverse("duty:behind")),
        Due(words=_("个月改过记录，等着重新汇总"), count=len(open_months), url=reverse("duty:months")),
    )  # fmt: skip
    go = (
        (_("法律顾问"), reverse("advisers:list"), "users"), (_("批量导入"), reverse("advisers:import"), "upload"),
        (_("谁还没到点"), reverse("duty:behind"), "clock"), (_("指标与排名"), reverse("figures:home"), "chart"),
    )  # fmt: skip
    return Today(day=legal_day(now), sentence="", due=tuple(item for item in due if item.count), go=go)


def _street_today(scope: Scope, now: datetime) -> Today:
    gaps = list_gaps(scope=scope, on=legal_day(now))
    behind = [pair for pair in list_behind(scope=scope, month=Month.of(now), now=now) if pair.off_pace]
    due = (
        *_late_hours(scope, now),
        Due(words=_("位顾问本月到点时长落后"), count=len(behind), url=reverse("duty:behind")),
        Due(words=_("个社区没有顾问"), count=len(gaps), url=reverse("advisers:list")),
    )
    go = ((_("谁还没到点"), reverse("duty:behind"), "clock"), (_("法律顾问"), reverse("advisers:list"), "users"),
          (_("指标与排名"), reverse("figures:home"), "chart"))  # fmt: skip
    return Today(day=legal_day(now), sentence="", due=tuple(item for item in due if item.count), go=go)


def _adviser_today(scope: Scope, now: datetime) -> Today:
    months = my_months(scope=scope, now=now)
    short = [month for month in months if month.hours.missing]
    due = _late_hours(scope, now)
    if short:
        hours = {hours_a_month(month.hours.node_id, Month.of(now)) for month in short}
        words = (
            _("个社区本月还没到 %(n)s 小时") % {"n": hours.pop()} if len(hours) == 1 else _("个社区本月还没到够时长")
        )
        due += (Due(words=words, count=len(short), url=reverse("duty:mine")),)
    go = ((_("记一次到访"), reverse("duty:log"), "edit"), (_("我的社区"), reverse("duty:mine"), "pin"),
          (_("我的记录"), reverse("duty:visits"), "list"))  # fmt: skip
    return Today(day=legal_day(now), sentence="", due=due, go=go)


def _firm_today(scope: Scope, now: datetime) -> Today:
    overview = firm_overview(scope=scope, on=legal_day(now))
    sentence = _("%(firm)s：%(n)s 名顾问，服务 %(c)s 个社区。") % {
        "firm": overview.firm.name, "n": len(overview.members), "c": overview.communities,
    }  # fmt: skip
    return Today(
        day=legal_day(now), sentence=sentence, due=(), go=((_("本所顾问"), reverse("advisers:firm"), "users"),)
    )


def _operator_today(scope: Scope, now: datetime) -> Today:
    aside = sum(len(row.set_aside) for row in delivery(scope=scope, now=now))
    due = (Due(words=_("件事件投不出去"), count=aside, url=reverse("portal:events"), kind="act"),) if aside else ()
    if ending := administrators_ending(on=legal_day(now)):
        words = _("名管理员 %(day)s起到期，请续任或者换人") % {"day": formats.short_day(ending[0])}
        due = (*due, Due(words=words, count=len(ending), url=reverse("portal:setup-people"), kind="act"))
    go = ((_("开通"), reverse("portal:setup"), "box"), (_("事件投递"), reverse("portal:events"), "refresh"))
    return Today(day=legal_day(now), sentence="", due=due, go=go)
