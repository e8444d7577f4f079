"""Lists that wait for a second person before they are written into a file, and his yes or no."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import exports
from falin.portal.rest.people import given
from falin.portal.rest.serializers import ReasonIn

_TAGS = ["jobs"]


class HeldFilterOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="what is asked of the list")
    words = serializers.CharField()


class HeldOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="of the job that will write the file")
    person = serializers.CharField(help_text="who asks for it")
    own = serializers.BooleanField(help_text="one's own: somebody else says yes or no")
    purpose = serializers.CharField()
    name = serializers.CharField(source="content.table.name", help_text="of the list")
    filters = HeldFilterOut(source="content.filters", many=True)
    columns = serializers.ListField(child=serializers.CharField(), source="content.columns")
    rows = serializers.IntegerField(source="content.rows", help_text="now")
    more = serializers.BooleanField(source="content.more", help_text="there are more rows than were counted")
    format = serializers.CharField(source="file_format", help_text="csv or xlsx")
    asked_at = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="when it ends if nobody confirms it")


class Exports(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": exports.CONFIRM}

    @extend_schema(responses=HeldOut(many=True), operation_id="exports_held", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """The files that wait for a second person: those one can confirm, oldest first, and after them one's own."""
        return Response(HeldOut(exports.list_held(scope=scope, now=now()), many=True).data)


class Confirmation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": exports.CONFIRM}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={204: None}, operation_id="exports_confirm", tags=_TAGS)
    def post(self, request: Request, scope: Scope, job_id: uuid.UUID) -> Response:
        """Yes, as the second person."""
        exports.confirm_export(scope=scope, job_id=job_id, now=now())
        return Response(status=204)


class Refusal(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": exports.CONFIRM}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(request=ReasonIn, responses={204: None}, operation_id="exports_refuse", tags=_TAGS)
    def post(self, request: Request, scope: Scope, job_id: uuid.UUID) -> Response:
        """No, with the reason."""
        why = given(ReasonIn, request).validated_data["why"]
        exports.refuse_export(scope=scope, job_id=job_id, why=why, now=now())
        return Response(status=204)
