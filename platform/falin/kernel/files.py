"""The place of files: taken in by content, not by name; stored by tenant; hashed; never served by guessing a path."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import puremagic
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from falin.kernel import quotas
from falin.kernel.models import Job, StoredFile
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope

# What each purpose takes: content types told from the bytes, and the most bytes.
PHOTO = ("photo", {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}, 8 * 1024 * 1024)
SHEET = (
    "sheet",
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"},
    30 * 1024 * 1024,
)
RESULT_TYPES = {"text/csv": "csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
                "application/json": "json", "application/x-ndjson": "jsonl", "application/zip": "zip"}  # fmt: skip
# The grant that opens a file of a purpose: to who put it there, as long as he holds it, and to others within their places.
OWNERS = {
    "photo": "duty.own",
    "sheet": "advisers.import",
    "stations-sheet": "stations.keep",
    "import-errors": "advisers.import",
    "audit-log": "audit.export",
    "places-list": "places.update",
    "archive": "tenants.manage",
}
READERS = {"photo": "duty.read"}  # not sheets: what a colleague brought along may hold numbers of people in clear
# Purposes of files a job makes out of rows of its asker's places, and the grant that takes them home.
MADE_WITHIN: dict[str, str] = {}
Purpose = tuple[str, dict[str, str], int]
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]")


def content_type_of(head: bytes, *, name: str = "") -> str:
    """The type the bytes say they are; ``""`` when they do not say."""
    if head[:4] == b"PK\x03\x04":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if b"xl/" in head or name.endswith(
            ".xlsx"
        ) else "application/zip"  # fmt: skip
    if name.endswith(".csv") and b"\x00" not in head:
        return "text/csv"  # a text says of itself no more than that
    try:
        return str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        return ""


def take_in(
    *, scope: Scope, upload: UploadedFile[bytes] | File[bytes], purpose: Purpose, node_id: int | None, now: datetime
) -> StoredFile:
    """
    Check and store an uploaded file; the row and the file stand or fall together.

    :raises Invalid: too large, empty, not of a type the purpose takes, or held by the virus scanner.
    """
    kind, types, most = purpose
    size = int(upload.size or 0)
    if size == 0:
        raise Invalid("files.empty", _("这个文件是空的。请重新选一个。"), field="file")
    if size > most:
        raise Invalid(
            "files.too_large", _("文件太大：最多 %(most)s MB。") % {"most": most // 1024 // 1024}, field="file"
        )
    data = upload.read()
    name = _CONTROL.sub("", upload.name or "")[-200:] or kind
    content_type = content_type_of(data[:4096], name=name.lower())
    if content_type not in types:
        raise Invalid("files.wrong_type", _("文件的内容不是这里能收的类型。"), field="file")
    scan = import_string(settings.VIRUS_SCAN) if settings.VIRUS_SCAN else None
    if scan and not scan(data):
        raise Invalid("files.held", _("文件没有通过安全检查，没有保存。"), field="file")
    return _store(scope=scope, data=data, name=name, content_type=content_type, suffix=types[content_type], kind=kind,
                  node_id=node_id, now=now)  # fmt: skip


def keep_result(
    *, scope: Scope, data: bytes, name: str, content_type: str, purpose: str, now: datetime, node_id: int | None = None
) -> StoredFile:
    """Store a file the platform made itself (an export, the error rows of an import)."""
    return _store(scope=scope, data=data, name=name, content_type=content_type, suffix=RESULT_TYPES[content_type],
                  kind=purpose, node_id=node_id, now=now)  # fmt: skip


def keep_made(*, scope: Scope, source: Path, name: str, content_type: str, purpose: str, now: datetime) -> StoredFile:
    """Store a file a job has written to disk, too large for memory; the store has it whole before there is a row."""
    quotas.check_room(scope, source.stat().st_size, now=now)
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file_id = uuid.uuid4()
        path = _put(f"{scope.schema}/{now:%Y/%m}/{file_id}.{RESULT_TYPES[content_type]}", File(file, name=name))
    return StoredFile.objects.create(
        id=file_id, name=name, content_type=content_type, size=source.stat().st_size, sha256=digest, path=path,
        purpose=purpose, person_id=scope.person_id, at=now,
    )  # fmt: skip


def list_files(*, scope: Scope, file_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, StoredFile]:
    """Which of one's own files are still there."""
    return {row.id: row for row in StoredFile.objects.filter(id__in=list(file_ids), person_id=scope.person_id)}


def _store(
    *, scope: Scope, data: bytes, name: str, content_type: str, suffix: str, kind: str, node_id: int | None,
    now: datetime,
) -> StoredFile:  # fmt: skip
    quotas.check_room(scope, len(data), now=now)
    file_id = uuid.uuid4()
    # By tenant first: export, removal and quotas of a tenant are a matter of one folder.
    path = _put(f"{scope.schema}/{now:%Y/%m}/{file_id}.{suffix}", ContentFile(data))
    return StoredFile.objects.create(
        id=file_id, name=name, content_type=content_type, size=len(data), sha256=hashlib.sha256(data).hexdigest(),
        path=path, purpose=kind, node_id=node_id, person_id=scope.person_id, at=now,
    )  # fmt: skip


def _put(path: str, content: File[Any]) -> str:
    """Into the store, whole or not at all: what a full disk cut short would keep it full."""
    try:
        return str(default_storage.save(path, content))
    except Exception:
        with suppress(Exception):  # what it failed at is told
            default_storage.delete(path)
        raise


def open_file(*, scope: Scope, file_id: uuid.UUID) -> tuple[StoredFile, File[bytes]]:
    """
    A stored file of the scope's tenant, open for reading: one's own, or of one's places and for one's role.

    :raises Missing: no such file here, or it is not the scope's to see.
    """
    row = StoredFile.objects.filter(id=file_id).first()
    if row is None or not _may_open(scope, row):
        raise Missing("files.missing", _("没有这个文件。"))
    return row, default_storage.open(row.path)


def open_for_work(*, scope: Scope, file_id: uuid.UUID) -> File[bytes]:
    """
    A stored file of one's body for a job, which takes from it what its asker may enter and shows him none of it: whoever
    may bring such files goes on with a colleague's.

    :raises Missing: no such file here, or it is not the scope's to work on.
    """
    row = StoredFile.objects.filter(id=file_id).first()
    if row is None or not scope.may(OWNERS.get(row.purpose, "")) or not (row.node_id and scope.sees(row.node_id)):
        raise Missing("files.missing", _("没有这个文件。"))
    return default_storage.open(row.path)


def _may_open(scope: Scope, row: StoredFile) -> bool:
    if row.person_id == scope.person_id and scope.may(OWNERS.get(row.purpose, "")):
        return row.purpose not in MADE_WITHIN or (scope.may(MADE_WITHIN[row.purpose]) and _sees_as_much(scope, row))
    return row.node_id is not None and scope.sees(row.node_id) and scope.may(READERS.get(row.purpose, ""))


def _sees_as_much(scope: Scope, row: StoredFile) -> bool:
    """What was made of the rows of some places is opened by who sees all of these places still."""
    job = Job.objects.filter(person_id=row.person_id, result__file=str(row.id)).first()
    if job is None or job.result["subject"] != scope.subject_id:
        return False
    return all(node_id in scope.roots or scope.sees(node_id) for node_id in job.result["roots"])
