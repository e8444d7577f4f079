"""A person's own jobs: how far they are, what they said, cancel; and files they made."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import files, jobs
from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.models import Job, StoredFile
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal import exports
from services.advisers.policies import IMPORT
from services.stations.policies import KEEP
from tenants.divisions.policies import DESCRIBE, UPDATE
from tenants.identity.policies import GRANT
from tenants.registry.policies import MANAGE

# What can be brought in from a file: the grant, the page, its template, what it is, and what to know of it.
_IMPORTS = (
    (IMPORT, "advisers:import", "advisers:import_template", gettext_lazy("律所和顾问"),
     gettext_lazy("一张表登记律所、顾问和聘任。列名对过一次就会记住，逐行检查以后才保存。")),
    (KEEP, "stations:sheets", "stations:sheet_template", gettext_lazy("服务站点"),
     gettext_lazy("一张表登记各处站点：在哪里、几时开、电话。逐行检查以后才登记，登记过的不会再登记一次。")),
    (GRANT, "portal:people-sheet", "portal:people-template", gettext_lazy("人员和身份"),
     gettext_lazy("一张表录入人员、授予身份。逐行检查以后才保存。")),
    (UPDATE, "portal:update-new", "", gettext_lazy("区划名录"),
     gettext_lazy("新一年的名录和现在的比一遍，逐处确认，另一个人复核以后才应用。")),
    (DESCRIBE, "portal:describe", "portal:describe-template", gettext_lazy("人口、面积和边界"),
     gettext_lazy("表格（CSV、XLSX）或者边界（GeoJSON），注明哪天的、从哪里来。")),
    (MANAGE, "portal:tenant-restore", "", gettext_lazy("单位的存档"),
     gettext_lazy("把导出的存档恢复回来。先试一遍，什么都不改。")),
)  # fmt: skip


@door(grant="jobs.own", reads="GET")
def list_mine(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """One's own jobs with their files, and what one may bring in."""
    found = jobs.list_jobs(scope=scope)
    imports = [(reverse(page), reverse(blank) if blank else "", label, words)
               for grant, page, blank, label, words in _IMPORTS if scope.may(grant)]  # fmt: skip
    return render(request, "portal/jobs.html", {"rows": _with_files(scope, found), "imports": imports})


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
