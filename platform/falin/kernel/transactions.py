"""The place where transactions begin: a door, a task or a command line owns one; nobody else opens a durable one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection, transaction

from falin.kernel.database.base import DatabaseWrapper
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, system_scope


@contextmanager
def inside(scope: Scope, *, read_only: bool, steady: bool = False) -> Iterator[None]:
    """
    One transaction that sees one tenant and one set of places, and, where asked, can write nothing.

    :param steady: it sees everything as it is now until it ends, and fails where it would write over somebody's change.
    """
    wrapper = cast(DatabaseWrapper, connection)
    wrapper.set_scope(scope, read_only=read_only, steady=steady)
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        if not wrapper.in_atomic_block:
            wrapper.set_scope(None)


@contextmanager
def shared(*, read_only: bool) -> Iterator[Scope]:
    """One transaction in the shared schema by the system itself, seeing the whole notice board."""
    scope = system_scope(schema=PUBLIC_SCHEMA, tenant_id=0, grants=frozenset())
    with inside(scope, read_only=read_only):
        yield scope


@contextmanager
def rehearsed() -> Iterator[None]:
    """What is done inside is asked of every rule and constraint, and taken back: a refusal comes out, nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
