"""The lock under which one month of one county is computed or published: one at a time, others wait."""

from __future__ import annotations

import hashlib

from django.db import connection

from falin.kernel.periods import Month


def lock_month(*, county_id: int, month: Month, act: str) -> None:
    """Held to the end of the transaction."""
    name = hashlib.sha256(f"indicators:{act}:{county_id}:{month}".encode()).digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [int.from_bytes(name, "big", signed=True)])
