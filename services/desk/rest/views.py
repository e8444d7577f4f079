"""One's own notices and choices, for programs: the same queries and commands as the pages'."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import legal_day, now
from falin.kernel.refusals import Missing
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.scope import Scope
from services.desk import commands, queries
from services.desk.types import LISTS, NoticeKind, Way

OWN = "notices.own"
UNREAD = "unread"
_KINDS = [kind.value for kind in NoticeKind]


class NoticeOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = OneOf(NoticeKind)
    sentence = serializers.CharField(help_text="in the reader's language")
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticePageOut(serializers.Serializer[Any]):
    notices = NoticeOut(many=True, source="rows")
    unread = serializers.IntegerField()
    next_before = serializers.IntegerField(allow_null=True, help_text="ask with ?before= for the next stretch")


class AskedPage(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    view = serializers.ChoiceField(choices=[UNREAD], required=False, default="")


class UnreadOut(serializers.Serializer[Any]):
    unread = serializers.IntegerField()


class WayIn(serializers.Serializer[Any]):
    way = OneOf(Way, name="NoticeWay")


class WayOut(WayIn):
    kind = OneOf(NoticeKind)
    name = serializers.CharField(source="label")


class Notices(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": OWN}

    @extend_schema(
        parameters=[OpenApiParameter("before", int), OpenApiParameter("view", str, enum=[UNREAD])], responses=NoticePageOut,
        operation_id="notices",
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """One's own notices, newest first."""
        asked = AskedPage(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        page = queries.list_notices(scope=scope, before=given.get("before"), unread_only=given["view"] == UNREAD)
        return Response(NoticePageOut(page).data)


class Unread(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": OWN}

    @extend_schema(responses=UnreadOut, operation_id="notices_unread")
    def get(self, request: Request, scope: Scope) -> Response:
        """How many one has not read."""
        return Response({"unread": queries.count_unread(scope=scope)})


class AllRead(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": OWN}

    @extend_schema(request=None, responses=UnreadOut, operation_id="notices_read_all")
    def post(self, request: Request, scope: Scope) -> Response:
        """Everything is read."""
        commands.mark_all_read(scope=scope, now=now())
        return Response({"unread": 0})


class Read(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": OWN}

    @extend_schema(request=None, responses={204: None}, operation_id="notices_read")
    def post(self, request: Request, scope: Scope, notice_id: int) -> Response:
        """One notice is read."""
        commands.mark_read(scope=scope, notice_id=notice_id, now=now())
        return Response(status=204)


class Ways(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": OWN}

    @extend_schema(responses=WayOut(many=True), operation_id="notices_ways")
    def get(self, request: Request, scope: Scope) -> Response:
        """How one is told of each kind."""
        return Response(WayOut(queries.list_choices(scope=scope), many=True).data)


class OneWay(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"PUT": OWN}

    @extend_schema(request=WayIn, responses={204: None}, operation_id="notices_choose")
    def put(self, request: Request, scope: Scope, kind: str) -> Response:
        """Say how one wants to be told of a kind."""
        given = WayIn(data=request.data)
        given.is_valid(raise_exception=True)
        if kind not in _KINDS:
            raise Missing("desk.no_such_kind", _("您现在的身份收不到这一类通知。"))
        commands.choose_way(scope=scope, kind=NoticeKind(kind), way=Way(given.validated_data["way"]), now=now())
        return Response(status=204)


class ViewIn(serializers.Serializer[Any]):
    page = serializers.ChoiceField(choices=list(LISTS), help_text="the list it is of")
    title = serializers.CharField(max_length=40)
    query = serializers.CharField(
        max_length=1000, allow_blank=True, help_text="filters and order, as in the list's address"
    )
    shared = serializers.BooleanField(default=False, help_text="with everybody of one's role in this office")


class ViewOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    query = serializers.CharField(allow_blank=True)
    shared = serializers.BooleanField()
    own = serializers.BooleanField()
    may_drop = serializers.BooleanField(help_text="one's own, or left to one's role by who holds it no more")


class AskedList(serializers.Serializer[Any]):
    page = serializers.ChoiceField(choices=list(LISTS))


class Views(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "views.own", "POST": "views.own"}

    @extend_schema(
        parameters=[OpenApiParameter("page", str, enum=list(LISTS), required=True)], responses=ViewOut(many=True),
        operation_id="views",
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """The views one has of a list: one's own, and those of one's role."""
        asked = AskedList(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = queries.list_views(scope=scope, page=asked.validated_data["page"], on=legal_day(now()))
        return Response(ViewOut(found, many=True).data)

    @extend_schema(request=ViewIn, responses={201: ViewOut}, operation_id="views_save")
    def post(self, request: Request, scope: Scope) -> Response:
        """Keep a list's filters and order under a name."""
        given = ViewIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(ViewOut(commands.save_view(scope=scope, now=now(), **given.validated_data)).data, status=201)


class OneView(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": "views.own"}

    @extend_schema(responses={204: None}, operation_id="views_drop")
    def delete(self, request: Request, scope: Scope, view_id: int) -> Response:
        """Drop a view of one's own, or one that was left to one's role by who holds it no more."""
        commands.drop_view(scope=scope, view_id=view_id, now=now())
        return Response(status=204)
