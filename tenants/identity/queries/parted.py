"""Whose roles a separation of duties keeps from opening anything, and who is to hear of it: for what people are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from falin.kernel.scope import Scope
from tenants.divisions.api import list_divisions
from tenants.identity import policies
from tenants.identity.models import Binding
from tenants.identity.queries.correcting import CHARGED, is_charge_of
from tenants.identity.queries.register import binding_info, in_force
from tenants.identity.queries.signing_in import SignedIn, read_all_signed_in
from tenants.identity.rules import Rule
from tenants.identity.types import PersonInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Somebody's roles that open nothing, by one rule; ``newest`` of them, and ``who`` is told."""

    person: PersonInfo
    rule: Rule
    newest: int
    who: frozenset[int]


def parted_to_tell(*, scope: Scope, on: date) -> list[Parted]:
    """
    Roles that open nothing since a place moved, a rule changed or a row came past the commands; for who tells them: the
    system. Told is in each body who works there, of the roles that are his charge: who gave one, while he still could; else
    whoever looks after it in its own body; else whoever does in another.
    """
    policies.check_may_look_ahead(scope)
    if not scope.tenant_id:
        return []  # nobody's roles are the charge of who runs the platform
    held = Binding.objects.filter(in_force(on), person__is_active=True)
    several = held.order_by().values("person_id").annotate(roles=Count("role", distinct=True)).filter(roles__gt=1)
    everybody = read_all_signed_in(people=several.values_list("person_id", flat=True), on=on)
    parted = {person_id: one for person_id, one in everybody.items() if one.apart}
    found: dict[tuple[int, str], Parted] = {}
    for row in held.filter(person__in=parted).select_related("person", "acting_for", "takes_over").order_by("id"):
        rule = _stopped_by(row, parted[row.person_id])
        who = _who_hears(row, scope.tenant_id, on) if rule else frozenset[int]()
        if rule and who:
            before = found.get((row.person_id, rule.code))
            found[row.person_id, rule.code] = Parted(
                person=binding_info(row, on).person, rule=rule, newest=row.pk, who=who | (before.who if before else frozenset())
            )  # fmt: skip
    return list(found.values())


def _stopped_by(row: Binding, signed_in: SignedIn) -> Rule | None:
    return next(
        (rule for hat, rule in signed_in.apart
         if (hat.role, hat.subject_id, hat.tenant_id) == (row.role, row.subject_id, row.tenant_id or 0)
         and row.node_id in hat.places), None,
    )  # fmt: skip


def _who_hears(row: Binding, tenant_id: int, on: date) -> frozenset[int]:
    """Of those whose charge a role is, the nearest, as far as they work in the body."""
    places = list_divisions([row.node_id])
    one = binding_info(row, on)
    if not places:
        return frozenset()
    over = Q(node_id__in=policies.path_of(places[0]))
    if row.subject_id:
        over |= Q(subject_id=row.subject_id)
    others = Binding.objects.filter(over, in_force(on), role__in=CHARGED, person__is_active=True)
    able = [other for other in others.exclude(person_id=row.person_id) if is_charge_of(one, other, places[0])]
    near = [other for other in able if other.person_id == row.granted_by]
    near = near or [other for other in able if other.tenant_id == row.tenant_id] or able
    return frozenset(other.person_id for other in near if other.tenant_id == tenant_id)
