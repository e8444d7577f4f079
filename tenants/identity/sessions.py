"""
Place of sessions: a table of ours in Django's format, read at every request by a statement of its own making, together
with who came in by it and what he holds (``queries.signing_in``): asked apart, they took a round trip more.

A browser's key is kept as its digest: who has a copy of the database opens no session with it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as StockStore
from django.db import connection

from falin.kernel.clock import legal_day, now
from tenants.identity.models import Session
from tenants.identity.oidc.models import ForeignSession

WHENCE = "whence"  # in the session: device and network it was opened from, and when
SEEN_AGAIN = timedelta(minutes=10)


def kept_as(key: str) -> str:
    """
    What a browser's key is known by in tables: 40 hexadecimal digits. Keys are made by chance (165 bits), so that a
    digest needs neither salt nor pepper.
    """
    return hashlib.blake2b(key.encode(), digest_size=20, person=b"falin session").hexdigest()


class SessionStore(StockStore):
    """As Django's, but a session is read without the query builder, which takes longer than PostgreSQL does."""

    came_in: tuple[int, list[tuple[Any, ...]]] | None = None  # the person and his rows of ``public.who_is_in``

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Any:
        moment = now()
        with connection.cursor() as cursor:
            cursor.execute(
                "select * from public.who_came_in(%s, %s, %s)",
                [kept_as(str(self.session_key)), moment, legal_day(moment)],
            )
            rows = cursor.fetchall()
            if not rows:
                self._session_key = None
                return None
            row = rows[0]
            if row[3] is not None:
                self.came_in = row[3], [one[5:] for one in rows if one[4] is not None]
            if moment - row[2] > SEEN_AGAIN:  # not at every request, and without making the session last longer
                cursor.execute(
                    "update public.identity_session set seen_at = %s where session_key = %s",
                    [moment, kept_as(str(self.session_key))],
                )
        return self.model(session_key=str(self.session_key), session_data=row[0], expire_date=row[1])

    def cycle_key(self) -> None:
        """As Django's; from which of an issuer's sessions it came goes along, so that the issuer can still end it."""
        before = self.session_key
        super().cycle_key()
        if before and settings.OIDC_ISSUER:
            here = ForeignSession.objects.filter(session_key=kept_as(before))
            here.update(session_key=kept_as(str(self.session_key)))

    def exists(self, session_key: str) -> bool:
        return bool(Session.objects.filter(session_key=kept_as(session_key)).exists())

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=kept_as(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be saved; columns are filled from the session's own data, so that the two never part."""
        whence, moment = data.get(WHENCE, {}), now()
        person_id = data.get(SESSION_KEY)
        return Session(
            session_key=kept_as(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(), person_id=int(person_id) if person_id else None,
            device=whence.get("device", ""), network=whence.get("network", ""), seen_at=moment,
            began_at=whence.get("began_at") or moment,
        )  # fmt: skip
