"""
The place where a migration becomes text: Django runs it once for real, in a draft schema, and what it says is kept.

For real, because many operations ask the database first: what a constraint is called, whether a column is part of a key.
In the draft they find what they would find in any tenant's schema, for all were made by the same steps. What is Python
(``RunPython``, alone or inside ``SeparateDatabaseAndState``) is kept as it is, with the models of that moment.
"""

from __future__ import annotations

import hashlib
import inspect
import secrets
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.transaction import atomic
from psycopg import sql

from falin.kernel.database import operations
from falin.kernel.database.base import DatabaseWrapper
from falin.kernel.database.routing import SHARED, tenancy_of
from tenants.registry.schemas.owning import apart, settle

DRAFT = "draft_"
_ONE_AT_A_TIME = "select pg_advisory_lock(hashtextextended('registry.draft', 0))"


class CannotRender(Exception):
    """A migration fails in an empty schema; it would fail in every tenant's, and is sent to none."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a migration does in Python, with the models before and after it."""

    app: str
    operation: Operation
    before: ProjectState
    after: ProjectState

    def run(self, editor: DatabaseSchemaEditor) -> None:
        """As Django does it: in a transaction, unless the migration has one already or this part wants none."""
        whole = editor.atomic_migration or not self.operation.atomic
        with nullcontext() if whole else atomic(editor.connection.alias):
            self.operation.database_forwards(self.app, editor, self.before, self.after)


class _Listener(DatabaseSchemaEditor):
    """Django's own editor, which runs each statement and writes it down; what Python sends by itself is not written."""

    def __init__(self, wrapper: DatabaseWrapper, *, atomic: bool) -> None:
        super().__init__(wrapper, atomic=atomic)
        self.parts: list[str | Code] = []
        self._deaf = False

    def execute(self, sql: Any, params: Any = ()) -> None:
        if not self._deaf:
            text = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
            self.parts.append(text)
        super().execute(sql, params)

    def run(self, code: Code) -> None:
        self.parts.append(code)
        self._deaf = True
        code.run(self)
        self._deaf = False


@dataclass(frozen=True, slots=True)
class Step:
    """One migration as what it sends to a tenant's schema: statements, Python between them, its line in the ledger."""

    app: str
    name: str
    atomic: bool
    parts: tuple[str | Code, ...]

    @property
    def key(self) -> str:
        return f"{self.app}.{self.name}"


@lru_cache(maxsize=1)
def _loader() -> MigrationLoader:
    return MigrationLoader(None, ignore_no_migrations=True)


@lru_cache(maxsize=1)
def plan() -> tuple[str, ...]:
    """The migrations a tenant's schema has gone through when it is up to date, in order."""
    models = _loader().project_state().models
    wanted = {label for label, model in models if tenancy_of(label, model) != SHARED}
    return tuple(f"{app}.{name}" for app, name in _full_plan() if app in wanted)


@lru_cache(maxsize=1)
def _full_plan() -> tuple[tuple[str, str], ...]:
    plan: dict[tuple[str, str], None] = {}
    for leaf in sorted(_loader().graph.leaf_nodes()):
        plan |= dict.fromkeys(_loader().graph.forwards_plan(leaf))
    return tuple(plan)


@lru_cache(maxsize=1)
def heads() -> str:
    """A hash of what the steps are made from: two schemas made with the same one are alike."""
    whole = hashlib.sha256(inspect.getsource(operations).encode())
    for key in plan():
        app, name = _named(key)
        module = sys.modules[type(_loader().disk_migrations[app, name]).__module__]
        whole.update(f"{key}\n{inspect.getsource(module)}".encode())
    return whole.hexdigest()


@lru_cache(maxsize=1)
def steps() -> tuple[Step, ...]:
    """
    Every migration that touches a tenant's schema, in order, rendered once for the process.

    :raises CannotRender: one of them fails in an empty schema.
    """
    return apart(_render)[0]


@lru_cache(maxsize=1)
def steps_of(wanted: tuple[str, ...]) -> tuple[Step, ...]:
    """
    These migrations alone, rendered in a spare schema that lacks just them, in a transaction that is undone: all the
    others need not be run again to know what the newest say. Without such a spare, picked from all of them.

    :raises CannotRender: one of them fails in an empty schema.
    """
    if wanted and all(_loader().disk_migrations[_named(key)].atomic for key in wanted):
        for found in apart(lambda wrapper: _in_a_spare(wrapper, set(wanted))):
            if found is not None:
                return found
    return tuple(step for step in steps() if step.key in set(wanted))


def _in_a_spare(wrapper: DatabaseWrapper, wanted: set[str]) -> tuple[Step, ...] | None:
    with atomic(wrapper.alias), wrapper.cursor() as cursor:
        cursor.execute("select name from public.registry_spareschema order by made_at for update skip locked")
        for (name,) in cursor.fetchall():
            settle(wrapper, name)
            cursor.execute("select app || '.' || name from django_migrations")
            if set(plan()) - {key for (key,) in cursor.fetchall()} == wanted:
                found = tuple(_steps_in(wrapper, wanted))
                wrapper.set_rollback(True)
                return found
    return None


def _named(key: str) -> tuple[str, str]:
    app, _dot, name = key.partition(".")
    return app, name


def forget() -> None:
    """Read the migrations anew (tests and benches, which change them under way)."""
    for kept in (_loader, plan, _full_plan, heads, steps, steps_of):
        kept.cache_clear()


def _render(wrapper: DatabaseWrapper) -> tuple[Step, ...]:
    draft = sql.Identifier(name := f"{DRAFT}{secrets.token_hex(6)}")
    with wrapper.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)  # until this connection is closed
        cursor.execute("select nspname from pg_namespace where starts_with(nspname, %s)", [DRAFT])
        for (left,) in cursor.fetchall():  # by one who was killed
            cursor.execute(sql.SQL("drop schema {n} cascade").format(n=sql.Identifier(left)))
        cursor.execute(sql.SQL("create schema {n}").format(n=draft))
    settle(wrapper, name)
    try:
        return tuple(_steps_in(wrapper, set(plan())))
    finally:
        with wrapper.cursor() as cursor:
            cursor.execute(sql.SQL("drop schema {n} cascade").format(n=draft))


def _steps_in(wrapper: DatabaseWrapper, wanted: set[str]) -> list[Step]:
    found = list[Step]()
    state = _loader().project_state((), at_end=False)
    for app, name in _full_plan():
        migration = _loader().disk_migrations[app, name]
        if f"{app}.{name}" not in wanted:
            state = migration.mutate_state(state, preserve=False)
            vars(state).pop("apps", None)  # else every model is made anew after every one of them
            continue
        try:
            with _Listener(wrapper, atomic=bool(migration.atomic)) as editor:
                for operation in migration.operations:
                    before = state.clone()
                    operation.state_forwards(app, state)
                    if _is_code(operation):
                        editor.run(Code(app, operation, before, state.clone()))
                    else:
                        operation.database_forwards(app, editor, before, state)
        except Exception as error:
            raise CannotRender(f"{app}.{name}: {error}") from error
        found.append(Step(app=app, name=name, atomic=bool(migration.atomic), parts=(*editor.parts, _booked(app, name))))
    return found


def _booked(app: str, name: str) -> str:
    names = f"{sql.quote(app)}, {sql.quote(name)}"
    return f"insert into django_migrations (app, name, applied) values ({names}, now())"  # noqa: S608


def _is_code(operation: Operation) -> bool:
    return not operation.reduces_to_sql or any(map(_is_code, getattr(operation, "database_operations", ())))
