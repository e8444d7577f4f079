"""The register of people, as far as a scope reaches: who holds what where, what waits, what ends, what is to be reviewed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import islice
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Replace

from falin.kernel import parameters, sorting
from falin.kernel.clock import SHANGHAI, bounds_of
from falin.kernel.scope import Scope
from falin.kernel.sorting import Order
from tenants.divisions.api import Division, list_divisions, nodes_below
from tenants.identity import policies
from tenants.identity.models import Binding, Invitation, Person
from tenants.identity.roles import ROLES, looks_after, may_appoint
from tenants.identity.rules import EXPIRES_SOON, LONGEST_GRANT, REVIEW_DAYS, ends_latest, quarter_of, review_ends
from tenants.identity.types import BindingInfo, PersonInfo, PersonRecord, Role, Standing, State, SuspensionInfo

PAGE = 30
# What the register stands by; the first one where nothing is asked.
PEOPLE_ORDERS: Final[dict[str, Order]] = {"name": ("pinyin", "id"), "username": ("username",)}
AT_ONCE = 200  # roles on one page of the review


class View(StrEnum):
    """Ready-made cuts of the register."""

    NOW = ""
    SOON = "soon"
    SUSPENDED = "suspended"
    FORMER = "former"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """One page of the register."""

    rows: tuple[PersonRecord, ...]
    after: str  # the next page's cursor; empty: this is the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What waits for a scope's holder."""

    proposals: int
    expiring: int
    to_review: int
    review_ends: date
    own_end: date | None  # his own role's, where it ends soon


# ---- reach -----------------------------------------------------------------------------------------------------------
def in_reach(scope: Scope) -> QuerySet[Binding]:
    """Bindings a scope may know of: of places below its own, or of its own firm."""
    if policies.is_system(scope):
        return Binding.objects.all()
    if scope.subject_id:
        return Binding.objects.filter(subject_id=scope.subject_id)
    return Binding.objects.filter(node_id__in=nodes_below(scope.roots))


def managers_of_firm(*, scope: Scope) -> dict[int, int]:
    """Every role that was ever given for the scope's own firm, by the binding's number: whose it is."""
    return dict(in_reach(scope).filter(role=Role.FIRM_MANAGER).values_list("id", "person_id"))


def in_force(on: date) -> Q:
    return Q(ended_at__isnull=True, standing=Standing.CONFIRMED, valid_from__lte=on) & _not_over(on)


def held_on(on: date) -> Q:
    """In force at some time of a day, whatever became of it since."""
    still = Q(ended_at__isnull=True) | Q(ended_at__gte=bounds_of(on)[0])
    return still & Q(standing=Standing.CONFIRMED, valid_from__lte=on) & _not_over(on)


def open_on(on: date) -> Q:
    """In force, to come, or waiting for a second person."""
    return Q(ended_at__isnull=True) & _not_over(on)


def _not_over(on: date) -> Q:
    return Q(valid_to__isnull=True) | Q(valid_to__gte=on)


def allowed_roles(scope: Scope) -> tuple[Role, ...]:
    """The roles a scope's holder may give somewhere."""
    own = Role(scope.role)
    every = frozenset(range(1, 6))
    return tuple(role for role in Role if may_appoint(own, role, every))


def ends_of(person_id: int, role: Role, place: Division, subject_id: str, on: date) -> list[date | None]:
    """The last days of a grantor's own bindings that reach a place on a day."""
    held = Binding.objects.filter(in_force(on), person_id=person_id, role=role)
    held = held.filter(subject_id=subject_id) if ROLES[role].granting.own_firm else held.filter(
        node_id__in=policies.path_of(place)
    )  # fmt: skip
    return list(held.values_list("valid_to", flat=True))


def latest_end(scope: Scope, place: Division, subject_id: str, begins_on: date) -> date | None:
    """The last day a scope's holder may name for a grant; ``None`` where his own role does not reach its first day."""
    longest = parameters.value(LONGEST_GRANT, node_id=place.province_id, on=begins_on)
    own = [None] if policies.is_system(scope) else ends_of(
        scope.person_id, Role(scope.role), place, subject_id, begins_on
    )  # fmt: skip
    return ends_latest(own, begins_on, longest) if own else None


# ---- people ----------------------------------------------------------------------------------------------------------
def search_people(
    *, scope: Scope, on: date, text: str = "", view: View = View.NOW, after: str = "", size: int = PAGE,
    sort: str = "",
) -> People:  # fmt: skip
    """
    People with a role in reach, by pinyin; found by name, pinyin, its initials, or sign-in name.

    :param after: a page's cursor, for the next one. :param sort: one of ``PEOPLE_ORDERS``, with - before it the other way
        round.
    """
    policies.check_may_read(scope)
    mine = in_reach(scope).filter(person=OuterRef("pk"))
    people = Person.objects.filter(Exists(mine))
    if view == View.SOON:
        people = people.filter(Exists(mine.filter(in_force(on), valid_to__lte=on + EXPIRES_SOON)))
    elif view == View.SUSPENDED:
        people = people.filter(is_active=False)
    else:
        has_open = Exists(mine.filter(open_on(on)))
        people = people.filter(~has_open if view == View.FORMER else has_open)
    order = sorting.order_of(sort, PEOPLE_ORDERS)
    page = sorting.turn(_found(people, text.strip()), order, after=after, size=size)
    return People(rows=tuple(records(scope, page.rows, on)), after=page.after)


def _found(people: QuerySet[Person], text: str) -> QuerySet[Person]:
    if not text:
        return people
    found = Q(name__contains=text) | Q(username__istartswith=text)
    if text.isascii() and text.isalpha():
        low = text.lower()
        people = people.annotate(joined=Replace("pinyin", Value(" "), Value("")))
        found |= Q(joined__startswith=low) | Q(pinyin__regex=r"^" + r"[a-z]* ".join(map(re.escape, low)) + r"[a-z]*$")
    return people.filter(found)


def get_record(*, scope: Scope, person_id: int, on: date) -> PersonRecord:
    """
    One person with every grant in reach, over ones too.

    :raises Missing: he never held one here.
    """
    policies.check_may_read(scope)
    rows = list(Person.objects.filter(Exists(in_reach(scope).filter(person=OuterRef("pk"))), id=person_id))
    if not rows:
        raise policies.no_person()
    return records(scope, rows, on, over=True)[0]


def records(scope: Scope, people: list[Person], on: date, *, over: bool = False) -> list[PersonRecord]:
    held = _with_people(in_reach(scope).filter(person__in=people))
    grouped: dict[int, list[BindingInfo]] = {}
    for row in held if over else held.filter(open_on(on)):
        grouped.setdefault(row.person_id, []).append(binding_info(row, on))
    return [
        PersonRecord(
            person=_info(one), suspended=not one.is_active, may_sign_in=one.has_usable_password(),
            bindings=tuple(grouped.get(one.id, ())), suspensions=_suspensions(one) if over else (),
        )
        for one in people
    ]  # fmt: skip


def _suspensions(person: Person) -> tuple[SuspensionInfo, ...]:
    return tuple(
        SuspensionInfo(begun_at=row.begun_at, begun_by=row.begun_by, why=row.why, ended_at=row.ended_at,
                       ended_by=row.ended_by, ended_why=row.ended_why)
        for row in person.suspensions.order_by("-begun_at")
    )  # fmt: skip


def _info(person: Person) -> PersonInfo:
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def _with_people(bindings: QuerySet[Binding]) -> QuerySet[Binding]:
    return bindings.select_related("person", "acting_for", "takes_over").order_by("-created_at", "-id")


def binding_info(row: Binding, on: date) -> BindingInfo:
    """A binding as others see it on a day."""
    if row.ended_at is not None:
        state = State.REFUSED if row.standing == Standing.REFUSED else State.ENDED
    elif row.valid_to is not None and row.valid_to < on:
        state = State.EXPIRED
    elif row.standing == Standing.PROPOSED:
        state = State.PROPOSED
    else:
        state = State.LATER if row.valid_from > on else State.IN_FORCE
    return BindingInfo(
        id=row.id, person=_info(row.person), role=Role(row.role), node_id=row.node_id, subject_id=row.subject_id,
        valid_from=row.valid_from, valid_to=row.valid_to, reason=row.reason, state=state, proposal=row.proposal,
        granted_by=row.granted_by, granted_as=row.granted_as, created_at=row.created_at, decided_by=row.decided_by,
        ended_at=row.ended_at, ended_by=row.ended_by, ended_why=row.ended_why, reviewed_at=row.reviewed_at,
        acting_for=row.acting_for.person_id if row.acting_for else None,
        takes_over=row.takes_over.person_id if row.takes_over else None,
    )  # fmt: skip


def get_binding(*, scope: Scope, binding_id: int, on: date) -> BindingInfo:
    """:raises Missing: there is none in reach."""
    policies.check_may_read(scope)
    row = _with_people(in_reach(scope)).filter(id=binding_id).first()
    if row is None:
        raise policies.no_binding()
    return binding_info(row, on)


# ---- what waits ------------------------------------------------------------------------------------------------------
def has_operator(*, on: date) -> bool:
    """Whether anybody runs the platform in his own name on a day; in a new cell nobody does yet."""
    return Binding.objects.filter(in_force(on), role=Role.OPERATOR, person__is_active=True).exists()


def list_proposals(*, scope: Scope, on: date) -> dict[UUID, list[BindingInfo]]:
    """What waits for a second person within reach, oldest first; those of one proposal together."""
    policies.check_may_read(scope)
    rows = _with_people(in_reach(scope)).filter(standing=Standing.PROPOSED, ended_at__isnull=True)
    grouped: dict[UUID, list[BindingInfo]] = {}
    for row in rows.order_by("created_at", "id"):
        assert row.proposal is not None
        grouped.setdefault(row.proposal, []).append(binding_info(row, on))
    return grouped


def looked_after(scope: Scope, bindings: Iterable[BindingInfo]) -> list[BindingInfo]:
    """Those of the bindings that are the scope's charge."""
    found = list(bindings)
    places = {place.id: place for place in list_divisions({one.node_id for one in found})}
    return [
        one for one in found if one.node_id in places and policies.may_look_after(
            scope, person_id=one.person.id, role=one.role, place=places[one.node_id], subject_id=one.subject_id
        )
    ]  # fmt: skip


def open_bindings(person_id: int, on: date) -> list[BindingInfo]:
    """Everything a person holds or is proposed for, in whatever place."""
    rows = Binding.objects.filter(open_on(on), person_id=person_id)
    return [binding_info(row, on) for row in _with_people(rows)]


def may_charge(*, scope: Scope, person_id: int, on: date) -> bool:
    """
    Whether everything a person holds, in whatever place, is the scope's charge: he is nobody else's to shut out.

    :raises Missing: he is not in reach.
    """
    get_record(scope=scope, person_id=person_id, on=on)
    held = open_bindings(person_id, on)
    return bool(held) and len(looked_after(scope, held)) == len(held)


def list_to_review(*, scope: Scope, on: date, size: int = AT_ONCE) -> list[BindingInfo]:
    """The scope's charges that this quarter has not seen yet: given or reviewed before it began. So many at once."""
    policies.check_may_read(scope)
    always, sometimes = _charges(scope)
    rows = _with_people(in_reach(scope)).filter(to_review(on), role__in=always | sometimes)
    found = (binding_info(row, on) for row in rows.exclude(person=scope.person_id).order_by("person__pinyin", "id"))
    return looked_after(scope, found)[:size] if sometimes else looked_after(scope, islice(found, size))


def _charges(scope: Scope) -> tuple[set[Role], set[Role]]:
    """The roles that are the scope's charge wherever they are given, and those that are so at some levels only."""
    if not {policies.GRANT, policies.CONFIRM} & scope.grants:
        return set(), set()
    own = Role(scope.role)
    counted = {
        role: {looks_after(own, role, frozenset({level})) for level in row.levels} for role, row in ROLES.items()
    }
    return {role for role, seen in counted.items() if seen == {True}}, {
        role for role, seen in counted.items() if seen == {True, False}
    }  # fmt: skip


def _count_charges(scope: Scope, rows: QuerySet[Binding], on: date) -> int:
    """How many of the rows are the scope's charge; a city's thousands of liaisons are counted where they lie."""
    always, sometimes = _charges(scope)
    others = rows.exclude(person=scope.person_id)
    many = others.filter(role__in=always).count() if always else 0
    few = _with_people(others.filter(role__in=sometimes)) if sometimes else ()
    return many + len(looked_after(scope, (binding_info(row, on) for row in few)))


def to_review(on: date) -> Q:
    """In force, given by appointment, and neither made, decided nor reviewed since the quarter began."""
    start = datetime.combine(quarter_of(on), time(), SHANGHAI)
    by_appointment = [role for role, row in ROLES.items() if row.by_appointment]
    unseen = Q(created_at__lt=start) & (Q(decided_at__isnull=True) | Q(decided_at__lt=start))
    return in_force(on) & Q(role__in=by_appointment) & unseen & (Q(reviewed_at__isnull=True) | Q(reviewed_at__lt=start))


def count_due(*, scope: Scope, now_day: date) -> Due:
    """What the home page says: proposals to confirm, roles that end soon, roles to review."""
    days = parameters.value(REVIEW_DAYS, node_id=scope.roots[0] if scope.roots else None, on=now_day)
    own = Binding.objects.filter(in_force(now_day), person_id=scope.person_id, role=scope.role)
    ends = list(own.values_list("valid_to", flat=True))
    soon = [end for end in ends if end is not None and end <= now_day + EXPIRES_SOON]
    waiting = expiring = review = 0
    if scope.may(policies.READ):
        if scope.may(policies.CONFIRM):
            waiting = sum(
                1 for group in list_proposals(scope=scope, on=now_day).values()
                if scope.person_id not in {group[0].granted_by, group[0].person.id} and confirms(scope, group[0])
            )  # fmt: skip
        if {policies.GRANT, policies.CONFIRM} & scope.grants:
            ending = in_reach(scope).filter(in_force(now_day), valid_to__lte=now_day + EXPIRES_SOON)
            expiring = _count_charges(scope, ending, now_day)
            review = _count_charges(scope, in_reach(scope).filter(to_review(now_day)), now_day)
    return Due(
        proposals=waiting, expiring=expiring, to_review=review, review_ends=review_ends(now_day, days),
        own_end=min(soon) if soon and len(soon) == len(ends) else None,
    )  # fmt: skip


def confirms(scope: Scope, one: BindingInfo) -> bool:
    """Whether the scope's role is the second of this proposal."""
    places = list_divisions([one.node_id])
    return bool(places) and policies.may_confirm(
        scope, granted_as=one.granted_as, place=places[0], subject_id=one.subject_id
    )


def find_invited(*, token_hash: str, now: datetime) -> PersonInfo | None:
    """Whom a link invites, while it is good."""
    row = Invitation.objects.select_related("person").filter(
        token_hash=token_hash, used_at__isnull=True, expires_at__gt=now, person__is_active=True
    ).first()  # fmt: skip
    return _info(row.person) if row else None


# ---- names -----------------------------------------------------------------------------------------------------------
def names_of(person_ids: set[int]) -> dict[int, str]:
    """The names of people who did something, for histories."""
    return dict(Person.objects.filter(id__in=person_ids).values_list("id", "name"))


def languages_of(person_ids: Collection[int]) -> dict[int, str]:
    """In which language each of these people is written to."""
    return {person.id: person.reads_in for person in Person.objects.filter(id__in=person_ids).only("id", "language")}


def find_person(username: str) -> PersonInfo | None:
    row = Person.objects.filter(username=username, merged_into__isnull=True).first()
    return _info(row) if row else None


def known_names(*, scope: Scope, names: Iterable[str]) -> dict[str, str]:
    """Of these names the ones somebody in reach has already, with a sign-in name each: perhaps it is the same person."""
    policies.check_may_read(scope)
    rows = Person.objects.filter(
        Exists(in_reach(scope).filter(person=OuterRef("pk"))), name__in=set(names), is_active=True
    )
    return dict(rows.order_by("-id").values_list("name", "username"))
