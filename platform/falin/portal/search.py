"""
The place of searching over everything one may see: each kind of thing is asked where it lives, by the query its own list
uses, so that nothing is found here that its list would not show.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats, jobs
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.portal.help import list_topics
from falin.portal.shell import MENU, ROLE_LABELS
from falin.portal.terms import TERMS
from services.advisers.api import AdviserFilters, firm_overview, list_advisers, list_firms
from services.advisers.types import AdviserRow
from services.duty.api import place_names, search_visits
from services.stations.api import list_stations
from services.stations.types import StationFilters
from tenants.divisions.api import Division, list_divisions, search
from tenants.divisions.rules.pinyin import sound_of, typed_pinyin
from tenants.divisions.types import Level
from tenants.identity.queries import search_people
from tenants.settings.api import list_concerned

MOST = 6  # of a kind, on the page of all kinds
LONG = 40  # of one kind
SHORTEST, LONGEST = 1, 60
_NEAR = 50  # places and advisers that are looked at, for themselves and for their visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    label: str
    sub: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was found of one kind. ``more`` is where the rest is, if there is more than is shown."""

    kind: str
    title: str
    icon: str
    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What somebody looks for; what several kinds need is asked for once."""

    scope: Scope
    text: str
    most: int
    on: date

    @cached_property
    def near(self) -> list[Division]:
        """
        The places of the scope that are called so: its own and those below. Who is there for rows of his own and no place
        has those they lie in: an adviser the communities he serves, a firm's manager those its advisers serve.
        """
        scope = self.scope
        found = {place.id: place for root in scope.roots for place in search(self.text, root_id=root, limit=_NEAR)}
        own = set(scope.roots or scope.nodes)
        if scope.may("firm.read"):
            members = firm_overview(scope=scope, on=self.on).members
            own |= {seat.node_id for member in members for seat in member.seats}
        found |= {place.id: place for place in list_divisions(own) if _called(place.name, self.text)}
        return list(found.values())[:_NEAR]

    @cached_property
    def advisers(self) -> tuple[AdviserRow, ...]:
        """Advisers who are called so, or whose firm is."""
        filters = AdviserFilters(text=self.text)
        return list_advisers(scope=self.scope, on=self.on, filters=filters, size=_NEAR, counted=False).rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    kind: str
    title: Any
    icon: str
    grants: frozenset[str]  # any of them
    find: Callable[[_Asked], list[Hit]]


def words(text: str) -> str:
    """What was typed, as it is looked for."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\0", " ").split())[:LONGEST]


def kinds(scope: Scope) -> list[tuple[str, str]]:
    """The kinds of things the person may look for."""
    return [(source.kind, str(source.title)) for source in _SOURCES if source.grants & scope.grants]


def find(*, scope: Scope, text: str, on: date, kind: str = "") -> list[Group]:
    """Everything in scope that is called so, grouped; of one ``kind`` more than of all together."""
    wanted = words(text)
    if not wanted:
        return []
    most = LONG if kind else MOST
    asked = _Asked(scope=scope, text=wanted, most=most + 1, on=on)
    groups = []
    for source in _SOURCES:
        if not source.grants & scope.grants or (kind and kind != source.kind):
            continue
        hits = source.find(asked)[: most + 1]
        if hits:
            more = "" if kind or len(hits) <= most else f"?{urlencode({'q': wanted, 'kind': source.kind})}"
            groups.append(Group(kind=source.kind, title=str(source.title), icon=source.icon, hits=tuple(hits[:most]),
                                more=more))  # fmt: skip
    return groups


# ---- the kinds -------------------------------------------------------------------------------------------------------
def _places(asked: _Asked) -> list[Hit]:
    shown, scope = asked.near[: asked.most], asked.scope
    above = {place.id: place.name for place in list_divisions({place.parent_id for place in shown if place.parent_id})}
    name = "figures:place" if scope.may("figures.read") and scope.roots else "portal:place"
    return [
        Hit(label=place.name, sub=above.get(place.parent_id or 0, ""), url=reverse(name, args=[place.id]))
        for place in shown
    ]


def _advisers(asked: _Asked) -> list[Hit]:
    return [
        Hit(label=row.adviser.name, sub=_("，").join([row.adviser.firm_name, *row.communities]),
            url=reverse("advisers:adviser", args=[row.adviser.id]))
        for row in asked.advisers[: asked.most]
    ]  # fmt: skip


def _firms(asked: _Asked) -> list[Hit]:
    page = list_firms(scope=asked.scope, text=asked.text, size=asked.most, counted=False)
    return [
        Hit(
            label=firm.name,
            sub=_("%(n)s 名顾问") % {"n": firm.advisers},
            url=f"{reverse('advisers:firms')}?{urlencode({'q': firm.name})}",
        )
        for firm in page.rows
    ]


def _stations(asked: _Asked) -> list[Hit]:
    filters = StationFilters(text=asked.text)
    page = list_stations(scope=asked.scope, filters=filters, size=asked.most, counted=False)
    return [
        Hit(label=row.station.content.name, sub=row.station.content.address,
            url=reverse("stations:station", args=[row.station.id]))
        for row in page.rows
    ]  # fmt: skip


def _visits(asked: _Asked) -> list[Hit]:
    """By community, adviser, or, for himself, what it was about. Each leads to where its reader reads of one visit."""
    scope, text = asked.scope, asked.text
    nodes = [place.id for place in asked.near if place.level == Level.COMMUNITY]
    advisers = []
    if scope.may("advisers.read"):
        advisers = [row.adviser.id for row in asked.advisers if _called(row.adviser.name, text)]
    found = search_visits(scope=scope, text=text, node_ids=nodes, adviser_ids=advisers, size=asked.most)
    names = place_names({visit.content.node_id for visit in found})
    own, hits = scope.may("duty.own"), []
    for visit in found:
        told = {"name": visit.adviser_name, "day": formats.day(visit.content.on_day),
                "place": names.get(visit.content.node_id, ("", ""))[0]}  # fmt: skip
        if own:
            url = f"{reverse('duty:visits')}?month={Month.of(visit.content.on_day)}"
        elif scope.may("comments.join"):
            url = reverse("desk:comments", args=["visit", visit.id])
        else:
            url = reverse("portal:history-of", args=["visit", visit.id])
        hits.append(Hit(label=_("%(name)s %(day)s到%(place)s") % told, sub=visit.content.topic, url=url))
    return hits


def _people(asked: _Asked) -> list[Hit]:
    return [
        Hit(label=record.person.name,
            sub=_("，").join(str(ROLE_LABELS[binding.role]) for binding in record.bindings[:2]),
            url=reverse("portal:person", args=[record.person.id]))
        for record in search_people(scope=asked.scope, on=asked.on, text=asked.text, size=asked.most).rows
    ]  # fmt: skip


def _jobs(asked: _Asked) -> list[Hit]:
    mine = [job for job in jobs.list_jobs(scope=asked.scope) if asked.text in job.title]
    return [
        Hit(label=job.title, sub=formats.moment(job.created_at), url=reverse("portal:job", args=[job.id]))
        for job in mine[: asked.most]
    ]


def _settings(asked: _Asked) -> list[Hit]:
    named = [(one, str(_(one.label))) for one in list_concerned(scope=asked.scope)]
    return [
        Hit(label=label, sub=one.cited, url=reverse("portal:setting", args=[one.key]))
        for one, label in named
        if _called(label, asked.text)
    ]


def _pages(asked: _Asked) -> list[Hit]:
    return [
        Hit(label=str(label), sub="", url=reverse(name))
        for _title, items in MENU
        for label, name, _icon, grant in items
        if asked.scope.may(grant) and _called(str(label), asked.text)
    ]


def _help(asked: _Asked) -> list[Hit]:
    topics = [
        Hit(label=str(topic.title), sub=str(topic.lines[0]), url=topic.url)
        for topic in list_topics(scope=asked.scope)
        if _called(str(topic.title), asked.text) or any(asked.text in str(line) for line in topic.lines)
    ]
    where = reverse("portal:terms")
    words = [
        Hit(label=str(term.word), sub=str(term.plain), url=f"{where}#{term.key}")
        for term in TERMS
        if _called(str(term.word), asked.text)
    ]
    return [*topics, *words]


def _called(label: str, text: str) -> bool:
    """Whether a label contains the text, or is read or begins like it."""
    if text.lower() in label.lower():
        return True
    typed = typed_pinyin(text)
    sound = sound_of(label)
    return typed.isascii() and bool(typed) and (sound.pinyin.startswith(typed) or sound.initials.startswith(typed))


_SOURCES = (
    _Source(kind="pages", title=gettext_lazy("页面"), icon="list", grants=frozenset({"home.read"}), find=_pages),
    _Source(kind="places", title=gettext_lazy("地方"), icon="pin", grants=frozenset({"places.read"}), find=_places),
    _Source(kind="advisers", title=gettext_lazy("法律顾问"), icon="users", grants=frozenset({"advisers.read"}), find=_advisers),
    _Source(kind="firms", title=gettext_lazy("律所"), icon="building", grants=frozenset({"advisers.read"}), find=_firms),
    _Source(kind="stations", title=gettext_lazy("服务站点"), icon="building", grants=frozenset({"stations.read"}),
            find=_stations),
    _Source(kind="visits", title=gettext_lazy("到访"), icon="calendar",
            grants=frozenset({"duty.own", "visits.published"}), find=_visits),
    _Source(kind="people", title=gettext_lazy("人员"), icon="user", grants=frozenset({"people.read"}), find=_people),
    _Source(kind="settings", title=gettext_lazy("设定"), icon="gear", grants=frozenset({"settings.read"}), find=_settings),
    _Source(kind="help", title=gettext_lazy("帮助"), icon="help", grants=frozenset({"home.read"}), find=_help),
    _Source(kind="jobs", title=gettext_lazy("我的任务"), icon="clock", grants=frozenset({"jobs.own"}), find=_jobs),
)  # fmt: skip
