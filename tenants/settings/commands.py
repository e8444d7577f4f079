"""The one way a setting changes: a place makes a statement that holds from a later day on."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from falin.kernel import audit, outbox
from falin.kernel.clock import legal_day
from falin.kernel.parameters import Parameter
from falin.kernel.scope import Scope
from tenants.divisions.api import get_division
from tenants.settings import policies, queries
from tenants.settings.models import Setting
from tenants.settings.rules import in_force, obstacle_to
from tenants.settings.types import Obstacle, Statement

FARTHEST = timedelta(days=5 * 366)  # a date beyond it is a slip of the keyboard


def make_statement(
    *, scope: Scope, key: str, node_id: int, value: int | str | None, locked: bool, valid_from: date, why: str, now: datetime
) -> Statement:  # fmt: skip
    """
    Set, tighten or lock a figure at one's own place, or as the province for one body, from a day on; ``value`` ``None``
    takes it back. Of a choice it is the option's word, or the number it is kept as.

    Never for a day that has begun: what was computed stays as it was (M2).

    :raises Missing: unknown figure or not one's place. :raises Forbidden: it is a policy.
    :raises Refused: at the field: not this level's, locked above, looser than what is inherited, out of range, too early,
        nothing would change.
    """
    parameter = queries.parameter_of(key)
    place = get_division(node_id)
    level = policies.check_may_set(scope, parameter, place)
    reason = " ".join(why.split())
    if not 2 <= len(reason) <= 200:
        raise policies.why_missing()
    value = queries.value_said(parameter, value)
    today = legal_day(now)
    if valid_from <= legal_day(now + queries.KEPT):  # whoever still holds what was said before is right until then
        raise policies.too_early()
    if valid_from > today + FARTHEST:
        raise policies.too_late(today + FARTHEST)
    own = in_force(queries.statements_at(key, node_id), valid_from)
    above = queries.effective_above(parameter, node_id, valid_from)
    obstacle = obstacle_to(parameter, level, value=value, locked=locked, own=own, above=above)
    if obstacle is not None:
        source = above.lock if obstacle == Obstacle.LOCKED else above.origin
        said_by = get_division(source.node_id).name if source else ""
        raise policies.refusal_of(obstacle, parameter, place=said_by, value=above.value, own=own is not None)
    row = Setting.objects.create(key=key, node_id=node_id, value=value, locked=locked, valid_from=valid_from,
                                 person_id=scope.person_id, why=reason, recorded_at=now)  # fmt: skip
    facts = {"key": key, "value": value, "locked": locked, "valid_from": str(valid_from)}
    before = {"value": _booked(parameter, own.value), "locked": own.locked} if own else {}
    audit.record(scope=scope, act="settings.statement.made", subject=("setting", row.id), node_id=node_id, why=reason,
                 before=before, after={**facts, "value": _booked(parameter, value)}, now=now)  # fmt: skip
    outbox.put(scope=scope, event="settings.statement.made", version=1, key=f"setting:{key}:{node_id}",
               payload={**facts, "node_id": node_id}, now=now)  # fmt: skip
    transaction.on_commit(queries.forget)
    return queries.statement_of(row)


def _booked(parameter: Parameter, value: int | None) -> int | str | None:
    return None if value is None else parameter.word(value)
