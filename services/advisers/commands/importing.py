"""How a sheet of firms and advisers comes in: taken and checked, looked at, confirmed, loaded. Nothing before "confirm"."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from falin.kernel import audit, jobs
from falin.kernel.files import SHEET, take_in
from falin.kernel.models import Job, JobState
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from falin.kernel.sheets.columns import as_named
from falin.kernel.sheets.workbook import Unusable, check_outside
from services.advisers import policies
from services.advisers.models import ImportSheet, NamedColumn
from services.advisers.queries.homes import home_of
from services.advisers.queries.imports import info_of, state_of
from services.advisers.rules.import_wording import unusable
from services.advisers.rules.imports import ImportInfo, ImportState
from services.advisers.rules.sheet import ROSTER

CHECK, LOAD = "advisers.check_sheet", "advisers.load_sheet"


def take_sheet(*, scope: Scope, upload: UploadedFile[bytes] | File[bytes], now: datetime) -> ImportInfo:
    """
    Store an uploaded sheet and have it checked; a worker does it after the commit.

    :raises Invalid: empty, too large, not an XLSX, or swelling absurdly when unpacked.
    """
    policies.check_may_import(scope)
    home = home_of(scope)
    if upload.size:
        _refuse_plainly(upload)
    stored = take_in(scope=scope, upload=upload, purpose=SHEET, node_id=home.node_id, now=now)
    row = ImportSheet(file_id=stored.id, name=stored.name, state=ImportState.CHECKING, person_id=scope.person_id,
                      created_at=now)  # fmt: skip
    row.job_id = jobs.ask(scope=scope, kind=CHECK, title=_("检查表格 %(name)s") % {"name": stored.name[:100]},
                          parameters={"import_id": str(row.id)}, now=now)  # fmt: skip
    row.save(force_insert=True)
    audit.record(scope=scope, act="advisers.import.taken", subject=("import", row.id), node_id=home.node_id, now=now,
                 after={"bytes": stored.size, "sha256": stored.sha256[:12]})  # fmt: skip
    return info_of(scope, row, {})


def _refuse_plainly(upload: UploadedFile[bytes] | File[bytes]) -> None:
    """What the first bytes and the archive's own list tell is told at the field, not by a job a minute later."""
    if int(upload.size or 0) > SHEET[2]:
        return  # the store refuses it, before anything is read
    data = upload.read()
    upload.seek(0)
    try:
        check_outside(BytesIO(data))
    except Unusable as wrong:
        raise Invalid(f"advisers.sheet_{wrong.code}", unusable(wrong.code), field="file") from wrong


def confirm_import(*, scope: Scope, import_id: uuid.UUID, now: datetime) -> ImportInfo:
    """
    Have the ready rows of a checked sheet loaded; one that was interrupted goes on where it stood.

    :raises Missing: :raises Refused: nothing is ready, or it is being loaded already.
    """
    policies.check_may_import(scope)
    policies.check_may_register(scope)
    row, job = _locked(import_id)
    info = info_of(scope, row, {job.id: job} if job else {})
    if not info.may_confirm:
        raise policies.nothing_to_load()
    row.job_id = jobs.ask(scope=scope, kind=LOAD, title=_("导入表格 %(name)s") % {"name": row.name[:100]},
                          parameters={"import_id": str(row.id)}, now=now)  # fmt: skip
    row.state, row.ended_at = ImportState.LOADING, None
    row.save(update_fields=["job_id", "state", "ended_at"])
    audit.record(scope=scope, act="advisers.import.confirmed", subject=("import", row.id), now=now,
                 node_id=home_of(scope).node_id, after={"ready": info.counts.ready})  # fmt: skip
    return info_of(scope, row, {})


def name_columns(*, scope: Scope, import_id: uuid.UUID, columns: Mapping[str, str], now: datetime) -> ImportInfo:
    """
    Say which column of a sheet is which of ours (key → what stands in its head; empty: none), have it checked again, and
    remember it for the next sheet of this body.

    :raises Missing: :raises Refused: it is being loaded, or was. :raises Invalid: a column is not there, or named twice.
    """
    policies.check_may_import(scope)
    row, job = _locked(import_id)
    info = info_of(scope, row, {job.id: job} if job else {}, brief=True)
    if not info.may_name:
        raise policies.not_to_be_named()
    said = {key: name for key, name in columns.items() if name}
    for key, name in said.items():
        if key not in ROSTER.by_key or name not in info.heads:
            raise Invalid("advisers.no_such_column", _("表里没有这一列。"), field=key)
        if list(said.values()).count(name) > 1:
            raise Invalid("advisers.column_twice", _("“%(name)s”选了两次。") % {"name": name}, field=key)
    here = {as_named(name) for name in info.heads}
    NamedColumn.objects.filter(plain__in=here, key__in=columns).delete()
    for key, name in said.items():
        if not ROSTER.is_known(name, key):
            NamedColumn.objects.update_or_create(
                plain=as_named(name), defaults={"key": key, "person_id": scope.person_id, "at": now}
            )
    row.job_id = jobs.ask(scope=scope, kind=CHECK, title=_("检查表格 %(name)s") % {"name": row.name[:100]},
                          parameters={"import_id": str(row.id)}, now=now)  # fmt: skip
    row.state, row.findings, row.errors_file, row.ended_at = ImportState.CHECKING, {}, None, None
    row.save(update_fields=["job_id", "state", "findings", "errors_file", "ended_at"])
    audit.record(scope=scope, act="advisers.import.columns_named", subject=("import", row.id), now=now,
                 node_id=home_of(scope).node_id,
                 after={"columns": [f"{ROSTER.by_key[key].name} = {name}" for key, name in said.items()]})  # fmt: skip
    return info_of(scope, row, {})


def stop_import(*, scope: Scope, import_id: uuid.UUID, now: datetime) -> ImportInfo:
    """
    Ask the work on a sheet to stop; rows that were loaded stay.

    :raises Missing: :raises Refused: nothing goes on.
    """
    policies.check_may_import(scope)
    row, job = _locked(import_id)
    if job is None or not state_of(row, job).moving:
        raise policies.import_is_over()
    jobs.cancel(scope=scope, job_id=job.id, now=now)
    job.refresh_from_db()
    if job.state == JobState.CANCELLED:  # it had not begun: nobody else would say so
        row.state, row.ended_at = ImportState.STOPPED, now
        row.save(update_fields=["state", "ended_at"])
    audit.record(scope=scope, act="advisers.import.stopped", subject=("import", row.id), now=now,
                 node_id=home_of(scope).node_id)  # fmt: skip
    return info_of(scope, row, {job.id: job})


def _locked(import_id: uuid.UUID) -> tuple[ImportSheet, Job | None]:
    row = ImportSheet.objects.select_for_update(of=("self",)).filter(id=import_id).first()
    if row is None:
        raise policies.no_import()
    return row, Job.objects.filter(id=row.job_id).first() if row.job_id else None
