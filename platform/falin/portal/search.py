"""
The place of searching over everything one may see: each kind of thing is asked where it lives, by the query its own list
uses, so that nothing is found here that its list would not show.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats, jobs
from falin.kernel.scope import Scope
from falin.portal.help import list_topics
from falin.portal.shell import MENU, ROLE_LABELS
from falin.portal.terms import TERMS
from services.advisers.api import AdviserFilters, list_advisers, list_firms
from tenants.divisions.api import list_divisions, search
from tenants.divisions.rules.pinyin import sound_of, typed_pinyin
from tenants.identity.queries import search_people
from tenants.settings.api import list_concerned

MOST = 6  # of a kind, on the page of all kinds
LONG = 40  # of one kind
SHORTEST, LONGEST = 1, 60


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    kind: str
    title: Any
    icon: str
    grant: str
    find: Callable[[Scope, str, int, date], list[Hit]]


def words(text: str) -> str:
    """What was typed, as it is looked for."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("\0", " ").split())[:LONGEST]


def kinds(scope: Scope) -> list[tuple[str, str]]:
    """The kinds of things the person may look for."""
    return [(source.kind, str(source.title)) for source in _SOURCES if scope.may(source.grant)]


def find(*, scope: Scope, text: str, on: date, kind: str = "") -> list[Group]:
    """Everything in scope that is called so, grouped; of one ``kind`` more than of all together."""
    wanted = words(text)
    if not wanted:
        return []
    most = LONG if kind else MOST
    groups = []
    for source in _SOURCES:
        if not scope.may(source.grant) or (kind and kind != source.kind):
            continue
        hits = source.find(scope, wanted, most + 1, on)
        if hits:
            more = "" if kind or len(hits) <= most else f"?{urlencode({'q': wanted, 'kind': source.kind})}"
            groups.append(Group(kind=source.kind, title=str(source.title), icon=source.icon, hits=tuple(hits[:most]),
                                more=more))  # fmt: skip
    return groups


# ---- the kinds -------------------------------------------------------------------------------------------------------
def _places(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    found = {place.id: place for root in scope.roots for place in search(text, root_id=root, limit=most)}
    found |= {place.id: place for place in list_divisions(scope.roots) if text in place.name}
    shown = list(found.values())[:most]
    above = {place.id: place.name for place in list_divisions({place.parent_id for place in shown if place.parent_id})}
    name = "figures:place" if scope.may("figures.read") else ""
    return [
        Hit(label=place.name, sub=above.get(place.parent_id or 0, ""),
            url=reverse(name, args=[place.id]) if name else "")
        for place in shown
    ]  # fmt: skip


def _advisers(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    page = list_advisers(scope=scope, on=on, filters=AdviserFilters(text=text), size=most, counted=False)
    return [
        Hit(label=row.adviser.name, sub=_("，").join([row.adviser.firm_name, *row.communities]),
            url=reverse("advisers:adviser", args=[row.adviser.id]))
        for row in page.rows
    ]  # fmt: skip


def _firms(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    page = list_firms(scope=scope, text=text, size=most, counted=False)
    return [
        Hit(
            label=firm.name,
            sub=_("%(n)s 名顾问") % {"n": firm.advisers},
            url=f"{reverse('advisers:firms')}?{urlencode({'q': firm.name})}",
        )
        for firm in page.rows
    ]


def _people(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    return [
        Hit(label=record.person.name,
            sub=_("，").join(str(ROLE_LABELS[binding.role]) for binding in record.bindings[:2]),
            url=reverse("portal:person", args=[record.person.id]))
        for record in search_people(scope=scope, on=on, text=text, size=most).rows
    ]  # fmt: skip


def _jobs(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    mine = [job for job in jobs.list_jobs(scope=scope) if text in job.title]
    return [
        Hit(label=job.title, sub=formats.moment(job.created_at), url=reverse("portal:job", args=[job.id]))
        for job in mine[:most]
    ]


def _settings(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    named = [(one, str(_(one.label))) for one in list_concerned(scope=scope)]
    return [
        Hit(label=label, sub=one.cited, url=reverse("portal:setting", args=[one.key]))
        for one, label in named
        if _called(label, text)
    ][:most]


def _pages(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    return [
        Hit(label=str(label), sub="", url=reverse(name))
        for _title, items in MENU
        for label, name, _icon, grant in items
        if scope.may(grant) and _called(str(label), text)
    ][:most]


def _help(scope: Scope, text: str, most: int, on: date) -> list[Hit]:
    topics = [
        Hit(label=str(topic.title), sub=str(topic.lines[0]), url=topic.url)
        for topic in list_topics(scope=scope)
        if _called(str(topic.title), text) or any(text in str(line) for line in topic.lines)
    ]
    where = reverse("portal:terms")
    words = [
        Hit(label=str(term.word), sub=str(term.plain), url=f"{where}#{term.key}")
        for term in TERMS
        if _called(str(term.word), text)
    ]
    return [*topics, *words][:most]


def _called(label: str, text: str) -> bool:
    """Whether a label contains the text, or is read or begins like it."""
    if text.lower() in label.lower():
        return True
    typed = typed_pinyin(text)
    sound = sound_of(label)
    return typed.isascii() and bool(typed) and (sound.pinyin.startswith(typed) or sound.initials.startswith(typed))


_SOURCES = (
    _Source(kind="pages", title=gettext_lazy("页面"), icon="list", grant="home.read", find=_pages),
    _Source(kind="places", title=gettext_lazy("地方"), icon="pin", grant="places.read", find=_places),
    _Source(kind="advisers", title=gettext_lazy("法律顾问"), icon="users", grant="advisers.read", find=_advisers),
    _Source(kind="firms", title=gettext_lazy("律所"), icon="building", grant="advisers.read", find=_firms),
    _Source(kind="people", title=gettext_lazy("人员"), icon="user", grant="people.read", find=_people),
    _Source(kind="settings", title=gettext_lazy("设定"), icon="gear", grant="settings.read", find=_settings),
    _Source(kind="help", title=gettext_lazy("帮助"), icon="help", grant="home.read", find=_help),
    _Source(kind="jobs", title=gettext_lazy("我的任务"), icon="clock", grant="jobs.own", find=_jobs),
)
