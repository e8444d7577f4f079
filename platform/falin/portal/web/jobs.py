"""A person's own jobs: how far they are, what they said, cancel; and files they made."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel import files, jobs
from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.models import Job, StoredFile
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal import exports


@door(grant="jobs.own", reads="GET")
def list_mine(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    found = jobs.list_jobs(scope=scope)
    return render(request, "portal/jobs.html", {"rows": _with_files(scope, found)})


def _with_files(scope: Scope, found: list[Job]) -> list[tuple[Job, StoredFile | None, bool]]:
    """Each job with the file it made, and whether that file is over."""
    made = {job.id: uuid.UUID(job.result["file"]) for job in found if job.result.get("file")}
    there = files.list_files(scope=scope, file_ids=made.values()) if made else {}
    return [(job, there.get(made.get(job.id, job.id)), job.id in made and made[job.id] not in there) for job in found]


@door(grant="jobs.own", reads="GET")
def show(request: HttpRequest, scope: Scope, job_id: uuid.UUID) -> HttpResponseBase:
    job = jobs.find(scope=scope, job_id=job_id)
    if job is None:
        raise Missing("jobs.missing", _("没有这项任务。"))
    running = job.state in {"queued", "running"}
    ((_job, file, over),) = _with_files(scope, [job])
    response = render(request, "portal/job.html", {"job": job, "running": running, "file": file, "over": over})
    if running:
        response.headers["Refresh"] = "3"  # works without scripts
    return response


@door(grant="jobs.own", reads="", writes="POST")
def cancel(request: HttpRequest, scope: Scope, job_id: uuid.UUID) -> HttpResponseBase:
    exports.cancel_job(scope=scope, job_id=job_id, now=now())
    messages.success(request, _("已请这项任务停下。"))
    return HttpResponseRedirect(reverse("portal:job", args=[job_id]))


@door(grant="jobs.own", reads="GET")
def download(request: HttpRequest, scope: Scope, file_id: uuid.UUID) -> HttpResponseBase:
    return stored_file(scope, file_id)


def stored_file(scope: Scope, file_id: uuid.UUID) -> FileResponse:
    """A stored file, as it was stored, under its own name; access is checked at each download."""
    row, content = files.open_file(scope=scope, file_id=file_id)
    inline = row.content_type.startswith("image/")
    answer = FileResponse(content, as_attachment=not inline, filename=row.name, content_type=row.content_type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
