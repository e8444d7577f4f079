"""What somebody leaves behind when he leaves."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.models import Binding, Person, ServiceAccount
from tenants.identity.queries.register import (
    binding_info,
    get_record,
    in_force,
    in_reach,
    looked_after,
    open_bindings,
)
from tenants.identity.types import LeftOpen, PersonInfo, Standing


def get_left_open(*, scope: Scope, person_id: int, on: date) -> LeftOpen:
    """What would be left open if somebody left on a day. :raises Missing: he is not in reach."""
    get_record(scope=scope, person_id=person_id, on=on)
    return what_is_left(scope, person_id, on)


def what_is_left(scope: Scope, person_id: int, on: date) -> LeftOpen:
    """
    Posts nobody else holds at the same place, programs he answers for, and proposals of his that wait for a second
    person. What others hold beside him goes on without him.
    """
    held = open_bindings(person_id, on)
    alone = [
        one for one in held if not Binding.objects.filter(
            in_force(on), role=one.role, node_id=one.node_id, subject_id=one.subject_id).exclude(person=person_id).exists()
    ]  # fmt: skip
    waiting = Binding.objects.select_related("person", "acting_for", "takes_over").filter(
        granted_by=person_id, standing=Standing.PROPOSED, ended_at__isnull=True
    )
    programs = ServiceAccount.objects.select_related("person").filter(owner=person_id, person__is_active=True)
    return LeftOpen(
        ends=tuple(held), alone=tuple(alone), proposals=tuple(binding_info(row, on) for row in waiting.order_by("id")),
        programs=tuple(_info(row.person) for row in programs.order_by("person_id")),
    )  # fmt: skip


def was_charge(scope: Scope, person_id: int, on: date) -> bool:
    """Whether a role that somebody holds or held was the scope's charge."""
    rows = in_reach(scope).filter(person=person_id).select_related("person", "acting_for", "takes_over")
    held = [binding_info(row, on) for row in rows]
    return policies.is_system(scope) or bool(looked_after(scope, held))


def may_erase_contacts(*, scope: Scope, person_id: int, on: date) -> bool:
    """Whether somebody has left, can still be reached by what his account keeps, and was the scope's charge."""
    records = Person.objects.filter(Q(id=person_id) | Q(merged_into=person_id))
    reached = records.exclude(email="", phone_index=b"").exists()
    return reached and not open_bindings(person_id, on) and was_charge(scope, person_id, on)


def _info(person: Person) -> PersonInfo:
    return PersonInfo(id=person.id, username=person.username, name=person.name)
