"""Roles of a tenant that end soon, and who holds one: for what people are told ahead of time."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.models import Binding
from tenants.identity.queries.register import in_force
from tenants.identity.types import EndingRole, Role


def list_ending(*, scope: Scope, after: date, until: date) -> list[EndingRole]:
    """Roles in the scope's tenant that end within the days, where the person holds none of the kind for longer."""
    policies.check_may_look_ahead(scope)
    held = Binding.objects.filter(in_force(after), tenant_id=scope.tenant_id, person__is_active=True)
    longer = {(row.person_id, row.role) for row in held.order_by() if row.valid_to is None or row.valid_to > until}
    ending = held.filter(valid_to__gt=after, valid_to__lte=until).order_by(F("valid_to").asc(), "id")
    return [
        EndingRole(id=row.id, person_id=row.person_id, node_id=row.node_id, ends_on=row.valid_to)
        for row in ending
        if row.valid_to is not None and (row.person_id, row.role) not in longer
    ]


def list_holders(*, scope: Scope, role: Role, on: date) -> list[int]:
    """The people who hold a role in the scope's tenant on a day."""
    policies.check_may_look_ahead(scope)
    held = Binding.objects.filter(in_force(on), tenant_id=scope.tenant_id, role=role, person__is_active=True)
    return sorted(set(held.values_list("person_id", flat=True)))
