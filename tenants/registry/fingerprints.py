"""
The place of hashes by which rows are compared before and after they changed hands.

A table's fingerprint is the number of its rows and the sum of the hashes of their texts. Sums do not care for an order, so
PostgreSQL makes them in one pass, and what two parts add up to is the whole's. Against mistakes, not against people: what
must be proof against people is the keyed hash of an archive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Print:
    """Rows, and the sum of their hashes."""

    rows: int = 0
    sum: int = 0

    def __add__(self, other: Print) -> Print:
        return Print(self.rows + other.rows, self.sum + other.sum)

    def __sub__(self, other: Print) -> Print:
        return Print(self.rows - other.rows, self.sum - other.sum)

    def as_text(self) -> str:
        """In groups, so that nobody takes the digits for a number of somebody's."""
        text = f"{self.sum % 2**128:032x}"
        return f"{self.rows}:" + "-".join(text[at : at + 8] for at in range(0, 32, 8))


def print_of(
    own: psycopg.Connection, source: sql.Composable, columns: Iterable[str], *,
    where: sql.Composable, without: Collection[str] = (),
) -> Print:  # fmt: skip
    """Of the rows of ``source x``; of these columns but those ``without``, which may come out otherwise."""
    shown = sql.SQL(", ").join(sql.Identifier("x", name) for name in columns if name not in without)
    row = own.execute(
        sql.SQL("select count(*), coalesce(sum(hashtextextended(row({shown})::text, 0)::numeric), 0)"
                " from {source} x where {where}").format(shown=shown, source=source, where=where)
    ).fetchone()  # fmt: skip
    assert row
    return Print(int(row[0]), int(row[1]))
