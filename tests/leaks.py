"""
Where numbers of people may not stand in clear: what looks for them in a database and in the log.

A number is eighteen characters of an identity card or eleven digits of a mobile telephone, standing by itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

NUMBER = r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])"
# What is written down about work, in every schema: no number belongs there, whatever somebody typed.
BOOKS = ("kernel_auditentry", "kernel_outboxevent", "kernel_job", "kernel_idempotencykey", "kernel_storedfile",
         "kernel_delivery", "advisers_clearview", "advisers_importsheet", "identity_session")  # fmt: skip


def every_value(url: str) -> Iterator[tuple[str, str]]:
    """Every value of every column of every table there is, as a superuser reads it: where it stands, and as text."""
    with psycopg.connect(url) as own:
        tables = own.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^(pg_|information_schema)' order by 1, 2"
        ).fetchall()
        for schema, table in tables:
            rows = own.execute(sql.SQL("select * from {t}").format(t=sql.Identifier(schema, table)))
            names = [column.name for column in rows.description or ()]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    yield f"{schema}.{table}.{name}", as_text(value)


def as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def numbers_in_books(url: str) -> list[str]:
    """``schema.table: number`` for each that stands in the books of a database."""
    with psycopg.connect(url) as own:
        tables = own.execute(
            "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and c.relname = any(%s)", [list(BOOKS)]
        ).fetchall()  # fmt: skip
        parts = [
            sql.SQL("select {name}, t::text from {table} t where t::text ~ '[0-9]{{11}}'").format(
                name=sql.Literal(f"{schema}.{table}"), table=sql.Identifier(schema, table)
            )
            for schema, table in tables
        ]
        rows = own.execute(sql.SQL(" union all ").join(parts)).fetchall() if parts else []
    return [f"{where}: {number}" for where, text in rows for number in re.findall(NUMBER, text)]


class Listener(logging.Handler):
    """Hears every line any program part logs, with its traceback as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        text = logging.Formatter().format(record)
        self.heard += [f"{record.name}: {number}" for number in re.findall(NUMBER, text)]
