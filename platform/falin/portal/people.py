"""What the pages of people show: grants with their places, names and states in words, and what each grant lets one do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.scope import Scope
from falin.portal.shell import ROLE_LABELS
from tenants.divisions.api import Division, find_of_any_level, list_divisions, search
from tenants.divisions.types import Level
from tenants.identity import policies
from tenants.identity.queries import Right, looked_after, names_of
from tenants.identity.roles import ROLES, Bound, grades
from tenants.identity.rules import EXPIRES_SOON
from tenants.identity.types import BindingInfo, PersonRecord, Role, State

# What each grant lets its holder do, in the words of the pages.
GRANT_WORDS = {
    "emergency.ask": gettext_lazy("请求应急访问"),
    "emergency.decide": gettext_lazy("同意或结束应急访问"),
    "account.own": gettext_lazy("管自己的账号与安全"),
    "home.read": gettext_lazy("看自己的待办"),
    "jobs.own": gettext_lazy("看自己的任务"),
    "hat.switch": gettext_lazy("在自己的几个身份之间切换"),
    "views.own": gettext_lazy("存自己的常用视图"),
    "feedback.own": gettext_lazy("提意见，看自己的意见的答复"),
    "feedback.answer": gettext_lazy("看和答复大家的意见"),
    "calendar.read": gettext_lazy("看自己的日历"),
    "comments.join": gettext_lazy("看和写评论"),
    "news.write": gettext_lazy("写、发布和撤下对公众的通知"),
    "notices.own": gettext_lazy("看自己的通知"),
    "tokens.own": gettext_lazy("给自己的程序生成令牌"),
    "places.read": gettext_lazy("看区划"),
    "places.review": gettext_lazy("看区划更新"),
    "places.update": gettext_lazy("准备和核对区划更新"),
    "places.describe": gettext_lazy("补地方的人口、户数、面积和边界，划统计区域"),
    "places.confirm": gettext_lazy("确认和撤回区划更新"),
    "figures.read": gettext_lazy("看指标"),
    "figures.export": gettext_lazy("导出指标"),
    "figures.publish": gettext_lazy("汇总并发布指标"),
    "settings.read": gettext_lazy("看设定和来历"),
    "settings.set": gettext_lazy("在设定页上作设定，下级只能更严"),
    "policies.set": gettext_lazy("设定登录、授权和审计的规定，不设别的"),
    "visits.published": gettext_lazy("看已发布的到访明细"),
    "history.read": gettext_lazy("看操作记录"),
    "audit.read": gettext_lazy("查阅全部操作记录"),
    "audit.sums": gettext_lazy("看操作统计：只有数，没有人"),
    "audit.export": gettext_lazy("下载操作记录以便核对"),
    "lists.export": gettext_lazy("把列表导出成文件，确认别人的导出"),
    "own.export": gettext_lazy("导出自己的或本所的到访"),
    "people.read": gettext_lazy("看人员和身份"),
    "people.grant": gettext_lazy("授予和结束身份"),
    "people.confirm": gettext_lazy("确认别人提议的身份"),
    "advisers.read": gettext_lazy("看法律顾问"),
    "advisers.clear": gettext_lazy("看顾问的完整号码，要写理由"),
    "advisers.register": gettext_lazy("登记法律顾问"),
    "advisers.import": gettext_lazy("批量导入顾问"),
    "advisers.appoint": gettext_lazy("聘任法律顾问"),
    "duty.read": gettext_lazy("看到点时长"),
    "duty.remind": gettext_lazy("提醒顾问到点"),
    "duty.post": gettext_lazy("公布顾问的值班时间"),
    "stations.read": gettext_lazy("看服务站点"),
    "stations.keep": gettext_lazy("登记、更正和关闭服务站点"),
    "duty.close": gettext_lazy("月度结账"),
    "duty.log": gettext_lazy("记到访"),
    "duty.own": gettext_lazy("看自己的到访"),
    "firm.read": gettext_lazy("看本所顾问"),
    "tenants.manage": gettext_lazy("开通省和县（区）"),
    "events.manage": gettext_lazy("处理投不出去的事件"),
    "webhooks.manage": gettext_lazy("登记推送的接收地址"),
}
_STATES: Mapping[State, tuple[str, Any]] = {
    State.PROPOSED: ("info", gettext_lazy("等第二个人确认")),
    State.LATER: ("info", gettext_lazy("还没开始")),
    State.IN_FORCE: ("ok", gettext_lazy("有效")),
    State.EXPIRED: ("idle", gettext_lazy("已到期")),
    State.REFUSED: ("idle", gettext_lazy("没有同意")),
    State.ENDED: ("idle", gettext_lazy("已结束")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One grant on a page. ``mine``: it is the reader's charge."""

    binding: BindingInfo
    role: str
    place: str
    sign: str
    words: str
    notes: tuple[str, ...]
    by: str
    mine: bool

    @property
    def over(self) -> bool:
        return self.binding.state in {State.ENDED, State.REFUSED, State.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    record: PersonRecord
    lines: tuple[Line, ...]


def label(role: Role) -> str:
    return str(ROLE_LABELS[role])


def place_words(place: Division, above: Mapping[int, Division]) -> str:
    """``西湖区 · 北山街道 · 宝石社区``: from the county down, since that is how people say it."""
    chain = [place.county_id, place.street_id] if place.level > Level.COUNTY else []
    names = [above[node].name for node in chain if node and node != place.id and node in above]
    return " · ".join([*names, place.name])


def lines_of(scope: Scope, bindings: Iterable[BindingInfo], on: date) -> list[Line]:
    """The grants with everything a page says of them."""
    found = list(bindings)
    places = {place.id: place for place in list_divisions({one.node_id for one in found})}
    above = {node for place in places.values() for node in (place.county_id, place.street_id) if node}
    chain = places | {place.id: place for place in list_divisions(above - set(places))}
    people = {person for one in found for person in (one.granted_by, one.decided_by, one.ended_by, one.acting_for,
                                                     one.takes_over) if person}  # fmt: skip
    names, mine = names_of(people), {one.id for one in looked_after(scope, found)}
    return [
        Line(
            binding=one, role=label(one.role), mine=one.id in mine, by=names.get(one.granted_by, _("系统")),
            place=place_words(places[one.node_id], chain) if one.node_id in places else "",
            sign=_sign(one, on)[0], words=_sign(one, on)[1], notes=tuple(_notes(one, names)),
        )
        for one in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A role by which its holder could have read something, and what in it let him."""

    line: Line
    words: tuple[str, ...]
    bound: bool  # of his firm or his own alone


def readings(scope: Scope, rights: Iterable[Right], on: date) -> list[Reading]:
    found = list(rights)
    lines = lines_of(scope, [right.binding for right in found], on)
    return [
        Reading(line=line, words=tuple(str(GRANT_WORDS[grant]) for grant in right.grants),
                bound=ROLES[right.binding.role].bound is not None)
        for line, right in zip(lines, found, strict=True)
    ]  # fmt: skip


def _sign(one: BindingInfo, on: date) -> tuple[str, str]:
    if one.state == State.IN_FORCE and one.valid_to is not None and one.valid_to <= on + EXPIRES_SOON:
        left = (one.valid_to - on) // timedelta(days=1)
        return "watch", (_("还有 %(n)s 天到期") % {"n": left}) if left else _("今天到期")
    sign, words = _STATES[one.state]
    return sign, str(words)


def _notes(one: BindingInfo, names: Mapping[int, str]) -> Iterable[str]:
    if one.acting_for:
        yield _("代理%(name)s") % {"name": names.get(one.acting_for, "")}
    if one.takes_over:
        yield _("接替%(name)s") % {"name": names.get(one.takes_over, "")}
    if one.decided_by:
        words = _("%(name)s拒绝") if one.state == State.REFUSED else _("%(name)s确认")
        yield words % {"name": names.get(one.decided_by, "")}
    if one.ended_at:
        yield _("%(day)s结束：%(why)s") % {"day": formats.day(one.ended_at), "why": one.ended_why}


def rows_of(scope: Scope, records: Iterable[PersonRecord], on: date) -> list[PersonRow]:
    found = list(records)
    lines: dict[int, list[Line]] = {}
    for line in lines_of(scope, [one for record in found for one in record.bindings], on):
        lines.setdefault(line.binding.person.id, []).append(line)
    return [PersonRow(record=one, lines=tuple(lines.get(one.person.id, ()))) for one in found]


def places_for(scope: Scope, own_place: int, role: Role, text: str) -> list[Division]:
    """
    The places of a scope a text may mean, of the levels a role is given at: a code, or a name or its pinyin.

    A firm's manager has no places; what he gives is given where he holds it himself.
    """
    if ROLES[role].bound == Bound.FIRM and scope.subject_id:
        return list_divisions([own_place])
    levels = ROLES[role].levels
    fit = [place for place in _near(scope, text) if levels & grades(place.level, is_county_body=place.is_county_body)]
    return _the_one(fit, text)


def any_place(scope: Scope, text: str) -> list[Division]:
    """The places of a scope a text may mean, of whatever level."""
    return _the_one(_near(scope, text), text)


def _near(scope: Scope, text: str) -> list[Division]:
    words = text.strip()
    if words.isdecimal():
        found = find_of_any_level(words)
        return [found] if found and policies.reaches(scope, found, "") else []
    return [place for root in scope.roots for place in search(words, root_id=root, limit=60)]


def _the_one(places: list[Division], text: str) -> list[Division]:
    """The place that is called just so, if one is; else all that are near."""
    same = [place for place in places if place.name == text.strip()]
    return same if len(same) == 1 else places


def words_of_places(places: Iterable[Division]) -> list[tuple[int, str]]:
    found = list(places)
    above = {node for place in found for node in (place.county_id, place.street_id) if node}
    chain = {place.id: place for place in list_divisions(above)}
    return [(place.id, place_words(place, chain)) for place in found]
