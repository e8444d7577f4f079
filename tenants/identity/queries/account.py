"""What somebody may know of his own account: sessions, what happened to it lately; and what a password may not be."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection

from falin.kernel import crypto
from falin.kernel.crypto import Sealed, SealedInside
from falin.kernel.scope import PUBLIC_SCHEMA
from tenants.identity.models import Binding, Code, Person, Session
from tenants.identity.oidc.models import FirstPassword
from tenants.identity.sessions import kept_as
from tenants.registry.models import Tenant

PHONE = Sealed(
    table="identity_person", field="phone_sealed", column="phone",
    rows=lambda schema: Person.objects.all() if schema == PUBLIC_SCHEMA else Person.objects.none(),
)  # fmt: skip
CODE_ADDRESS = Sealed(
    table="identity_code", field="address_sealed", column="address",
    rows=lambda schema: Code.objects.all() if schema == PUBLIC_SCHEMA else Code.objects.none(),
)  # fmt: skip
FIRST_PASSWORD = Sealed(
    table="identity_firstpassword", field="password_sealed", column="password",
    rows=lambda schema: FirstPassword.objects.all() if schema == PUBLIC_SCHEMA else FirstPassword.objects.none(),
)  # fmt: skip


def _factors(kind: str, key: str) -> SealedInside:
    """What allauth keeps of second factors, bound to its person (``signing.factors``)."""
    rows = Authenticator.objects.filter(type=kind)
    return SealedInside(
        table="mfa_authenticator", field="data", column="secret", key=key, owner="user_id",
        rows=lambda schema: rows.all() if schema == PUBLIC_SCHEMA else rows.none(),
    )  # fmt: skip


FACTORS = (_factors(Authenticator.Type.TOTP, "secret"), _factors(Authenticator.Type.RECOVERY_CODES, "seed"))
SEALED = (PHONE, CODE_ADDRESS, FIRST_PASSWORD, *FACTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One sign-in that is open. ``id`` names it to its own person and opens nothing."""

    id: str
    device: str
    network: str
    began_at: datetime
    seen_at: datetime
    this_one: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent:
    """Something that happened to an account. ``by_himself`` is false for what others did or tried."""

    at: datetime
    act: str
    by_himself: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRole:
    """A role one holds, held, or was proposed for."""

    role: str
    node_id: int
    valid_from: date
    valid_to: date | None
    reason: str
    standing: str
    ended_at: datetime | None
    ended_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """What the register keeps about a person, for himself. Secrets are not in it: what opens a door is no record."""

    username: str
    name: str
    email: str
    phone: str
    language: str  # empty: he never chose one
    entered_at: datetime
    roles: tuple[OwnRole, ...]
    suspensions: tuple[tuple[datetime, str, datetime | None, str], ...]
    second_factors: tuple[tuple[str, datetime], ...]
    sessions: tuple[OpenSession, ...]
    events: tuple[SecurityEvent, ...]


def read_own_account(*, person_id: int, now: datetime) -> OwnAccount:
    person = Person.objects.get(id=person_id)
    roles = person.bindings.order_by("id").values(
        "role", "node_id", "valid_from", "valid_to", "reason", "standing", "ended_at", "ended_why"
    )
    suspensions = person.suspensions.order_by("id").values_list("begun_at", "why", "ended_at", "ended_why")
    factors = Authenticator.objects.filter(user_id=person_id).order_by("id").values_list("type", "created_at")
    return OwnAccount(
        username=person.username, name=person.name, email=person.email, language=person.language,
        entered_at=person.created_at,
        phone=crypto.decrypt(person.phone_sealed, PHONE.place(PUBLIC_SCHEMA, person.pk)),
        roles=tuple(OwnRole(**one) for one in roles), suspensions=tuple(suspensions), second_factors=tuple(factors),
        sessions=tuple(list_sessions(person_id=person_id, current=None, now=now)),
        events=tuple(list_security_events(person_id=person_id, limit=None)),
    )  # fmt: skip


def session_id(key: str) -> str:
    """By what a session is named on pages: a keyed hash of what is kept of its key."""
    return crypto.blind_index(key, tenant=PUBLIC_SCHEMA, purpose="session").hex()[:24]


def list_sessions(*, person_id: int, current: str | None, now: datetime) -> list[OpenSession]:
    """This one first, then those used last; ``current`` is the key of the browser that asks."""
    here = kept_as(current) if current else ""
    rows = Session.objects.filter(person_id=person_id, expire_date__gt=now).order_by("-seen_at")[:50]
    found = [
        OpenSession(id=session_id(row.session_key), device=row.device, network=row.network, began_at=row.began_at,
                    seen_at=row.seen_at, this_one=row.session_key == here)
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.this_one)


def list_security_events(*, person_id: int, limit: int | None = 20) -> list[SecurityEvent]:
    """What was booked about the account in the shared schema, newest first; so many, or all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select at, act, person_id, after from public.kernel_auditentry where subject_kind = 'person'"
            " and subject_id = %s and act like 'identity.%%' order by id desc limit %s",
            [str(person_id), limit],
        )
        return [
            SecurityEvent(at=at, act=act, by_himself=by == person_id, facts=json.loads(after))
            for at, act, by, after in cursor.fetchall()
        ]


def phone_key(person_id: int) -> str:
    """
    The key to what somebody's own phone keeps for him while it has no network, in base64; the same whenever he signs in,
    so that what waits there can always be opened. It is kept nowhere: made of the root of the index key (decision 19).
    """
    return base64.b64encode(crypto.blind_index(str(person_id), tenant=PUBLIC_SCHEMA, purpose="person.store")).decode()


def phone_index(number: str) -> bytes:
    return crypto.blind_index(number, tenant=PUBLIC_SCHEMA, purpose="person.phone")


def is_phone_of(person_id: int, number: str) -> bool:
    return bool(Person.objects.filter(id=person_id, phone_index=phone_index(number)).exists())


def offices_of(person_id: int) -> set[str]:
    """Names of the tenants he works in."""
    tenants = Binding.objects.filter(person_id=person_id, ended_at__isnull=True).values("tenant_id")
    return set(Tenant.objects.filter(id__in=tenants).values_list("name", flat=True))
