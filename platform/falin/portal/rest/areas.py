"""Statistical areas, facts and outlines of places for programs: the same queries and the same commands as the pages."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.refusals import Invalid
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal.rest.places import PlaceOut
from falin.portal.web.areas import months_of
from falin.portal.web.describing import FACTS, MOST, OUTLINES, take
from tenants.divisions import api, policies

_TAGS = ["places"]


class AreaOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    home = PlaceOut(help_text="whose it is")
    listed = PlaceOut(allow_null=True, help_text="the place of the national list that stands for the same zone")


class MemberOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    place = PlaceOut()
    begins = serializers.DateField()
    ends = serializers.DateField(allow_null=True)
    said_by = serializers.CharField(source="source")


class AreaMonthOut(serializers.Serializer[Any]):
    month = serializers.CharField()
    as_of = serializers.DateField()
    lying = serializers.IntegerField(help_text="communities that lay in it")
    communities = serializers.IntegerField(source="tally.communities", help_text="of these, published")
    covered = serializers.IntegerField(source="tally.covered")
    pairs = serializers.IntegerField(source="tally.pairs")
    met = serializers.IntegerField(source="tally.met")
    visits = serializers.IntegerField(source="tally.visits")


class ViewIn(serializers.Serializer[Any]):
    view = serializers.ChoiceField(
        choices=[view.value for view in api.View], default=api.View.AS_WAS.value,
        help_text="as_was: what lay in it when each month was counted; as_is: what lies in it today",
    )  # fmt: skip


class OneAreaOut(AreaOut):
    members = MemberOut(many=True)
    months = AreaMonthOut(many=True, allow_null=True, help_text="null: not yours to read")


class AreaIn(serializers.Serializer[Any]):
    home = serializers.IntegerField(min_value=1, max_value=2**62)
    name = serializers.CharField(max_length=100)
    listed = serializers.CharField(max_length=12, required=False, allow_blank=True, default="")


class AreaMade(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class MembersIn(serializers.Serializer[Any]):
    codes = serializers.ListField(child=serializers.CharField(max_length=12), min_length=1, max_length=200)
    day = serializers.DateField()
    said_by = serializers.CharField(max_length=200)


class MemberEndIn(serializers.Serializer[Any]):
    day = serializers.DateField()
    said_by = serializers.CharField(max_length=200)


class DescriptionIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[FACTS, OUTLINES])
    content = serializers.CharField(
        max_length=MOST * 4 // 3 + 4, help_text="the file, base64: CSV or XLSX; GeoJSON for outlines"
    )
    day = serializers.DateField()
    said_by = serializers.CharField(max_length=200)


class TakenOut(serializers.Serializer[Any]):
    taken = serializers.IntegerField()


class Areas(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.DESCRIBE}

    @extend_schema(responses=AreaOut(many=True), operation_id="places_areas", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """Every statistical area."""
        return Response(AreaOut(api.list_areas(), many=True).data)

    @extend_schema(request=AreaIn, responses={201: AreaMade}, operation_id="places_open_area", tags=_TAGS)
    def post(self, request: Request, scope: Scope) -> Response:
        """One more, at a place of one's own; without members yet."""
        given = AreaIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        made = api.open_area(scope=scope, node_id=data["home"], name=data["name"], listed=data["listed"], now=now())
        return Response(AreaMade({"id": made}).data, status=201)


class OneArea(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(parameters=[ViewIn], responses=OneAreaOut, operation_id="places_area", tags=_TAGS)
    def get(self, request: Request, scope: Scope, area_id: int) -> Response:
        """One with its members, and its figures for who may read those of its place."""
        asked = ViewIn(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = api.get_area(area_id)
        mine = policies.in_reach(scope, api.last_path(found.home.id))
        months = months_of(scope, area_id, api.View(asked.validated_data["view"])) if mine else None
        return Response(OneAreaOut({
            "id": found.id, "name": found.name, "home": found.home, "listed": found.listed, "members": found.members,
            "months": months,
        }).data)  # fmt: skip


class Members(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.DESCRIBE}

    @extend_schema(request=MembersIn, responses={201: TakenOut}, operation_id="places_area_add", tags=_TAGS)
    def post(self, request: Request, scope: Scope, area_id: int) -> Response:
        """Places that lie in it from a day on, with all below them."""
        given = MembersIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        taken = api.add_members(scope=scope, area_id=area_id, codes=data["codes"], valid_from=data["day"],
                                source=data["said_by"], now=now())  # fmt: skip
        return Response(TakenOut({"taken": taken}).data, status=201)


class OneMember(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.DESCRIBE}

    @extend_schema(parameters=[MemberEndIn], responses={204: None}, operation_id="places_area_end", tags=_TAGS)
    def delete(self, request: Request, scope: Scope, area_id: int, member_id: int) -> Response:
        """From a day on it no longer lies there; past figures stay."""
        given = MemberEndIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        api.end_member(scope=scope, area_id=area_id, member_id=member_id, valid_to=given.validated_data["day"],
                       source=given.validated_data["said_by"], now=now())  # fmt: skip
        return Response(status=204)


class Descriptions(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.DESCRIBE}

    @extend_schema(request=DescriptionIn, responses={201: TakenOut}, operation_id="places_describe", tags=_TAGS)
    def post(self, request: Request, scope: Scope) -> Response:
        """Population, households, area or outlines of one's own places; all or nothing."""
        given = DescriptionIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        try:
            content = base64.b64decode(data["content"], validate=True)
        except ValueError:  # letters that are none of it, too many of them, or not ASCII at all
            raise Invalid("portal.not_base64", _("文件内容要用 base64 编码。"), field="content") from None
        taken = take(scope=scope, kind=data["kind"], data=content, day=data["day"], source=data["said_by"], now=now())
        return Response(TakenOut({"taken": taken}).data, status=201)
