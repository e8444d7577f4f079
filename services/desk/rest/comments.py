"""What is said about a thing, for programs: the same query and commands as the page's."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.scope import Scope
from services.desk import commands, queries
from services.desk.rules import LONGEST_COMMENT
from services.desk.types import ThingKind

_JOIN = "comments.join"


class CommentIn(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_COMMENT, help_text="no names or numbers of residents")
    tell = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**53), required=False, default=list, max_length=50,
        help_text="people among the thing's readers",
    )  # fmt: skip


class CommentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="who wrote it")
    text = serializers.CharField(allow_blank=True, help_text="empty once it was taken back")
    told = serializers.ListField(child=serializers.CharField(), help_text="the names of who was to read it")
    at = serializers.DateTimeField()
    own = serializers.BooleanField()
    taken_back_at = serializers.DateTimeField(allow_null=True)


class ReaderOut(serializers.Serializer[Any]):
    person_id = serializers.IntegerField()
    name = serializers.CharField()


class TalkOut(serializers.Serializer[Any]):
    kind = OneOf(ThingKind, source="thing.kind")
    title = serializers.CharField(source="thing.title")
    readers = ReaderOut(many=True, source="thing.readers", help_text="who else may see the thing")
    comments = CommentOut(many=True, help_text="the last 200, in the order they were written")


class Comments(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": _JOIN, "POST": _JOIN}

    @extend_schema(responses=TalkOut, operation_id="comments")
    def get(self, request: Request, scope: Scope, kind: str, subject_id: str) -> Response:
        """What was said about a thing: an adviser, an appointment, a visit, a place (`division`)."""
        return Response(TalkOut(queries.get_talk(scope=scope, kind=kind, subject_id=subject_id, now=now())).data)

    @extend_schema(request=CommentIn, responses={201: CommentOut}, operation_id="comments_write")
    def post(self, request: Request, scope: Scope, kind: str, subject_id: str) -> Response:
        """Write about a thing; whom one names is told."""
        given = CommentIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = commands.write_comment(scope=scope, kind=kind, subject_id=subject_id, now=now(), **given.validated_data)
        return Response(CommentOut(made).data, status=201)


class OneComment(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": _JOIN}

    @extend_schema(responses={204: None}, operation_id="comments_take_back")
    def delete(self, request: Request, scope: Scope, comment_id: uuid.UUID) -> Response:
        """Take one's own comment back: its words go, that there was one stays."""
        commands.take_back_comment(scope=scope, comment_id=comment_id, now=now())
        return Response(status=204)
