"""
The place where a restore is asked for and done: a job like the others, whose archive and key lie in the store meanwhile.

The key that opens the archive is encrypted there, bound to the job, and goes with the job's end; what a killed one leaves of
archive and key goes after a day (``UPLOADED``).
"""

from __future__ import annotations

import json
import secrets
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from falin.kernel import audit, clock, crypto, files, jobs, parameters, retention
from falin.kernel.models import StoredFile
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from falin.kernel.transactions import inside
from tenants.registry import policies
from tenants.registry.archives.format import Reader
from tenants.registry.archives.restoring import Restored, restore_archive
from tenants.registry.commands.archiving import part_file
from tenants.registry.models import Archive, Backup

RESTORE, PURPOSE = "registry.restore", "restore"
DAYS = parameters.declare(parameters.Parameter(
    key="registry.days_of_restores", label=gettext_noop("送来恢复的档案保留"), unit=gettext_noop("天"), default=1, minimum=1,
    maximum=7, rule="decision 53", set_by=(),  # what operators send lies in the shared schema, of no place
))  # fmt: skip
UPLOADED = retention.Rule(purpose=PURPOSE, label=gettext_noop("送来恢复的档案"), days=DAYS,
                          removed=lambda scope, gone, now: None)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """What opens an archive: the certificate it was sealed for, its private key and that one's password."""

    certificate: bytes
    key: bytes
    password: str = ""

    def reader(self) -> Reader:
        """:raises Invalid: the key cannot be read."""
        return Reader.read(self.certificate, self.key, self.password.encode() or None)


def ask_restore(
    *, scope: Scope, archive: uuid.UUID | IO[bytes], opener: Opener, check: bool, now: datetime
) -> uuid.UUID:  # fmt: skip
    """
    Queue a restore from an archive in the store, by its number, or from one that is sent along; the job's number. With
    ``check`` it is only tried whether it could be done.

    :raises Invalid: the key cannot be read. :raises Missing: there is no such archive.
    """
    policies.check_may_manage(scope)
    opener.reader()
    if isinstance(archive, uuid.UUID):
        known = Archive.objects.filter(id=archive).first()
        if known is None:
            raise policies.no_archive()
        path, sent = known.path, ""
    else:
        kept = _keep(scope, archive, now)
        path, sent = kept.path, str(kept.id)
    audit.record(scope=scope, act="registry.restore.asked", subject=("installation", "restore"), node_id=None, now=now,
                 after={"checked": check})  # fmt: skip
    return jobs.ask(
        scope=scope, kind=RESTORE, title=_("试恢复") if check else _("从档案恢复"), now=now,
        parameters={"path": path, "sent": sent, "check": check, "opener": str(_keep_opener(scope, opener, now))},
    )  # fmt: skip


def _keep(scope: Scope, archive: IO[bytes], now: datetime) -> StoredFile:
    with part_file() as part:
        with part.open("wb") as out:
            shutil.copyfileobj(archive, out)
        return files.keep_made(scope=scope, source=part, name="archive.zip", content_type="application/zip",
                               purpose=PURPOSE, now=now)  # fmt: skip


def _keep_opener(scope: Scope, opener: Opener, now: datetime) -> uuid.UUID:
    text = json.dumps({name: getattr(opener, name).decode() for name in ("certificate", "key")}
                      | {"password": opener.password})  # fmt: skip
    secret = secrets.token_hex(16)
    sealed = crypto.encrypt(text, _place(secret))
    kept = files.keep_result(
        scope=scope, data=sealed, name=secret, content_type="application/zip", purpose=PURPOSE, now=now
    )
    return kept.id


def _place(secret: str) -> crypto.Place:
    return crypto.Place(PUBLIC_SCHEMA, "registry_restore", "opener", secret)


def restore(run: jobs.Run) -> Mapping[str, Any]:
    """The job: a kill leaves nothing, and another try goes on. What was sent for it goes when it ends."""
    policies.check_may_manage(run.scope)
    given = run.parameters
    with inside(run.scope, read_only=True):
        row: StoredFile = StoredFile.objects.get(id=uuid.UUID(given["opener"]))
    with default_storage.open(row.path) as file:
        said = json.loads(crypto.decrypt(file.read(), _place(row.name)))
    opener = Opener(certificate=said["certificate"].encode(), key=said["key"].encode(), password=said["password"])
    try:
        found = restore_kept(run, given["path"], opener, check=given["check"])
    except (jobs.Superseded, OperationalError, InterfaceError):
        raise  # another try has it, or will, and needs the key
    except Exception:
        _forget(run)
        raise
    _forget(run)
    if given["check"]:
        with inside(run.scope, read_only=False):
            book_trial(path=given["path"], error="", now=clock.now())
    return restored(found)


def book_trial(*, path: str, error: str, now: datetime) -> None:
    """What came of trying a nightly backup stands beside it; of an archive that is none, nowhere."""
    tried = Archive.objects.filter(path=path, number__isnull=False).values_list("tenant_id", flat=True)
    well = {} if error else {"verified_at": now}
    Backup.objects.filter(tenant_id__in=list(tried)).update(trial_at=now, trial_error=error, **well)


def restore_kept(run: jobs.Run, path: str, opener: Opener, *, check: bool) -> Restored:
    """From an archive that lies in the store, which need not have it on a disk of ours."""
    with part_file() as part:
        with default_storage.open(path) as file, part.open("wb") as out:
            shutil.copyfileobj(file, out)
        return restore_archive(
            part, opener.reader(), check=check, now=clock.now(),
            tell=lambda done, total, name: run.progress(done, total),
        )  # fmt: skip


def restored(found: Restored) -> dict[str, Any]:
    """What a restore tells who asked for it."""
    return {"tenant": found.tenant.name, "rows": found.rows, "kept": dict(found.kept), "missing": list(found.missing)}


def _forget(run: jobs.Run) -> None:
    """The key, and an archive that was sent for this restore alone."""
    with inside(run.scope, read_only=False):
        for number in filter(None, (run.parameters["opener"], run.parameters["sent"])):
            for row in StoredFile.objects.filter(id=uuid.UUID(number)):
                row.delete()
                transaction.on_commit(partial(default_storage.delete, row.path))
