"""Tenants for programs: the same queries and the same commands as the operator's pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.rest.fields import OneOf, Sort
from falin.kernel.scope import Scope
from falin.portal.rest.jobs import JobOut
from tenants.registry import commands, directory, queries
from tenants.registry.api import Act, Kind, Overview
from tenants.registry.policies import MANAGE
from tenants.registry.types import CellInfo, State


class BackupOut(serializers.Serializer[Any]):
    made_at = serializers.DateTimeField(allow_null=True, help_text="the newest nightly backup")
    size = serializers.IntegerField()
    error = serializers.CharField(help_text="why the last try came to nothing; empty where it did not")
    tried_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True, help_text="one was last restored on trial, and was right")
    trial_error = serializers.CharField(help_text="why the last trial went wrong")


class BackupsOut(serializers.Serializer[Any]):
    run = serializers.BooleanField(help_text="whether there are nightly backups in this cell")
    recipient = serializers.CharField(help_text="subject of the certificate of who alone can read them")
    trouble = serializers.CharField(help_text="why the certificate cannot be used")
    trials = serializers.BooleanField(help_text="whether restores are tried without anybody asking")


class LeftBehindOut(serializers.Serializer[Any]):
    schema = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes in the database")


class TenantOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    schema = serializers.CharField()
    name = serializers.CharField()
    kind = OneOf(Kind, name="TenantKind")
    state = OneOf(State, name="TenantState")
    since = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()
    migration = serializers.CharField(help_text="the newest it has gone through")
    behind = serializers.IntegerField(help_text="migrations it lacks")
    trouble = serializers.CharField(help_text="why it could not go on; empty where it could")
    size = serializers.IntegerField(help_text="bytes in the database")
    archived_at = serializers.DateTimeField(allow_null=True, help_text="the last archive that somebody asked for")
    backup = BackupOut()
    left = LeftBehindOut(many=True, help_text="copies from before it moved away or was restored; `clear` destroys them")


class DeedOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    tenant_id = serializers.IntegerField()
    name = serializers.CharField()
    act = OneOf(Act, name="DeedAct")
    target = serializers.CharField(help_text="where it goes: a place's number or a cell's code")
    why = serializers.CharField()
    asked_by = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    outcome = serializers.CharField(help_text="waiting: for a second operator; confirmed: for its day")
    due_at = serializers.DateTimeField(allow_null=True)


class TenantReasonIn(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=200)


class DeedIn(TenantReasonIn):
    act = OneOf(Act, name="DeedAct")
    target = serializers.CharField(
        max_length=20, required=False, default="",
        help_text="merge, split: the number of the county's place; move: the code of the cell",
    )  # fmt: skip


class CellOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    places = serializers.ListField(child=serializers.CharField(), help_text="codes of the places it holds")
    since = serializers.DateTimeField(allow_null=True, help_text="the line stands as it does")
    here = serializers.SerializerMethodField(help_text="it is the cell that answers")

    def get_here(self, cell: CellInfo) -> bool:
        return bool(settings.CELL) and cell.code == settings.CELL


class CellIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=60)
    address = serializers.CharField(max_length=200, help_text="https://host")
    places = serializers.ListField(
        child=serializers.CharField(max_length=12), allow_empty=True, max_length=5_000,
        help_text="codes as far as their level reaches: 33, 3302, 440304",
    )  # fmt: skip


class CellsIn(serializers.Serializer[Any]):
    cells = CellIn(many=True)


class RestoreIn(serializers.Serializer[Any]):
    archive = serializers.UUIDField(
        help_text="of an archive in the store; another one is sent by the page or the terminal"
    )
    certificate = serializers.CharField(max_length=20_000, help_text="PEM, of who may read it")
    key = serializers.CharField(max_length=20_000, help_text="its private key, PEM")
    password = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    check = serializers.BooleanField(default=False, help_text="only try whether it could be restored")


class ArchiveOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    size = serializers.IntegerField()
    rows = serializers.IntegerField()
    nightly = serializers.BooleanField(help_text="a nightly backup; else somebody asked for it")


class ArchiveIn(serializers.Serializer[Any]):
    recipient = serializers.CharField(max_length=20_000, help_text="certificate (PEM, RSA) of who alone may read it")


class ReceiptOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    at = serializers.DateTimeField()
    body = serializers.JSONField(help_text="what was destroyed, and by whose decision")
    key = serializers.CharField(help_text="of the published audit keys")
    signature = serializers.CharField(help_text="Ed25519 over the canonical form of body")


class TenantsAsked(serializers.Serializer[Any]):
    sort = Sort(queries.OVERVIEW_ORDERS)


class NumberOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()


def _why(request: Request, data: Any = None) -> str:
    given = TenantReasonIn(data=request.data if data is None else data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["why"])


def _shown(row: Overview) -> dict[str, Any]:
    tenant = row.tenant
    return TenantOut({
        "id": tenant.id, "schema": tenant.schema, "name": tenant.name, "kind": tenant.kind, "state": tenant.state,
        "since": tenant.since, "why": tenant.why, "migration": row.migration, "behind": row.behind,
        "trouble": row.trouble, "size": row.size, "archived_at": row.archived_at,
        "backup": row.backup, "left": row.left,
    }).data  # fmt: skip


class Tenants(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(parameters=[TenantsAsked], responses=TenantOut(many=True), operation_id="tenants_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """Every body with a schema of its own."""
        asked = TenantsAsked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response([_shown(row) for row in queries.list_overview(scope=scope, sort=asked.validated_data["sort"])])


class Tenant(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=TenantOut, operation_id="tenants_get")
    def get(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """One of them."""
        (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
        return Response(_shown(row))


class Suspension(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE, "DELETE": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND, "DELETE": stepup.SECOND}

    @extend_schema(request=TenantReasonIn, responses={204: None}, operation_id="tenants_suspend")
    def post(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """From the next request on everybody of the body reads and nobody writes (423, ``kernel.suspended``)."""
        commands.suspend_tenant(scope=scope, tenant_id=tenant_id, why=_why(request), now=now())
        return Response(status=204)

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="tenants_reopen")  # fmt: skip
    def delete(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """A suspended or closed body works again."""
        why = _why(request, {"why": request.query_params.get("why", "")})
        commands.reopen_tenant(scope=scope, tenant_id=tenant_id, why=why, now=now())
        return Response(status=204)


class Asked(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=DeedIn, responses={201: NumberOut}, operation_id="tenants_ask")
    def post(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """Ask for what takes a second operator."""
        given = DeedIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        number = commands.ask_deed(scope=scope, tenant_id=tenant_id, act=Act(data["act"]), target=data["target"],
                                   why=data["why"], now=now())  # fmt: skip
        return Response({"id": number}, status=201)


class Again(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={202: JobOut}, operation_id="tenants_again")
    def post(self, request: Request, scope: Scope, deed_id: int) -> Response:
        """Another try at a merge, split or move that was confirmed and could not be done."""
        job = commands.carry_out_again(scope=scope, deed_id=deed_id, now=now())
        return Response(JobOut({"job": job}).data, status=202)


class Cells(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "PUT": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"PUT": stepup.FRESH}

    @extend_schema(responses=CellOut(many=True), operation_id="tenants_cells")
    def get(self, request: Request, scope: Scope) -> Response:
        """The directory of cells. What is asked here of a place of another one is answered 421, with its address."""
        return Response(CellOut(directory.list_cells(), many=True).data)

    @extend_schema(request=CellsIn, responses=CellOut(many=True), operation_id="tenants_replace_cells")
    def put(self, request: Request, scope: Scope) -> Response:
        """Another list in the place of this one, whole. Every cell is given the same."""
        given = CellsIn(data=request.data)
        given.is_valid(raise_exception=True)
        lines = [CellInfo(**{**one, "places": tuple(one["places"])}) for one in given.validated_data["cells"]]
        commands.replace_cells(scope=scope, cells=lines, now=now())
        return Response(CellOut(directory.list_cells(), many=True).data)


class Restores(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_keeps: ClassVar[bool] = False
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=RestoreIn, responses={202: JobOut}, operation_id="tenants_restore")
    def post(self, request: Request, scope: Scope) -> Response:
        """Put a body back from an archive in the store, suspended."""
        given = RestoreIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        opener = commands.Opener(
            certificate=data["certificate"].encode(), key=data["key"].encode(), password=data["password"]
        )
        job = commands.ask_restore(scope=scope, archive=data["archive"], opener=opener, check=data["check"], now=now())
        return Response(JobOut({"job": job}).data, status=202)


class Archives(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=ArchiveOut(many=True), operation_id="tenants_archives")
    def get(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """The body's exports that lie in the store."""
        return Response(ArchiveOut(queries.list_archives(scope=scope, tenant_id=tenant_id), many=True).data)

    @extend_schema(request=ArchiveIn, responses={202: JobOut}, operation_id="tenants_export")
    def post(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """Ask for one archive of everything; the job's result names the file."""
        given = ArchiveIn(data=request.data)
        given.is_valid(raise_exception=True)
        recipient = given.validated_data["recipient"].encode()
        job = commands.ask_archive(scope=scope, tenant_id=tenant_id, recipient=recipient, now=now())
        return Response(JobOut({"job": job}).data, status=202)


class BackupsView(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=BackupsOut, operation_id="tenants_backups")
    def get(self, request: Request, scope: Scope) -> Response:
        """Whether the cell backs its bodies up at night, and for whom. How each body stands is in the body."""
        return Response(BackupsOut(queries.get_backups(scope=scope)).data)


class Receipts(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=ReceiptOut(many=True), operation_id="tenants_receipts")
    def get(self, request: Request, scope: Scope) -> Response:
        """What is left of bodies that were removed: signed receipts."""
        return Response(ReceiptOut(queries.list_receipts(scope=scope), many=True).data)


class Deeds(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=DeedOut(many=True), operation_id="tenants_deeds")
    def get(self, request: Request, scope: Scope) -> Response:
        """What waits for a second operator or for its day."""
        return Response(DeedOut(queries.list_deeds(scope=scope), many=True).data)


class Confirmation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={204: None}, operation_id="tenants_confirm")
    def post(self, request: Request, scope: Scope, deed_id: int) -> Response:
        """Yes, as the second operator."""
        commands.confirm_deed(scope=scope, deed_id=deed_id, now=now())
        return Response(status=204)


class Refusal(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(request=TenantReasonIn, responses={204: None}, operation_id="tenants_refuse")
    def post(self, request: Request, scope: Scope, deed_id: int) -> Response:
        """No, or one's own wish taken back."""
        commands.refuse_deed(scope=scope, deed_id=deed_id, why=_why(request), now=now())
        return Response(status=204)
