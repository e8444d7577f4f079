"""Search for programs: the same finds as the page's."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import search

_KINDS = ("pages", "places", "advisers", "firms", "stations", "visits", "people", "settings", "help", "jobs")


class Asked(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=_KINDS, required=False)


class HitOut(serializers.Serializer[Any]):
    name = serializers.CharField(source="label")
    about = serializers.CharField(source="sub")
    url = serializers.CharField(help_text="the page of the thing")


class GroupOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=_KINDS)
    hits = HitOut(many=True)
    more = serializers.BooleanField(help_text="there is more of this kind: ask for it alone")


class Search(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read"}

    @extend_schema(
        parameters=[OpenApiParameter("q", str, required=True), OpenApiParameter("kind", str, enum=_KINDS)],
        responses=GroupOut(many=True), operation_id="search", tags=["search"],
    )  # fmt: skip
    def get(self, request: Request, scope: Scope) -> Response:
        """Everything in scope that is called so: by name, part of it, pinyin or initials."""
        asked = Asked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        groups = search.find(scope=scope, text=given["q"], on=legal_day(now()), kind=given.get("kind", ""))
        rows = [{"kind": group.kind, "hits": group.hits, "more": bool(group.more)} for group in groups]
        return Response(GroupOut(rows, many=True).data)
