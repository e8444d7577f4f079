"""
The place where a scope reaches PostgreSQL.

Search path, places, breadth and read-only mode travel in ONE statement at the start of each transaction and vanish with
it. Nothing is left on the server connection, so a pooler in transaction mode cannot hand it to the next tenant. A
tenant's SQL outside a transaction is refused.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from django.db.backends.utils import debug_transaction
from django_tenants.postgresql_backend import base as stock
from psycopg import OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from falin.kernel.scope import PUBLIC_SCHEMA

if TYPE_CHECKING:
    from falin.kernel.scope import Scope


class TenantOutsideTransaction(Exception):
    """A tenant's SQL was sent with no transaction open: it would run without a scope."""


class ScopeChangedInside(Exception):
    """Somebody tried to change the scope while a transaction was open; half of it would belong to somebody else."""


# (read only, steady) → how a transaction begins
_BEGIN = {
    (False, False): "begin", (True, False): "begin read only",
    (False, True): "begin isolation level repeatable read", (True, True): "begin isolation level repeatable read read only",
}  # fmt: skip


def pg_array(ids: Any) -> str:
    """A set of ids as PostgreSQL array text: adapting a list of 300 costs more than the rest of the statement."""
    return "{" + ",".join(map(str, map(int, ids))) + "}"


def literal(text: str) -> str:
    """Text as an SQL literal that needs no connection to be right: standard strings, or refused."""
    if "\\" in text or "\0" in text:
        raise ValueError(text)
    return "'" + text.replace("'", "''") + "'"


class DatabaseWrapper(stock.DatabaseWrapper):
    scope: Scope | None = None
    read_only = False
    steady = False
    settled = False  # the owner's, never through a pooler: pointed at a schema for good, outside transactions too
    _entered = False
    _connecting = False
    _setting_search_path = False

    def set_scope(self, scope: Scope | None, *, read_only: bool = False, steady: bool = False) -> None:
        """
        Say whose transaction comes next; ``None`` puts the connection back to the shared schema.

        :raises ScopeChangedInside: when a transaction is open.
        """
        if self.in_atomic_block and (scope is not self.scope or read_only != self.read_only):
            raise ScopeChangedInside
        self.scope, self.read_only, self.steady, self._entered = scope, read_only, steady, False
        # Not set_tenant(): that clears the content type cache, which is shared-only here (django-tenants #482).
        self.schema_name = scope.schema if scope else PUBLIC_SCHEMA
        self.tenant = stock.FakeTenant(schema_name=self.schema_name)

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's own signature
        super()._set_autocommit(autocommit)
        self._entered = False  # a transaction begins or ends: nothing is set in it yet

    def rollback(self) -> None:
        self._entered = False
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        # SET LOCAL made after the savepoint is undone with it; made before, it stands. Entering again is always right.
        self._entered = False

    def close(self) -> None:
        self._entered = False
        super().close()

    def is_usable(self) -> bool:
        """
        Whether the server is still there, asked of the socket: one that went away has closed it, and an idle one has
        nothing to say. Saves a round trip at each request; after an error the server itself is asked.
        """
        if self.errors_occurred or self.connection is None or self.connection.closed:
            return bool(super().is_usable())
        ear = select.poll()
        ear.register(self.connection.fileno(), select.POLLIN)
        return not ear.poll(0) or bool(super().is_usable())

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._entered or self._connecting or self._setting_search_path or self.settled:
            return
        scope = self.scope
        if scope is None and self.schema_name == PUBLIC_SCHEMA:
            return  # the role's own default search path holds no tenant table
        if not self.in_atomic_block:
            raise TenantOutsideTransaction(self.schema_name)
        self._setting_search_path = True
        try:
            statement = self._enter()
            idle = self.connection.info.transaction_status == TransactionStatus.IDLE
            begin = f"{_BEGIN[self.read_only, self.steady]}; " if idle else ""
            with debug_transaction(self, statement):
                self._send(begin + statement)  # in one round trip
            self._entered = True
        finally:
            self._setting_search_path = False

    def _enter(self) -> str:
        """The call of ``public.enter``, alone in its statement. Ids are integers; names are quoted."""
        scope, yes = self.scope, {True: "true", False: "false"}
        if scope is None:
            parts = [literal(self.schema_name), "'{}'", "'{}'", "''", "false"]
        else:
            nodes, roots = pg_array(scope.nodes), pg_array(scope.roots)
            parts = [literal(scope.schema), f"'{nodes}'", f"'{roots}'", literal(scope.subject_id), yes[scope.whole]]
        return f"select public.enter({', '.join(parts)}, {yes[self.read_only]})"

    def _send(self, statement: str) -> None:
        """
        A statement without parameters and without an answer, straight to the server: the two that open every
        transaction would else take longer in Python than in PostgreSQL.
        """
        with self.wrap_database_errors:
            result = self.connection.pgconn.exec_(statement.encode())
            if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                if self.connection.pgconn.status != ConnStatus.OK:  # no answer at all: no code tells the class of error
                    raise OperationalError(result.error_message.decode(errors="replace"))
                raise error_from_result(result, encoding="utf-8")
