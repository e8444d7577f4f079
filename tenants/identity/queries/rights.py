"""What somebody may do at a place and why; who may do what there; who could have read a thing that lay there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from falin.kernel.clock import bounds_of
from falin.kernel.scope import Scope
from tenants.divisions.api import Division, list_divisions
from tenants.identity import policies
from tenants.identity.models import Binding, ServiceAccount, Suspension
from tenants.identity.queries.register import binding_info, get_record, held_on, in_force, in_reach
from tenants.identity.queries.signing_in import SignedIn, read_all_signed_in, scope_of
from tenants.identity.queries.tokens import stopped_by
from tenants.identity.roles import GRANTS, READS_ONLY, ROLES
from tenants.identity.rules import BODY_MOVING, BODY_SHUT, BODY_SUSPENDED, PROGRAM_STOPPED, Rule
from tenants.identity.types import BindingInfo, Hat, PersonInfo, Role, State

# What these let one read lies beside the bodies' own books: whoever holds a place above reads it under his own body.
_FROM_ABOVE = frozenset({"people.read", "places.read", "figures.read", "visits.published", "settings.read"})

_THE_LOG = frozenset({"history.read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """
    A binding, the place it was given for, and what it lets its holder do at the place asked for: nothing, or these.

    ``place``: none for the platform's own, which the first operator holds before there is a province. ``stopped``: the
    rule by which every door refuses what else the role would let him.
    """

    binding: BindingInfo
    place: Division | None
    reaches: bool
    grants: tuple[str, ...]
    stopped: Rule | None = None

    @property
    def stopped_by(self) -> str:
        """The rule as a code; empty where nothing is stopped."""
        return self.stopped.code if self.stopped else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    person: PersonInfo
    suspended: bool
    rights: tuple[Right, ...]

    @property
    def grants(self) -> frozenset[str]:
        """What he may do there, all his roles together; at one time he acts under one."""
        return frozenset(grant for right in self.rights for grant in right.grants)


def list_rights(*, scope: Scope, person_id: int, at: Division | None, on: date) -> Explained:
    """
    Every open grant of a person in reach, with what it comes to on a day, at a place or wherever it was given.

    A role at a place reaches all below it; suspended, proposed, future and expired ones come to nothing. What the doors
    refuse for another reason is left out, and the rule is named: it is read as at the start of a request.
    """
    record = get_record(scope=scope, person_id=person_id, on=on)
    shown = [one for one in record.bindings if one.state not in {State.ENDED, State.REFUSED}]
    places = {place.id: place for place in list_divisions({one.node_id for one in shown})}
    opens = _at_the_doors([one for one in shown if one.state == State.IN_FORCE and not record.suspended], on)
    rights = []
    for one in shown:
        reaches = at is None or one.node_id in policies.path_of(at)
        grants, stopped = opens.get(one.id, _NOTHING) if reaches else _NOTHING
        rights.append(
            Right(binding=one, place=places.get(one.node_id), reaches=reaches, grants=grants, stopped=stopped)
        )
    return Explained(person=record.person, suspended=record.suspended, rights=tuple(rights))


def list_who(*, scope: Scope, at: Division, on: date) -> list[Right]:
    """
    Who may act at a place on a day, of those in reach, by role from the top; whom the doors refuse, with the rule.

    :raises Missing: the place is not one of the scope's.
    """
    policies.check_may_read(scope)
    if scope.subject_id or not (policies.is_system(scope) or policies.reaches(scope, at, "")):
        raise policies.no_place()
    rows = in_reach(scope).filter(in_force(on), node_id__in=policies.path_of(at), person__is_active=True)
    shown = [binding_info(row, on) for row in rows.select_related("person", "acting_for", "takes_over")]
    places = {place.id: place for place in list_divisions({one.node_id for one in shown})}
    order, opens = list(GRANTS), _at_the_doors(shown, on)
    return [
        Right(binding=one, place=places[one.node_id], reaches=True, grants=opens[one.id][0], stopped=opens[one.id][1])
        for one in sorted(shown, key=lambda one: (order.index(one.role), one.person.name, one.id))
    ]


def list_scopes(*, scope: Scope, grants: Collection[str], on: date) -> list[Scope]:
    """
    Everybody of the scope's own body who may do one of these things there, as he may now, one by one; for who tells them:
    the system. Programs read no notices.
    """
    policies.check_may_look_ahead(scope)
    roles = [role for role, held in GRANTS.items() if held.intersection(grants)]
    here = Q(tenant_id=scope.tenant_id) if scope.tenant_id else Q(tenant__isnull=True)
    rows = Binding.objects.filter(
        here, in_force(on), role__in=roles, person__is_active=True, person__service__isnull=True
    )
    signed_in = read_all_signed_in(people=set(rows.values_list("person_id", flat=True)), on=on)
    return [
        scope_of(one, hat) for one in signed_in.values() for hat in one.hats
        if hat.tenant_id == scope.tenant_id and hat.role in roles and not hat.emergency
    ]  # fmt: skip


_Opens = tuple[tuple[str, ...], Rule | None]
_NOTHING: _Opens = ((), None)


def _at_the_doors(held: Sequence[BindingInfo], on: date) -> dict[int, _Opens]:
    """What bindings in force open by what every request asks, and the rule by which that is less than the role says."""
    people = {one.person.id for one in held}
    signed_in = read_all_signed_in(people=people, on=on)
    programs = {row.person_id for row in ServiceAccount.objects.filter(person__in=people)}
    rows = Binding.objects.select_related("person__service__owner").in_bulk(
        [one.id for one in held if one.person.id in programs]
    )
    found = {}
    for one in held:
        row = rows.get(one.id)
        why = PROGRAM_STOPPED.get(stopped_by(row.person, row, on)) if row is not None else None
        found[one.id] = ((), why) if why else _opens(one, signed_in.get(one.person.id))
    return found


def _opens(one: BindingInfo, signed_in: SignedIn | None) -> _Opens:
    if signed_in is None:
        return _NOTHING

    def is_of(hat: Hat) -> bool:
        return (hat.role, hat.subject_id) == (one.role, one.subject_id) and one.node_id in hat.places

    rule = next((rule for hat, rule in signed_in.apart if is_of(hat)), None)
    hat = next(filter(is_of, signed_in.hats), None)
    if rule is not None or hat is None:  # every hat is worn or apart, but those of bodies nobody enters
        return (), rule or BODY_SHUT
    stopped = BODY_SUSPENDED if hat.suspended else BODY_MOVING if hat.moving else None
    return tuple(sorted(GRANTS[hat.role] & READS_ONLY if stopped else GRANTS[hat.role])), stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Roles that let their holders read a thing; ``above``: how many more there are that the asker does not know of."""

    rights: tuple[Right, ...]
    above: int


def list_readers(
    *, scope: Scope, places: Collection[Division], kind: str, subject_id: str, grants: frozenset[str], on: date
) -> Readers:  # fmt: skip
    """
    The roles in force at some time of a day that read a thing by one of the grants, in the scope's own body or from above.

    :param places: where it lay; none: the body's as a whole.
    """
    begins, ends = bounds_of(on)
    out_all_day = Suspension.objects.filter(begun_at__lt=begins).exclude(ended_at__lt=ends)
    held = Binding.objects.filter(held_on(on), role__in=[role for role in GRANTS if GRANTS[role] & grants])
    if places:
        held = held.filter(node_id__in={node for place in places for node in policies.path_of(place)})
    else:
        held = held.filter(tenant_id=scope.tenant_id)
    rows = held.exclude(person_id__in=out_all_day.values("person_id"))
    lets = {row.id: found for row in rows if (found := _reads(row, scope.tenant_id, kind, subject_id) & grants)}
    known = in_reach(scope).filter(id__in=lets).select_related("person", "acting_for", "takes_over")
    shown = [binding_info(row, on) for row in known]
    where = {place.id: place for place in list_divisions({one.node_id for one in shown}, on=on)}
    there = [one for one in shown if one.node_id in where]  # a place that was over by then reaches nothing
    order = list(GRANTS)
    return Readers(
        rights=tuple(
            Right(binding=one, place=where[one.node_id], reaches=True, grants=tuple(sorted(lets[one.id])))
            for one in sorted(there, key=lambda one: (order.index(one.role), one.person.name, one.id))
        ),
        above=len(lets) - len(shown),
    )


def _reads(row: Binding, tenant_id: int, kind: str, subject_id: str) -> frozenset[str]:
    """What a role lets its holder read of a thing of this body; who is bound to a firm or adviser, of that one alone."""
    role = Role(row.role)
    bound = ROLES[role].bound
    if bound == kind and row.subject_id != subject_id:
        return frozenset()
    # Of the log a firm's manager reads the roles of his firm, and those are said by the roles that look after them.
    grants = GRANTS[role] - _THE_LOG if bound else GRANTS[role]
    return grants if row.tenant_id == tenant_id else grants & _FROM_ABOVE
