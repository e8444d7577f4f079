"""One's account at the second home, for programs. Linking takes a browser: it is proved at both homes at once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from tenants.identity.homes import KEYCLOAK, home_of
from tenants.identity.oidc.commands import unlink_account
from tenants.identity.oidc.queries import find_link


class SignOnOut(serializers.Serializer[Any]):
    issuer = serializers.CharField(help_text="empty where people sign in here only")
    linked_at = serializers.DateTimeField(allow_null=True)
    linked_by_himself = serializers.BooleanField()


class SignOn(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "home.read", "DELETE": "home.read"}
    door_step_up: ClassVar[dict[str, int]] = {"DELETE": stepup.FRESH}

    @extend_schema(operation_id="me_sign_on", tags=["me"], responses=SignOnOut)
    def get(self, request: Request, scope: Scope) -> Response:
        """Whether one's account at the second home is linked, and since when."""
        linked = find_link(person_id=scope.person_id)
        told = {"issuer": settings.OIDC_ISSUER, "linked_at": linked and linked.made_at,
                "linked_by_himself": bool(linked and linked.by_himself)}  # fmt: skip
        return Response(SignOnOut(told).data)

    @extend_schema(operation_id="me_sign_on_unlink", tags=["me"], responses={204: None})
    def delete(self, request: Request, scope: Scope) -> Response:
        """Part one's account from the person here; sessions that came from it are over."""
        unlink_account(scope=scope, person_id=scope.person_id, now=now())
        if home_of(request._request).name == KEYCLOAK:  # this very session came from there
            logout(request._request)
        return Response(status=204)
