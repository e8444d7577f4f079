"""
Where numbers and names of people may not stand in clear: what looks for them in a database, in the log, and in what the
server answers to the browser suite.

A number is eighteen characters of an identity card or eleven digits of a mobile telephone, standing by itself. Names of
officials and advisers are service data (sheet identity.md) and stand on pages; in what is written down about work a number
names the person.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from tests import world

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


# Facts of what was done: what a person typed as a reason is his, and stands in columns of its own.
FACTS = {"kernel_auditentry": ("before", "after"), "kernel_job": ("log", "parameters"), "kernel_delivery": ("error",)}


def names_in_books(url: str) -> list[str]:
    """``schema.table: name`` for each person of the register whose name stands in the facts of a database's books."""
    found = []
    with psycopg.connect(url) as own:
        if own.execute("select to_regclass('public.identity_person')").fetchone() == (None,):
            return []
        tables = own.execute(
            "select n.nspname, c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid where c.relkind = 'r' and c.relname = any(%s)", [list(FACTS)]
        ).fetchall()  # fmt: skip
        for schema, table, column in tables:
            if column not in FACTS[table]:
                continue
            rows = own.execute(
                sql.SQL(
                    "select p.name from {table} t join public.identity_person p on strpos(t.{column}::text, p.name) > 0"
                    " where p.name <> '' limit 5"
                ).format(table=sql.Identifier(schema, table), column=sql.Identifier(column))
            )
            found += [f"{schema}.{table}.{column}: {name}" for (name,) in rows]
    return found


# Of what is sent, these hold numbers by intent: one's own data, the rows of one's own sheet that are to be mended, and the
# template, whose example is nobody.
MEANT = re.compile(r"/advisers/import/(template|[^/]+/errors)\.xlsx$|/me/data/$|/errors/$")
# An error that shows a form again shows what was typed (422); every other one has no business with anybody's data.
FORM_AGAIN = 422


def numbers_in_answer(path: str, status: int, kind: str, content: bytes) -> list[str]:
    """Numbers in an error page or in a file that leaves; ``kind`` is its Content-Disposition."""
    file = kind.startswith("attachment")
    if MEANT.search(path) or not (file or (status >= 400 and status != FORM_AGAIN)):
        return []
    texts = [as_text(content)]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            texts = [as_text(packed.read(name)) for name in packed.namelist()]
    return [f"{path} ({status}): {number}" for text in texts for number in re.findall(NUMBER, text)]


class Listener(logging.Handler):
    """Hears every line any program part logs, with its traceback as it would be written, and looks for numbers and names."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        text = logging.Formatter().format(record)
        self.heard += [f"{record.name}: {number}" for number in re.findall(NUMBER, text)]
        # a traceback quotes the sources of tests, which name people: of it only what was raised
        said = f"{record.getMessage()} {record.exc_info[1] if record.exc_info else ''}"
        self.heard += [f"{record.name}: {name}" for name, _role, _code in world.PEOPLE.values() if name in said]
