"""What waits for a second person: of each body, to whom his own pages show it with the button beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.types import Decision, Draft, NoticeKind, Waiting
from tenants.divisions.api import UpdateState, list_updates
from tenants.identity import queries as people
from tenants.registry.api import Outcome, list_deeds

_CONFIRM, _GRANT, _PLACES, _MANAGE = "people.confirm", "people.grant", "places.confirm", "tenants.manage"
DECIDES = frozenset({_CONFIRM, _GRANT, _PLACES, _MANAGE, "emergency.decide"})


def decisions_to_tell(*, scope: Scope, now: datetime) -> list[Draft]:
    """
    What waits in the scope's body, to everybody there who could decide it; for who tells them: the system.

    Each is asked for as he acts there himself, by what his own pages ask: who could not read it is told nothing.
    """
    policies.check_may_tell(scope)
    return [
        Draft(kind=NoticeKind.DECISION_WAITS, person_id=one.person_id, key=waiting.key, facts={"what": waiting.what})
        for one in people.list_scopes(scope=scope, grants=DECIDES, on=legal_day(now))
        for waiting in waiting_for(scope=one, now=now)
    ]


def waiting_for(*, scope: Scope, now: datetime) -> list[Waiting]:
    """What waits for the yes or no of the scope's holder; what he asked for himself, or is about him, does not."""
    on, me = legal_day(now), scope.person_id
    return [
        *_roles(scope, me, on),
        *_merges(scope, me, on),
        *_updates(scope, me),
        *_deeds(scope, me),
        *_emergencies(scope),
    ]


def _roles(scope: Scope, me: int, on: date) -> Iterator[Waiting]:
    for proposal, group in people.list_proposals(scope=scope, on=on).items() if scope.may(_CONFIRM) else ():
        if me not in {group[0].granted_by, group[0].person.id} and people.confirms(scope, group[0]):
            yield Waiting(what=Decision.ROLES, key=f"roles:{proposal}")


def _merges(scope: Scope, me: int, on: date) -> Iterator[Waiting]:
    for merge in people.list_merges(scope=scope) if scope.may(_CONFIRM) or scope.may(_GRANT) else ():
        with suppress(Refused):
            people.may_merge(scope, (merge.kept.id, merge.gone.id), on)
            if merge.proposed_by != me:
                yield Waiting(what=Decision.MERGE, key=f"merge:{merge.id}")


def _updates(scope: Scope, me: int) -> Iterator[Waiting]:
    for update in list_updates(scope=scope) if scope.may(_PLACES) else ():
        if update.state == UpdateState.SUBMITTED and me not in {update.submitted_by, update.prepared_by}:
            yield Waiting(what=Decision.UPDATE, key=f"update:{update.id}:{update.submitted_at:%Y%m%dT%H%M%S}")


def _deeds(scope: Scope, me: int) -> Iterator[Waiting]:
    for deed in list_deeds(scope=scope) if scope.may(_MANAGE) else ():
        if deed.outcome == Outcome.WAITING and deed.asked_by != me:
            yield Waiting(what=Decision.DEED, key=f"deed:{deed.id}")


def _emergencies(scope: Scope) -> Iterator[Waiting]:
    for emergency in people.list_asked(scope=scope):
        yield Waiting(what=Decision.EMERGENCY, key=f"emergency:{emergency}")
