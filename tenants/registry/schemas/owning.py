"""The place of connections in the owner's role: only provisioning, migration and the life of tenants hold its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, LiteralString, TypeVar, cast

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from falin.kernel.database.base import DatabaseWrapper

T = TypeVar("T")
# A copy of a body's rows that stands beside it: it moved away, or was put back from an archive.
LEFT_BEHIND: Final = r"^(moved|replaced)_t[0-9]+_[0-9]{14}$"


_COPIES: Final = "select nspname from pg_namespace where nspname ~ %s and split_part(nspname, '_', 2) = %s order by 1"


def copies_of(own: psycopg.Connection, schema: str) -> list[str]:
    """The copies of a body that stand beside it."""
    return [name for (name,) in own.execute(_COPIES, [LEFT_BEHIND, schema]).fetchall()]


def left_of(schema: str) -> list[str]:
    """The same on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute(_COPIES, [LEFT_BEHIND, schema])
        return [name for (name,) in cursor.fetchall()]


def left_by(schema: str) -> str:
    """Whose copy a schema is, if it is one."""
    return schema.split("_")[1] if re.fullmatch(LEFT_BEHIND, schema) else ""


@contextmanager
def owner() -> Iterator[psycopg.Connection]:
    """A connection of the owner's role, each statement a transaction of its own unless one is opened."""
    try:
        with psycopg.connect(_address(), autocommit=True) as own:
            yield own
    except (
        psycopg.OperationalError
    ) as error:  # as Django says it, so that a job whose database went away is tried again
        raise OperationalError(str(error)) from error


def _address() -> str:
    if not settings.DATABASE_OWNER_URL:
        raise RuntimeError("DATABASE_OWNER_URL is not set: this process may not make or change schemas")
    return str(settings.DATABASE_OWNER_URL)


@contextmanager
def django_as_owner() -> Iterator[None]:
    """This thread's connection in the owner's role, for Django's migrations of the shared schema; put back afterwards."""
    parts = conninfo_to_dict(_address())
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    before = connection.settings_dict
    connection.close()
    # A dictionary of its own: the other threads' connections are made from the one it replaces.
    connection.settings_dict = {**before, **{name: str(parts.get(part) or "") for name, part in names.items()}}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


def apart(work: Callable[[DatabaseWrapper], T], *, threads: int = 1) -> list[T]:
    """
    Have ``work`` done in threads of their own, each with its own connection of the owner's; what each answered.

    Apart, because the caller may be in the middle of a transaction on his.
    """

    def one(_number: int) -> T:
        with django_as_owner():
            wrapper = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
            wrapper.settled = True
            return work(wrapper)

    with ThreadPoolExecutor(threads, thread_name_prefix="owner") as pool:
        return list(pool.map(one, range(threads)))


def settle(wrapper: DatabaseWrapper, schema: str) -> None:
    """Point a connection of the owner's at one schema, seeing all its rows, until it is pointed elsewhere."""
    wrapper.schema_name = schema
    # All rows: row security is forced upon the owner too.
    words = sql.SQL("set search_path = {n}, public; set app.whole = 'on'; set lock_timeout = '3s'")
    with wrapper.cursor() as cursor:
        cursor.execute(words.format(n=sql.Identifier(schema)))


def prepare_rights(own: psycopg.Connection) -> None:
    """Let the application's role use what the owner makes from now on, and nothing more."""
    role = sql.Identifier(settings.APP_ROLE)
    for line in cast(
        "tuple[LiteralString, ...]",
        (
            "revoke create on schema public from public",
            # A temporary table is found before everybody's own: whoever could make one could put it in a table's place.
            "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
            "grant usage on schema public to {role}",
            "alter default privileges grant select, insert, update, delete on tables to {role}",
            "alter default privileges grant usage, select on sequences to {role}",
        ),
    ):
        own.execute(sql.SQL(line).format(role=role))
