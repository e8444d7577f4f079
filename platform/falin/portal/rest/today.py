"""What waits for one today, and events that could not be delivered, for programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import ClockTime
from falin.kernel.scope import Scope
from falin.portal import calendar, commands, queries
from falin.portal.rest.people import given


class DueOut(serializers.Serializer[Any]):
    words = serializers.CharField()
    count = serializers.IntegerField()
    url = serializers.CharField(help_text="the page where it is done")
    kind = serializers.CharField(
        help_text="late: its day is over; act: a person must decide; watch: good to know; wait: somebody else is to do it"
    )


class FirstStepOut(serializers.Serializer[Any]):
    words = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="the page where it is done")
    done = serializers.BooleanField()


class TodayOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    sentence = serializers.CharField(allow_blank=True)
    due = DueOut(many=True, help_text="what is late comes first")
    waits = DueOut(many=True, help_text="what one asked for and somebody else is to do")
    first = FirstStepOut(many=True, help_text="of one's first day; none once all is done or it was put away")


class EntryOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    words = serializers.CharField(help_text="days, places and numbers; never a name")
    sign = serializers.CharField(help_text="plan, done, due or ends")
    url = serializers.CharField(help_text="the page it is about")
    begins_at = ClockTime(allow_null=True)
    ends_at = ClockTime(allow_null=True)


class DayOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    works = serializers.BooleanField(help_text="offices are open")
    holiday = serializers.CharField(allow_blank=True)
    made_up = serializers.BooleanField(help_text="a weekend that is worked for a holiday")
    entries = EntryOut(many=True)


class CalendarOut(serializers.Serializer[Any]):
    month = serializers.CharField()
    announced = serializers.BooleanField(
        help_text="the holidays of the year are known; otherwise weekends alone are free"
    )
    days = DayOut(many=True, help_text="in whole weeks, from Monday")


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


class Calendar(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": calendar.READ}

    @extend_schema(
        parameters=[OpenApiParameter("month", OpenApiTypes.STR, description="2026-11; this month where it is left out")],
        responses=CalendarOut, operation_id="calendar", tags=["today"],
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """A month with what has a day in one's role, and its working days."""
        text = request.query_params.get("month", "")
        try:
            month = Month.parse(text) if text else Month.of(now())
        except ValueError:
            raise Invalid("calendar.no_such_month", _("月份要写成 2026-11 这样。"), field="month") from None
        return Response(CalendarOut(calendar.month_page(scope=scope, month=month, now=now())).data)


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
