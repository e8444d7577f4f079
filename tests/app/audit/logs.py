"""What every test of the sealed log does: book, wait for the neighbours of the cluster, seal, export, attack."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from falin.kernel import audit, relay
from falin.kernel.audit import exporting, sealing
from falin.kernel.models import AuditBatch, AuditEntry
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.runtime import verify
from tests.conftest import with_name
from tests.world import NOW


def book(scope: Scope, count: int = 1, act: str = "a.b.done") -> None:
    with inside(scope, read_only=False):
        for number in range(count):
            audit.record(scope=scope, act=act, subject=("thing", number), node_id=None, now=NOW)


def seal(scope: Scope, minutes: int = 1) -> AuditBatch | None:
    with inside(scope, read_only=False):
        return sealing.seal(scope=scope, now=NOW + timedelta(minutes=minutes))


def settle(scope: Scope) -> None:
    """Wait until every transaction of the cluster older than the tenant's newest entry is over: other tests run in it too."""
    for _turn in range(600):
        with inside(scope, read_only=True):
            newest = AuditEntry.objects.order_by("-xact").values_list("xact", flat=True).first() or 0
            if newest < sealing._finished()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("a transaction in the cluster stays open")


def settled(scope: Scope, minutes: int = 1) -> AuditBatch:
    """The batch that closes over everything booked so far."""
    settle(scope)
    batch = seal(scope, minutes)
    assert batch is not None
    return batch


def other_session() -> psycopg.Connection:
    """A session of the superuser's in the test's database: what others do meanwhile."""
    return psycopg.connect(with_name(os.environ["FALIN_TEST_ADMIN_URL"], connection.settings_dict["NAME"]))


def attack(*statements: str) -> None:
    """With every right there is on the database."""
    with other_session() as superuser:
        for statement in statements:
            superuser.execute(statement.encode())


def deliver(*scopes: Scope) -> None:
    relay.drain({scope.schema: scope for scope in scopes}, clock=lambda: NOW)


def export(scope: Scope, to: Path, minutes: int = 60) -> Path:
    with to.open("wb") as file, inside(scope, read_only=True):
        exporting.write(scope=scope, to=file, now=NOW + timedelta(minutes=minutes))
    return to


def found(file: Path, *, anchors: bool = True, key: Path | None = None) -> list[tuple[str, int | None, int | None]]:
    """What the verifier finds wrong: code, batch, row."""
    verdict = verify.verify(file, anchors=settings.ANCHOR_FILE if anchors else None, key=key)
    return [(one.code, one.batch, one.row) for one in verdict.findings]
