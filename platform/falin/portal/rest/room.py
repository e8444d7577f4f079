"""Addresses and limits of bodies for programs: the same queries and the same commands as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import quotas, retention, stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.quotas import Use
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal import opening
from tenants.registry import commands, queries
from tenants.registry.policies import MANAGE
from tenants.registry.quotas import list_uses
from tenants.settings.api import READ


class AddressOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    entered = serializers.CharField(help_text="a word or a host name")
    leads = serializers.CharField(help_text="a path under the shared address, or //host/")


class AddressIn(serializers.Serializer[Any]):
    address = serializers.CharField(max_length=253, help_text="a word (xihu) or a host name (fl.xihu.gov.cn)")


class AddressMade(serializers.Serializer[Any]):
    id = serializers.IntegerField()


class UseOut(serializers.Serializer[Any]):
    key = serializers.CharField(source="parameter.key", help_text="the setting that says the limit")
    used = serializers.IntegerField(allow_null=True, help_text="null: each time by itself")
    limit = serializers.IntegerField()


class Addresses(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(responses=AddressOut(many=True), operation_id="tenants_addresses", tags=["tenants"])
    def get(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """Under which addresses a body is found."""
        found = queries.list_addresses(scope=scope, tenant_id=tenant_id)
        return Response(AddressOut(found, many=True).data)

    @extend_schema(
        request=AddressIn, responses={201: AddressMade}, operation_id="tenants_add_address", tags=["tenants"]
    )
    def post(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """One more; served within a minute."""
        given = AddressIn(data=request.data)
        given.is_valid(raise_exception=True)
        made = commands.add_address(
            scope=scope, tenant_id=tenant_id, address=given.validated_data["address"], now=now()
        )
        return Response(AddressMade({"id": made}).data, status=201)


class OneAddress(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.SECOND}

    @extend_schema(responses={204: None}, operation_id="tenants_remove_address", tags=["tenants"])
    def delete(self, request: Request, scope: Scope, tenant_id: int, address_id: int) -> Response:
        """Not served any more, within a minute."""
        commands.remove_address(scope=scope, tenant_id=tenant_id, address_id=address_id, now=now())
        return Response(status=204)


class Uses(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=UseOut(many=True), operation_id="tenants_uses", tags=["tenants"])
    def get(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """What a body has taken and may take of what all share."""
        (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
        found: list[Use] = list_uses(scope=scope, tenant=row.tenant, now=now())
        return Response(UseOut(found, many=True).data)


class StepOut(serializers.Serializer[Any]):
    words = serializers.CharField()
    told = serializers.CharField()
    done = serializers.BooleanField()
    needed = serializers.BooleanField()


class Checklist(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=StepOut(many=True), operation_id="tenants_checklist", tags=["tenants"])
    def get(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """From provisioned to open, step by step."""
        _row, steps = opening.checklist(scope=scope, tenant_id=tenant_id, on=legal_day(now()))
        return Response(StepOut(steps, many=True).data)


class Opening(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(request=None, responses={204: None}, operation_id="tenants_open", tags=["tenants"])
    def post(self, request: Request, scope: Scope, tenant_id: int) -> Response:
        """A body that is prepared begins; refused (409) while a needed step of its checklist is undone."""
        opening.open_tenant(scope=scope, tenant_id=tenant_id, now=now())
        return Response(status=204)


class OwnUses(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": READ}

    @extend_schema(responses=UseOut(many=True), operation_id="settings_uses", tags=["settings"])
    def get(self, request: Request, scope: Scope) -> Response:
        """What one's own body has taken and may take."""
        return Response(UseOut(quotas.uses(scope, now=now()), many=True).data)


class KeptOut(serializers.Serializer[Any]):
    purpose = serializers.CharField(source="rule.purpose")
    days = serializers.IntegerField(help_text="kept for so long")
    due = serializers.IntegerField(source="count", help_text="older than that: they go tonight")
    oldest = serializers.DateTimeField(allow_null=True, help_text="of what is due")


class Kept(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": READ}

    @extend_schema(responses=KeptOut(many=True), operation_id="settings_kept", tags=["settings"])
    def get(self, request: Request, scope: Scope) -> Response:
        """How long files and rows of one's own body are kept, and what goes tonight."""
        return Response(KeptOut(retention.preview(scope=scope, now=now()), many=True).data)
