"""Long work as things of their own: a person's jobs, how far they are, stopping one; and the files they made."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import jobs
from falin.kernel.clock import now
from falin.kernel.models import JobState
from falin.kernel.refusals import Missing
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.scope import Scope
from falin.portal import exports
from falin.portal.web.jobs import stored_file

_TAGS = ["jobs"]


class JobOut(serializers.Serializer[Any]):
    """The job that does it; ``Location`` names its address."""

    job = serializers.UUIDField()


class OneJobOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = OneOf(JobState)
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="0 while nobody knows")
    log = serializers.CharField(help_text="what it said, a line each")
    result = serializers.DictField(help_text="by kind; ``file`` names what it made, ``code`` why it failed")
    cancel_asked = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


def _job(scope: Scope, job_id: uuid.UUID) -> Response:
    found = jobs.find(scope=scope, job_id=job_id)
    if found is None:
        raise Missing("jobs.missing", _("没有这项任务。"))
    return Response(OneJobOut(found).data)


class Jobs(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "jobs.own"}

    @extend_schema(responses=OneJobOut(many=True), operation_id="jobs_list", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """One's own jobs, newest first, up to fifty."""
        return Response(OneJobOut(jobs.list_jobs(scope=scope), many=True).data)


class Job(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "jobs.own"}

    @extend_schema(responses=OneJobOut, operation_id="jobs_get", tags=_TAGS)
    def get(self, request: Request, scope: Scope, job_id: uuid.UUID) -> Response:
        """How far it is, and what came of it."""
        return _job(scope, job_id)


class Cancel(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "jobs.own"}

    @extend_schema(request=None, responses={202: OneJobOut}, operation_id="jobs_cancel", tags=_TAGS)
    def post(self, request: Request, scope: Scope, job_id: uuid.UUID) -> Response:
        """Ask it to stop; one that has not begun ends at once."""
        exports.cancel_job(scope=scope, job_id=job_id, now=now())
        answer = _job(scope, job_id)
        answer.status_code = 202
        return answer


class File(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "jobs.own"}

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY}, operation_id="files_get", tags=_TAGS)
    def get(self, request: Request, scope: Scope, file_id: uuid.UUID) -> HttpResponseBase:
        """A stored file as it was stored; access is checked each time."""
        return stored_file(scope, file_id)
