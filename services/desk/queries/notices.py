"""One's own notices."""

from __future__ import annotations

from collections.abc import Iterable

from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import ChosenWay, Notice
from services.desk.rules import DEFAULT_WAYS, LABELS, sentence
from services.desk.types import Choice, NoticeInfo, NoticeKind, NoticePage, Way
from tenants.divisions.api import list_divisions

SIZE = 30


def list_notices(*, scope: Scope, before: int | None = None, unread_only: bool = False, size: int = SIZE) -> NoticePage:
    """One's own notices, newest first; from ``before`` on, which the page before named."""
    policies.check_may_read_own(scope)
    rows = Notice.objects.filter(person_id=scope.person_id).order_by("-id")
    if unread_only:
        rows = rows.filter(read_at__isnull=True)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: size + 1])
    shown = found[:size]
    words = sentences_of(shown)
    return NoticePage(
        rows=tuple(
            NoticeInfo(id=row.id, kind=NoticeKind(row.kind), sentence=words[row.id], at=row.at, read_at=row.read_at)
            for row in shown
        ),
        unread=count_unread(scope=scope),
        next_before=shown[-1].id if len(found) > size else None,
    )


def count_unread(*, scope: Scope) -> int:
    policies.check_may_read_own(scope)
    return Notice.objects.filter(person_id=scope.person_id, read_at__isnull=True).count()


def list_choices(*, scope: Scope) -> list[Choice]:
    """How one is told of each kind that may come to one."""
    policies.check_may_read_own(scope)
    chosen = dict(ChosenWay.objects.filter(person_id=scope.person_id).values_list("kind", "way"))
    return [
        Choice(kind=kind, label=str(LABELS[kind]), way=Way(chosen.get(kind, DEFAULT_WAYS[kind])))
        for kind in policies.kinds_of(scope)
    ]


def sentences_of(rows: Iterable[Notice]) -> dict[int, str]:
    """What each notice says, in the language in force; places are named as they are called now."""
    rows = list(rows)
    nodes = {row.facts["node_id"] for row in rows if row.facts.get("node_id")}
    places = {place.id: place.name for place in list_divisions(nodes)}
    return {row.id: sentence(NoticeKind(row.kind), row.facts, places=places) for row in rows}
