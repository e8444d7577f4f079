"""The API of the import: the same three steps. Rows to mend come as a sheet, findings as sentences with row numbers."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf
from falin.kernel.rest.sheets import Finding, HeadTrouble
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import XLSX
from services.advisers import policies
from services.advisers.commands.importing import confirm_import, name_columns, stop_import, take_sheet
from services.advisers.queries.imports import get_import, list_imports, rows_to_mend
from services.advisers.rules.imports import ImportInfo, ImportState

_TAGS = ["advisers"]


class SheetUpload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="An XLSX of firms and advisers: at most 100,000 rows and 30 MB.")


class Counts(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    ready = serializers.IntegerField()
    to_mend = serializers.IntegerField()
    examples = serializers.IntegerField()
    blank = serializers.IntegerField()


class Loaded(serializers.Serializer[Any]):
    advisers = serializers.IntegerField()
    firms = serializers.IntegerField()
    there = serializers.IntegerField(help_text="Rows whose adviser was on the register already.")
    refused = serializers.IntegerField()
    appointed = serializers.IntegerField()
    not_appointed = serializers.IntegerField()
    findings = Finding(many=True)


class SheetImport(serializers.Serializer[Any]):
    """A sheet on its way in. Nothing of it is saved before it is confirmed."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = OneOf(ImportState)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    sheet = serializers.CharField()
    others = serializers.IntegerField(help_text="Further sheets in the file, which were not looked at.")
    head_row = serializers.IntegerField()
    columns = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField(), help_text="Columns nobody knows; passed over.")
    heads = serializers.ListField(child=serializers.CharField(), help_text="What stands in the head of the sheet.")
    told = serializers.DictField(
        child=serializers.CharField(), help_text="Columns taken by the team's own word for them: that word → ours."
    )
    counts = Counts()
    findings = Finding(many=True, help_text="The first fifty; all of them are in the sheet of rows to mend.")
    head = HeadTrouble(allow_null=True)
    refusal = serializers.CharField(help_text="Why the file cannot be taken as a sheet; empty when it can.")
    loaded = Loaded(allow_null=True)
    has_errors_file = serializers.BooleanField()
    may_confirm = serializers.BooleanField()
    may_name = serializers.BooleanField(help_text="Whether its columns can still be said to be others.")


def _answer(info: ImportInfo, status: int = 200) -> Response:
    where = reverse("advisers-api:import", args=[info.id]) if status == 202 else ""
    headers = {"Location": where} if where else None
    return Response(SheetImport(info).data, status=status, headers=headers)


class Imports(DoorView):
    """Sheets of firms and advisers."""

    door_grants: ClassVar[dict[str, str]] = {"GET": policies.IMPORT, "POST": policies.IMPORT}
    parser_classes = [MultiPartParser]

    @extend_schema(tags=_TAGS, operation_id="advisers_imports_list", responses=SheetImport(many=True))
    def get(self, request: Request, scope: Scope) -> Response:
        """The county's latest imports, newest first; without their findings."""
        return Response(SheetImport(list_imports(scope=scope), many=True).data)

    @extend_schema(
        tags=_TAGS, operation_id="advisers_imports_take", request={"multipart/form-data": SheetUpload},
        responses={202: SheetImport},
    )  # fmt: skip
    def post(self, request: Request, scope: Scope) -> Response:
        """Take a sheet and have it checked."""
        form = SheetUpload(data=request.data)
        form.is_valid(raise_exception=True)
        return _answer(take_sheet(scope=scope, upload=form.validated_data["file"], now=now()), 202)


class Import(DoorView):
    """One sheet."""

    door_grants: ClassVar[dict[str, str]] = {"GET": policies.IMPORT}

    @extend_schema(tags=_TAGS, operation_id="advisers_imports_get", responses=SheetImport)
    def get(self, request: Request, scope: Scope, import_id: uuid.UUID) -> Response:
        """How far it is, what was found, what came of it."""
        return _answer(get_import(scope=scope, import_id=import_id))


class SheetColumns(serializers.Serializer[Any]):
    columns = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=40),
        help_text="our column (`name`, `id_number` …) → what stands in the sheet's head; empty: there is none",
    )


class Columns(DoorView):
    """The first step, where the sheet has other names."""

    door_grants: ClassVar[dict[str, str]] = {"PUT": policies.IMPORT}

    @extend_schema(
        request=SheetColumns, responses={202: SheetImport}, operation_id="advisers_imports_columns", tags=_TAGS
    )
    def put(self, request: Request, scope: Scope, import_id: uuid.UUID) -> Response:
        """Say which column is which; it is checked again, and remembered for the next sheet."""
        given = SheetColumns(data=request.data)
        given.is_valid(raise_exception=True)
        named = name_columns(scope=scope, import_id=import_id, columns=given.validated_data["columns"], now=now())
        return _answer(named, 202)


class Confirm(DoorView):
    """The third step."""

    door_grants: ClassVar[dict[str, str]] = {"POST": policies.IMPORT}

    @extend_schema(tags=_TAGS, operation_id="advisers_imports_confirm", request=None, responses={202: SheetImport})
    def post(self, request: Request, scope: Scope, import_id: uuid.UUID) -> Response:
        """Have the ready rows loaded; an interrupted load goes on where it stood."""
        return _answer(confirm_import(scope=scope, import_id=import_id, now=now()), 202)


class Stop(DoorView):
    """A way out of a long one."""

    door_grants: ClassVar[dict[str, str]] = {"POST": policies.IMPORT}

    @extend_schema(tags=_TAGS, operation_id="advisers_imports_stop", request=None, responses={202: SheetImport})
    def post(self, request: Request, scope: Scope, import_id: uuid.UUID) -> Response:
        """Ask the work on it to stop; rows that were loaded stay."""
        return _answer(stop_import(scope=scope, import_id=import_id, now=now()), 202)


class RowsToMend(DoorView):
    """The rows that were not ready."""

    door_grants: ClassVar[dict[str, str]] = {"GET": policies.IMPORT}

    @extend_schema(tags=_TAGS, operation_id="advisers_imports_errors", responses={(200, XLSX): OpenApiTypes.BINARY})
    def get(self, request: Request, scope: Scope, import_id: uuid.UUID) -> Any:
        """As an XLSX with the same columns, what is wrong, and the file's own row numbers."""
        name, data = rows_to_mend(scope=scope, import_id=import_id)
        disposition = content_disposition_header(True, name) or "attachment"  # noqa: FBT003
        return HttpResponse(data, content_type=XLSX, headers={"Content-Disposition": disposition})


urlpatterns = [
    path("", Imports.as_view(), name="imports"),
    path("<uuid:import_id>/", Import.as_view(), name="import"),
    path("<uuid:import_id>/columns/", Columns.as_view(), name="import_columns"),
    path("<uuid:import_id>/confirm/", Confirm.as_view(), name="import_confirm"),
    path("<uuid:import_id>/stop/", Stop.as_view(), name="import_stop"),
    path("<uuid:import_id>/errors.xlsx", RowsToMend.as_view(), name="import_errors"),
]
