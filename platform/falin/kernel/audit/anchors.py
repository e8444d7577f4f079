"""
The place of anchors: a copy of each sealed batch with the level above, and one in a file outside the database.

A chain of batches alone proves nothing against somebody who may write the database: he cuts off its end. The file is only
ever appended to (``chattr +a`` suits it); lines are whole batches with their signatures, so it can be checked by itself.
A line may stand there twice, because events are delivered at least once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings

from falin.kernel.models import AuditAnchor
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope


class OtherBatch(Exception):
    """Another batch was anchored under this number before: the log was cut off and grown anew."""


def keep(scope: Scope, event: Event) -> None:
    """
    Handler of ``sealing.SEALED``: copy the batch outside, then to the level above.

    :raises OtherBatch: the level above holds another batch of this number; the event is set aside for the operator. The
        file has both by then.
    """
    line = dict(event.payload)
    append(Path(settings.ANCHOR_FILE), line)
    kept, _made = AuditAnchor.objects.get_or_create(
        tenant=scope.schema, number=line["number"], defaults={"line": line, "at": event.at}
    )
    if kept.line != line:
        raise OtherBatch(f"{scope.schema} {line['number']}")


def append(path: Path, line: dict[str, Any]) -> None:
    """One line more, in one write, on the disk before anybody is told."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(handle, json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
