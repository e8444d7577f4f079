"""Many people at once: each by the same command as one alone, none in the way of another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.commands.people import enter_person
from tenants.identity.types import EnteredRow, EntryRow

MOST = 300  # at once: what a county sends, and what one transaction does while somebody waits


def enter_people(*, scope: Scope, rows: Iterable[EntryRow], now: datetime) -> list[EnteredRow]:
    """
    Enter people with their first roles, each with an invitation to choose his own password; how each row went.

    A row that is refused leaves nothing and stops no other. Inside ``rehearsed()`` it says how they would go.

    :raises Forbidden: who gives no roles enters nobody.
    """
    scope.require(policies.GRANT)
    done: list[EnteredRow] = []
    for row in rows:
        try:
            with transaction.atomic():
                made = enter_person(
                    scope=scope, username=row.username, name=row.name, role=row.role, node_id=row.node_id,
                    begins_on=row.begins_on, ends_on=row.ends_on, reason=row.reason, invite=True, now=now,
                )  # fmt: skip
        except Refused as refused:
            done.append(EnteredRow(row=row, entered=None, refused=refused))
        else:
            done.append(EnteredRow(row=row, entered=made, refused=None))
    return done
