"""
The place that knows which columns are encrypted: each declared once, by the service it belongs to.

Rotation re-encrypts, ``keys status`` counts, and the tests look for leaks along this one list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Place:
    """Where an encrypted value stands; part of what is authenticated."""

    tenant: str
    table: str
    column: str
    row: str

    def bound(self, key_version: int) -> bytes:
        parts = [self.tenant, self.table, self.column, self.row, str(key_version)]
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """
    One encrypted column.

    :param field: the model's field that holds the ciphertext.
    :param column: what the column is called in the associated data.
    :param rows: the rows under a tenant's key, in the open transaction of that tenant.
    """

    table: str
    field: str
    column: str
    rows: Callable[[str], QuerySet[Any]]

    def place(self, tenant: str, row: object) -> Place:
        return Place(tenant, self.table, self.column, str(row))


_declared: dict[tuple[str, str], Sealed] = {}


def declare(*columns: Sealed) -> None:
    """Have columns walked by rotation; called by the composition root."""
    for column in columns:
        _declared[column.table, column.field] = column


def declared() -> tuple[Sealed, ...]:
    return tuple(_declared[key] for key in sorted(_declared))
