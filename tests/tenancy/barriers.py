"""
Ways to take one barrier out: what each of them stood for must then be held by the other of its kind.

Role: the door's grant, then the policy. Place: the explicit narrowing of the query, then row security. The schema is a
third of its own, between tenants.
"""

from __future__ import annotations

import sys
from typing import Any

import psycopg
import pytest

from falin.kernel.database.base import DatabaseWrapper
from falin.kernel.rows import ScopedQuerySet
from falin.kernel.scope import Scope
from services.indicators import policies as indicators
from services.indicators.models import VisitLine
from services.indicators.queries import board as figures
from services.stations.commands import keeping
from services.stations.models import Station
from services.stations.queries import register as stations
from tenants.identity.queries import signing_in

DOORS = {"falin.kernel.doors", "falin.kernel.rest.doors"}
_require, _may = Scope.require, Scope.may


def grants_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody keeps his role and his places and may do nothing by it."""
    monkeypatch.setattr(signing_in, "GRANTS", {role: frozenset() for role in signing_in.GRANTS})


def every_grant_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody may do everything: only the place is left to hold."""
    every = frozenset().union(*signing_in.GRANTS.values())
    monkeypatch.setattr(signing_in, "GRANTS", dict.fromkeys(signing_in.GRANTS, every))


def door_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No door asks for its grant; policies still do."""

    def require(self: Scope, grant: str) -> None:
        if sys._getframe(1).f_globals["__name__"] not in DOORS:
            _require(self, grant)

    monkeypatch.setattr(Scope, "require", require)


def policy_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing behind a door asks for a grant; the doors still do."""

    def require(self: Scope, grant: str) -> None:
        if sys._getframe(1).f_globals["__name__"] in DOORS:
            _require(self, grant)

    monkeypatch.setattr(Scope, "require", require)
    monkeypatch.setattr(Scope, "may", lambda self, grant: True)


def door_and_policy_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scope, "require", lambda self, grant: None)
    monkeypatch.setattr(Scope, "may", lambda self, grant: True)


def narrowing_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No query narrows to the scope's places and no command looks whether it sees one; the board is read by anybody."""

    def in_scope(self: ScopedQuerySet[Any], scope: Scope) -> ScopedQuerySet[Any]:
        return self.unscoped(reason="the barrier is out")

    monkeypatch.setattr(ScopedQuerySet, "in_scope", in_scope)
    monkeypatch.setattr(Scope, "sees", lambda self, node_id: True)
    monkeypatch.setattr(indicators, "check_may_read", lambda scope, path: None)
    for module in (stations, keeping):
        monkeypatch.setattr(module, "stations_in", lambda scope: Station.objects.all())
    monkeypatch.setattr(figures, "_own_lines", lambda scope: VisitLine.objects.all())


def scope_stays_on_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The tenant is said to the connection, as django-tenants does it: once, for the session, and nobody takes it back.

    SQL outside a transaction is let through; it goes to whoever was served last.
    """

    def say(self: DatabaseWrapper, cursor: Any = None) -> None:
        if not self._connecting and self.schema_name != "public":
            with self.connection.cursor() as own:
                own.execute(f'set search_path = "{self.schema_name}", public')

    def stay(self: DatabaseWrapper, scope: Scope | None, **_: Any) -> None:
        if scope is not None:
            self.scope, self.schema_name = scope, scope.schema

    monkeypatch.setattr(DatabaseWrapper, "_handle_search_path", say)
    monkeypatch.setattr(DatabaseWrapper, "_scoped", lambda _self: False)
    monkeypatch.setattr(DatabaseWrapper, "set_scope", stay)


def one_scope_for_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scope is kept beside the connections instead of on each: the last thread's is everybody's."""
    kept: dict[str, Any] = {"scope": None, "schema_name": "public"}
    for name in kept:
        monkeypatch.setattr(
            DatabaseWrapper, name, property(lambda self, n=name: kept[n], lambda self, v, n=name: kept.update({n: v})),
            raising=False,
        )  # fmt: skip


def every_transaction_enters(monkeypatch: pytest.MonkeyPatch, schema: str) -> None:
    """Whoever asks, his transaction is set to one tenant's schema."""
    enter = DatabaseWrapper._enter

    def wrong(self: DatabaseWrapper) -> str:
        return enter(self).replace(f"'{self.schema_name}'", f"'{schema}'", 1)

    monkeypatch.setattr(DatabaseWrapper, "_enter", wrong)


def row_security_removed(url: str) -> list[str]:
    """In one database: every policy off, as its owner may. The tables it stood on."""
    with psycopg.connect(url, autocommit=True) as own:
        tables = own.execute(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relrowsecurity order by 1"
        ).fetchall()
        for (table,) in tables:
            own.execute(f"alter table {table} disable row level security")
            own.execute(f"alter table {table} no force row level security")
    return [table for (table,) in tables]
