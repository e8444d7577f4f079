"""From a session to a scope: who comes in, which hats he may put on, and what he may under one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from falin.kernel.clock import legal_day, now
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope
from tenants.identity.models import Binding, Person
from tenants.identity.roles import EMERGENCY, GRANTS, PUBLIC, READS_ONLY, SYSTEM
from tenants.identity.rules import Held, Rule, parted_roles, separation_between
from tenants.identity.types import Hat, Role, Standing
from tenants.registry.types import SHUT, State, TenantInfo

_ORDER = {role: index for index, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    A person as re-read from the database at the start of a request, with every hat he may put on.

    ``apart``: hats that open nothing, with the rule that parts them, as long as he holds both.
    """

    person: Person
    hats: tuple[Hat, ...]
    apart: tuple[tuple[Hat, Rule], ...] = ()

    @property
    def parted(self) -> Rule | None:
        """The rule by which some of his roles open nothing."""
        return self.apart[0][1] if self.apart else None


def read_signed_in(*, person_id: int, on: date) -> SignedIn | None:
    """The person and all that decides what he may on a day, in one statement; ``None`` where he may not come in."""
    with connection.cursor() as cursor:
        cursor.execute("select * from public.who_is_in(%s, %s, %s)", [person_id, now(), on])
        return signed_in_by(cursor.fetchall(), person_id=person_id, on=on)


def read_all_signed_in(*, people: Collection[int], on: date) -> dict[int, SignedIn]:
    """The same of several at once; who may not come in is left out."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select p.id, s.* from unnest(%s::bigint[]) p (id), lateral public.who_is_in(p.id, %s, %s) s",
            [list(people), now(), on],
        )
        for person_id, *row in cursor.fetchall():
            found.setdefault(person_id, []).append(tuple(row))
    read = {person_id: signed_in_by(rows, person_id=person_id, on=on) for person_id, rows in found.items()}
    return {person_id: signed_in for person_id, signed_in in read.items() if signed_in is not None}


def signed_in_by(found: Sequence[tuple[Any, ...]], *, person_id: int, on: date) -> SignedIn | None:
    """The same from the rows of ``public.who_is_in``, read already: nothing more is asked of the database."""
    if not found:
        return None
    first = found[0]
    person = Person(id=person_id, username=first[0], name=first[1], password=first[2], must_change_password=first[3],
                    session_epoch=first[4], language=first[5])  # fmt: skip
    hats: dict[str, Hat] = {}
    paths: dict[int, frozenset[int]] = {}
    held = [row for row in found if row[6] and not row[19] and row[14] not in SHUT]
    for row in sorted(held, key=lambda row: (_ORDER[row[6]], row[9] or 0, row[7])):
        role, node_id, subject, tenant_id, schema, tenant, tenant_node, kind, state, place, level, below, path, _no = (
            row[6:]
        )
        paths[node_id] = frozenset(path or (node_id,))
        hat = Hat(role=Role(role), tenant_id=tenant_id or 0, schema=schema or "public", tenant_name=tenant or "",
                  tenant_node=tenant_node or 0, tenant_kind=kind or "", suspended=state == State.SUSPENDED,
                  moving=state == State.MOVING, preparing=state == State.PREPARING,
                  places=(node_id,), subject_id=subject, names=(place or "",), level=level or 0,
                  below=(frozenset(below or ()),))  # fmt: skip
        if hat.key in hats and hats[hat.key].subject_id != subject:  # one's places never go with the other's rows
            hat = replace(hat, twin=f":{subject}")
        hats[hat.key] = _joined(hats[hat.key], hat) if hat.key in hats else hat
    if any(hat.role == Role.OPERATOR for hat in hats.values()):
        for row in sorted((row for row in found if row[19]), key=lambda row: row[19]):
            hat = _emergency_hat(row)
            hats[hat.key] = hat
    wearable, apart = _separate(tuple(hats.values()), paths, on)
    return SignedIn(person, wearable, apart)


def ran_out(*, person_id: int, on: date) -> date | None:
    """The last day of the last role of somebody who holds none any more, if it ran out by its date."""
    own = Binding.objects.filter(person_id=person_id, standing=Standing.CONFIRMED, ended_at__isnull=True)
    return max((day for day in own.filter(valid_to__lt=on).values_list("valid_to", flat=True) if day), default=None)


def _separate(
    hats: tuple[Hat, ...], paths: Mapping[int, frozenset[int]], on: date
) -> tuple[tuple[Hat, ...], tuple[tuple[Hat, Rule], ...]]:
    """
    What is left of somebody's hats where a separation of duties parts two of them; and those, by which.

    A grant asks too, but a place can move, a rule can change, a row can come past the commands. Neither of the two
    opens anything until one has ended: else he would choose.

    :param paths: each place with all above it on that day.
    """
    if len(hats) < 2 or not (roles := parted_roles({hat.role for hat in hats})):
        return hats, ()
    apart = [hat for hat in hats if hat.role in roles]
    held = {
        hat.key: [Held(role=hat.role, node_id=place, path=paths.get(place, frozenset({place})), begins_on=on, ends_on=on)
                  for place in hat.places]
        for hat in apart
    }  # fmt: skip
    broken: dict[str, Rule] = {}
    for hat in apart:
        others = [one for key, those in held.items() if key != hat.key for one in those]
        if rule := next((found for one in held[hat.key] if (found := separation_between(one, others))), None):
            broken[hat.key] = rule
    return (tuple(hat for hat in hats if hat.key not in broken),
            tuple((hat, broken[hat.key]) for hat in apart if hat.key in broken))  # fmt: skip


def _emergency_hat(row: tuple[Any, ...]) -> Hat:
    _role, node_id, _subject, tenant_id, schema, tenant, tenant_node, kind, _state, place, level, *_rest, number = row[
        6:
    ]
    return Hat(role=Role.OPERATOR, tenant_id=tenant_id, schema=schema, tenant_name=tenant, tenant_node=tenant_node,
               tenant_kind=kind, suspended=False, places=(node_id,), subject_id="", names=(place,), level=level,
               twin=f":{number}", emergency=str(number))  # fmt: skip


def _joined(hat: Hat, other: Hat) -> Hat:
    """One hat with the places of both."""
    return replace(hat, places=hat.places + other.places, names=hat.names + other.names, below=hat.below + other.below)


def nodes_of(hat: Hat) -> tuple[frozenset[int], bool]:
    """The places a hat reaches inside its tenant, and whether that is the whole tenant."""
    if hat.emergency:
        return frozenset(), True
    if hat.tenant_node in hat.places or hat.role == Role.OPERATOR:
        return frozenset(), hat.role not in {Role.FIRM_MANAGER, Role.OPERATOR}
    return frozenset[int]().union(*hat.below), False


def scope_of(signed_in: SignedIn, hat: Hat, request_id: str = "") -> Scope:
    """The scope of a person under a hat."""
    nodes, whole = nodes_of(hat)
    grants = EMERGENCY if hat.emergency else GRANTS[hat.role]
    if hat.suspended or hat.moving:
        grants = grants & READS_ONLY
    return Scope(
        person_id=signed_in.person.id, person_name=signed_in.person.name, role=hat.role, tenant_id=hat.tenant_id,
        schema=hat.schema, roots=() if hat.subject_id else hat.places, nodes=nodes, whole=whole, grants=grants,
        subject_id=hat.subject_id, request_id=request_id, hat=hat.key, emergency=hat.emergency,
        suspended=hat.suspended, moving=hat.moving,
    )  # fmt: skip


def scope_in_force(person_id: int, hat_key: str) -> Scope | None:
    """The scope of a person under one of his hats as it is now; ``None`` when he holds it no longer."""
    signed_in = read_signed_in(person_id=person_id, on=legal_day(now()))
    hat = next((hat for hat in signed_in.hats if hat.key == hat_key), None) if signed_in else None
    return scope_of(signed_in, hat) if signed_in and hat else None


def seats_of(person_id: int) -> list[int]:
    """The places of the bodies in which somebody holds a role that has not ended, wherever they are."""
    rows = Binding.objects.filter(person=person_id, ended_at__isnull=True, tenant__isnull=False)
    return list(rows.values_list("tenant__node_id", flat=True).distinct())


def system_of(tenant: TenantInfo | None) -> Scope:
    """The system's own scope in one tenant, the whole of it; without a tenant, in the shared schema."""
    if tenant is None:
        return system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=SYSTEM)
    return system_scope(schema=tenant.schema, tenant_id=tenant.id, roots=(tenant.node_id,), grants=SYSTEM)


def public_of(tenant: TenantInfo) -> Scope:
    """
    The scope of everybody who comes without signing in: what one county published, in the shared schema. No row of the
    county's own is in its reach, whoever forgets to ask. Nobody's number is not the system's, which is 0.
    """
    return Scope(person_id=-1, person_name="", role="public", tenant_id=0, schema=PUBLIC_SCHEMA,
                 roots=(tenant.node_id,), grants=PUBLIC)  # fmt: skip
