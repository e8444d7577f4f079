"""What a county published, for programs: the same reads as its public pages, without a token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from falin.kernel.clock import legal_day, now
from falin.kernel.refusals import Invalid
from falin.kernel.rest.describing import DoorSchema
from falin.kernel.rest.fields import ClockTime, Measure, OneOf
from falin.kernel.transactions import inside, shared
from falin.portal import nearby, public
from falin.portal.public import Face, Spot
from falin.portal.search import words
from falin.portal.web.public import CACHE, REASON
from services.stations.types import Tier


class PublicCountyOut(serializers.Serializer[Any]):
    county = serializers.CharField(help_text="the official code in the addresses below")
    name = serializers.CharField()
    city = serializers.CharField(allow_blank=True)


class PublicAdviserOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    firm = serializers.CharField(source="firm_name")
    firm_phone = serializers.CharField(allow_blank=True)
    specialties = serializers.ListField(child=serializers.CharField())
    since = serializers.DateField()


class PublicHoursOut(serializers.Serializer[Any]):
    weekdays = serializers.ListField(child=serializers.IntegerField(), help_text="1 Monday … 7 Sunday")
    begins_at = ClockTime()
    ends_at = ClockTime()
    room = serializers.CharField()


class PublicCommunityOut(serializers.Serializer[Any]):
    code = serializers.CharField(source="slug")
    name = serializers.CharField(source="place.name")
    street = serializers.CharField(allow_blank=True)
    advisers = PublicAdviserOut(many=True, source="serving")
    hours = PublicHoursOut(allow_null=True)


class PublicFiguresOut(serializers.Serializer[Any]):
    """The newest published month; without one, nothing was published yet."""

    month = serializers.CharField(allow_null=True)
    as_of = serializers.DateField(allow_null=True)
    communities = serializers.IntegerField(allow_null=True)
    covered = serializers.IntegerField(allow_null=True)
    visits = serializers.IntegerField(allow_null=True)
    lectures = serializers.IntegerField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)


class PublicNewsOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField(help_text="plain paragraphs, an empty line between them")
    published_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="its last day")


class PublicNewsPageOut(serializers.Serializer[Any]):
    news = PublicNewsOut(many=True, source="rows")
    next_before = serializers.IntegerField(allow_null=True, help_text="ask with ?before= for the next stretch")


class AskedPublicNews(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class PublicView(APIView):
    """An address everybody may read, in the scope of one county's published rows."""

    authentication_classes = ()
    permission_classes = ()
    schema = DoorSchema()
    door_open = REASON

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        kept = response.status_code == 200 and request.method != "POST"
        response.headers["Cache-Control"] = CACHE if kept else "no-store"
        return response


def _face(county: str) -> Face:
    """:raises Missing:"""
    with shared(read_only=True):
        return public.find_face(county)


class Counties(PublicView):
    @extend_schema(responses=PublicCountyOut(many=True), operation_id="public_counties", tags=["public"])
    def get(self, request: Request) -> Response:
        """The counties that have public pages."""
        with shared(read_only=True):
            cities = public.list_faces()
        rows = [{"county": slug, "name": name, "city": city.name} for city in cities for slug, name in city.counties]
        return Response(PublicCountyOut(rows, many=True).data)


class Communities(PublicView):
    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="part of a name, pinyin or initials"),
                    OpenApiParameter("street", str, description="the street's code")],
        responses=PublicCommunityOut(many=True), operation_id="public_communities", tags=["public"],
    )  # fmt: skip
    def get(self, request: Request, county: str) -> Response:
        """Communities with their advisers and hours: those called so, or those of one street."""
        face, text = _face(county), words(request.query_params.get("q", ""))
        street = request.query_params.get("street", "")[:12]
        with inside(face.scope, read_only=True):
            spots: list[Spot]
            if text:
                spots = public.find_spots(face, text, on=legal_day(now()))
            elif street:
                spots = public.spots_in(face, street, on=legal_day(now()))[1]
            else:
                raise Invalid("portal.ask_something", "q | street", field="q")
            return Response(PublicCommunityOut(spots, many=True).data)


class PublicPositionIn(serializers.Serializer[Any]):
    longitude = Measure(min_value=-180, max_value=180)
    latitude = Measure(min_value=-90, max_value=90)
    accuracy = Measure(min_value=0, default=0, help_text="in metres")


class Near(PublicView):
    @extend_schema(
        request=PublicPositionIn, responses=PublicCommunityOut(many=True), operation_id="public_near", tags=["public"]
    )
    def post(self, request: Request, county: str) -> Response:
        """Communities around a position, the one that holds it first; the position is not kept."""
        given = PublicPositionIn(data=request.data)
        given.is_valid(raise_exception=True)
        face = _face(county)
        with inside(face.scope, read_only=True):
            spots = public.find_near(face, on=legal_day(now()), **given.validated_data)
            return Response(PublicCommunityOut(spots, many=True).data)


class Community(PublicView):
    @extend_schema(responses=PublicCommunityOut, operation_id="public_community", tags=["public"])
    def get(self, request: Request, county: str, code: str) -> Response:
        """One community: its adviser and when he can be met."""
        face = _face(county)
        with inside(face.scope, read_only=True):
            return Response(PublicCommunityOut(public.get_spot(face, code, on=legal_day(now()))).data)


class PublicOpeningOut(serializers.Serializer[Any]):
    weekday = serializers.IntegerField(help_text="1 Monday … 7 Sunday")
    begins_at = ClockTime()
    ends_at = ClockTime()


class PublicPointOut(serializers.Serializer[Any]):
    longitude = serializers.FloatField()
    latitude = serializers.FloatField()


class PublicStationOut(serializers.Serializer[Any]):
    """A station that is open."""

    tier = OneOf(Tier, source="station.tier", name="StationTier")
    name = serializers.CharField(source="station.content.name")
    place = serializers.CharField(allow_blank=True)
    address = serializers.CharField(source="station.content.address")
    phone = serializers.CharField(source="station.content.phone", allow_blank=True)
    opening = PublicOpeningOut(source="station.content.opening", many=True)
    today = serializers.CharField(help_text="what its hours come to today, in words")
    wheelchair = serializers.BooleanField(source="station.content.wheelchair")
    position = PublicPointOut(source="station.content.position", allow_null=True)
    metres = serializers.IntegerField(allow_null=True, help_text="from the position that was sent, to the hundred")


class Stations(PublicView):
    @extend_schema(
        parameters=[OpenApiParameter("q", str, description="part of a community's or street's name, pinyin or initials"),
                    OpenApiParameter("street", str, description="the street's code"),
                    OpenApiParameter("community", str, description="the community's code")],
        responses=PublicStationOut(many=True), operation_id="public_stations", tags=["public"],
    )  # fmt: skip
    def get(self, request: Request, county: str) -> Response:
        """Stations of a community, its street and the county's centre, in this order; all of them where none is named."""
        face, day, asked = _face(county), legal_day(now()), request.query_params
        with inside(face.scope, read_only=True):
            found = nearby.chosen(face, q=words(asked.get("q", "")), street=asked.get("street", "")[:12],
                                  community=asked.get("community", "")[:12], on=day)  # fmt: skip
            stations = found[1] if found else nearby.all_of(face, on=day)
            return Response(PublicStationOut(stations, many=True).data)


class StationsNear(PublicView):
    @extend_schema(
        request=PublicPositionIn,
        responses=PublicStationOut(many=True),
        operation_id="public_stations_near",
        tags=["public"],
    )
    def post(self, request: Request, county: str) -> Response:
        """Stations around a position, nearest first; the position is not kept."""
        given = PublicPositionIn(data=request.data)
        given.is_valid(raise_exception=True)
        face = _face(county)
        at = {name: given.validated_data[name] for name in ("longitude", "latitude")}
        with inside(face.scope, read_only=True):
            found = nearby.near(face, on=legal_day(now()), **at)
            return Response(PublicStationOut(found, many=True).data)


class PublicFigures(PublicView):
    @extend_schema(responses=PublicFiguresOut, operation_id="public_figures", tags=["public"])
    def get(self, request: Request, county: str) -> Response:
        """The county's newest published figures."""
        face = _face(county)
        with inside(face.scope, read_only=True):
            found = public.figures_of(face, face.county.id)
        counts = ("communities", "covered", "visits", "lectures", "minutes")
        row = {name: getattr(found.tally, name, None) for name in counts}
        as_of = found.published.as_of if found.published else None
        return Response(
            PublicFiguresOut({**row, "month": str(found.month) if found.month else None, "as_of": as_of}).data
        )


class PublicNews(PublicView):
    @extend_schema(
        parameters=[OpenApiParameter("before", int)],
        responses=PublicNewsPageOut,
        operation_id="public_news",
        tags=["public"],
    )
    def get(self, request: Request, county: str) -> Response:
        """What the county tells everybody today, newest first."""
        asked = AskedPublicNews(data=request.query_params)
        asked.is_valid(raise_exception=True)
        face = _face(county)
        with inside(face.scope, read_only=True):
            page = public.news_of(face, on=legal_day(now()), before=asked.validated_data.get("before"))
        return Response(PublicNewsPageOut(page).data)


class OnePublicNews(PublicView):
    @extend_schema(responses=PublicNewsOut, operation_id="public_news_get", tags=["public"])
    def get(self, request: Request, county: str, number: int) -> Response:
        """One of them."""
        face = _face(county)
        with inside(face.scope, read_only=True):
            return Response(PublicNewsOut(public.get_news(face, number, on=legal_day(now()))).data)
