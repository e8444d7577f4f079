"""Feedback and the first day, for programs: the same commands and queries as the pages'."""

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
from falin.portal.rest.people import given
from services.desk.api import answer_feedback, list_feedback, own_feedback, put_away_first_day, send_feedback
from services.desk.types import FeedbackState

_STATES = [state.value for state in FeedbackState]


class FeedbackIn(serializers.Serializer[Any]):
    page = serializers.CharField(max_length=500, help_text="the page's address; numbers in it are not kept")
    text = serializers.CharField(max_length=1000, help_text="what is wrong; no names or numbers of people")


class AnswerIn(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=1000)


class FeedbackOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    page = serializers.CharField()
    text = serializers.CharField()
    role = serializers.CharField()
    body = serializers.CharField(allow_blank=True, help_text="the writer's office, for who answers")
    release = serializers.CharField()
    at = serializers.DateTimeField()
    state = OneOf(FeedbackState)
    answer = serializers.CharField(allow_blank=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class FeedbackPageOut(serializers.Serializer[Any]):
    feedback = FeedbackOut(many=True, source="rows")
    waiting = serializers.IntegerField()
    next_before = serializers.IntegerField(allow_null=True, help_text="ask with ?before= for the next stretch")


class Asked(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    view = serializers.ChoiceField(choices=_STATES, required=False)


class Own(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "feedback.own", "POST": "feedback.own"}

    @extend_schema(responses=FeedbackOut(many=True), operation_id="feedback_own", tags=["help"])
    def get(self, request: Request, scope: Scope) -> Response:
        """What one said oneself, with the answers."""
        return Response(FeedbackOut(own_feedback(scope=scope), many=True).data)

    @extend_schema(request=FeedbackIn, responses={201: FeedbackOut}, operation_id="feedback_send", tags=["help"])
    def post(self, request: Request, scope: Scope) -> Response:
        """Say what is wrong on a page."""
        data = given(FeedbackIn, request).validated_data
        return Response(FeedbackOut(send_feedback(scope=scope, now=now(), **data)).data, status=201)


class Everybodys(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "feedback.answer"}

    @extend_schema(
        parameters=[OpenApiParameter("before", int), OpenApiParameter("view", str, enum=_STATES)],
        responses=FeedbackPageOut, operation_id="feedback_list", tags=["help"],
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """What everybody said whom one answers, newest first."""
        asked = Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        view = asked.validated_data.get("view")
        page = list_feedback(
            scope=scope, state=FeedbackState(view) if view else None, before=asked.validated_data.get("before")
        )
        return Response(FeedbackPageOut(page).data)


class Answer(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "feedback.answer"}

    @extend_schema(request=AnswerIn, responses=FeedbackOut, operation_id="feedback_answer", tags=["help"])
    def post(self, request: Request, scope: Scope, feedback_id: int) -> Response:
        """Answer, once; the writer is told."""
        data = given(AnswerIn, request).validated_data
        return Response(FeedbackOut(answer_feedback(scope=scope, feedback_id=feedback_id, now=now(), **data)).data)


class FirstDay(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": "views.own"}

    @extend_schema(responses={204: None}, operation_id="first_day_put_away", tags=["today"])
    def delete(self, request: Request, scope: Scope) -> Response:
        """Put the list of one's first day away; `today` has it until then."""
        put_away_first_day(scope=scope, now=now())
        return Response(status=204)
