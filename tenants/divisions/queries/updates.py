"""
The place where updates are read: which there are, what one would change, and what hangs on the places that end.

Each asks whether its reader looks at updates at all; the list and its decisions are about places, of which all are public.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from falin.kernel.scope import Scope
from tenants.divisions import hanging, policies
from tenants.divisions.models import DivisionChange, DivisionHandover, DivisionUpdate, DivisionVersion
from tenants.divisions.rules import NOBODY, SAME, same_as
from tenants.divisions.rules.codes import SIGNIFICANT
from tenants.divisions.types import (
    Candidate,
    Change,
    ChangeKind,
    Decision,
    Group,
    Hanging,
    Level,
    Reason,
    Stayed,
    Update,
    UpdateState,
    WentOn,
)
from tenants.divisions.types.updates import BEGINS, ENDS

EXAMPLES = 5
PAGE = 100
_PAIRED = Q(target__0__startswith=SAME)


def list_updates(*, scope: Scope, limit: int = 50) -> list[Update]:
    """Newest first."""
    policies.check_may_review(scope)
    rows = DivisionUpdate.objects.order_by("-prepared_at", "-id")[:limit]
    return [_update(row, {}) for row in rows]


def get_update(update_id: int, *, scope: Scope) -> Update:
    """:raises Missing:"""
    policies.check_may_review(scope)
    row = DivisionUpdate.objects.filter(pk=update_id).first()
    if row is None:
        raise policies.no_update()
    handovers = list(row.handovers.all()) if row.state == UpdateState.APPLIED else []
    kinds = row.changes.order_by().values_list("kind").annotate(Count("id"))
    numbers = row.changes.aggregate(
        alone=Count("id", filter=Q(sure=False)), open=Count("id", filter=Q(decision="")),
        same=Count("id", filter=_PAIRED & Q(kind__in=ENDS)),
    )  # fmt: skip
    return _update(row, {ChangeKind(kind): count for kind, count in kinds}, handovers, **numbers)


def _update(
    row: DivisionUpdate, counts: Mapping[ChangeKind, int], handovers: Sequence[DivisionHandover] = (), *, alone: int = 0,
    open: int = 0, same: int = 0,  # noqa: A002
) -> Update:  # fmt: skip
    went = Counter({kind: len(rows) for kind, rows in (row.carried or {}).items()})
    for one in handovers:
        went.update({kind: len(rows) for kind, rows in one.went.items()})
    return Update(
        id=row.pk, source=row.source, day=row.day, province=row.province, state=UpdateState(row.state),
        prepared_by=row.prepared_by, prepared_at=row.prepared_at, submitted_by=row.submitted_by, submitted_at=row.submitted_at,
        confirmed_by=row.confirmed_by, applied_at=row.applied_at, undone_by=row.undone_by, undone_at=row.undone_at,
        why=row.why, job=row.job, listed=row.listed,
        carried=tuple(WentOn(label=str(kind.label), count=went[kind.kind]) for kind in hanging.every() if went[kind.kind]),
        stayed=tuple(_stayed(row.stayed or {})) if row.state == UpdateState.UNDONE else (),
        handing=sum(one.settled_at is None for one in handovers), counts=counts, alone=alone, open=open, same=same,
    )  # fmt: skip


def _stayed(kept: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Stayed]:
    for kind in hanging.every():
        for facts in kept.get(kind.kind, ()):
            yield Stayed(facts=facts, why=str(kind.reasons.get(facts["why"], _("转不回去。"))))


def list_groups(update_id: int, *, scope: Scope) -> list[Group]:
    """The groups in the order of kinds, those to decide one by one last; a few examples of each."""
    policies.check_may_review(scope)
    order = Case(*(When(kind=kind, then=Value(turn)) for turn, kind in enumerate(ChangeKind)), default=Value(99))
    of_update = DivisionChange.objects.filter(update=update_id)
    groups = of_update.values("group", "kind", "reason", "sure").annotate(
        count=Count("id"), waiting=Count("id", filter=Q(decision="")),
        refused=Count("id", filter=Q(decision=Decision.REFUSED)), turn=order,
    ).order_by("-sure", "turn", "-count", "group")  # fmt: skip
    numbered = of_update.annotate(turn=Window(RowNumber(), partition_by=F("group"), order_by=F("id").asc()))
    examples: dict[str, list[Change]] = {}
    for change in _changes(numbered.filter(turn__lte=EXAMPLES).order_by("id")):
        examples.setdefault(change.group, []).append(change)
    found = list(groups)
    names = _names({int(cause) for row in found if (cause := row["group"].rpartition(".")[2]).isdigit()})
    return [
        Group(
            key=row["group"], kind=ChangeKind(row["kind"]), reason=Reason(row["reason"]), sure=row["sure"],
            cause=names.get(int(last), ("", ""))[1] if (last := row["group"].rpartition(".")[2]).isdigit() else "",
            count=row["count"], open=row["waiting"], refused=row["refused"],
            examples=tuple(examples.get(row["group"], ())),
        )
        for row in found
    ]  # fmt: skip


def list_changes(
    update_id: int,
    *,
    scope: Scope,
    group: str = "",
    waiting: bool = False,
    after: int = 0,
    skip: int = 0,
    size: int = PAGE,
) -> list[Change]:
    """
    Changes of an update, or of one of its groups, in their order.

    :param after: those behind the one of this number. :param skip: those behind so many.
    """
    policies.check_may_review(scope)
    rows = DivisionChange.objects.filter(update=update_id, id__gt=after)
    rows = rows.filter(group=group) if group else rows
    rows = rows.filter(decision="") if waiting else rows
    return _changes(rows.order_by("id")[skip : skip + size])


def get_change(update_id: int, change_id: int, *, scope: Scope) -> Change:
    """:raises Missing:"""
    policies.check_may_review(scope)
    found = _changes(DivisionChange.objects.filter(update=update_id, pk=change_id))
    if not found:
        raise policies.no_update()
    return replace(found[0], twins=tuple(_twins(update_id, found[0])), near=tuple(_near(update_id, found[0])))


def _twins(update_id: int, change: Change) -> list[Candidate]:
    """Of what a place that ended or began resembles, that which began or ended: those may be one place."""
    if change.kind in ENDS:
        return [one for one in change.candidates if one.node is None]
    nodes = [one.node for one in change.candidates] if change.kind in BEGINS else []
    ending = DivisionChange.objects.filter(update=update_id, kind__in=ENDS, node_id__in=nodes)
    ended = set(ending.values_list("node_id", flat=True)) if nodes else set()
    return [one for one in change.candidates if one.node in ended]


def _near(update_id: int, change: Change) -> list[Candidate]:
    """What began at its level in the county where a place ended, or ended where one began; what is another's is left out."""
    if change.kind not in BEGINS | ENDS:
        return []
    digits = SIGNIFICANT[Level(min(change.level - 1, Level.COUNTY))] if change.level > Level.PROVINCE else 0
    around = (change.before_code or change.after_code)[:digits]
    rows = DivisionChange.objects.filter(update=update_id, level=change.level)
    if change.kind in ENDS:
        begun = rows.filter(kind__in=BEGINS, to__1__startswith=around).values_list("to", "target")
        found = [
            Candidate(None, to[1], to[2], 0)
            for to, target in begun
            if to and same_as(target) in {"", change.before_code}
        ]
    else:
        ended = rows.filter(kind__in=ENDS).values_list("node_id", "target")
        free = {node: 0 for node, target in ended if node and same_as(target) in {"", change.after_code}}
        places = DivisionVersion.objects.on_day(None).filter(node__in=free, code__startswith=around)
        found = [Candidate(node, code, name, 0) for node, code, name in places.values_list("node_id", "code", "name")]
    return sorted(found, key=lambda one: one.code)[:PAGE]


def _changes(rows: QuerySet[DivisionChange]) -> list[Change]:
    found = list(rows.select_related("update"))
    was: dict[int, tuple[str, str, int | None]] = {}
    for day in {row.update.day for row in found}:
        was = _before(day, {row.node_id for row in found if row.node_id is not None})
    above = {place[2] for place in was.values()} | {row.to[3] for row in found if row.to}
    parents = _names({node for node in above if node is not None})
    same = _same({row.update_id for row in found if same_as(row.target)})
    return [_change(row, was, parents, same.get(row.pk)) for row in found]


def _same(updates: set[int]) -> dict[int, Candidate]:
    """Of each change that was decided as one of a pair, the other place."""
    found = list(DivisionChange.objects.filter(_PAIRED, update__in=updates).select_related("update")) if updates else []
    was: dict[int, tuple[str, str, int | None]] = {}
    for day in {row.update.day for row in found}:
        was |= _before(day, {row.node_id for row in found if row.node_id is not None})
    places: dict[int, Candidate] = {}
    for row in found:
        code, name = row.to[1:3] if row.to else was[row.node_id or 0][:2]
        places[row.pk] = Candidate(row.node_id, code, name, 1)
    there = {(row.update_id, row.level, row.to is None, places[row.pk].code): row.pk for row in found}
    return {
        row.pk: places[there[row.update_id, row.level, row.to is not None, same_as(row.target)]] for row in found
    }  # fmt: skip


def _change(
    row: DivisionChange, was: Mapping[int, tuple[str, str, int | None]], parents: Mapping[int, tuple[str, str]],
    same: Candidate | None,
) -> Change:  # fmt: skip
    code, name, parent = was.get(row.node_id or 0, ("", "", None))
    to = row.to or [0, "", "", None, "", 0]
    return Change(
        id=row.pk, kind=ChangeKind(row.kind), reason=Reason(row.reason), group=row.group, sure=row.sure,
        level=Level(row.level), node=row.node_id, before_code=code, before_name=name,
        before_path=parents.get(parent or 0, ("", ""))[1], after_code=to[1], after_name=to[2],
        after_path=parents.get(to[3] or 0, ("", ""))[1] or to[4], decision=Decision(row.decision),
        candidates=tuple(Candidate(*one) for one in row.candidates), target=tuple(row.target),
        share=row.share, same=same,
    )  # fmt: skip


def _before(day: date, nodes: set[int]) -> dict[int, tuple[str, str, int | None]]:
    """Code, name and parent on the eve of the update: also when it is applied by now."""
    rows = DivisionVersion.objects.on_day(day - timedelta(days=1)).filter(node__in=nodes)
    return {
        node: (code, name, parent)
        for node, code, name, parent in rows.values_list("node_id", "code", "name", "parent_id")
    }


def _names(nodes: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Code and name as they last were."""
    rows = DivisionVersion.objects.filter(node__in=nodes).order_by("node", "valid_from")
    return {node: (code, name) for node, code, name in rows.values_list("node_id", "code", "name")}


def list_ending(update_id: int, *, scope: Scope) -> dict[int, list[int]]:
    """
    The places that would end, by the county in whose tenant they lie; those too of which a person has yet to say whether
    they go on under another name.
    """
    policies.check_may_review(scope)
    rows = DivisionChange.objects.filter(
        Q(kind__in=ENDS) | Q(sure=False), update=update_id, node_id__isnull=False
    ).select_related("update")
    found: dict[int, list[int]] = {}
    ending = list(rows)
    for day in {row.update.day for row in ending}:
        versions = DivisionVersion.objects.on_day(day - timedelta(days=1)).filter(
            node__in=[row.node_id for row in ending]
        )
        for node, county in versions.values_list("node_id", "county_id"):
            if county is not None:
                found.setdefault(county, []).append(node)
    return found


def list_made(update_id: int, *, scope: Scope) -> dict[int, list[int]]:
    """The places that an applied update made, by the county in whose tenant they lie."""
    policies.check_may_review(scope)
    made = DivisionChange.objects.filter(update=update_id, made_node__isnull=False).values("made_node")
    versions = DivisionVersion.objects.filter(begun_by=update_id, node__in=made)
    found: dict[int, list[int]] = {}
    for node, county in versions.values_list("node_id", "county_id"):
        if county is not None:
            found.setdefault(county, []).append(node)
    return found


def list_hanging(update_id: int, *, scope: Scope) -> list[tuple[Change, list[Hanging]]]:
    """The places that would end and have something hanging on them, with what it is and what is proposed for it."""
    policies.check_may_review(scope)
    ends = Q(kind__in=ENDS) | Q(target__contains=[NOBODY])
    rows = DivisionChange.objects.filter(ends, update=update_id, node_id__isnull=False).exclude(
        decision=Decision.REFUSED
    )
    found_again = rows.filter(_PAIRED).values("id")
    ending = {node: change for node, change in rows.exclude(id__in=found_again).values_list("node_id", "id") if node}
    found: dict[int, list[Hanging]] = {}
    kept = DivisionUpdate.objects.filter(pk=update_id).values_list("hanging", flat=True).first() or {}
    reasons = _reasons(update_id)
    for kind, counts in (*hanging.counted(ending), *hanging.told_within(kept)):
        for node, count in counts.items():
            if count and node in ending:
                why = reasons.get((kind.kind, node), "")
                told = Hanging(label=str(kind.label), count=count, proposal=why + str(kind.proposal))
                found.setdefault(node, []).append(told)
    changes = {
        change.node: change for change in _changes(DivisionChange.objects.filter(pk__in=[ending[n] for n in found]))
    }
    return [(changes[node], found[node]) for node in sorted(found)]


def _reasons(update_id: int) -> dict[tuple[str, int], str]:
    """Why something could not go on by itself, by kind and place, as the beginning of a sentence."""
    found: dict[tuple[str, int], str] = {}
    for row in DivisionHandover.objects.filter(update=update_id):
        for name, places in row.left.items():
            words = kind.reasons if (kind := hanging.declared(name)) else {}
            for node, reasons in places.items():
                told = "、".join(
                    _("%(why)s %(n)d 项") % {"why": words.get(code, _("转不过去")), "n": count}
                    for code, count in reasons.items()
                )
                found[name, int(node)] = f"{told}；"
    return found
