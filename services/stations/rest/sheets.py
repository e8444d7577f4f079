"""The API of sheets of stations: put one here, look at every row beside the register, have the ready ones entered."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.models import JobState
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.rest.sheets import Finding, HeadTrouble
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import XLSX
from falin.ui.sheets import attached
from services.stations import commands, policies, queries
from services.stations.rest.serializers import OpeningOut, PositionOut

_COLUMN = "what stands in the sheet's head for it, where our own guess is wrong"


class StationSheetUpload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="A CSV or XLSX of stations: at most 2,000 rows and 2 MB.")


class StationColumns(serializers.Serializer[Any]):
    """Which column of the sheet is which of ours. Without any, as was said of the last sheet that was entered."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    place = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    address = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    opening = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    wheelchair = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    longitude = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    latitude = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)
    opened_on = serializers.CharField(required=False, allow_blank=True, max_length=40, help_text=_COLUMN)


class EnteringOut(serializers.Serializer[Any]):
    """The job that enters the ready rows, or did."""

    id = serializers.UUIDField()
    state = OneOf(JobState)
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="0 while nobody knows")
    entered = serializers.IntegerField(allow_null=True, help_text="when it is over")
    refused = serializers.IntegerField(allow_null=True, help_text="when it is over; the job's log says why")


class TakenSheetOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    entering = EnteringOut(allow_null=True)


class ReadyStation(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="The file's own row number, from 1.")
    place = serializers.CharField()
    node_id = serializers.IntegerField(source="station.node_id")
    name = serializers.CharField(source="station.name")
    address = serializers.CharField(source="station.address")
    phone = serializers.CharField(source="station.phone", allow_blank=True)
    opening = OpeningOut(source="station.opening", many=True)
    wheelchair = serializers.BooleanField(source="station.wheelchair")
    position = PositionOut(source="station.position", allow_null=True)
    opened_on = serializers.DateField(source="station.opened_on")


class CheckedSheetOut(serializers.Serializer[Any]):
    """A sheet as it stands beside the register at this moment: rows = ready + there + to_mend + examples."""

    taken = TakenSheetOut()
    refusal = serializers.CharField(
        allow_blank=True, help_text="Why the file cannot be taken as a sheet; empty when it can."
    )
    head = HeadTrouble(allow_null=True)
    sheet = serializers.CharField(allow_blank=True)
    others = serializers.IntegerField(help_text="Further sheets in the file, which were not looked at.")
    head_row = serializers.IntegerField()
    heads = serializers.ListField(child=serializers.CharField(), help_text="What stands in the head of the sheet.")
    columns = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField(), help_text="Columns nobody knows; passed over.")
    told = serializers.DictField(
        child=serializers.CharField(), help_text="Columns taken by somebody's word: ours → that word."
    )
    rows = serializers.IntegerField()
    examples = serializers.IntegerField()
    there = serializers.IntegerField(help_text="In the register already, and the same.")
    to_mend = serializers.IntegerField()
    ready = ReadyStation(many=True)
    findings = Finding(many=True)


class EnteredBy(serializers.Serializer[Any]):
    """The job that enters the rows; ``Location`` names the sheet's address, which says how far it is."""

    job = serializers.UUIDField()


class Sheets(DoorView):
    """Sheets of stations."""

    door_grants: ClassVar[dict[str, str]] = {"GET": policies.KEEP, "POST": policies.KEEP}
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="stations_sheets_list", responses=TakenSheetOut(many=True))
    def get(self, request: Request, scope: Scope) -> Response:
        """The sheets one has put here oneself, newest first."""
        return Response(TakenSheetOut(queries.list_sheets(scope=scope), many=True).data)

    @extend_schema(
        operation_id="stations_sheets_take", request={"multipart/form-data": StationSheetUpload},
        responses={201: CheckedSheetOut},
    )  # fmt: skip
    def post(self, request: Request, scope: Scope) -> Response:
        """Put a sheet here and have every row checked; nothing is entered yet."""
        form = StationSheetUpload(data=request.data)
        form.is_valid(raise_exception=True)
        taken = commands.take_sheet(scope=scope, upload=form.validated_data["file"], now=now())
        checked = queries.get_sheet(scope=scope, sheet_id=taken, now=now())
        where = reverse("stations-api:sheet", args=[taken])
        return Response(CheckedSheetOut(checked).data, status=201, headers={"Location": where})


class OneSheet(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.KEEP}

    @extend_schema(operation_id="stations_sheets_get", parameters=[StationColumns], responses=CheckedSheetOut)
    def get(self, request: Request, scope: Scope, sheet_id: uuid.UUID) -> Response:
        """Every row beside the register as it is now; and how far the job is that enters them."""
        asked = StationColumns(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        checked = queries.get_sheet(scope=scope, sheet_id=sheet_id, columns=asked.validated_data, now=now())
        return Response(CheckedSheetOut(checked).data)


class EnterSheet(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.KEEP}

    @extend_schema(operation_id="stations_sheets_enter", request=StationColumns, responses={202: EnteredBy})
    def post(self, request: Request, scope: Scope, sheet_id: uuid.UUID) -> Response:
        """Have the ready rows entered by a job; what is in the register already is not entered again."""
        given = StationColumns(data=request.data)
        given.is_valid(raise_exception=True)
        job = commands.enter_sheet(scope=scope, sheet_id=sheet_id, columns=given.validated_data, now=now())
        where = reverse("stations-api:sheet", args=[sheet_id])
        return Response(EnteredBy({"job": job}).data, status=202, headers={"Location": where})


class SheetRowsToMend(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.KEEP}

    @extend_schema(
        operation_id="stations_sheets_errors", parameters=[StationColumns], responses={(200, XLSX): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, scope: Scope, sheet_id: uuid.UUID) -> HttpResponse:
        """The rows that cannot be entered, as an XLSX with the sheet's columns, what is wrong, and its own row numbers."""
        asked = StationColumns(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return attached(*queries.rows_to_mend(scope=scope, sheet_id=sheet_id, columns=asked.validated_data, now=now()))
