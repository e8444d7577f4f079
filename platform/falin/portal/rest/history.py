"""History for programs: what was booked at one's places, or about one thing, as far as the page shows it."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import booked
from falin.portal.rest.audit import LogOut
from falin.portal.web.history import key

_BEFORE = OpenApiParameter("before", OpenApiTypes.INT, description="older than this entry")
_TAGS = ["history"]


class History(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "history.read"}

    @extend_schema(parameters=[_BEFORE], responses=LogOut, operation_id="history_list", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """What was done at one's places, newest first."""
        return Response(LogOut(booked.history(scope=scope, before=key(request._request, "before"))).data)


class OfThing(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "history.read"}

    @extend_schema(parameters=[_BEFORE], responses=LogOut, operation_id="history_of", tags=_TAGS)
    def get(self, request: Request, scope: Scope, kind: str, subject_id: str) -> Response:
        """Who did what to one thing, when and why."""
        before = key(request._request, "before")
        return Response(LogOut(booked.history(scope=scope, kind=kind, subject_id=subject_id, before=before)).data)
