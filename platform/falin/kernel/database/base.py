"""
The place where a scope reaches PostgreSQL.

Search path, places, breadth and read-only mode travel in ONE statement at the start of each transaction, in the message
of the transaction's first own statement, and vanish with it. Nothing is left on the server connection, so a pooler in
transaction mode cannot hand it to the next tenant. A tenant's SQL outside a transaction is refused.
"""

from __future__ import annotations

import select
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql.base import Cursor
from django.db.backends.utils import debug_transaction
from django_tenants.postgresql_backend import base as stock
from psycopg import ClientCursor, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from falin.kernel.scope import PUBLIC_SCHEMA

if TYPE_CHECKING:
    from falin.kernel.scope import Scope


class TenantOutsideTransaction(Exception):
    """A tenant's SQL was sent with no transaction open: it would run without a scope."""


class ScopeChangedInside(Exception):
    """Somebody tried to change the scope while a transaction was open; half of it would belong to somebody else."""


_OPEN = {TransactionStatus.INTRANS, TransactionStatus.INERROR, TransactionStatus.ACTIVE}
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


class OpeningCursor(Cursor, ClientCursor[Any]):
    """A cursor whose first statement in a transaction carries with it what opens it: one round trip instead of two."""

    wrapper: DatabaseWrapper | None = None

    def execute(self, query: Any, params: Any = None, **more: Any) -> OpeningCursor:
        words = self.wrapper.opening() if self.wrapper else []
        if not words:
            return super().execute(query, params, **more)
        assert self.wrapper
        super().execute("; ".join([*words, self.mogrify(query, params)]), **more)
        for _word in words:
            self.nextset()
        self.wrapper.opened()
        return self

    def executemany(self, *args: Any, **more: Any) -> None:
        self._open_now()
        super().executemany(*args, **more)

    def stream(self, *args: Any, **more: Any) -> Any:
        self._open_now()
        return super().stream(*args, **more)

    def copy(self, *args: Any, **more: Any) -> Any:
        self._open_now()
        return super().copy(*args, **more)

    def _open_now(self) -> None:
        if self.wrapper:
            self.wrapper.open_now()


class DatabaseWrapper(stock.DatabaseWrapper):
    scope: Scope | None = None
    read_only = False
    steady = False
    settled = False  # the owner's, never through a pooler: pointed at a schema for good, outside transactions too
    _entered = _ending = False
    _connecting = False

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
        self._connecting, self._ending = True, False
        try:
            super().connect()
        finally:
            self._connecting = False

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's own signature
        self._entered = False  # a transaction begins or ends: nothing is set in it yet
        if autocommit and self._ending:
            return
        self._take_last_word()
        if autocommit and self.connection.info.transaction_status in _OPEN:  # cut short on the way to its end
            self.close()
        else:  # the driver begins nothing: a transaction begins with the words of ``opening``
            super()._set_autocommit(autocommit=True)

    def create_cursor(self, name: str | None = None) -> Any:
        assert name is None  # DISABLE_SERVER_SIDE_CURSORS: nothing would open the transaction of one
        cursor = super().create_cursor()
        cursor.wrapper = self
        return cursor

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": OpeningCursor}

    def _commit(self) -> None:
        """
        By libpq itself. Where nothing could be written nobody waits for the server's word: it is taken when the
        connection is used next, so that the answer to a page leaves one round trip earlier.
        """
        self._entered = False
        self._take_last_word()
        if self.connection is None or self.connection.info.transaction_status == TransactionStatus.IDLE:
            return
        with debug_transaction(self, "COMMIT"):
            if not self.read_only:
                self._send("commit")
                return
            with self.wrap_database_errors:
                self.connection.pgconn.send_query(b"commit")
            self._ending = True

    def _take_last_word(self) -> None:
        """What the server said to the end of what only read. A line that broke is left to whoever uses it next."""
        if not self._ending:
            return
        self._ending = False
        line, ear = self.connection.pgconn, select.poll()
        with suppress(OperationalError):
            ear.register(line.socket, select.POLLIN)
            while line.is_busy():  # not in libpq, which would keep all threads waiting
                ear.poll()
                line.consume_input()
            while line.get_result() is not None:
                pass

    def rollback(self) -> None:
        self._take_last_word()
        self._entered = False
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        super().savepoint_rollback(sid)
        # SET LOCAL made after the savepoint is undone with it; made before, it stands. Entering again is always right.
        self._entered = False

    def close(self) -> None:
        self._take_last_word()
        self._entered = False
        super().close()

    def is_usable(self) -> bool:
        """
        Whether the server is still there, asked of the socket: one that went away has closed it, and an idle one has
        nothing to say. Saves a round trip at each request; after an error the server itself is asked.
        """
        self._take_last_word()
        if self.errors_occurred or self.connection is None or self.connection.closed:
            return bool(super().is_usable())
        ear = select.poll()
        ear.register(self.connection.fileno(), select.POLLIN)
        return not ear.poll(0) or bool(super().is_usable())

    def _handle_search_path(self, cursor: Any = None) -> None:
        """What every cursor asks before it is handed out; the words themselves go with its first statement."""
        if self._scoped() and not self._entered and self.get_autocommit():
            raise TenantOutsideTransaction(self.schema_name)

    def _scoped(self) -> bool:
        # Without a scope the role's own default search path holds no tenant table.
        return (
            not self.settled and not self._connecting and (self.scope is not None or self.schema_name != PUBLIC_SCHEMA)
        )

    def opening(self) -> list[str]:
        """
        The statements that have to go before the next one: to begin, to enter the scope, both or none.

        :raises TenantOutsideTransaction: a tenant's SQL with no transaction open.
        """
        self._take_last_word()
        status = self.connection.info.transaction_status
        if self._entered or self._connecting or status == TransactionStatus.INERROR:
            return []
        self._handle_search_path()
        found = []
        if not self.get_autocommit() and status == TransactionStatus.IDLE:
            found.append(_BEGIN[self.read_only, self.steady])
        if self._scoped():
            found.append(self._enter())
            with debug_transaction(self, found[-1]):  # in the list of what a test counts
                pass
        return found

    def opened(self) -> None:
        """What ``opening`` said has been carried out."""
        self._entered = not self.get_autocommit()

    def open_now(self) -> None:
        """The same on its own, for what cannot travel with other statements."""
        if words := self.opening():
            self._send("; ".join(words))
        self.opened()

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
        Statements without parameters and without an answer, straight to the server: the driver's own way of waiting
        takes longer than they do.
        """
        self._take_last_word()
        with self.wrap_database_errors:
            result = self.connection.pgconn.exec_(statement.encode())
            if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
                if self.connection.pgconn.status != ConnStatus.OK:  # no answer at all: no code tells the class of error
                    raise OperationalError(result.error_message.decode(errors="replace"))
                raise error_from_result(result, encoding="utf-8")
