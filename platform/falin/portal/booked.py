"""
The place where what was booked is read: the history of one thing, and the whole log with its filters for auditors.

Pages turn by key (the entry's number), never by offset: the log of a county holds hundreds of thousands of rows. What lies
outside the reader's places is left out by the query itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import parameters
from falin.kernel.audit import alarms, sealing
from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal import acts
from tenants.divisions.api import list_children, list_divisions, subtree_ids
from tenants.divisions.types import Level
from tenants.identity.api import names_of
from tenants.identity.models import Person
from tenants.identity.queries import managers_of_firm, same_person

PAGE = 50
ALARMS = 5
READ, SUMS = "audit.read", "audit.sums"
# How many people stand behind each figure of ``falin.portal.sums``.
LEAST = parameters.declare(parameters.Parameter(
    key="audit.people_behind_a_sum", label=gettext_noop("操作统计里，一行至少要有几个人的操作"),
    unit=gettext_noop("人"), default=5, minimum=3, maximum=100, rule="decision 48", set_by=("province",), policy=True,
    direction=1,
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of a history: when, who in which role, what, where, why, and what changed."""

    id: int
    at: datetime
    act: str
    person: str
    person_id: int
    role: str
    words: str
    place: str
    node_id: int | None
    why: str
    kind: str
    kind_words: str
    subject_id: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for; nothing set, everything is shown."""

    since: date | None = None
    until: date | None = None
    person: str = ""
    act: str = ""
    node_id: int | None = None
    kind: str = ""
    subject_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One page, newest first; the keys of the pages on both sides."""

    acts: tuple[Act, ...]
    older: int | None = None
    newer: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something odd: the rule it broke, who, when it was noticed, and the facts."""

    id: int
    rule: str
    name: str
    sentence: str
    person: str
    person_id: int
    at: datetime
    day: date
    facts: tuple[tuple[str, str, str], ...]


def history(*, scope: Scope, before: int | None = None, kind: str = "", subject_id: str = "") -> History:
    """What was booked at the scope's places, or about one thing, newest first."""
    scope.require("history.read")
    asked = Asked(kind=kind, subject_id=subject_id)
    return _page(scope, _rows(scope, asked), before=before, after=None, size=PAGE)


def log(
    *, scope: Scope, asked: Asked, before: int | None = None, after: int | None = None, size: int | None = None
) -> History:  # fmt: skip
    """The auditor's log: what was asked for, at the scope's places."""
    scope.require(READ)
    return _page(scope, _rows(scope, asked), before=before, after=after, size=size or PAGE)


def is_known(*, scope: Scope, asked: Asked) -> bool:
    """Whether anything was booked of what is asked for, at the scope's places."""
    scope.require(READ)
    return _rows(scope, asked).exists()


def places_named(*, scope: Scope, asked: Asked) -> set[int]:
    """The places for which it was booked."""
    scope.require(READ)
    nodes = _rows(scope, asked).order_by().values_list("node_id", flat=True).distinct()
    return {node for node in nodes if node is not None}


def may_read_shared(scope: Scope) -> bool:
    """
    What is booked beside every tenant (operators' acts, the set-up, what the night does) is the whole province's: who
    reads the log of a part of it does not read that.
    """
    return scope.may(READ) and any(place.level == Level.PROVINCE for place in list_divisions(scope.roots))


def check_may_read_shared(scope: Scope) -> None:
    """:raises Missing:"""
    scope.require(READ)
    if not may_read_shared(scope):
        raise Missing("audit.no_shared_log", _("没有这个页面，或者它不归您看。"))


def sealing_state(*, scope: Scope) -> sealing.Sealing:
    """How far the log of the scope's tenant is sealed."""
    scope.require(READ)
    return sealing.state(scope=scope)


def list_alarms(*, scope: Scope) -> list[Alarm]:
    """The newest odd patterns, each with the rule it broke."""
    scope.require(READ)
    rows = list(visible(scope).filter(act=alarms.RAISED).order_by("-id")[:ALARMS])
    people = names_of({int(row.after["person"]) for row in rows})
    found = []
    for row in rows:
        rule = next(rule for rule in alarms.RULES if rule.code == row.after["rule"])
        facts = {name: given for name, given in row.after.items() if name not in {"rule", "person"}}
        found.append(Alarm(
            id=row.id, rule=rule.code, name=str(rule.name), sentence=str(rule.sentence), at=row.at,
            person=people.get(row.after["person"], ""), person_id=row.after["person"],
            day=date.fromisoformat(row.after["day"]) if "day" in row.after else legal_day(row.at),
            facts=tuple(acts.change(name, None, given, people=people, places={}) for name, given in facts.items()),
        ))  # fmt: skip
    return found


def count_alarms(*, scope: Scope, since: datetime) -> int:
    """
    How many odd patterns were found from a moment on: for who reads the log at his places, and for who reads its sums in
    his own body, the number alone. Of an alarm about himself the latter is not told.
    """
    if scope.may(READ):
        return visible(scope).filter(act=alarms.RAISED, at__gte=since).count()
    scope.require(SUMS)
    rows = AuditEntry.objects.filter(act=alarms.RAISED, at__gte=since)
    return rows.exclude(after__person=scope.person_id).count()


def places_of(scope: Scope) -> list[tuple[int, str]]:
    """The places right below the scope's own: what the log can be cut down to."""
    return [(place.id, place.name) for root in scope.roots for place in list_children(root)]


def visible(scope: Scope) -> QuerySet[AuditEntry]:
    """What of the log of the scope's tenant lies within its places; whether anybody may read it is asked elsewhere."""
    rows = AuditEntry.objects.all()
    if scope.subject_id:  # whose place is the firm's, and not the province the role was given at
        rows = rows.filter(_of_firm(scope))
    elif not scope.whole:
        rows = rows.filter(Q(node_id__isnull=True) | Q(node_id__in=scope.nodes))
    # Who is watched does not read that he is.
    return rows if scope.may(READ) else rows.exclude(act=alarms.RAISED)


def _of_firm(scope: Scope) -> Q:
    """
    What was booked of the roles given for one firm. Whoever manages two firms reads under each what is that one's: an act is
    its firm's by the role it names, not by who did it.
    """
    held = managers_of_firm(scope=scope)
    told = Q(after__binding__in=list(held)) | Q(before__binding__in=list(held))
    people = {record for person in set(held.values()) for record in same_person(person)}
    return Q(subject_kind="person", subject_id__in=[str(one) for one in people]) & told


def _rows(scope: Scope, asked: Asked) -> QuerySet[AuditEntry]:
    rows = visible(scope)
    if asked.since:
        rows = rows.filter(at__gte=datetime.combine(asked.since, time(), SHANGHAI))
    if asked.until:
        rows = rows.filter(at__lt=datetime.combine(asked.until + timedelta(days=1), time(), SHANGHAI))
    if asked.person:
        named = Q(name__contains=asked.person) | Q(username=asked.person) | Q(pinyin__startswith=asked.person.lower())
        rows = rows.filter(person_id__in=list(Person.objects.filter(named).values_list("id", flat=True)[:500]))
    if asked.act:
        rows = rows.filter(act=asked.act)
    if asked.node_id:
        rows = rows.filter(node_id__in=subtree_ids(asked.node_id))
    if asked.kind:
        rows = rows.filter(subject_kind=asked.kind)
    if asked.kind == "person" and asked.subject_id.isdecimal() and len(asked.subject_id) < 19:
        rows = rows.filter(subject_id__in=[str(one) for one in same_person(int(asked.subject_id))])
    elif asked.subject_id:
        rows = rows.filter(subject_id=asked.subject_id)
    return rows


def _page(
    scope: Scope, rows: QuerySet[AuditEntry], *, before: int | None, after: int | None, size: int
) -> History:  # fmt: skip
    if after:
        found = list(rows.filter(id__gt=after).order_by("id")[: size + 1])
        shown = found[:size][::-1]
        newer = shown[0].id if len(found) > size else None
        older = shown[-1].id if shown else None
    else:
        found = list((rows.filter(id__lt=before) if before else rows).order_by("-id")[: size + 1])
        shown = found[:size]
        older = shown[-1].id if len(found) > size else None
        newer = shown[0].id if before and shown else None
    return replace(_history(shown), older=older, newer=newer)


def _history(rows: list[AuditEntry]) -> History:
    facts = [fact for row in rows for fact in (row.before, row.after)]
    people = names_of({row.person_id for row in rows} | _numbers(facts, "person"))
    nodes = {row.node_id for row in rows if row.node_id} | _numbers(facts, "node_id") | _numbers(facts, "node")
    places = {place.id: place.name for place in list_divisions(sorted(nodes))}
    return History(acts=tuple(_act(row, people, places) for row in rows))


def _numbers(facts: list[dict[str, Any]], name: str) -> set[int]:
    return {fact[name] for fact in facts if isinstance(fact.get(name), int)}


def _act(row: AuditEntry, people: Mapping[int, str], places: Mapping[int, str]) -> Act:
    names = sorted({**row.before, **row.after}, key=acts.place_in_order)
    return Act(
        id=row.id, at=row.at, act=row.act, person=people.get(row.person_id, _("系统")), person_id=row.person_id,
        role=str(acts.ROLES.get(row.role, "")) if row.person_id else "", words=acts.words_of(row.act),
        place=places.get(row.node_id or 0, ""), node_id=row.node_id, why=row.why, kind=row.subject_kind,
        kind_words=str(acts.KINDS.get(row.subject_kind, row.subject_kind)), subject_id=row.subject_id,
        changes=tuple(
            acts.change(name, row.before.get(name), row.after.get(name), people=people, places=places) for name in names
        ),
    )  # fmt: skip
