"""Roles of a tenant that end soon, and who holds one: for what people are told, and whom they can turn to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Count, F, Q

from falin.kernel.scope import Scope
from tenants.divisions.api import list_divisions
from tenants.identity import policies
from tenants.identity.models import Binding
from tenants.identity.queries.register import in_force, in_reach
from tenants.identity.types import Colleague, EndingRole, Role, Standing


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


def count_ending_roles(*, scope: Scope, after: date, until: date) -> dict[date, int]:
    """How many roles in the scope's reach have their last day on each of the days after one and up to another."""
    policies.check_may_read(scope)
    rows = in_reach(scope).filter(
        ended_at__isnull=True, standing=Standing.CONFIRMED, valid_to__gt=after, valid_to__lte=until
    )
    return dict(rows.order_by("valid_to").values_list("valid_to").annotate(Count("id")))


def list_holders(*, scope: Scope, role: Role, on: date) -> list[int]:
    """The people who hold a role in the scope's tenant on a day; in the shared schema, one of the platform's."""
    policies.check_may_look_ahead(scope)
    body = Q(tenant_id=scope.tenant_id) if scope.tenant_id else Q(tenant_id__isnull=True)
    held = Binding.objects.filter(in_force(on), body, role=role, person__is_active=True)
    return sorted(set(held.values_list("person_id", flat=True)))


def still_alike(*, scope: Scope, person_ids: Collection[int], on: date) -> set[int]:
    """
    Which of some people hold on a day the role the scope's holder acts in, somewhere in his body.

    Of one's own role only: it tells nobody of a role he could not sit beside.
    """
    body = Q(tenant_id=scope.tenant_id) if scope.tenant_id else Q(tenant_id__isnull=True)
    held = Binding.objects.filter(in_force(on), body, role=scope.role, person_id__in=person_ids, person__is_active=True)
    return set(held.values_list("person_id", flat=True))


def list_colleagues(
    *, scope: Scope, roles: Collection[Role], node_ids: Collection[int], on: date, adviser_id: str = ""
) -> list[Colleague]:  # fmt: skip
    """
    The people of the scope's tenant who hold one of the roles at a place or above it, by pinyin; never oneself.

    :param adviser_id: and whoever signs in as this adviser there.
    """
    policies.check_may_join(scope)
    above = {node for place in list_divisions(node_ids) for node in policies.path_of(place)}
    meant = Q(role__in=roles, node_id__in=above)
    if adviser_id:
        meant |= Q(role=Role.ADVISER, subject_id=adviser_id)
    held = Binding.objects.filter(meant, in_force(on), tenant_id=scope.tenant_id, person__is_active=True)
    rows = held.exclude(person_id=scope.person_id).filter(person__service__isnull=True)
    people = rows.order_by("person__pinyin", "person_id", "id").values_list("person_id", "person__name", "role")
    found = {person: Colleague(person_id=person, name=name, role=Role(role)) for person, name, role in people}
    return list(found.values())
