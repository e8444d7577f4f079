"""
The place where a scope reaches PostgreSQL.

Search path, places, breadth and read-only mode travel in ONE statement at the start of each transaction and vanish with
it. Nothing is left on the server connection, so a pooler in transaction mode cannot hand it to the next tenant. A
tenant's SQL outside a transaction is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.utils import DatabaseError
from django_tenants.postgresql_backend import base as stock

from falin.kernel.scope import PUBLIC_SCHEMA

if TYPE_CHECKING:
    from falin.kernel.scope import Scope


class TenantOutsideTransaction(Exception):
    """A tenant's SQL was sent with no transaction open: it would run without a scope."""


class ScopeChangedInside(Exception):
    """Somebody tried to change the scope while a transaction was open; half of it would belong to somebody else."""


def pg_array(ids: Any) -> str:
    """A set of ids as PostgreSQL array text: adapting a list of 300 costs more than the rest of the statement."""
    return "{" + ",".join(map(str, ids)) + "}"


class DatabaseWrapper(stock.DatabaseWrapper):
    scope: Scope | None = None
    read_only = False
    _entered = False
    _connecting = False
    _setting_search_path = False

    def set_scope(self, scope: Scope | None, *, read_only: bool = False) -> None:
        """
        Say whose transaction comes next; ``None`` puts the connection back to the shared schema.

        :raises ScopeChangedInside: when a transaction is open.
        """
        if self.in_atomic_block and (scope is not self.scope or read_only != self.read_only):
            raise ScopeChangedInside
        self.scope, self.read_only, self._entered = scope, read_only, False
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

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._entered or self._connecting or self._setting_search_path:
            return
        scope = self.scope
        if scope is None and self.schema_name == PUBLIC_SCHEMA:
            return  # the role's own default search path holds no tenant table
        if not self.in_atomic_block:
            raise TenantOutsideTransaction(self.schema_name)
        if scope is None:
            arguments = [self.schema_name, "{}", "{}", "", False, self.read_only]
        else:
            nodes, roots = pg_array(scope.nodes), pg_array(scope.roots)
            arguments = [scope.schema, nodes, roots, scope.subject_id, scope.whole, self.read_only]
        self._setting_search_path = True
        own = self.connection.cursor() if cursor is None else cursor
        try:
            own.execute("select public.enter(%s, %s, %s, %s, %s, %s)", arguments)
            self._entered = True
        except DatabaseError:
            self._entered = False
            raise
        finally:
            self._setting_search_path = False
            if cursor is None:
                own.close()
