"""What waits to be put right of people's names, and who may do it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Q, Subquery

from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope
from tenants.divisions.api import Division, list_divisions
from tenants.identity import policies
from tenants.identity.models import Binding, Correction, Person
from tenants.identity.queries.register import in_force, may_charge, open_bindings
from tenants.identity.roles import GRANTS, looks_after
from tenants.identity.types import BindingInfo, CorrectionInfo, PersonInfo, Role

TOLD_FOR = timedelta(days=7)  # an answer is told by the next round; a worker may have stood still
CHARGED = [role for role in Role if {policies.GRANT, policies.CONFIRM} & GRANTS[role]]


def find_own_correction(*, scope: Scope) -> CorrectionInfo | None:
    """What one asked for and is not done yet."""
    return _info(Correction.objects.filter(person_id=scope.person_id, done_at__isnull=True).first())


def find_own_declined(*, scope: Scope) -> CorrectionInfo | None:
    """What one asked for last, where the answer was no; until one asks anew."""
    last = Correction.objects.filter(person_id=scope.person_id).select_related("person").order_by("-id").first()
    return _info(last) if last is not None and last.declined_by is not None else None


def declined_to_tell(*, scope: Scope, now: datetime) -> list[CorrectionInfo]:
    """Answers of the last days that said no, of people whose first role is in the scope's body; for who tells them."""
    policies.check_may_look_ahead(scope)
    first = Binding.objects.filter(in_force(legal_day(now)), person=OuterRef("person")).order_by("id")
    rows = Correction.objects.filter(declined_by__isnull=False, done_at__gt=now - TOLD_FOR).annotate(
        body=Subquery(first.values("tenant_id")[:1])
    )
    found = [_info(row) for row in rows.select_related("person").order_by("id") if (row.body or 0) == scope.tenant_id]
    return [one for one in found if one is not None]


def get_own_entry(*, scope: Scope) -> PersonInfo:
    """One's own name and sign-in name as they stand."""
    person = Person.objects.get(id=scope.person_id)
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def find_correction(*, scope: Scope, person_id: int, on: date) -> CorrectionInfo | None:
    """
    What somebody asked for, for whose charge he is.

    :raises Missing: he is not in reach.
    """
    policies.check_may_read(scope)
    if person_id == scope.person_id or not may_charge(scope=scope, person_id=person_id, on=on):
        return None
    return _info(Correction.objects.filter(person_id=person_id, done_at__isnull=True).first())


def corrections_to_tell(*, scope: Scope, on: date) -> list[tuple[CorrectionInfo, set[int]]]:
    """What waits, and who in the scope's own body may do it; for who tells them: the system."""
    policies.check_may_look_ahead(scope)
    rows = Correction.objects.filter(done_at__isnull=True).select_related("person").order_by("id")
    return [
        (info, who) for row in rows
        if (info := _info(row)) and (who := _correctors(row.person_id, on, Q(tenant_id=scope.tenant_id)))
    ]  # fmt: skip


def may_be_corrected(*, person_id: int, on: date) -> bool:
    """Whether anybody is there whose charge he is."""
    return bool(_correctors(person_id, on, Q()))


def is_on_a_register(person_id: int) -> bool:
    """Whether his name is that of a register of its own: the advisers'."""
    return Binding.objects.filter(person_id=person_id, role=Role.ADVISER, ended_at__isnull=True).exists()


def _correctors(person_id: int, on: date, among: Q) -> set[int]:
    """The people whose charge everything is that somebody holds: each binding must be within one of theirs."""
    held = open_bindings(person_id, on)
    places = {place.id: place for place in list_divisions({one.node_id for one in held})}
    if not held or len({one.node_id for one in held}) != len(places):
        return set()
    above = {node for place in places.values() for node in policies.path_of(place)}
    rows = list(
        Binding.objects.filter(among, in_force(on), role__in=CHARGED, person__is_active=True)
        .filter(Q(node_id__in=above) | Q(subject_id__in={one.subject_id for one in held} - {""}))
        .exclude(person_id=person_id)
    )
    able = [{row.person_id for row in rows if is_charge_of(one, row, places[one.node_id])} for one in held]
    return set.intersection(*able)


def is_charge_of(one: BindingInfo, row: Binding, place: Division) -> bool:
    """Whether a role at a place is the charge of who holds another."""
    within = row.subject_id == one.subject_id if row.subject_id else row.node_id in policies.path_of(place)
    return within and looks_after(Role(row.role), one.role, policies.grades_of(place))


def _info(row: Correction | None) -> CorrectionInfo | None:
    if row is None:
        return None
    return CorrectionInfo(id=row.pk, person_id=row.person_id, now_name=row.person.name, name=row.name,
                          username=row.username, asked_at=row.asked_at, why=row.why,
                          declined_at=row.done_at if row.declined_by is not None else None)  # fmt: skip
