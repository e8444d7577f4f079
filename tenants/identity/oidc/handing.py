"""
The place of a first password on its way to the account over there: written sealed with the act that made it, brought by a
worker, and gone when it has arrived. Over there it opens once: Keycloak asks for one's own at once.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from falin.kernel import crypto
from falin.kernel.scope import PUBLIC_SCHEMA
from tenants.identity.oidc.models import Account, FirstPassword
from tenants.identity.queries.account import FIRST_PASSWORD


def send_along(*, person_id: int, password: str, now: datetime) -> None:
    """Have the one-time password that was just handed out open the other home, too; nothing where there is none."""
    if not settings.OIDC_ISSUER:
        return
    sealed = crypto.encrypt(password, FIRST_PASSWORD.place(PUBLIC_SCHEMA, person_id))
    FirstPassword.objects.update_or_create(person_id=person_id, defaults={"password_sealed": sealed, "made_at": now})
    Account.objects.update_or_create(person_id=person_id, defaults={"due_at": now})


def find_waiting(*, person_id: int) -> tuple[str, bytes] | None:
    """What is to be brought for a person, and as it lies; :raises Unreadable:"""
    row = FirstPassword.objects.filter(person_id=person_id).first()
    if row is None:
        return None
    sealed = bytes(row.password_sealed)
    return crypto.decrypt(sealed, FIRST_PASSWORD.place(PUBLIC_SCHEMA, person_id)), sealed


def has_arrived(*, person_id: int, sealed: bytes) -> None:
    """It is there, or is not to go there; a newer one that came meanwhile still is."""
    FirstPassword.objects.filter(person_id=person_id, password_sealed=sealed).delete()
