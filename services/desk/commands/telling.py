"""
People are told: on their list at once, by mail or SMS a little later and together.

A notice is told once: the key of what happened is unique for its reader, so that an event that is delivered again tells
nothing again. A message is claimed in one transaction, sent outside any, and settled in another of its own; one whose
sender died is claimed again after a quarter of an hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import ChosenWay, Notice
from services.desk.queries import sentences_of
from services.desk.rules import DEFAULT_WAYS, QUIET_FROM, QUIET_UNTIL, may_go_out
from services.desk.types import Draft, NoticeKind, Parcel, Way
from tenants.identity.api import languages_of

GIVEN_UP = timedelta(days=2)  # what could not be sent for so long is on the list all the same
DEAD = timedelta(minutes=15)
AT_ONCE = 500


def tell(*, scope: Scope, drafts: Iterable[Draft], now: datetime) -> int:
    """Put notices on their readers' lists; who was told already is not told again. How many were drafted."""
    policies.check_may_tell(scope)
    drafts = list(drafts)
    chosen = {
        (person, kind): way
        for person, kind, way in ChosenWay.objects.filter(
            person_id__in={draft.person_id for draft in drafts}
        ).values_list("person_id", "kind", "way")
    }
    Notice.objects.bulk_create(
        [
            Notice(person_id=draft.person_id, kind=draft.kind, key=draft.key, facts=dict(draft.facts), at=now,
                   way=chosen.get((draft.person_id, draft.kind), DEFAULT_WAYS[draft.kind]))
            for draft in drafts
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return len(drafts)


def untell(
    *, scope: Scope, kind: NoticeKind, facts: Mapping[str, Any], person_id: int | None = None, at: datetime | None = None
) -> None:  # fmt: skip
    """
    Take a notice off its reader's list while he has not read it; what went out by mail or SMS is out.

    :param person_id: of this reader alone. :param at: the one that was told then.
    """
    policies.check_may_tell(scope)
    unread = Notice.objects.filter(kind=kind, facts__contains=dict(facts), read_at__isnull=True)
    if person_id is not None:
        unread = unread.filter(person_id=person_id)
    if at is not None:
        unread = unread.filter(at=at)
    unread.delete()


def untell_others(*, scope: Scope, kind: NoticeKind, still: Iterable[Draft]) -> None:
    """Take the unread notices of a kind off their readers' lists that are not among these: what they told of is over."""
    policies.check_may_tell(scope)
    kept = {(draft.person_id, draft.key) for draft in still}
    unread = Notice.objects.filter(kind=kind, read_at__isnull=True).values_list("id", "person_id", "key")
    over = [number for number, *told in unread if tuple(told) not in kept]
    if over:
        Notice.objects.filter(id__in=over).delete()


def claim_due(*, scope: Scope, now: datetime) -> list[Parcel]:
    """What is to be sent now, one parcel a person and way; nothing in quiet hours. Read meanwhile is not sent."""
    policies.check_may_tell(scope)
    place, day = scope.roots[0] if scope.roots else None, legal_day(now)
    quiet_from = parameters.value(QUIET_FROM, node_id=place, on=day)
    if not may_go_out(now, quiet_from=quiet_from, quiet_until=parameters.value(QUIET_UNTIL, node_id=place, on=day)):
        return []
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - DEAD)
    waiting = Notice.objects.filter(free, sent_at__isnull=True, read_at__isnull=True, at__gt=now - GIVEN_UP)
    rows = list(
        waiting.exclude(way=Way.NONE).order_by("id").select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
    )
    if not rows:
        return []
    Notice.objects.filter(id__in=[row.id for row in rows]).update(claimed_at=now)
    together: dict[tuple[int, str], list[Notice]] = defaultdict(list)
    for row in rows:
        together[row.person_id, row.way].append(row)
    languages = languages_of({row.person_id for row in rows})
    return [
        _parcel(person, Way(way), several, languages.get(person, settings.LANGUAGE_CODE))
        for (person, way), several in together.items()
    ]


def _parcel(person_id: int, way: Way, rows: Sequence[Notice], language: str) -> Parcel:
    with translation.override(language):
        words = sentences_of(rows)
    return Parcel(person_id=person_id, way=way, language=language, notice_ids=tuple(row.id for row in rows),
                  sentences=tuple(words[row.id] for row in rows))  # fmt: skip


def settle(*, scope: Scope, sent: Collection[int] = (), failed: Collection[int] = (), now: datetime) -> None:
    """Note what went out; what did not waits for the next round."""
    policies.check_may_tell(scope)
    Notice.objects.filter(id__in=sent).update(sent_at=now)
    Notice.objects.filter(id__in=failed).update(claimed_at=None)
