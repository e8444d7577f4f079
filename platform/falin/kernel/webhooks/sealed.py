"""The place of receivers' secrets at rest: encrypted, bound to their row."""

from __future__ import annotations

from falin.kernel import crypto
from falin.kernel.models import WebhookEndpoint

_TABLE = WebhookEndpoint._meta.db_table
SECRET = crypto.Sealed(table=_TABLE, field="secret", column="secret", rows=lambda tenant: WebhookEndpoint.objects.all())
EARLIER = crypto.Sealed(table=_TABLE, field="earlier_secret", column="earlier_secret",
                        rows=lambda tenant: WebhookEndpoint.objects.exclude(earlier_secret=b""))  # fmt: skip
SEALED = (SECRET, EARLIER)


def seal(column: crypto.Sealed, secret: str, *, tenant: str, row: object) -> bytes:
    return crypto.encrypt(secret, column.place(tenant, row))


def unseal(column: crypto.Sealed, token: bytes | memoryview, *, tenant: str, row: object) -> str:
    return crypto.decrypt(token, column.place(tenant, row))
