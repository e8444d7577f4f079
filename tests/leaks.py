"""
Where numbers and names of people may not stand in clear: what looks for them in a database, in the file store, in the
logs of this process and of those it started, and in what the server answers to the browser suite.

A number is eighteen characters of an identity card, fifteen of an old one, or eleven digits of a mobile telephone, standing
by itself: together or in groups, with the country's prefix or without, in full width, too. Names of officials and advisers
are service data (decision 11) and stand on pages; in what is written down about work a number names the person.
"""

from __future__ import annotations

import io
import logging
import re
import unicodedata
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests import databases, world

# (what follows a figure and a point is a fraction: a moment in a cell of a spreadsheet)
_GAP, _BORN = "[ .\u2013-]?", r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9]\.)(?:"
    rf"\d{{17}}[\dXx]|\d{{6}}{_GAP}(?:19|20)\d\d{_GAP}\d\d{_GAP}\d\d{_GAP}\d{{3}}[\dXx]"
    rf"|[1-8]\d{{7}}{_BORN}\d{{3}}"  # an old one: of its birthday two figures of the year
    rf"|(?:(?:\+|00)?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}"
    r")(?![0-9A-Za-z])"
)
# In PostgreSQL, of what is read at all: whatever could hold one.
_PERHAPS = "1[3-9][0-9][ .\u2013-]?[0-9]{4}|[0-9]{15}|[0-9]{6}[ .\u2013-]?(19|20)[0-9]{2}|[０-９]{4}"
# What is written down about work, in every schema: no number belongs there, whatever somebody typed.
BOOKS = ("kernel_auditentry", "kernel_outboxevent", "kernel_job", "kernel_idempotencykey", "kernel_storedfile",
         "kernel_delivery", "advisers_clearview", "advisers_importsheet", "identity_session")  # fmt: skip


def numbers_in(text: str) -> list[str]:
    """The numbers in a text, full-width figures as the others."""
    return NUMBER.findall(unicodedata.normalize("NFKC", text))


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


def _written_tables(own: psycopg.Connection[Any], names: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the tables ``names``, in every schema, in which something ever was written."""
    return own.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and c.relname = any(%s)"
        f" and (pg_relation_size(c.oid) > 0 or {databases.LIES_ELSEWHERE})", [list(names)]
    ).fetchall()  # fmt: skip


def in_books(url: str) -> list[str]:
    """Numbers and names in a database's books, asked over one connection: every test ends with it."""
    with psycopg.connect(url) as own:
        return _numbers_in_books(own) + _names_in_books(own)


def numbers_in_books(url: str) -> list[str]:
    """``schema.table: number`` for each that stands in the books of a database."""
    with psycopg.connect(url) as own:
        return _numbers_in_books(own)


def _numbers_in_books(own: psycopg.Connection[Any]) -> list[str]:
    parts = [
        sql.SQL("select {name}, t::text from {table} t where t::text ~ {perhaps}").format(
            name=sql.Literal(f"{schema}.{table}"), table=sql.Identifier(schema, table), perhaps=sql.Literal(_PERHAPS)
        )
        for schema, table in _written_tables(own, BOOKS)
    ]
    rows = own.execute(sql.SQL(" union all ").join(parts)).fetchall() if parts else []
    return [f"{where}: {number}" for where, text in rows for number in numbers_in(text)]


# Facts of what was done: what a person typed as a reason is his, and stands in columns of its own.
FACTS = {
    "kernel_auditentry": ("before", "after"),
    "kernel_job": ("title", "log", "parameters"),
    "kernel_delivery": ("set_aside", "resend"),
}


def names_in_books(url: str) -> list[str]:
    """``schema.table: name`` for each person or adviser on a register whose name stands in the facts of a database's books."""
    with psycopg.connect(url) as own:
        return _names_in_books(own)


def _names_in_books(own: psycopg.Connection[Any]) -> list[str]:
    if own.execute("select to_regclass('public.identity_person')").fetchone() == (None,):
        return []
    parts = [
        sql.SQL(
            "(select {name}, p.name from {table} t join (select name from public.identity_person union"
            " select name from public.advisers_adviser) p on strpos(t.{column}::text, p.name) > 0 where p.name <> '' limit 5)"
        ).format(
            name=sql.Literal(f"{schema}.{table}.{column}"), table=sql.Identifier(schema, table),
            column=sql.Identifier(column),
        )
        for schema, table in _written_tables(own, FACTS)
        for column in FACTS[table]
    ]  # fmt: skip
    rows = own.execute(sql.SQL(" union all ").join(parts)).fetchall() if parts else []
    return [f"{where}: {name}" for where, name in rows]


def names_of_people(url: str) -> set[str]:
    """Everybody a database knows by name: its register of people, and that of advisers."""
    with psycopg.connect(url) as own:
        rows = own.execute("select name from public.identity_person union select name from public.advisers_adviser")
        return {name for (name,) in rows if name}


# Of what is sent, these hold numbers by intent: one's own data, the rows of one's own sheet that are to be mended, and the
# template, whose example is nobody.
MEANT = re.compile(r"/(advisers/import|stations/sheets)/(template|[^/]+/errors)\.xlsx$|/me/data/$|/errors/$")
# An error that shows a form again shows what was typed (422); every other one has no business with anybody's data. A
# refusal says to who gave the order whom it concerns (409).
FORM_AGAIN, REFUSED = 422, 409
# Files of figures are about places, but for a community's visits, which say who came; other names stand in the files of
# lists of people, and are asked for by who reads those.
OF_PLACES, WHO_CAME = re.compile(r"^/(figures|places)/"), "法律顾问"
# What is kept in the file store with numbers by intent; ``archive`` is sealed for its receiver.
MEANT_FILES = {"sheet", "stations-sheet", "import-errors"}


def numbers_in_answer(path: str, status: int, kind: str, content: bytes, names: Iterable[str] = ()) -> list[str]:
    """
    Numbers in an error page or in a file that leaves; ``kind`` is its Content-Disposition. Where people have no business,
    their ``names`` as well.
    """
    file = kind.startswith("attachment")
    if MEANT.search(path) or not (file or (status >= 400 and status != FORM_AGAIN)):
        return []
    texts = texts_in(content)
    found = [number for text in texts for number in numbers_in(text)]
    of_places = OF_PLACES.search(path) and not any(WHO_CAME in text for text in texts)
    if of_places if file else status != REFUSED:
        found += [name for name in names if any(name in text for text in texts)]
    return [f"{path} ({status}): {one}" for one in found]


def texts_in(content: bytes) -> list[str]:
    """A file as text; of a packed one (a spreadsheet, too) each part."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return [as_text(packed.read(name)) for name in packed.namelist()]
    return [as_text(content)]


def numbers_in_store(folder: Path, url: str) -> list[str]:
    """``path: number`` for each in the file store of a database, where its purpose does not mean it."""
    stored = [
        path for path in folder.glob("*/*/*/*") if re.fullmatch(r"public|t\d+", path.relative_to(folder).parts[0])
    ]
    if not stored:
        return []
    with psycopg.connect(url) as own:
        schemas = own.execute(
            "select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where relname = 'kernel_storedfile'"
        ).fetchall()
        meant = {
            path
            for (schema,) in schemas
            for (path,) in own.execute(
                sql.SQL("select path from {t} where purpose = any(%s)").format(
                    t=sql.Identifier(schema, "kernel_storedfile")
                ),
                [list(MEANT_FILES)],
            )
        }
    return [
        f"{name}: {number}"
        for path in stored
        if (name := path.relative_to(folder).as_posix()) not in meant
        for text in texts_in(path.read_bytes())
        for number in numbers_in(text)
    ]


def said_in_logs(folder: Path, names: Iterable[str] = ()) -> list[str]:
    """``log: number or name`` for each in the log of a process that a test started; ``names``: more than the world's."""
    found, known = [], {name for name, _role, _code in world.PEOPLE.values()} | set(names)
    for log in folder.rglob("*.log"):
        text = log.read_text(errors="replace")
        said = numbers_in(text) + [name for name in sorted(known) if name in text]
        found += [f"{log.name}: {one}" for one in said]
    return found


class Listener(logging.Handler):
    """Hears every line any program part logs, with its traceback as it would be written, and looks for numbers and names."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []
        self.lines = 0
        self.lately: deque[tuple[str, str]] = deque(maxlen=10_000)  # what was said since somebody asked, and by whom

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        text = logging.Formatter().format(record)
        self.heard += [f"{record.name}: {number}" for number in numbers_in(text)]
        # a traceback quotes the sources of tests, which name people: of it only what was raised
        said = f"{record.getMessage()} {record.exc_info[1] if record.exc_info else ''}"
        self.heard += [f"{record.name}: {name}" for name, _role, _code in world.PEOPLE.values() if name in said]
        self.lately.append((record.name, said))

    def hear_names(self, names: Iterable[str]) -> None:
        """Hold what was said lately against the names a database knows by now, advisers' too."""
        of_the_world, known = {name for name, _role, _code in world.PEOPLE.values()}, set(names)
        self.heard += [
            f"{who}: {name}" for who, said in self.lately for name in sorted(known - of_the_world) if name in said
        ]
        self.lately.clear()
