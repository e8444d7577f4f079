"""Stations for programs: the same queries and commands as the pages'."""

from __future__ import annotations

import uuid
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from services.stations import commands, policies, queries
from services.stations.rest import serializers as s
from services.stations.types import StationFilters, Tier, View


class Stations(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.KEEP}

    @extend_schema(parameters=[s.StationQuery], responses=s.StationPageOut, operation_id="stations_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """Stations of the scope's places: those that are open where nothing else is asked."""
        asked = s.StationQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        filters = StationFilters(text=given["q"], tier=Tier(given["tier"]) if given["tier"] else None,
                                 street_id=given["street"], view=View(given["view"]))  # fmt: skip
        page = queries.list_stations(scope=scope, filters=filters, after=given["after"], before=given["before"],
                                     size=given["size"], sort=given["sort"])  # fmt: skip
        return Response(s.StationPageOut(page).data)

    @extend_schema(request=s.StationIn, responses={201: s.StationOut}, operation_id="stations_open")
    def post(self, request: Request, scope: Scope) -> Response:
        """Enter a station into the register, where everybody reads it from then on."""
        given = s.StationIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = commands.open_station(scope=scope, content=given.written(), now=now())
        return Response(s.StationOut(made).data, status=201)


class OneStation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "PUT": policies.KEEP}

    @extend_schema(responses=s.StationRowOut, operation_id="stations_get")
    def get(self, request: Request, scope: Scope, station_id: uuid.UUID) -> Response:
        """One station of the scope's places, closed ones too."""
        return Response(s.StationRowOut(queries.get_station(scope=scope, station_id=station_id)).data)

    @extend_schema(request=s.StationIn, responses=s.StationOut, operation_id="stations_correct")
    def put(self, request: Request, scope: Scope, station_id: uuid.UUID) -> Response:
        """Put right what the register says of a station; what it said stands in its history."""
        given = s.StationIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = commands.correct_station(scope=scope, station_id=station_id, content=given.written(), now=now())
        return Response(s.StationOut(made).data)


class CloseStation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.KEEP, "DELETE": policies.KEEP}

    @extend_schema(request=s.CloseIn, responses=s.StationOut, operation_id="stations_close")
    def post(self, request: Request, scope: Scope, station_id: uuid.UUID) -> Response:
        """Take a station off the public pages for good, with the reason."""
        given = s.CloseIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = commands.close_station(scope=scope, station_id=station_id, now=now(), **given.validated_data)
        return Response(s.StationOut(made).data)

    @extend_schema(request=None, responses=s.StationOut, operation_id="stations_reopen")
    def delete(self, request: Request, scope: Scope, station_id: uuid.UUID) -> Response:
        """Take the closing back, within ten minutes."""
        return Response(s.StationOut(commands.reopen_station(scope=scope, station_id=station_id, now=now())).data)


class Counts(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(responses=s.StationCountsOut, operation_id="stations_counts")
    def get(self, request: Request, scope: Scope) -> Response:
        """How many stations there are, and in how many communities."""
        return Response(s.StationCountsOut(queries.count_stations(scope=scope)).data)
