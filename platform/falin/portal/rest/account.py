"""One's own account for programs: what is signed in, second factors, what happened; ending sessions."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal.account import read_account
from falin.portal.rest.people import given
from falin.portal.rest.serializers import NamesIn
from falin.portal.web.account import OWN
from falin.ui.preferences import LANGUAGES
from tenants.identity.api import ask_for_correction
from tenants.identity.commands.account import choose_language, end_other_sessions, end_session
from tenants.identity.queries import find_own_correction, find_own_declined, get_own_entry

_TAGS = ["account"]


class SessionOut(serializers.Serializer[Any]):
    id = serializers.CharField(source="session.id")
    device = serializers.CharField()
    place = serializers.CharField()
    began_at = serializers.DateTimeField(source="session.began_at")
    seen_at = serializers.DateTimeField(source="session.seen_at", help_text="right to ten minutes")
    this_one = serializers.BooleanField(source="session.this_one")


class FactorOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["totp", "webauthn", "recovery_codes"])
    name = serializers.CharField(source="label")
    since = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    left = serializers.IntegerField(allow_null=True, help_text="recovery codes not used yet")


class SecurityEventOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField(source="event.at")
    act = serializers.CharField(source="event.act")
    by_himself = serializers.BooleanField(source="event.by_himself")
    words = serializers.CharField()
    more = serializers.CharField()


class SecurityOut(serializers.Serializer[Any]):
    username = serializers.CharField()
    phone = serializers.CharField(help_text="masked")
    email = serializers.CharField()
    language = serializers.CharField(help_text="in which one is written to; empty: never chosen")
    sessions = SessionOut(many=True)
    factors = FactorOut(many=True)
    events = SecurityEventOut(many=True)


class EndedOut(serializers.Serializer[Any]):
    ended = serializers.IntegerField()


class Security(DoorView):
    door_own = True
    door_grants: ClassVar[dict[str, str]] = {"GET": OWN}

    @extend_schema(responses=SecurityOut, tags=_TAGS, operation_id="account_security")
    def get(self, request: Request, scope: Scope) -> Response:
        """Sessions, second factors, and the last twenty things that happened to the account."""
        return Response(SecurityOut(read_account(scope=scope, request=request._request, now=now())).data)


class OwnNamesOut(serializers.Serializer[Any]):
    name = serializers.CharField(source="own.name")
    username = serializers.CharField(source="own.username")
    asked = NamesIn(allow_null=True, help_text="how one asked them to be, until it is done")
    declined_at = serializers.DateTimeField(allow_null=True, help_text="when the answer to what one asked last was no")
    why = serializers.CharField(allow_null=True, help_text="the reason of that")


class OwnCorrection(DoorView):
    door_own = True
    door_grants: ClassVar[dict[str, str]] = {"GET": OWN, "POST": OWN}

    @extend_schema(responses=OwnNamesOut, tags=_TAGS, operation_id="account_names")
    def get(self, request: Request, scope: Scope) -> Response:
        """One's own name and sign-in name, and how one asked them to be."""
        no = find_own_declined(scope=scope)
        found = {"own": get_own_entry(scope=scope), "asked": find_own_correction(scope=scope),
                 "declined_at": no and no.declined_at, "why": no and no.why}  # fmt: skip
        return Response(OwnNamesOut(found).data)

    @extend_schema(request=NamesIn, responses={204: None}, tags=_TAGS, operation_id="account_ask_correction")
    def post(self, request: Request, scope: Scope) -> Response:
        """Ask to have them put right: whose charge one is is told."""
        data = given(NamesIn, request).validated_data
        ask_for_correction(scope=scope, now=now(), **data)
        return Response(status=204)


class LanguageIn(serializers.Serializer[Any]):
    language = serializers.ChoiceField(choices=[one.code for one in LANGUAGES])


class OwnLanguage(DoorView):
    door_own = True
    door_grants: ClassVar[dict[str, str]] = {"PUT": OWN}

    @extend_schema(request=LanguageIn, responses={204: None}, tags=_TAGS, operation_id="account_choose_language")
    def put(self, request: Request, scope: Scope) -> Response:
        """In which language one is written to: by mail and SMS, in calendars, on a browser that knows of no choice."""
        choose_language(scope=scope, language=given(LanguageIn, request).validated_data["language"], now=now())
        return Response(status=204)


class Sessions(DoorView):
    door_own = True
    door_grants: ClassVar[dict[str, str]] = {"DELETE": OWN}

    @extend_schema(responses=EndedOut, tags=_TAGS, operation_id="account_sign_out_others")
    def delete(self, request: Request, scope: Scope) -> Response:
        """End every session but this one."""
        current = request._request.session.session_key
        return Response({"ended": end_other_sessions(scope=scope, current=current, now=now())})


class OneSession(DoorView):
    door_own = True
    door_grants: ClassVar[dict[str, str]] = {"DELETE": OWN}

    @extend_schema(responses={204: None}, tags=_TAGS, operation_id="account_end_session")
    def delete(self, request: Request, scope: Scope, session: str) -> Response:
        """End one of one's own sessions."""
        end_session(scope=scope, session=session, now=now())
        return Response(status=204)
