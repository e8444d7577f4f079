"""
The place of the file an auditor takes home: JSON Lines, described in ``docs/reference/audit-file.md``.

It holds the whole log, because only a whole log can be verified. Of an entry outside the reader's places stand id and
digest only: enough for the proof, nothing to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from django.db.models import QuerySet

from falin.kernel.audit import keys, moment, sealing
from falin.kernel.models import AuditAnchor, AuditBatch, AuditEntry
from falin.kernel.scope import Scope

FORMAT = "falin-audit-1"
FACTS = ("act", "person_id", "role", "subject_kind", "subject_id", "node_id", "why", "before", "after", "request_id")


def write(*, scope: Scope, to: BinaryIO, now: datetime) -> int:
    """Write the log of the open transaction's tenant as it stands now; how many entries."""
    lines = 0
    entries = 0
    for line in _lines(scope, now):
        to.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        lines += 1
        entries += line["kind"] in {"entry", "unsealed"}
    to.write(json.dumps({"kind": "end", "lines": lines, "entries": entries}).encode() + b"\n")
    return entries


def _lines(scope: Scope, now: datetime) -> Iterator[dict[str, Any]]:
    # Batches first: whatever is sealed after this line is not in the list and still counts as unsealed below.
    batches = list(AuditBatch.objects.order_by("number"))
    yield {"kind": "head", "format": FORMAT, "tenant": scope.schema, "exported_at": moment(now)}
    yield from keys.published()
    since = 0
    for batch in batches:
        yield sealing.line_of(batch, scope.schema)
        yield from _entries(scope, AuditEntry.objects.filter(xact__gte=since, xact__lt=batch.upto), "entry")
        since = batch.upto
    yield from _entries(scope, AuditEntry.objects.filter(xact__gte=since), "unsealed")
    for line in AuditAnchor.objects.filter(tenant=scope.schema).order_by("number").values_list("line", flat=True):
        yield {**line, "kind": "anchor"}


def _entries(scope: Scope, rows: QuerySet[AuditEntry], kind: str) -> Iterator[dict[str, Any]]:
    after = 0
    while chunk := list(rows.filter(id__gt=after).order_by("id")[: sealing.CHUNK]):
        for row in chunk:
            line = {"kind": kind, "id": row.id, "digest": bytes(row.digest).hex()}
            if row.node_id is None or scope.sees(row.node_id):
                line |= {"at": moment(row.at), **{name: getattr(row, name) for name in FACTS}}
            yield line
        after = chunk[-1].id
