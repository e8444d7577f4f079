"""What the page 账号与安全 shows, put together for pages and programs: sessions, second factors, contact, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from falin.kernel.scope import Scope
from falin.portal.acts import WORDS
from tenants.identity.models import Person
from tenants.identity.queries.account import OpenSession, SecurityEvent, list_security_events, list_sessions
from tenants.identity.signing import factors
from tenants.identity.signing.sending import phone_of
from tenants.identity.signing.whence import place_of

_WATCH = {
    "identity.password.failed",
    "identity.guessing.slowed",
    "identity.digits.failed",
    "identity.digits.slowed",
    "identity.password.found_common",
    "identity.person.suspended",
    "identity.password.reset",
    "identity.factors.reset",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One second factor. ``key`` names a passkey among several."""

    kind: str
    label: str
    key: int
    since: datetime
    used_at: datetime | None
    left: int | None = None  # recovery codes not used yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSession:
    session: OpenSession
    device: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent:
    event: SecurityEvent
    words: str
    more: str
    sign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The whole page."""

    username: str
    phone: str  # masked
    email: str
    language: str  # empty: never chosen
    sessions: tuple[ShownSession, ...]
    factors: tuple[Factor, ...]
    events: tuple[ShownEvent, ...]

    @property
    def has_app(self) -> bool:
        return any(one.kind == factors.TOTP for one in self.factors)

    @property
    def has_second(self) -> bool:
        return any(one.kind != factors.RECOVERY for one in self.factors)


def read_account(*, scope: Scope, request: HttpRequest, now: datetime) -> Account:
    """In the open transaction of the person's own door."""
    person = Person.objects.get(id=scope.person_id)
    number = phone_of(person)
    return Account(
        username=person.username, phone=f"{number[:3]}****{number[-4:]}" if number else "", email=person.email,
        language=person.language,
        sessions=tuple(
            ShownSession(session=one, device=one.device or _("不认识的设备"), place=place_of(one.network))
            for one in list_sessions(person_id=person.pk, current=request.session.session_key, now=now)
        ),
        factors=tuple(_factors(person)),
        events=tuple(map(_shown, list_security_events(person_id=person.pk))),
    )  # fmt: skip


def _factors(person: Person) -> list[Factor]:
    order = [factors.TOTP.value, factors.PASSKEY.value, factors.RECOVERY.value]
    rows = Authenticator.objects.filter(user_id=person.pk).order_by("id")
    return [
        Factor(kind=row.type, key=row.pk, since=row.created_at, used_at=row.last_used_at,
               label=row.data["name"] if row.type == factors.PASSKEY else str(factors.LABELS[row.type]),
               left=_left(row) if row.type == factors.RECOVERY else None)
        for row in sorted(rows, key=lambda row: order.index(row.type))
    ]  # fmt: skip


def _left(row: Any) -> int:
    return 10 - int(row.data["used_mask"]).bit_count()


def _shown(event: SecurityEvent) -> ShownEvent:
    facts = event.facts
    kind = str(factors.LABELS.get(facts.get("kind", ""), ""))
    more = [kind, str(facts.get("device", "")), place_of(facts["network"]) if "network" in facts else ""]
    return ShownEvent(event=event, words=str(WORDS.get(event.act, event.act)),
                      more=" · ".join(filter(None, more)), sign="watch" if event.act in _WATCH else "idle")  # fmt: skip
