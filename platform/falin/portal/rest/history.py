"""History for programs: what was booked at one's places, or about one thing, as far as the page shows it."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import booked, seen
from falin.portal.rest.audit import ActOut, LogOut
from falin.portal.rest.emergencies import EmergencyOut
from falin.portal.rest.serializers import RightOut

_TAGS = ["history"]


class BeforeIn(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**62, help_text="older than this entry")


def _before(request: Request) -> int | None:
    asked = BeforeIn(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    found: int | None = asked.validated_data.get("before")
    return found


class History(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "history.read"}

    @extend_schema(parameters=[BeforeIn], responses=LogOut, operation_id="history_list", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """What was done at one's places, newest first."""
        return Response(LogOut(booked.history(scope=scope, before=_before(request))).data)


class OfThing(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "history.read"}

    @extend_schema(parameters=[BeforeIn], responses=LogOut, operation_id="history_of", tags=_TAGS)
    def get(self, request: Request, scope: Scope, kind: str, subject_id: str) -> Response:
        """Who did what to one thing, when and why."""
        before = _before(request)
        return Response(LogOut(booked.history(scope=scope, kind=kind, subject_id=subject_id, before=before)).data)


class OnIn(serializers.Serializer[Any]):
    on = serializers.DateField(required=False, help_text="the day; today, where it is left out")


class SeenOut(serializers.Serializer[Any]):
    """From what is possible to what is certain."""

    on = serializers.DateField()
    places = serializers.ListField(child=serializers.IntegerField(), source="place_ids")
    readers = RightOut(many=True, source="readers.rights")
    above = serializers.IntegerField(source="readers.above", help_text="more roles, of people outside one's reach")
    emergencies = EmergencyOut(many=True)
    clear = ActOut(many=True, help_text="who saw what is masked")


class Seen(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": booked.READ}

    @extend_schema(parameters=[OnIn], responses=SeenOut, operation_id="history_seen", tags=_TAGS)
    def get(self, request: Request, scope: Scope, kind: str, subject_id: str) -> Response:
        """Who could have seen one thing on a day: roles in force, emergencies open, and looks at it in clear."""
        asked, moment = OnIn(data=request.query_params.dict()), now()
        asked.is_valid(raise_exception=True)
        on = asked.validated_data.get("on") or legal_day(moment)
        found = seen.who_could_see(scope=scope, kind=kind, subject_id=subject_id, on=on, now=moment)
        return Response(SeenOut(found).data)
