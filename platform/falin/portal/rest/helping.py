"""Help and terms for programs: the same texts as the pages', in the language asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import help as texts


class TermOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    word = serializers.CharField()
    plain = serializers.CharField(help_text="what it means, in plain words")
    rule = serializers.CharField(help_text="the programme's rule; empty where the word is the platform's own")
    english = serializers.CharField()
    traditional = serializers.CharField()


class TopicOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="its page")


class HelpOut(TopicOut):
    lines = serializers.ListField(child=serializers.CharField(), help_text="what concerns one's role stands first")
    terms = TermOut(many=True)


class Topics(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read"}

    @extend_schema(responses=TopicOut(many=True), operation_id="help_list", tags=["help"])
    def get(self, request: Request, scope: Scope) -> Response:
        """The topics whose pages one's role may open."""
        return Response(TopicOut(texts.list_topics(scope=scope), many=True).data)


class Topic(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read"}

    @extend_schema(responses=HelpOut, operation_id="help_get", tags=["help"])
    def get(self, request: Request, scope: Scope, key: str) -> Response:
        """Help for some pages."""
        found = texts.get_topic(scope=scope, key=key)
        row = {"key": found.key, "title": found.title, "url": found.url, "terms": found.terms,
               "lines": texts.lines_for(found, scope.role)}  # fmt: skip
        return Response(HelpOut(row).data)


class Terms(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read"}

    @extend_schema(responses=TermOut(many=True), operation_id="help_terms", tags=["help"])
    def get(self, request: Request, scope: Scope) -> Response:
        """The programme's words with their plain meaning."""
        return Response(TermOut(texts.list_terms(scope=scope), many=True).data)
