"""
The place of what is on its way to the account over there: a first password, second factors that go, sessions that end. It
is written with the act here, brought by a worker, and gone when it has arrived.

A first password lies sealed meanwhile. Over there it opens once: Keycloak asks for one's own at once.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from falin.kernel import crypto
from falin.kernel.scope import PUBLIC_SCHEMA
from tenants.identity.models import Session
from tenants.identity.oidc.models import Account, FirstPassword, ForeignSession, Link
from tenants.identity.queries.account import FIRST_PASSWORD


def send_along(*, person_id: int, password: str, now: datetime) -> None:
    """Have the one-time password that was just handed out open the other home, too; nothing where there is none."""
    if not settings.OIDC_ISSUER:
        return
    sealed = crypto.encrypt(password, FIRST_PASSWORD.place(PUBLIC_SCHEMA, person_id))
    FirstPassword.objects.update_or_create(person_id=person_id, defaults={"password_sealed": sealed, "made_at": now})
    Account.objects.update_or_create(person_id=person_id, defaults={"due_at": now})


def reset_factors_there(*, person_id: int, now: datetime) -> bool:
    """Have his second factors of this moment go over there, too; whether he has an account there."""
    if not Link.objects.filter(issuer=settings.OIDC_ISSUER, person_id=person_id).exists():
        return False
    Account.objects.update_or_create(person_id=person_id, defaults={"due_at": now, "factors_reset_at": now})
    return True


def end_there(*, person_id: int, now: datetime) -> None:
    """
    Have those of his sessions over there end from which none here comes any more. Two hosts in one browser have two
    sessions here and one there: it goes on with either.
    """
    here = Session.objects.filter(person_id=person_id).values("session_key")
    rows = ForeignSession.objects.filter(issuer=settings.OIDC_ISSUER, person_id=person_id, over_at__isnull=True)
    going_on = rows.filter(session_key__in=here).values("sid")
    rows.exclude(session_key__in=here).exclude(sid__in=going_on).exclude(sid="").update(over_at=now)


def find_password(*, person_id: int) -> tuple[str, bytes] | None:
    """The first password that is to be brought for a person, and as it lies; :raises Unreadable:"""
    row = FirstPassword.objects.filter(person_id=person_id).first()
    if row is None:
        return None
    sealed = bytes(row.password_sealed)
    return crypto.decrypt(sealed, FIRST_PASSWORD.place(PUBLIC_SCHEMA, person_id)), sealed


def find_factors_reset(*, person_id: int) -> datetime | None:
    """Which of his second factors are to go: those set up before."""
    return Account.objects.filter(person_id=person_id).values_list("factors_reset_at", flat=True).first()


def list_ending(*, person_id: int) -> list[str]:
    """His sessions over there that are to end, by the issuer's names."""
    rows = ForeignSession.objects.filter(issuer=settings.OIDC_ISSUER, person_id=person_id, over_at__isnull=False)
    return list(rows.order_by("over_at", "sid").values_list("sid", flat=True))


def has_arrived(*, person_id: int, sealed: bytes | None, reset_at: datetime | None, ended: list[str]) -> None:
    """What was brought, or is not to go there, waits no more; what came meanwhile still does."""
    FirstPassword.objects.filter(person_id=person_id, password_sealed=sealed).delete()
    Account.objects.filter(person_id=person_id, factors_reset_at=reset_at).update(factors_reset_at=None)
    ForeignSession.objects.filter(person_id=person_id, over_at__isnull=False, sid__in=ended).delete()
