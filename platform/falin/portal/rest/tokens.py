"""Tokens and service accounts for programs: every query and act of the pages. No token makes, lists or stops a token."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal.rest.people import given
from falin.portal.rest.serializers import (
    AccessTokenIn,
    AccessTokenOut,
    BindingOut,
    MadeTokenOut,
    OwnerIn,
    ReasonIn,
    ReviewByIn,
    ServiceAccountIn,
    ServiceAccountOut,
)
from tenants.identity import policies, queries
from tenants.identity.api import (
    end_account,
    hand_over_account,
    make_token,
    open_account,
    review_account,
    revoke_token,
)


class Tokens(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.OWN_TOKENS, "POST": policies.OWN_TOKENS}
    door_keeps: ClassVar[bool] = False  # the answer holds the secret
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=AccessTokenOut(many=True), operation_id="tokens_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """One's own tokens in the role one acts in, newest first."""
        return Response(AccessTokenOut(queries.list_tokens(scope=scope, now=now()), many=True).data)

    @extend_schema(request=AccessTokenIn, responses={201: MadeTokenOut}, operation_id="tokens_make")
    def post(self, request: Request, scope: Scope) -> Response:
        """A new token; its secret is in this answer only."""
        made = make_token(scope=scope, now=now(), **given(AccessTokenIn, request).validated_data)
        return Response(MadeTokenOut(made).data, status=201)


class Token(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"DELETE": policies.OWN_TOKENS}

    @extend_schema(responses={204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request, scope: Scope, token_id: int) -> Response:
        """Stop it at once."""
        revoke_token(scope=scope, token_id=token_id, now=now())
        return Response(status=204)


class Bindings(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.OWN_TOKENS}

    @extend_schema(responses=BindingOut(many=True), operation_id="tokens_bindings")
    def get(self, request: Request, scope: Scope) -> Response:
        """What one may make tokens for."""
        return Response(BindingOut(queries.own_bindings(scope=scope, on=legal_day(now())), many=True).data)


class Accounts(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=ServiceAccountOut(many=True), operation_id="accounts_list")
    def get(self, request: Request, scope: Scope) -> Response:
        """The programs in one's places, the ones that need somebody first."""
        return Response(ServiceAccountOut(queries.list_accounts(scope=scope, on=legal_day(now())), many=True).data)

    @extend_schema(request=ServiceAccountIn, responses={201: ServiceAccountOut}, operation_id="accounts_open")
    def post(self, request: Request, scope: Scope) -> Response:
        """A new program with its role and who answers for it."""
        made = open_account(scope=scope, now=now(), **given(ServiceAccountIn, request).written())
        return Response(ServiceAccountOut(made).data, status=201)


class Account(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": policies.READ, "DELETE": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.FRESH}

    @extend_schema(responses=ServiceAccountOut, operation_id="accounts_get")
    def get(self, request: Request, scope: Scope, person_id: int) -> Response:
        """One program."""
        return Response(
            ServiceAccountOut(queries.get_account(scope=scope, person_id=person_id, on=legal_day(now()))).data
        )

    @extend_schema(parameters=[OpenApiParameter("why", required=True)], responses={204: None},
                   operation_id="accounts_end")  # fmt: skip
    def delete(self, request: Request, scope: Scope, person_id: int) -> Response:
        """It is not wanted any more: its roles and tokens end at once."""
        why = given(ReasonIn, request, {"why": request.query_params.get("why", "")}).validated_data["why"]
        queries.get_account(scope=scope, person_id=person_id, on=legal_day(now()))
        end_account(scope=scope, person_id=person_id, why=why, now=now())
        return Response(status=204)


class Owner(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=OwnerIn, responses={204: None}, operation_id="accounts_hand_over")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """Somebody else answers for it; the tokens there are end."""
        data: dict[str, Any] = given(OwnerIn, request).validated_data
        queries.get_account(scope=scope, person_id=person_id, on=legal_day(now()))
        hand_over_account(scope=scope, person_id=person_id, now=now(), **data)
        return Response(status=204)


class Review(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": policies.GRANT}
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=ReviewByIn, responses={204: None}, operation_id="accounts_review")
    def post(self, request: Request, scope: Scope, person_id: int) -> Response:
        """It is still wanted, until this day."""
        data = given(ReviewByIn, request).validated_data
        queries.get_account(scope=scope, person_id=person_id, on=legal_day(now()))
        review_account(scope=scope, person_id=person_id, now=now(), **data)
        return Response(status=204)
