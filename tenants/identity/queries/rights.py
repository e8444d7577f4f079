"""What somebody may do at a place and why; who may do what there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from falin.kernel.scope import Scope
from tenants.divisions.api import Division, list_divisions
from tenants.identity import policies
from tenants.identity.queries.register import binding_info, get_record, in_force, in_reach
from tenants.identity.roles import GRANTS
from tenants.identity.types import BindingInfo, PersonInfo, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A binding, the place it was given for, and what it lets its holder do at the place asked for: nothing, or these."""

    binding: BindingInfo
    place: Division
    reaches: bool
    grants: tuple[str, ...]


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

    A role at a place reaches all below it; suspended, proposed, future and expired ones come to nothing.
    """
    record = get_record(scope=scope, person_id=person_id, on=on)
    shown = [one for one in record.bindings if one.state not in {State.ENDED, State.REFUSED}]
    places = {place.id: place for place in list_divisions({one.node_id for one in shown})}
    rights = []
    for one in shown:
        reaches = at is None or one.node_id in policies.path_of(at)
        holds = one.state == State.IN_FORCE and reaches and not record.suspended
        rights.append(
            Right(binding=one, place=places[one.node_id], reaches=reaches,
                  grants=tuple(sorted(GRANTS[one.role])) if holds else ())
        )  # fmt: skip
    return Explained(person=record.person, suspended=record.suspended, rights=tuple(rights))


def list_who(*, scope: Scope, at: Division, on: date) -> list[Right]:
    """
    Who may act at a place on a day, of those in reach, by role from the top.

    :raises Missing: the place is not one of the scope's.
    """
    policies.check_may_read(scope)
    if scope.subject_id or not (policies.is_system(scope) or policies.reaches(scope, at, "")):
        raise policies.no_place()
    rows = in_reach(scope).filter(in_force(on), node_id__in=policies.path_of(at), person__is_active=True)
    shown = [binding_info(row, on) for row in rows.select_related("person", "acting_for", "takes_over")]
    places = {place.id: place for place in list_divisions({one.node_id for one in shown})}
    order = list(GRANTS)
    return [
        Right(binding=one, place=places[one.node_id], reaches=True, grants=tuple(sorted(GRANTS[one.role])))
        for one in sorted(shown, key=lambda one: (order.index(one.role), one.person.name, one.id))
    ]
