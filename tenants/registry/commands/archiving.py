"""The place where archives are asked for and made: a job with progress, that leaves a whole archive or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from falin.kernel import audit, clock, files, jobs
from falin.kernel.models import StoredFile
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.registry import policies
from tenants.registry.archives.format import Recipient
from tenants.registry.archives.writing import Written, write_archive
from tenants.registry.commands.life import lock_tenant
from tenants.registry.models import Archive, Tenant
from tenants.registry.types import TenantInfo

ARCHIVE = "registry.archive"
LEFT = 24 * 3600  # seconds after which a file nobody writes to was left by one who was killed


def ask_archive(*, scope: Scope, tenant_id: int, recipient: bytes, now: datetime) -> uuid.UUID:
    """
    Queue the archive of a tenant, sealed for the holder of a certificate (PEM); the job's number.

    :raises Invalid: the certificate cannot be used. :raises Missing: there is no such tenant.
    """
    policies.check_may_manage(scope)
    tenant, named = lock_tenant(tenant_id), Recipient.read(recipient)
    audit.record(scope=scope, act="registry.archive.asked", subject=("tenant", tenant.schema_name), now=now,
                 node_id=tenant.node_id, after={"recipient": named.name[:16]})  # fmt: skip
    return jobs.ask(
        scope=scope, kind=ARCHIVE, title=_("导出%(name)s") % {"name": tenant.name}, now=now,
        parameters={"tenant_id": tenant.id, "recipient": recipient.decode("ascii", "replace")},
    )  # fmt: skip


def make_archive(run: jobs.Run) -> Mapping[str, Any]:
    """The job: written beside the store first, and put there and booked when it is whole. A kill leaves no archive."""
    policies.check_may_manage(run.scope)
    row: Tenant | None = Tenant.objects.filter(id=int(run.parameters["tenant_id"])).first()
    if row is None:
        raise policies.no_tenant()
    tenant, recipient = row.info(), Recipient.read(str(run.parameters["recipient"]).encode())
    with written_out(run, tenant, recipient) as (part, written), inside(run.scope, read_only=False):
        kept = keep_archive(run.scope, tenant, recipient, part, written)
    return {"file": str(kept.id), "rows": written.rows, "files": written.files, "sha256": kept.sha256}


@contextmanager
def written_out(run: jobs.Run, tenant: TenantInfo, recipient: Recipient) -> Iterator[tuple[Path, Written]]:
    """A tenant's archive, whole, in a file that is gone afterwards, with what it holds."""
    with part_file() as part:
        with part.open("wb") as out:
            written = write_archive(tenant, recipient, out, tell=lambda done, total, name: run.progress(done, total))
        yield part, written


@contextmanager
def part_file() -> Iterator[Path]:
    """
    Where a whole archive is written or read beside the store; gone afterwards, and after a day if we are killed. It is one
    try's own: an older one that was given up for dead may still write.
    """
    part = Path(settings.HOME) / "archives" / f"{uuid.uuid4()}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    for left in part.parent.glob("*.part"):
        with suppress(FileNotFoundError):  # another one clears up as well
            if clock.now().timestamp() - left.stat().st_mtime > LEFT:
                left.unlink()
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def keep_archive(
    scope: Scope, tenant: TenantInfo, recipient: Recipient, part: Path, written: Written, *, number: int | None = None
) -> StoredFile:
    """Into the store and booked, in the open transaction. ``number``: which of the nightly backups it is."""
    now = clock.now()
    kept = files.keep_made(
        scope=scope, source=part, name=f"{tenant.schema}-{written.at:%Y%m%d-%H%M%S}.zip", content_type="application/zip",
        purpose="archive", now=now,
    )  # fmt: skip
    Archive.objects.create(
        id=kept.id, tenant_id=tenant.id, schema=tenant.schema, name=tenant.name, at=written.at,
        person_id=scope.person_id, recipient=recipient.name, path=kept.path, size=kept.size, sha256=kept.sha256,
        rows=written.rows, number=number,
    )  # fmt: skip
    act = "registry.archive.made" if number is None else "registry.backup.made"
    audit.record(scope=scope, act=act, subject=("tenant", tenant.schema), node_id=tenant.node_id, now=now,
                 after={"sha256": kept.sha256, "bytes": kept.size, "rows": written.rows})  # fmt: skip
    return kept
