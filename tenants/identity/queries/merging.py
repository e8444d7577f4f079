"""Records that may be one person: the same private telephone, or the same name in the same body; and what waits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from itertools import combinations

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.models import Binding, Person, PersonMerge
from tenants.identity.queries.register import in_reach, looked_after, open_bindings, records
from tenants.identity.types import MergeInfo, PersonInfo, PersonRecord, Same, Standing

AT_ONCE = 50  # pairs on one page


def list_same(*, scope: Scope, on: date) -> list[Same]:
    """Pairs of records in reach that may be one person and that nobody has decided about, the surest first."""
    policies.check_may_read(scope)
    people = Person.objects.filter(Exists(in_reach(scope).filter(person=OuterRef("pk"))), is_active=True,
                                   service__isnull=True)  # fmt: skip
    names = people.values("name").annotate(n=Count("id")).filter(n__gt=1).values("name")
    phones = people.exclude(phone_index=b"").values("phone_index").annotate(n=Count("id")).filter(n__gt=1)
    found = list(
        people.filter(Q(name__in=names) | Q(phone_index__in=phones.values("phone_index"))).order_by("id")[:500]
    )
    shown = {record.person.id: record for record in records(scope, found, on, over=True)}
    decided = {
        frozenset(pair) for pair in PersonMerge.objects.filter(
            kept__in=[one.id for one in found], gone__in=[one.id for one in found]).values_list("kept_id", "gone_id")
    }  # fmt: skip
    pairs = [
        Same(one=shown[one.id], other=shown[other.id], by_phone=_phone(one) == _phone(other) != b"")
        for one, other in _alike(found) if frozenset({one.id, other.id}) not in decided
    ]  # fmt: skip
    return sorted(pairs, key=lambda pair: not pair.by_phone)[:AT_ONCE]


def _phone(person: Person) -> bytes:
    return bytes(person.phone_index)


def _alike(people: Collection[Person]) -> Iterator[tuple[Person, Person]]:
    bodies: dict[int, set[tuple[int | None, str]]] = {}
    for person_id, tenant_id, subject in Binding.objects.filter(person__in=people).values_list(
        "person_id", "tenant_id", "subject_id"
    ):
        bodies.setdefault(person_id, set()).add((tenant_id, subject))
    for one, other in combinations(people, 2):
        same_name = one.name == other.name and bodies.get(one.id, set()) & bodies.get(other.id, set())
        if same_name or _phone(one) == _phone(other) != b"":
            yield one, other


def get_pair(*, scope: Scope, one_id: int, other_id: int, on: date) -> tuple[PersonRecord, PersonRecord]:
    """Two records with all they held in reach. :raises Missing:"""
    scope.require(policies.GRANT)
    shown = {record.person.id: record for record in records(scope, _both(scope, (one_id, other_id)), on, over=True)}
    return shown[one_id], shown[other_id]


def list_merges(*, scope: Scope) -> list[MergeInfo]:
    """What waits for another person, of records in reach."""
    policies.check_may_read(scope)
    rows = PersonMerge.objects.select_related("kept", "gone").filter(
        Exists(in_reach(scope).filter(person=OuterRef("kept"))), Exists(in_reach(scope).filter(person=OuterRef("gone"))),
        standing=Standing.PROPOSED,
    )  # fmt: skip
    return [merge_info(row) for row in rows.order_by("id")]


def get_merge(*, scope: Scope, merge_id: int) -> MergeInfo:
    """:raises Missing: none waits in reach."""
    found = next((one for one in list_merges(scope=scope) if one.id == merge_id), None)
    if found is None:
        raise Missing("identity.no_merge", _("没有这个待确认的合并，或者它已经办过了。"))
    return found


def may_merge(scope: Scope, ids: tuple[int, int], on: date) -> list[Person]:
    """
    The two records, if everything both hold is the scope's charge; of one that holds nothing any more, what it held
    lies in reach.

    :raises Missing: :raises Forbidden:
    """
    if not {policies.GRANT, policies.CONFIRM} & scope.grants:
        raise policies.not_yours()
    people = _both(scope, ids)
    for one in people:
        held = open_bindings(one.id, on)
        if len(looked_after(scope, held)) != len(held):
            raise policies.not_yours()
    return people


def _both(scope: Scope, ids: tuple[int, int]) -> list[Person]:
    people = list(Person.objects.filter(Exists(in_reach(scope).filter(person=OuterRef("pk"))), id__in=ids,
                                        merged_into__isnull=True).order_by("id"))  # fmt: skip
    if len(people) != len(set(ids)):
        raise policies.no_person()
    return people


def merge_info(row: PersonMerge) -> MergeInfo:
    return MergeInfo(id=row.id, kept=_info(row.kept), gone=_info(row.gone), reason=row.reason,
                     proposed_by=row.proposed_by, proposed_at=row.proposed_at)  # fmt: skip


def _info(person: Person) -> PersonInfo:
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def same_person(person_id: int) -> list[int]:
    """A person and the records that went into his: what was booked about any of them is his history."""
    return [person_id, *Person.objects.filter(merged_into=person_id).order_by("id").values_list("id", flat=True)]
