"""Webhooks for programs: receivers, what they are told, and telling them again."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel import stepup, webhooks
from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.kernel.webhooks import MANAGE

_TAGS = ["webhooks"]
_STATES = ("waiting", "told", "given_up")


class EndpointIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, help_text="which system this is")
    address = serializers.CharField(max_length=1000, help_text="https://…")
    events = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100)


class EndpointOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    stopped = serializers.CharField(
        help_text="empty while it is told; asked, gone (it said 410) or failing (for 5 days)"
    )
    failing_since = serializers.DateTimeField(allow_null=True)
    earlier_until = serializers.DateTimeField(allow_null=True, help_text="till then the earlier secret signs too")
    at = serializers.DateTimeField()
    waiting = serializers.IntegerField()
    given_up = serializers.IntegerField()


class SecretOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    secret = serializers.CharField(help_text="whsec_…, shown this once")


class OfferOut(serializers.Serializer[Any]):
    event = serializers.CharField()
    words = serializers.CharField()
    carries = serializers.ListField(child=serializers.CharField(), help_text="the fields of data")
    place = serializers.BooleanField(help_text="whether data.place says where: code, name, level")


class TryOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    outcome = serializers.CharField()
    status = serializers.IntegerField(help_text="0 where nobody answered")
    milliseconds = serializers.IntegerField()


class MessageOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    message_id = serializers.CharField(help_text="the webhook-id it is sent under, the same at every try")
    event = serializers.CharField()
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=_STATES)
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    tries = TryOut(many=True)


class MessagesAsked(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=_STATES, required=False)
    before = serializers.UUIDField(required=False, help_text="the id of the last message seen: those before it")


class StateIn(serializers.Serializer[Any]):
    stopped = serializers.BooleanField()


class AgainIn(serializers.Serializer[Any]):
    messages = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=1000)
    since = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("messages")) == bool(attrs.get("since")):
            raise serializers.ValidationError({"since": "one of messages and since"})
        return attrs


class AgainOut(serializers.Serializer[Any]):
    messages = serializers.IntegerField()


def _given(request: Request) -> dict[str, Any]:
    given = EndpointIn(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _endpoint(scope: Scope, endpoint_id: uuid.UUID) -> dict[str, Any]:
    return EndpointOut(webhooks.get_endpoint(scope=scope, endpoint_id=endpoint_id)).data


class Offered(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE}

    @extend_schema(responses=OfferOut(many=True), operation_id="webhooks_events", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """The kinds of events a receiver can be told of, and what leaves with each."""
        rows = [{"event": one.event, "words": str(one.label), "carries": one.fields, "place": bool(one.place)}
                for one in webhooks.offers()]  # fmt: skip
        return Response(OfferOut(rows, many=True).data)


class Endpoints(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "POST": MANAGE}
    door_keeps: ClassVar[bool] = False  # the answer holds the secret
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(responses=EndpointOut(many=True), operation_id="webhooks_list", tags=_TAGS)
    def get(self, request: Request, scope: Scope) -> Response:
        """The receivers of one's own body."""
        return Response(EndpointOut(webhooks.list_endpoints(scope=scope), many=True).data)

    @extend_schema(request=EndpointIn, responses={201: SecretOut}, operation_id="webhooks_register", tags=_TAGS)
    def post(self, request: Request, scope: Scope) -> Response:
        """Add a receiver. Its secret is in this answer and in no later one."""
        made, secret = webhooks.register_endpoint(scope=scope, now=now(), **_given(request))
        return Response(SecretOut({"id": made, "secret": secret}).data, status=201)


class OneEndpoint(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "PUT": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE}

    @extend_schema(responses=EndpointOut, operation_id="webhooks_get", tags=_TAGS)
    def get(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """One receiver."""
        return Response(_endpoint(scope, endpoint_id))

    @extend_schema(request=EndpointIn, responses=EndpointOut, operation_id="webhooks_change", tags=_TAGS)
    def put(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Change where and of what a receiver is told."""
        webhooks.change_endpoint(scope=scope, endpoint_id=endpoint_id, now=now(), **_given(request))
        return Response(_endpoint(scope, endpoint_id))

    @extend_schema(request=StateIn, responses=EndpointOut, operation_id="webhooks_stop_or_resume", tags=_TAGS)
    def patch(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Stop telling a receiver, or go on; what happens meanwhile waits."""
        given = StateIn(data=request.data)
        given.is_valid(raise_exception=True)
        act = webhooks.stop_endpoint if given.validated_data["stopped"] else webhooks.resume_endpoint
        act(scope=scope, endpoint_id=endpoint_id, now=now())
        return Response(_endpoint(scope, endpoint_id))

    @extend_schema(responses={204: None}, operation_id="webhooks_remove", tags=_TAGS)
    def delete(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Remove a receiver and what was noted of it."""
        webhooks.remove_endpoint(scope=scope, endpoint_id=endpoint_id, now=now())
        return Response(status=204)


class Secret(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}
    door_keeps: ClassVar[bool] = False
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={201: SecretOut}, operation_id="webhooks_new_secret", tags=_TAGS)
    def post(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """A new secret; the one before signs beside it for 24 hours."""
        secret = webhooks.rotate_secret(scope=scope, endpoint_id=endpoint_id, now=now())
        return Response(SecretOut({"id": endpoint_id, "secret": secret}).data, status=201)


class Trial(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": MANAGE}

    @extend_schema(request=None, responses={202: AgainOut}, operation_id="webhooks_try", tags=_TAGS)
    def post(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Send a message of type webhooks.ping."""
        webhooks.try_endpoint(scope=scope, endpoint_id=endpoint_id, now=now())
        return Response({"messages": 1}, status=202)


class Messages(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": MANAGE, "POST": MANAGE}

    @extend_schema(
        parameters=[MessagesAsked], responses=MessageOut(many=True),
        operation_id="webhooks_messages", tags=_TAGS,
    )  # fmt: skip
    def get(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Up to 50 messages to a receiver, the newest first, each with its tries."""
        webhooks.get_endpoint(scope=scope, endpoint_id=endpoint_id)
        asked = MessagesAsked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        rows = webhooks.list_told(scope=scope, endpoint_id=endpoint_id, **asked.validated_data)
        return Response(MessageOut(rows, many=True).data)

    @extend_schema(request=AgainIn, responses={202: AgainOut}, operation_id="webhooks_tell_again", tags=_TAGS)
    def post(self, request: Request, scope: Scope, endpoint_id: uuid.UUID) -> Response:
        """Send messages again under their own ids: those named, or all since a moment."""
        given = AgainIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        if asked.get("since"):
            again = webhooks.tell_again_since(scope=scope, endpoint_id=endpoint_id, since=asked["since"], now=now())
        else:
            again = webhooks.tell_again(scope=scope, endpoint_id=endpoint_id, messages=asked["messages"], now=now())
        return Response({"messages": again}, status=202)
