"""What a county tells everybody, for programs of its team: the same commands and queries as the pages'."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.scope import Scope
from falin.kernel.stepup import SECOND
from services.desk import commands, queries
from services.desk.rules import TEXT_LONGEST, TITLE_LONGEST
from services.desk.types import NewsState

WRITE = "news.write"
_STATES = [state.value for state in NewsState]


class NewsIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=TITLE_LONGEST)
    text = serializers.CharField(max_length=TEXT_LONGEST, help_text="plain paragraphs, an empty line between them")
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, default=None, help_text="the last day; null: until withdrawn")


class NewsWhyIn(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=200)


class NewsOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    state = OneOf(NewsState)
    written_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    changed_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField(allow_blank=True)


class NewsPageOut(serializers.Serializer[Any]):
    news = NewsOut(many=True, source="rows")
    next_before = serializers.IntegerField(allow_null=True, help_text="ask with ?before= for the next stretch")


class AskedNews(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    view = serializers.ChoiceField(choices=_STATES, required=False)


def _given(request: Request) -> dict[str, Any]:
    given = NewsIn(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class News(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": WRITE, "POST": WRITE}

    @extend_schema(
        parameters=[OpenApiParameter("before", int), OpenApiParameter("view", str, enum=_STATES)], responses=NewsPageOut,
        operation_id="news",
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """What the county's team wrote, newest first."""
        asked = AskedNews(data=request.query_params)
        asked.is_valid(raise_exception=True)
        view = asked.validated_data.get("view")
        page = queries.list_news(
            scope=scope, state=NewsState(view) if view else None, before=asked.validated_data.get("before")
        )
        return Response(NewsPageOut(page).data)

    @extend_schema(request=NewsIn, responses={201: NewsOut}, operation_id="news_write")
    def post(self, request: Request, scope: Scope) -> Response:
        """Write a draft."""
        return Response(NewsOut(commands.write_news(scope=scope, now=now(), **_given(request))).data, status=201)


class OneNews(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": WRITE, "PUT": WRITE}

    @extend_schema(responses=NewsOut, operation_id="news_get")
    def get(self, request: Request, scope: Scope, number: int) -> Response:
        """One of them."""
        return Response(NewsOut(queries.get_news(scope=scope, number=number)).data)

    @extend_schema(request=NewsIn, responses=NewsOut, operation_id="news_change")
    def put(self, request: Request, scope: Scope, number: int) -> Response:
        """Put it in other words or on other days."""
        return Response(NewsOut(commands.change_news(scope=scope, number=number, now=now(), **_given(request))).data)


class PublishedNews(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": WRITE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": SECOND}

    @extend_schema(request=None, responses=NewsOut, operation_id="news_publish")
    def post(self, request: Request, scope: Scope, number: int) -> Response:
        """Let everybody read it."""
        return Response(NewsOut(commands.publish_news(scope=scope, number=number, now=now())).data)


class WithdrawnNews(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(request=NewsWhyIn, responses=NewsOut, operation_id="news_withdraw")
    def post(self, request: Request, scope: Scope, number: int) -> Response:
        """Take it off the public pages for good."""
        given = NewsWhyIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(
            NewsOut(commands.withdraw_news(scope=scope, number=number, now=now(), **given.validated_data)).data
        )
