"""Both sides of the bench `audit`: they stand on the same tables, so one child does the work of either in turns."""

from __future__ import annotations

import secrets
import tempfile
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import django
from stand.children import obey

SCHEMA: list[str] = []
FACTS = {"begins_on": "2026-01-01", "ends_on": "", "firm": "浙江鹤鸣律师事务所"}


def make() -> None:
    """The shared schema, one county, and the table of who chains in the request."""
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from falin.kernel.clock import now
    from tenants.registry.api import Kind, provision_tenant
    from tenants.registry.schemas import owner

    call_command("migrate_cell", spares=1, verbosity=0)
    SCHEMA.append(provision_tenant(node_id=1, kind=Kind.COUNTY, name="county", now=now()).schema)
    with owner() as own:
        for table in ("chain", "signed"):
            own.execute(f"create table public.bench_{table} (id bigint primary key, digest bytea, made bytea)")  # type: ignore[arg-type]
    connection.close()


def _scope() -> Any:
    from tenants.identity.api import system_of
    from tenants.registry.api import find_by_schema

    return system_of(find_by_schema(SCHEMA[0]))


def record(*, acts: int) -> float:
    """Milliseconds of an act's own transaction: an entry, to be sealed later."""
    from falin.kernel import audit
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    scope, began = _scope(), perf_counter()
    for number in range(acts):
        with inside(scope, read_only=False):
            audit.record(scope=scope, act="a.b.done", subject=("thing", number), node_id=1, after=FACTS, now=now())
    return (perf_counter() - began) / acts * 1000


def chained(*, acts: int) -> float:
    """The same, with each entry hashed onto the last one in the request, under its lock."""
    from django.db import connection

    from falin.kernel import audit
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    scope, began = _scope(), perf_counter()
    for number in range(acts):
        with inside(scope, read_only=False):
            entry = audit.entry(
                scope=scope, act="a.b.done", subject=("thing", number), node_id=1, after=FACTS, now=now()
            )
            with connection.cursor() as cursor:
                cursor.execute("select id, made from public.bench_chain order by id desc limit 1 for update")
                last = cursor.fetchone() or (0, b"")
                made = sha256(bytes(last[1]) + bytes(entry.digest)).digest()
                cursor.execute("insert into public.bench_chain values (%s, %s, %s)", [last[0] + 1, entry.digest, made])
            entry.save(force_insert=True)
    return (perf_counter() - began) / acts * 1000


def fill(*, entries: int) -> None:
    """Booked acts, not sealed yet."""
    from falin.kernel import audit
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    scope, moment = _scope(), now()
    for begin in range(0, entries, 2000):
        with inside(scope, read_only=False):
            audit.record_many([
                audit.entry(scope=scope, act="a.b.done", subject=("thing", number), node_id=1, after=FACTS, now=moment)
                for number in range(begin, min(begin + 2000, entries))
            ])  # fmt: skip


def seal() -> float:
    """Seconds until everything that was booked is in one signed batch; others of the cluster are waited for before."""
    from django.db import connection

    from falin.kernel.audit import sealing
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    over = False
    while not over:
        with inside(_scope(), read_only=True), connection.cursor() as cursor:
            cursor.execute(
                "select max(xact) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint from kernel_auditentry"
            )
            over = bool(cursor.fetchone()[0])
    began = perf_counter()
    with inside(_scope(), read_only=False):
        batch = sealing.seal(scope=_scope(), now=now())
    assert batch is not None
    return perf_counter() - began


def sign_each(*, entries: int) -> float:
    """The same number of rows, each signed by itself and its signature stored."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.db import connection, transaction

    key, digests = Ed25519PrivateKey.from_private_bytes(b"k" * 32), [secrets.token_bytes(32) for _n in range(entries)]
    began = perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("delete from public.bench_signed")
        with cursor.copy("copy public.bench_signed from stdin") as copy:
            for number, digest in enumerate(digests):
                copy.write_row((number, digest, key.sign(digest)))
    return perf_counter() - began


def export() -> dict[str, Any]:
    """The log as a file; where it lies, how many rows, how long it took."""
    from falin.kernel.audit import exporting
    from falin.kernel.clock import now
    from falin.kernel.transactions import inside

    path = Path(tempfile.mkdtemp(prefix="falin-bench-")) / "log.jsonl"
    began = perf_counter()
    with path.open("wb") as to, inside(_scope(), read_only=True):
        rows = exporting.write(scope=_scope(), to=to, now=now())
    return {"path": str(path), "rows": rows, "seconds": perf_counter() - began}


def verify(*, path: str) -> float:
    """Processor seconds of `falin verify audit` on the file: what else runs on the machine does not count."""
    from falin.runtime import verify as verifier

    began = process_time()
    verdict = verifier.verify(Path(path))
    taken = process_time() - began
    assert verdict.right, verdict.findings[:3]
    return taken


def verify_each(*, path: str) -> float:
    """The same file where each row were signed by itself: read, digest made anew, one OpenSSL verification a row."""
    import json

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from falin.runtime import verify as verifier

    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    lines = [line for line in Path(path).read_text().splitlines() if '"kind":"entry"' in line]
    signatures = [key.sign(bytes.fromhex(json.loads(line)["digest"])) for line in lines]
    public, began = key.public_key(), process_time()
    for text, signature in zip(lines, signatures, strict=True):
        line = json.loads(text)
        facts = verifier.canonical({"schema": SCHEMA[0], **{name: line[name] for name in verifier.FACTS}})
        public.verify(signature, sha256(facts).digest())
    return process_time() - began


if __name__ == "__main__":
    obey({"make": make, "record": record, "chained": chained, "fill": fill, "seal": seal, "sign_each": sign_each,
          "export": export, "verify": verify, "verify_each": verify_each})  # fmt: skip
