"""
The place that knows which columns are encrypted: each declared once, by the service it belongs to.

Rotation re-encrypts, ``keys status`` counts, and the tests look for leaks along this one list.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, F, Func, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from psycopg import sql


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

    def place_of(self, tenant: str, row: Any) -> Place:
        """Where a row's value stands."""
        return self.place(tenant, row.pk)

    def value_of(self, row: Any) -> bytes:
        return bytes(getattr(row, self.field))

    def expression(self) -> Any:
        """The ciphertext, for a query."""
        return F(self.field)

    def set_to(self) -> sql.Composable:
        """How a row takes its value anew, from ``fresh.value``."""
        return sql.SQL("{field} = fresh.value").format(field=sql.Identifier(self.field))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedInside(Sealed):
    """
    A value that a library keeps for us, as base64 in an object of JSON.

    :param key: where in the object. :param owner: the field of the row that the value is bound to, in the key's place.
    """

    key: str
    owner: str

    def place_of(self, tenant: str, row: Any) -> Place:
        return self.place(tenant, getattr(row, self.owner))

    def value_of(self, row: Any) -> bytes:
        return base64.b64decode(getattr(row, self.field)[self.key])

    def expression(self) -> Any:
        text = KeyTextTransform(self.key, self.field)
        return Func(text, Value("base64"), function="decode", output_field=BinaryField())

    def set_to(self) -> sql.Composable:
        # PostgreSQL breaks base64 into lines; what else the object holds is as it is at this moment
        return sql.SQL(
            "{field} = jsonb_set({table}.{field}, array[{key}], to_jsonb(translate(encode(fresh.value, 'base64'), E'\\n', '')))"
        ).format(field=sql.Identifier(self.field), table=sql.Identifier(self.table), key=sql.Literal(self.key))


_declared: dict[tuple[str, str, str], Sealed] = {}


def declare(*columns: Sealed) -> None:
    """Have columns walked by rotation; called by the composition root."""
    for column in columns:
        _declared[column.table, column.field, getattr(column, "key", "")] = column


def declared() -> tuple[Sealed, ...]:
    return tuple(_declared[key] for key in sorted(_declared))
