"""Records that may be one person, and who leaves, for programs."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal.rest.people import given
from falin.portal.rest.serializers import LeftOpenOut, MergeIn, MergeOut, ReasonIn, SameOut
from tenants.identity import policies, queries
from tenants.identity.api import confirm_merge, erase_contacts, leave_office, propose_merge, refuse_merge, tell_apart


class Same(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ}

    @extend_schema(responses=SameOut(many=True), operation_id="people_same")
    def get(self, request: Request, scope: Scope) -> Response:
        """Pairs of records that may be one person, the surest first."""
        return Response(SameOut(queries.list_same(scope=scope, on=legal_day(now())), many=True).data)


class Merges(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=MergeOut(many=True), operation_id="people_merges")
    def get(self, request: Request, scope: Scope) -> Response:
        """What waits for another person."""
        return Response(MergeOut(queries.list_merges(scope=scope), many=True).data)

    @extend_schema(request=MergeIn, responses={201: MergeOut, 204: None}, operation_id="people_propose_merge")
    def post(self, request: Request, scope: Scope) -> Response:
        """Say that two records are one person, or that they are two."""
        data = dict(given(MergeIn, request).validated_data)
        if data.pop("apart"):
            tell_apart(scope=scope, now=now(), **data)
            return Response(status=204)
        return Response(MergeOut(propose_merge(scope=scope, now=now(), **data)).data, status=201)


class Confirmation(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={204: None}, operation_id="people_confirm_merge")
    def post(self, request: Request, scope: Scope, merge_id: int) -> Response:
        """Yes, as another person; it cannot be undone."""
        confirm_merge(scope=scope, merge_id=merge_id, now=now())
        return Response(status=204)


class Refusal(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.SECOND}

    @extend_schema(request=ReasonIn, responses={204: None}, operation_id="people_refuse_merge")
    def post(self, request: Request, scope: Scope, merge_id: int) -> Response:
        """No: they are two people."""
        refuse_merge(scope=scope, merge_id=merge_id, why=given(ReasonIn, request).validated_data["why"], now=now())
        return Response(status=204)


class Leaving(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=LeftOpenOut, operation_id="people_left_open")
    def get(self, request: Request, scope: Scope, person_id: int) -> Response:
        """What would end, and what somebody else would have to take over."""
        return Response(LeftOpenOut(queries.get_left_open(scope=scope, person_id=person_id, on=legal_day(now()))).data)

    @extend_schema(request=ReasonIn, responses=LeftOpenOut, operation_id="people_leave")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Somebody leaves: everything he holds ends at once; what is left open."""
        why = given(ReasonIn, request).validated_data["why"]
        return Response(LeftOpenOut(leave_office(scope=scope, person_id=person_id, why=why, now=now())).data)


class Contacts(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.READ}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.FRESH}

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="people_erase_contacts")  # fmt: skip
    def delete(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Erase the telephone and mail address of somebody who left; for good."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        erase_contacts(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)
