"""
The place where keys are replaced while everybody works.

A new root key wraps the data keys anew and touches no row. A new data key is used for every write at once, in each
process within seconds; a job re-encrypts the rows that are older, a batch a transaction. Both can be cut off anywhere
and go on: what is done shows in the rows themselves. Old versions stay, for backups and for rows that came in between.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString, cast

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import BinaryField, Count, F, Func, QuerySet, Value
from django.utils.translation import gettext as _
from psycopg import sql

from falin.kernel import audit, jobs
from falin.kernel.crypto.ciphers import Unreadable
from falin.kernel.crypto.columns import Sealed, declared
from falin.kernel.crypto.keys import FRESH, make_newer, newest, unwrapped
from falin.kernel.crypto.roots import LocalRoots, provider, put_first
from falin.kernel.crypto.values import HEAD, decrypt, encrypt
from falin.kernel.models import DataKey
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside

REENCRYPT = "kernel.reencrypt"
BATCH = 500
SWEEPS = 30  # rows that somebody holds are passed by and looked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many values of a column are encrypted under a version of its tenant's key."""

    column: str
    version: int
    current: bool
    values: int


def rotate_data(*, scope: Scope, now: datetime) -> uuid.UUID:
    """
    Make a tenant's next data key and queue the job that re-encrypts its rows; in the open transaction.

    :raises Refused: the last such job is not over.
    """
    if any(job.kind == REENCRYPT and job.state in {"queued", "running"} for job in jobs.list_jobs(scope=scope)):
        raise Refused("kernel.rotating", _("上一次更换还没有做完。"))
    version = make_newer(scope.schema, now=now)
    audit.record(scope=scope, act="kernel.key.rotated", subject=("tenant", scope.schema), node_id=None, now=now,
                 after={"version": version, "cipher": settings.CIPHER})  # fmt: skip
    return jobs.ask(scope=scope, kind=REENCRYPT, title=_("换用新的数据密钥"), parameters={"version": version}, now=now)


def reencrypt(run: jobs.Run) -> Mapping[str, Any]:
    """The job: every declared column of the tenant, until no value is older than the newest key."""
    began = time.monotonic()
    done, unreadable = 0, set[tuple[str, str]]()
    total = _stale_now(run.scope)
    run.progress(0, max(total, 1))
    for _sweep in range(SWEEPS):
        for column in declared():
            for count, wrong in _sweep_column(run.scope, column):
                done += count
                unreadable |= {(column.column, row) for row in wrong}
                run.progress(done, max(total, done, 1))
        # A process may have gone on writing under the version it knew, for so long.
        waited = time.monotonic() - began >= FRESH + 1
        if waited and _stale_now(run.scope) == len(unreadable):
            break
        time.sleep(1)
    left = _stale_now(run.scope) - len(unreadable)
    if unreadable:
        run.progress(done, max(total, done, 1), _("有 %(n)s 个值读不出来，没有动。") % {"n": len(unreadable)})
    return {"values": done, "unreadable": len(unreadable), "left": left}


def _sweep_column(scope: Scope, column: Sealed) -> Iterable[tuple[int, list[str]]]:
    """Batch after batch, by key: how many values were encrypted anew, and the rows whose value could not be read."""
    last: Any = None
    while True:
        with inside(scope, read_only=False):
            rows = _stale(scope, column)
            rows = rows.filter(pk__gt=last) if last is not None else rows
            # Not waited for: who holds a row may be waiting for one of ours.
            batch = list(rows.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH])
            fresh, wrong = dict[Any, bytes](), list[str]()
            for row in batch:
                place = column.place_of(scope.schema, row)
                try:
                    fresh[row.pk] = encrypt(decrypt(column.value_of(row), place), place)
                except Unreadable:
                    wrong.append(str(row.pk))
            if fresh:  # the shared schema has not every table
                _write(column, fresh)
        if not batch:
            return
        last = batch[-1].pk
        yield len(fresh), wrong


def _write(column: Sealed, fresh: Mapping[Any, bytes]) -> None:
    """All values of a batch in one statement."""
    key = next(model for model in apps.get_models() if model._meta.db_table == column.table)._meta.pk
    assert key is not None
    assert key.column
    words = {"table": sql.Identifier(column.table), "set": column.set_to(),
             "key": sql.Identifier(key.column), "kind": sql.SQL(cast("LiteralString", key.db_type(connection)))}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "update {table} set {set}"
                " from unnest(%s::{kind}[], %s::bytea[]) as fresh (row, value) where {table}.{key} = fresh.row"
            ).format(**words),
            [list(fresh), list(fresh.values())],
        )


def _values(scope: Scope, column: Sealed) -> QuerySet[Any]:
    """A column's rows that hold something, each with how its value begins."""
    rows: QuerySet[Any] = column.rows(scope.schema).annotate(sealed=column.expression()).exclude(sealed=b"")
    head = Func(F("sealed"), Value(1), Value(HEAD), function="substr", output_field=BinaryField())
    values: QuerySet[Any] = rows.annotate(head=head)
    return values


def _stale(scope: Scope, column: Sealed) -> QuerySet[Any]:
    """Values that are not encrypted under the newest key, or by another cipher."""
    return _values(scope, column).exclude(head=newest(scope.schema).head)


def _stale_now(scope: Scope) -> int:
    with inside(scope, read_only=True):
        return sum(_stale(scope, column).count() for column in declared())


def standing(scope: Scope) -> list[Standing]:
    """How far a tenant's columns are, in the open transaction."""
    head = newest(scope.schema).head
    found = []
    for column in declared():
        rows = _values(scope, column)
        for line in rows.order_by("head").values("head").annotate(n=Count("pk")):
            begin = bytes(line["head"])
            found.append(Standing(column=f"{column.table}.{column.column}", version=int.from_bytes(begin[1:], "big"),
                                  current=begin == head, values=line["n"]))  # fmt: skip
    return found


def make_root() -> None:
    """
    Put a new root key before the others in the root key file; programs that run find it there when they need it.

    :raises Refused: the root key comes from elsewhere, and is replaced there.
    """
    roots = provider()
    if settings.KEY_SERVICE or settings.ROOT_KEY or not isinstance(roots, LocalRoots):
        raise Refused("kernel.root_elsewhere", _("根密钥不在文件里。请在它所在的地方更换，新的放在最前面。"))
    put_first([os.urandom(32), *roots.roots], Path(settings.ROOT_KEY_FILE))
    provider.cache_clear()


def rotate_root(*, scope: Scope, now: datetime) -> int:
    """Wrap every data key under the newest root key; how many were not. In the open transaction."""
    root, changed = provider(), 0
    for row in DataKey.objects.select_for_update(of=("self",)).order_by("id"):
        if not root.is_current(bytes(row.wrapped)):
            row.wrapped = root.wrap(unwrapped(row), context=f"{row.tenant}/{row.version}".encode())
            row.save(update_fields=["wrapped"])
            changed += 1
    if changed:
        audit.record(scope=scope, act="kernel.root.rotated", subject=("installation", "root"), node_id=None, now=now,
                     after={"keys": changed})  # fmt: skip
    return changed
