"""Somebody leaves: everything he holds ends at once, and what he leaves open is said, so that somebody takes it over."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.commands.granting import end_all
from tenants.identity.commands.people import check_charge
from tenants.identity.models import Binding, Person
from tenants.identity.queries.leaving import what_is_left
from tenants.identity.queries.register import open_on
from tenants.identity.types import LeftOpen, Role


def leave_office(*, scope: Scope, person_id: int, why: str, now: datetime) -> LeftOpen:
    """
    End everything somebody holds, with his sessions and tokens; what is left open.

    He stays in the register: when he comes back he is the same person with new roles.

    :raises Missing: :raises Forbidden: :raises Refused: an adviser's term is ended where he is appointed.
    """
    check_charge(scope, person_id, now)
    today = legal_day(now)
    if Binding.objects.filter(open_on(today), person=person_id, role=Role.ADVISER).exists():
        raise policies.follows_an_appointment()
    left = what_is_left(scope, person_id, today)
    end_all(scope=scope, person_id=person_id, why=why, now=now)
    Person.objects.filter(id=person_id).update(session_epoch=F("session_epoch") + 1)
    book(scope=scope, act="identity.person.left", person_id=person_id, node_id=scope.roots[0] if scope.roots else None,
         why=why, now=now)  # fmt: skip
    return left
