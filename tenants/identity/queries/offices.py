"""The place that says which offices are filled: numbers of people by role and place, for who opens bodies; no names."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Count

from tenants.identity.models import Binding
from tenants.identity.queries.register import open_on
from tenants.identity.types import Role


def count_roles(*, tenant_id: int, on: date) -> dict[Role, int]:
    """How many people hold each role in a tenant."""
    rows = Binding.objects.filter(open_on(on), tenant_id=tenant_id).order_by().values_list("role")
    return {Role(role): count for role, count in rows.annotate(Count("person_id", distinct=True))}


def count_officers(nodes: Collection[int], *, role: Role, on: date) -> dict[int, int]:
    """How many people hold a role at each of the places."""
    rows = Binding.objects.filter(open_on(on), node_id__in=nodes, role=role).order_by().values_list("node_id")
    return dict(rows.annotate(Count("person_id", distinct=True)))
