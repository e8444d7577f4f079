"""
The place where files and rows end: each purpose has its days (a figure of the programme), and what is older is removed and
booked.

Of a file the row goes first and the file after the commit. A file that a crash left behind without a row (or that an
undone upload wrote) is an orphan: after a day it goes too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Min, QuerySet, Sum

from falin.kernel import audit, parameters
from falin.kernel.clock import legal_day
from falin.kernel.models import StoredFile
from falin.kernel.parameters import Parameter
from falin.kernel.scope import PUBLIC_SCHEMA, Scope

BATCH = 200
ORPHAN_AFTER = timedelta(days=1)  # an upload in flight has its file before its row


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    How long files of a purpose are kept.

    :param removed: told which files go, in their transaction, so that nothing points at them any more.
    """

    purpose: str
    label: Any
    days: Parameter
    removed: Callable[[Scope, Sequence[uuid.UUID], datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """
    How long rows of a table are kept once what they were for is over.

    :param rows: all that are the open transaction's tenant's to remove; ``None`` where it never has any. :param over: the
        field with the moment it was over for a row; one without is never removed. :param shared: they lie in the shared
        schema and are nobody else's to remove. :param end: what ends them, by their keys and booked by itself, where the row
        stays and only some of what it says goes.
    """

    purpose: str
    label: Any
    days: Parameter
    rows: Callable[[Scope], QuerySet[Any] | None]
    over: str
    shared: bool = False
    end: Callable[[Scope, Sequence[Any], datetime], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a rule would remove now; of rows nobody counts the size."""

    rule: Rule | RowRule
    days: int
    count: int
    size: int
    oldest: datetime | None


_rules: dict[str, Rule] = {}
_row_rules: dict[str, RowRule] = {}


def declare(*rules: Rule | RowRule) -> None:
    """Have files and rows of these purposes end; called by the composition root."""
    for rule in rules:
        if isinstance(rule, Rule):
            _rules[rule.purpose] = rule
        else:
            _row_rules[rule.purpose] = rule


def preview(*, scope: Scope, now: datetime) -> list[Due]:
    """What ``remove`` would take in the open transaction's tenant."""
    found = []
    for rule in _rules.values():
        seen = _older(rule, scope, now).aggregate(files=Count("id"), size=Sum("size"), oldest=Min("at"))
        found.append(Due(rule=rule, days=_days(rule, scope, now), count=seen["files"], size=seen["size"] or 0,
                         oldest=seen["oldest"]))  # fmt: skip
    for rule_of_rows, rows in _of_rows(scope):
        seen = _over(rule_of_rows, rows, scope, now).aggregate(count=Count("pk"), oldest=Min(rule_of_rows.over))
        found.append(Due(rule=rule_of_rows, days=_days(rule_of_rows, scope, now), count=seen["count"], size=0,
                         oldest=seen["oldest"]))  # fmt: skip
    return found


def remove(*, scope: Scope, now: datetime) -> int:
    """
    Remove up to a batch of each kind whose days are over, in the open transaction; how many.

    Each file is booked; of rows, how many.
    """
    return _remove_files(scope, now) + _remove_rows(scope, now)


def _remove_rows(scope: Scope, now: datetime) -> int:
    count = 0
    for rule, rows in _of_rows(scope):
        over = _over(rule, rows, scope, now).order_by(rule.over, "pk").select_for_update(of=("self",))
        keys = list(over.values_list("pk", flat=True)[:BATCH])
        if not keys:
            continue
        if rule.end:
            rule.end(scope, keys, now)
        else:
            rows.filter(pk__in=keys).delete()
            audit.record(scope=scope, act="kernel.rows.removed", subject=("tenant", scope.schema), node_id=None, now=now,
                         after={"purpose": rule.purpose, "days": _days(rule, scope, now), "rows": len(keys)})  # fmt: skip
        count += len(keys)
    return count


def _remove_files(scope: Scope, now: datetime) -> int:
    count = 0
    for rule in _rules.values():
        rows = list(_older(rule, scope, now).order_by("at", "id").select_for_update(of=("self",))[:BATCH])
        if not rows:
            continue
        days = _days(rule, scope, now)
        rule.removed(scope, [row.id for row in rows], now)
        audit.record_many(
            audit.entry(scope=scope, act="kernel.file.removed", subject=("file", row.id), node_id=row.node_id, now=now,
                        after={"purpose": row.purpose, "days": days, "bytes": row.size})
            for row in rows
        )  # fmt: skip
        StoredFile.objects.filter(id__in=[row.id for row in rows]).delete()
        for row in rows:
            transaction.on_commit(partial(default_storage.delete, row.path))
        count += len(rows)
    return count


def orphans(*, scope: Scope, now: datetime) -> list[str]:
    """Files of the open transaction's tenant that no row names and that are older than a day."""
    known = set(StoredFile.objects.values_list("path", flat=True))
    return [
        path
        for path in _stored(scope.schema)
        if path not in known and now - default_storage.get_modified_time(path) > ORPHAN_AFTER
    ]


def remove_orphans(*, scope: Scope, now: datetime) -> int:
    """Remove them; how many. Booked as one act: nothing is known of them but their number."""
    found = orphans(scope=scope, now=now)
    if found:
        audit.record(scope=scope, act="kernel.file.orphans_removed", subject=("tenant", scope.schema), node_id=None,
                     now=now, after={"files": len(found)})  # fmt: skip
        for path in found:
            transaction.on_commit(partial(default_storage.delete, path))
    return len(found)


def _of_rows(scope: Scope) -> Iterator[tuple[RowRule, QuerySet[Any]]]:
    for rule in _row_rules.values():
        if scope.schema == PUBLIC_SCHEMA or not rule.shared:
            rows = rule.rows(scope)
            if rows is not None:
                yield rule, rows


def _over(rule: RowRule, rows: QuerySet[Any], scope: Scope, now: datetime) -> QuerySet[Any]:
    return rows.filter(**{f"{rule.over}__lt": now - timedelta(days=_days(rule, scope, now))})


def _days(rule: Rule | RowRule, scope: Scope, now: datetime) -> int:
    return parameters.value(rule.days, node_id=scope.roots[0] if scope.roots else None, on=legal_day(now))


def _older(rule: Rule, scope: Scope, now: datetime) -> QuerySet[StoredFile]:
    return StoredFile.objects.filter(purpose=rule.purpose, at__lt=now - timedelta(days=_days(rule, scope, now)))


def _stored(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _stored(f"{folder}/{name}")
