"""
The rule that migrations only expand: while an upgrade runs, and until it is done everywhere, the old release goes on
reading and writing. What it needs is taken away in a later release, by a migration that says so (``contracts``).

Looks at operations, not at SQL: the same rule holds for every tenant's schema and the shared one, and needs no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field

_TAKES_AWAY = re.compile(
    r"\bdrop\s+(table|column|schema|view)\b|\balter\s+table\s[^;]*\brename\b|\bset\s+not\s+null\b"
    r"|\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b",
    re.IGNORECASE,
)


def contractions(migration: Migration, before: ProjectState) -> list[str]:
    """
    What of a migration the old release would stumble over, in words; none if it says in ``contracts`` why it may.

    :param before: the models as they were; left as they are afterwards.
    """
    if getattr(migration, "contracts", ""):
        return []
    state, new = before.clone(), set[str]()
    found: list[str] = []
    for operation in migration.operations:
        found += _of(operation, migration.app_label, state, new)
        operation.state_forwards(migration.app_label, state)
    return found


def _of(operation: Operation, app: str, state: ProjectState, new: set[str]) -> Iterator[str]:
    """``new``: models this migration makes itself, which no old release knows."""
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if isinstance(operation, ops.CreateModel):
        new.add(model)
    elif isinstance(operation, ops.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _of(inner, app, state, new)
    elif isinstance(operation, ops.RunSQL):
        yield from (f"takes away: {text[:60]!r}" for text in _texts(operation.sql) if _TAKES_AWAY.search(text))
    elif model not in new:
        yield from _on_known(operation, app, model, state)


def _on_known(operation: Operation, app: str, model: str, state: ProjectState) -> Iterator[str]:
    match operation:
        case ops.DeleteModel() | ops.RenameModel() | ops.AlterModelTable():
            yield f"{operation.describe()}: the old release still reads the table"
        case ops.RemoveField() | ops.RenameField():
            yield f"{operation.describe()}: the old release still reads the column"
        case ops.AddField(field=field) if not (field.null or field.many_to_many or _has_default(field)):
            yield f"{operation.describe()}: the old release adds rows without it; give it db_default or null"
        case ops.AlterField(name=name, field=field):
            yield from _narrower(operation.describe(), state.models[app, model].fields[name], field)
        case ops.AddConstraint():
            yield f"{operation.describe()}: the old release does not keep it"
        case ops.AlterUniqueTogether(option_value=value) if value:
            yield f"{operation.describe()}: the old release does not keep it"


def _has_default(field: Field[Any, Any]) -> bool:
    return field.db_default is not NOT_PROVIDED


def _narrower(words: str, was: Field[Any, Any], becomes: Field[Any, Any]) -> Iterator[str]:
    if was.null and not becomes.null:
        yield f"{words}: the old release still writes null"
    if becomes.unique and not was.unique:
        yield f"{words}: the old release does not keep it unique"
    kinds = was.get_internal_type(), becomes.get_internal_type()
    longer = (becomes.max_length or 10**9) >= (was.max_length or 10**9)
    if kinds[0] != kinds[1]:
        if kinds != ("CharField", "TextField"):
            yield f"{words}: the old release knows another type"
    elif not longer:
        yield f"{words}: the old release writes more than fits"


def _texts(sql: Any) -> list[str]:
    return [sql] if isinstance(sql, str) else [one if isinstance(one, str) else one[0] for one in sql]
