"""Emergency access for programs: the same commands and queries as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.shapes import MOST
from falin.kernel.scope import Scope
from falin.kernel.sorting import LONGEST
from tenants.identity.commands.emergency import (
    allow_emergency,
    ask_for_emergency,
    end_emergency,
    refuse_emergency,
)
from tenants.identity.policies import ASK_EMERGENCY, DECIDE_EMERGENCY
from tenants.identity.queries.emergency import DOORS_SHOWN, list_doors, list_emergencies

_TAGS = ["emergencies"]


class EmergencyIn(serializers.Serializer[Any]):
    tenant_id = serializers.IntegerField(min_value=1, max_value=2**62)
    incident = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=200)
    minutes = serializers.IntegerField(min_value=1, max_value=60)


class DecisionIn(serializers.Serializer[Any]):
    allow = serializers.BooleanField()
    why = serializers.CharField(max_length=200, required=False, default="", help_text="for a no")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given["allow"] and not given["why"].strip():
            raise serializers.ValidationError({"why": ["required for a no"]})
        return given


class PassedOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    address = serializers.CharField()


class EmergencyOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    operator = serializers.CharField()
    tenant_id = serializers.IntegerField()
    tenant = serializers.CharField()
    incident = serializers.CharField()
    reason = serializers.CharField()
    minutes = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    state = serializers.CharField(help_text="asked, refused, in_force or ended")
    decided_by = serializers.CharField()
    refused_why = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    passed = PassedOut(many=True, help_text=f"the doors he passed, newest first, {DOORS_SHOWN} at most")
    passed_count = serializers.IntegerField(help_text="how many he passed in all")


class DoorsQuery(serializers.Serializer[Any]):
    after = serializers.CharField(required=False, default="", max_length=LONGEST)
    before = serializers.CharField(required=False, default="", max_length=LONGEST)
    size = serializers.IntegerField(required=False, default=DOORS_SHOWN, min_value=1, max_value=MOST)


class DoorsOut(serializers.Serializer[Any]):
    rows = PassedOut(many=True, help_text="newest first")
    after = serializers.CharField(help_text="the next page's cursor; empty: this is the last one")
    before = serializers.CharField(help_text="the cursor of the page before; empty: this is the first one")


def _shown(scope: Scope) -> Response:
    return Response(EmergencyOut(list_emergencies(scope=scope, now=now()), many=True).data)


class Emergencies(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": ASK_EMERGENCY, "POST": ASK_EMERGENCY}
    door_step_up: ClassVar[dict[str, int]] = {"POST": 3}

    @extend_schema(responses=EmergencyOut(many=True), tags=_TAGS, operation_id="emergencies")
    def get(self, request: Request, scope: Scope) -> Response:
        """The operator's own requests, newest first."""
        return _shown(scope)

    @extend_schema(request=EmergencyIn, responses={201: EmergencyOut}, tags=_TAGS, operation_id="emergencies_ask")
    def post(self, request: Request, scope: Scope) -> Response:
        """Ask a tenant to be let in, to look and change nothing."""
        given = EmergencyIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = ask_for_emergency(scope=scope, now=now(), **given.validated_data)
        return Response(EmergencyOut(made).data, status=201)


class Emergency(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": ASK_EMERGENCY}

    @extend_schema(responses={204: None}, tags=_TAGS, operation_id="emergencies_close")
    def delete(self, request: Request, scope: Scope, emergency_id: int) -> Response:
        """The operator is done, or takes his request back."""
        end_emergency(scope=scope, emergency_id=emergency_id, now=now())
        return Response(status=204)


class Here(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": DECIDE_EMERGENCY}

    @extend_schema(responses=EmergencyOut(many=True), tags=_TAGS, operation_id="emergencies_here")
    def get(self, request: Request, scope: Scope) -> Response:
        """What was asked of one's own tenants, and every door that was passed in one's own."""
        return _shown(scope)


class Doors(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": DECIDE_EMERGENCY}

    @extend_schema(parameters=[DoorsQuery], responses=DoorsOut, tags=_TAGS, operation_id="emergencies_doors")
    def get(self, request: Request, scope: Scope, emergency_id: int) -> Response:
        """Every door that was passed in one emergency of one's own tenant."""
        asked = DoorsQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(
            DoorsOut(list_doors(scope=scope, emergency_id=emergency_id, now=now(), **asked.validated_data)).data
        )


class Decision(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": DECIDE_EMERGENCY}
    door_step_up: ClassVar[dict[str, int]] = {"POST": 3}

    @extend_schema(request=DecisionIn, responses=EmergencyOut, tags=_TAGS, operation_id="emergencies_decide")
    def post(self, request: Request, scope: Scope, emergency_id: int) -> Response:
        """Yes from now on, or no with the reason."""
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        if given.validated_data["allow"]:
            made = allow_emergency(scope=scope, emergency_id=emergency_id, now=now())
        else:
            made = refuse_emergency(scope=scope, emergency_id=emergency_id, why=given.validated_data["why"], now=now())
        return Response(EmergencyOut(made).data)


class End(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": DECIDE_EMERGENCY}

    @extend_schema(request=None, responses=EmergencyOut, tags=_TAGS, operation_id="emergencies_end")
    def post(self, request: Request, scope: Scope, emergency_id: int) -> Response:
        """End it now."""
        return Response(EmergencyOut(end_emergency(scope=scope, emergency_id=emergency_id, now=now())).data)
