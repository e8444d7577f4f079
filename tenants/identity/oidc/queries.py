"""How the second home's tables are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenants.identity.oidc.models import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Since when a person has an account over there, and whether he linked it himself."""

    made_at: datetime
    by_himself: bool


def find_person_id(*, issuer: str, subject: str) -> int | None:
    """Whom a subject of an issuer stands for here."""
    return Link.objects.filter(issuer=issuer, subject=subject).values_list("person_id", flat=True).first()


def find_link(*, person_id: int) -> Linked | None:
    """A person's account at the second home."""
    row = Link.objects.filter(person_id=person_id).order_by("-id").first()
    return Linked(made_at=row.made_at, by_himself=row.made_by == person_id) if row else None
