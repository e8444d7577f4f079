"""
The place where booked entries are sealed: one batch a tenant and minute, outside every request.

**What a batch holds.** Ids come from a sequence and transactions commit in another order, so "everything up to id n" is
never known to be whole: id n-1 may belong to a transaction that is still open. Each entry is therefore stamped by
PostgreSQL with its transaction (``xact``), and a batch closes over transactions, not ids: those from where the last
batch ended up to ``pg_snapshot_xmin``. PostgreSQL promises that every transaction below it is over, committed and
visible or rolled back and gone, and every later one gets a number at or above the highest given out. So each entry falls
into exactly one batch; one that commits late, with whatever small id, falls into a later batch, and no batch that is
closed can gain or lose one. A transaction that stays open holds back the sealing behind it, never loses anything, and
the state says how much waits. Savepoints do not matter: the stamp is of the outermost transaction.

**In a cell of several nodes** (Citus) transactions are counted by the node everybody speaks to, but one that wrote at several
nodes is over there a moment before the tenant's node shows its rows (two-phase commit). Numbers are taken first, then the
nodes are asked whether anything is still in between; if so, the next minute seals.

**What is signed.** A header over the tree's root, the ids, the count, the moment and the hash of the header before
(``header_of``). Entry digests were made with the act; the sealer takes them as they stand, so that a row changed between
its act and its sealing no longer fits its own digest.

**Restoring elsewhere.** Transaction numbers belong to a database cluster. A whole cluster restored into a younger one may
seal nothing until they have caught up; ``seal`` raises ``NumbersWentBack`` instead of passing entries by. A single tenant's
restore closes everything it brought along in one batch with this cluster's number (``carry_on``), before anybody writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Q

from falin.kernel import outbox
from falin.kernel.audit import alarms, canonical, keys, moment
from falin.kernel.audit.merkle import Tree, leaf
from falin.kernel.models import AuditAnchor, AuditBatch, AuditEntry
from falin.kernel.scope import Scope

SEALED = "audit.batch.sealed"
CHUNK = 20_000
_HELD = "select count(*) from pg_prepared_xacts where database = current_database()"


class NumbersWentBack(Exception):
    """The database counts transactions lower than the last batch did: it was restored into another cluster."""


def header_of(batch: AuditBatch, tenant: str) -> dict[str, Any]:
    """What the signature is over; also how a batch stands in exports and anchors, together with ``signature``."""
    return {
        "kind": "batch", "tenant": tenant, "number": batch.number, "upto": batch.upto, "first_id": batch.first_id,
        "last_id": batch.last_id, "count": batch.count, "root": batch.root, "previous": batch.previous,
        "at": moment(batch.at), "key": batch.key,
    }  # fmt: skip


def hash_of(batch: AuditBatch, tenant: str) -> str:
    """The batch's own hash: what the next one names, and what an anchor keeps."""
    return sha256(canonical(header_of(batch, tenant))).hexdigest()


def line_of(batch: AuditBatch, tenant: str) -> dict[str, Any]:
    return {**header_of(batch, tenant), "signature": batch.signature}


def seal(*, scope: Scope, now: datetime) -> AuditBatch | None:
    """
    Close everything finished since the last batch, in the open transaction; ``None`` where there is nothing to close.

    One sealer a tenant at a time; batch, its event to the level above and its alarms commit together or not at all.

    :raises NumbersWentBack: in a database restored into a younger cluster.
    :raises keys.UnusableKey: when the key file cannot be used.
    """
    if not _take_turn(scope.schema):
        return None
    last = AuditBatch.objects.order_by("-number").first()
    since = last.upto if last else 0
    upto, youngest, several = _finished()
    if since > youngest:
        raise NumbersWentBack(f"{scope.schema}: {since} > {youngest}")
    if several and _in_between():
        return None
    batch = _close(scope, last, Q(xact__gte=since, xact__lt=upto), upto, now)
    if batch is not None:
        alarms.look_at(scope=scope, since=since, upto=upto, now=now)
    return batch


def carry_on(*, scope: Scope, now: datetime) -> AuditBatch | None:
    """
    In the open transaction of a tenant that was restored from an archive: close every entry no batch holds, those that
    came along and those of this transaction, under this cluster's numbers. Nobody else writes in the tenant yet.
    """
    last = AuditBatch.objects.order_by("-number").first()
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint")
        mine = int(cursor.fetchone()[0])
    return _close(scope, last, Q(xact__gte=last.upto if last else 0) | Q(xact=mine), mine + 1, now)


def _close(scope: Scope, last: AuditBatch | None, which: Q, upto: int, now: datetime) -> AuditBatch | None:
    tree, count, first_id, last_id = Tree(), 0, 0, 0
    for entry_id, digest in _among(which):
        tree.add(leaf(entry_id, bytes(digest)))
        first_id, last_id, count = first_id or entry_id, entry_id, count + 1
    if not count:
        return None
    signer = keys.signer(now=now)
    batch = AuditBatch(
        number=last.number + 1 if last else 1, upto=upto, first_id=first_id, last_id=last_id, count=count,
        root=tree.root().hex(), previous=hash_of(last, scope.schema) if last else "", key=signer.key,
        at=max(now, last.at) if last else now,
    )  # fmt: skip
    batch.signature = signer.sign(canonical(header_of(batch, scope.schema)))
    batch.save(force_insert=True)
    outbox.put(scope=scope, event=SEALED, version=1, key=f"audit:{scope.schema}",
               payload=line_of(batch, scope.schema), now=now)  # fmt: skip
    return batch


def _take_turn(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"kernel.audit:{schema}"])
        return bool(cursor.fetchone()[0])


def _finished() -> tuple[int, int, bool]:
    """Below the first every transaction is over; the second has not been given out yet; whether the cell has several nodes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint,"
            " to_regproc('run_command_on_workers') is not null from pg_current_snapshot() s"
        )
        xmin, xmax, several = cursor.fetchone()
        return int(xmin), int(xmax), several


def _in_between() -> bool:
    """Whether a node of the cell holds a transaction that was decided elsewhere and does not show its rows yet."""
    with connection.cursor() as cursor:
        cursor.execute("select bool_and(success and result = '0') from run_command_on_workers(%s)", [_HELD])
        (clear,) = cursor.fetchone()
        return clear is False


def _among(which: Q) -> Iterator[tuple[int, bytes | memoryview]]:
    after = 0
    rows = AuditEntry.objects.filter(which).order_by("id")
    while chunk := list(rows.filter(id__gt=after).values_list("id", "digest")[:CHUNK]):
        yield from chunk
        after = chunk[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """How far a tenant's log is sealed, and how far copies of it are kept elsewhere."""

    number: int
    at: datetime | None
    waiting: int
    waiting_since: datetime | None
    anchored: int


def state(*, scope: Scope) -> Sealing:
    """Sealed up to when, how many entries are not yet, and the newest batch kept by the level above."""
    last = AuditBatch.objects.order_by("-number").first()
    rows = AuditEntry.objects.filter(xact__gte=last.upto if last else 0)
    first = rows.order_by("xact", "id").values_list("at", flat=True).first()
    anchored = AuditAnchor.objects.filter(tenant=scope.schema).order_by("-number").values_list("number", flat=True)
    return Sealing(number=last.number if last else 0, at=last.at if last else None, waiting=rows.count(),
                   waiting_since=first, anchored=anchored.first() or 0)  # fmt: skip
