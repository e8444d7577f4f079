"""The place of receivers' secrets at rest: encrypted, bound to their row."""

from __future__ import annotations

from django.db.models import QuerySet

from falin.kernel import crypto
from falin.kernel.models import WebhookEndpoint
from falin.kernel.scope import PUBLIC_SCHEMA

_TABLE = WebhookEndpoint._meta.db_table


def _in(tenant: str) -> QuerySet[WebhookEndpoint]:
    """Receivers are a tenant's; the shared schema has none, nor the table."""
    rows = WebhookEndpoint.objects.all()
    return rows.none() if tenant == PUBLIC_SCHEMA else rows


SECRET = crypto.Sealed(table=_TABLE, field="secret_sealed", column="secret", rows=_in)
EARLIER = crypto.Sealed(table=_TABLE, field="earlier_sealed", column="earlier_secret",
                        rows=lambda tenant: _in(tenant).exclude(earlier_sealed=b""))  # fmt: skip
SEALED = (SECRET, EARLIER)


def seal(column: crypto.Sealed, secret: str, *, tenant: str, row: object) -> bytes:
    return crypto.encrypt(secret, column.place(tenant, row))


def unseal(column: crypto.Sealed, token: bytes | memoryview, *, tenant: str, row: object) -> str:
    return crypto.decrypt(token, column.place(tenant, row))
