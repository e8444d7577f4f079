"""The place that says which offices are filled, and until when: for who opens bodies; numbers, and whom he names himself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Count

from tenants.identity.models import Binding
from tenants.identity.queries.register import in_force, open_on
from tenants.identity.roles import ADMINISTRATORS
from tenants.identity.rules import EXPIRES_SOON
from tenants.identity.types import PersonInfo, Role


def count_roles(*, tenant_id: int, on: date) -> dict[Role, int]:
    """How many people hold each role in a tenant."""
    rows = Binding.objects.filter(open_on(on), tenant_id=tenant_id).order_by().values_list("role")
    return {Role(role): count for role, count in rows.annotate(Count("person_id", distinct=True))}


def count_officers(nodes: Collection[int], *, role: Role, on: date) -> dict[int, int]:
    """How many people hold a role at each of the places."""
    rows = Binding.objects.filter(open_on(on), node_id__in=nodes, role=role).order_by().values_list("node_id")
    return dict(rows.annotate(Count("person_id", distinct=True)))


def find_holder(*, username: str, role: Role, node_id: int) -> PersonInfo | None:
    """Who holds a role at a place under a sign-in name, though its days may be over."""
    rows = Binding.objects.select_related("person").filter(ended_at__isnull=True, role=role, node_id=node_id)
    held = rows.filter(person__username=username).first()
    return PersonInfo(id=held.person_id, username=held.person.username, name=held.person.name) if held else None


def administrators_ending(*, on: date) -> list[date]:
    """The last days of those of the three administrators whose office ends soon, the next one first."""
    ending = Binding.objects.filter(in_force(on), role__in=ADMINISTRATORS, valid_to__lte=on + EXPIRES_SOON)
    return sorted(day for day in ending.values_list("valid_to", flat=True) if day is not None)
