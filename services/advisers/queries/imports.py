"""Sheets on their way in, as the county's team sees them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from falin.kernel.files import open_file
from falin.kernel.models import Job, JobState
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.sheets.findings import Finding, HeadTrouble
from services.advisers import policies
from services.advisers.models import ImportSheet, NamedColumn
from services.advisers.rules.import_wording import column_name, sentence, unusable
from services.advisers.rules.imports import Counts, ImportInfo, ImportState, InColumn, Loaded

SHOWN = 50


def get_import(*, scope: Scope, import_id: uuid.UUID) -> ImportInfo:
    """:raises Missing:"""
    policies.check_may_import(scope)
    row = ImportSheet.objects.filter(id=import_id).first()
    if row is None:
        raise policies.no_import()
    return info_of(scope, row, _jobs([row]))


def list_imports(*, scope: Scope, limit: int = 20) -> list[ImportInfo]:
    """The county's latest imports, newest first; without their findings."""
    policies.check_may_import(scope)
    rows = list(ImportSheet.objects.order_by("-created_at", "id")[:limit])
    jobs = _jobs(rows)
    return [info_of(scope, row, jobs, brief=True) for row in rows]


def named_columns() -> dict[str, str]:
    """What the county's team called columns in its sheets: plain name → key."""
    return dict(NamedColumn.objects.values_list("plain", "key"))


def rows_to_mend(*, scope: Scope, import_id: uuid.UUID) -> tuple[str, bytes]:
    """
    The sheet of rows that were not ready: a file name and its bytes.

    :raises Missing: there is no such import of one's own, or every row of it was ready. A colleague goes on with the sheet
        and does not get it: numbers stand in it in clear.
    """
    policies.check_may_import(scope)
    row = ImportSheet.objects.filter(id=import_id, person_id=scope.person_id).first()
    if row is None or row.errors_file is None:
        raise policies.no_import()
    try:
        stored, source = open_file(scope=scope, file_id=row.errors_file)
    except FileNotFoundError:
        raise Missing("files.missing", str(policies.no_import().message)) from None
    with source:
        return stored.name, source.read()


def state_of(row: ImportSheet, job: Job | None) -> ImportState:
    """What a sheet says of itself, unless the job that works on it came to an end without a word."""
    state = ImportState(row.state)
    if state.moving and job is not None:
        if job.state == JobState.CANCELLED:
            return ImportState.STOPPED
        if job.state == JobState.FAILED:
            return ImportState.FAILED
    return state


def info_of(
    scope: Scope, row: ImportSheet, jobs: Mapping[uuid.UUID, Job], *, brief: bool = False
) -> ImportInfo:  # fmt: skip
    job = jobs.get(row.job_id) if row.job_id else None
    kept: Mapping[str, Any] = row.findings
    load = kept.get("load")
    return ImportInfo(
        id=row.id, name=row.name, state=state_of(row, job), created_at=row.created_at, ended_at=row.ended_at,
        job_id=row.job_id, mine=row.person_id == scope.person_id, done=job.done if job else 0,
        total=job.total if job else 0, sheet=kept.get("sheet", ""), others=kept.get("others", 0),
        head_row=kept.get("head_row", 0), columns=tuple(kept.get("columns", ())),
        unknown=tuple(kept.get("unknown", ())), heads=tuple(kept.get("heads", kept.get("head", {}).get("found", ()))),
        told={name: column_name(key) for name, key in kept.get("told", {}).items()}, counts=Counts(**kept.get("counts", {})),
        by_column=() if brief else tuple(
            InColumn(column=column_name(column), count=count) for column, count in kept.get("by_column", ())
        ),
        findings=() if brief else _findings(kept.get("first", ())),
        head=_trouble(kept["head"]) if "head" in kept else None,
        refusal=unusable(kept["refusal"]) if kept.get("refusal") else "",
        loaded=Loaded(
            **{name: value for name, value in load.items() if name not in {"until", "first"}},
            findings=() if brief else _findings(load["first"]),
        ) if load else None,
        has_errors_file=row.errors_file is not None,
    )  # fmt: skip


def _trouble(kept: Mapping[str, Any]) -> HeadTrouble:
    return HeadTrouble(
        row=kept["row"], found=tuple(kept["found"]), missing=tuple(kept["missing"]), doubled=tuple(kept["doubled"]),
        merged=tuple(kept["merged"]), unknown=tuple(kept["unknown"]),
    )  # fmt: skip


def _findings(kept: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """In the reader's language: what is kept are codes and facts."""
    return tuple(
        Finding(
            row=one["row"], column=column_name(one["column"]), code=one["code"], found=one["found"],
            sentence=sentence(one["code"], one["facts"]),
        )
        for one in kept
    )  # fmt: skip


def _jobs(rows: Sequence[ImportSheet]) -> dict[uuid.UUID, Job]:
    wanted = [row.job_id for row in rows if row.job_id]
    return {job.id: job for job in Job.objects.filter(id__in=wanted)} if wanted else {}
