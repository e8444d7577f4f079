"""What waits for one today, and events that could not be delivered, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import commands, queries
from falin.portal.rest.people import given


class DueOut(serializers.Serializer[Any]):
    words = serializers.CharField()
    count = serializers.IntegerField()
    url = serializers.CharField(help_text="the page where it is done")
    kind = serializers.CharField(help_text="act: a person must decide; watch: good to know")


class FirstStepOut(serializers.Serializer[Any]):
    words = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="the page where it is done")
    done = serializers.BooleanField()


class TodayOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    sentence = serializers.CharField(allow_blank=True)
    due = DueOut(many=True)
    first = FirstStepOut(many=True, help_text="of one's first day; none once all is done or it was put away")


class AsideOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    event = serializers.CharField()
    words = serializers.CharField()
    attempts = serializers.IntegerField()
    error = serializers.CharField(help_text="the kind of error; never the payload")


class DeliveryOut(serializers.Serializer[Any]):
    schema = serializers.CharField()
    name = serializers.CharField()
    waiting = serializers.IntegerField()
    oldest_seconds = serializers.IntegerField()
    measured_at = serializers.DateTimeField()
    set_aside = AsideOut(many=True)


class ResendIn(serializers.Serializer[Any]):
    schema = serializers.CharField(max_length=63)
    event = serializers.IntegerField(min_value=1, max_value=2**62)


class Today(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read"}

    @extend_schema(responses=TodayOut, operation_id="today", tags=["today"])
    def get(self, request: Request, scope: Scope) -> Response:
        """What is due in one's role, as the first page has it."""
        return Response(TodayOut(queries.today(scope=scope, now=now())).data)


class Events(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "events.manage", "POST": "events.manage"}

    @extend_schema(responses=DeliveryOut(many=True), operation_id="events_delivery", tags=["events"])
    def get(self, request: Request, scope: Scope) -> Response:
        """How far each tenant's events are delivered, and what stands aside."""
        return Response(DeliveryOut(queries.delivery(scope=scope, now=now()), many=True).data)

    @extend_schema(request=ResendIn, responses={204: None}, operation_id="events_resend", tags=["events"])
    def post(self, request: Request, scope: Scope) -> Response:
        """Have the relay send one again."""
        data = given(ResendIn, request).validated_data
        commands.resend_event(scope=scope, schema=data["schema"], event_id=data["event"], now=now())
        return Response(status=204)
