"""Many requests of the API in one: each through the door of its own address, in a transaction of its own."""

from __future__ import annotations

import io
import json
from typing import Any, ClassVar
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from django.core.handlers.wsgi import WSGIRequest
from django.urls import Resolver404, resolve
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from falin.kernel.rest.describing import DoorSchema
from falin.kernel.rest.doors import DoorView
from falin.kernel.rest.ways_in import ByToken, SignedIn, come_in_by_token

MOST = 100
# What the middleware found out about the sender, once for all lines.
_SENDER = (
    "scope",
    "hats",
    "hat",
    "person_name",
    "request_id",
    "session",
    "user",
    "_cached_user",
    "prefs",
    "LANGUAGE_CODE",
)
_ENOUGH = frozenset({status.HTTP_401_UNAUTHORIZED, status.HTTP_429_TOO_MANY_REQUESTS})  # the next line would fare alike


class LineIn(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=["GET", "POST", "PUT", "PATCH", "DELETE"])
    path = serializers.CharField(max_length=2000, help_text="/api/v1/…, with its query")
    body = serializers.JSONField(required=False, default=None)
    key = serializers.CharField(required=False, default="", max_length=80, help_text="its Idempotency-Key")
    match = serializers.CharField(required=False, default="", max_length=200, help_text="its If-Match")


class BatchIn(serializers.Serializer[Any]):
    requests = serializers.ListField(child=LineIn(), min_length=1, max_length=MOST)


class LineOut(serializers.Serializer[Any]):
    status = serializers.IntegerField()
    body = serializers.JSONField(help_text="the answer, the problem, or null")
    location = serializers.CharField(allow_blank=True)
    etag = serializers.CharField(allow_blank=True)


class BatchOut(serializers.Serializer[Any]):
    results = LineOut(many=True, help_text="in the order of the requests")


class Batch(APIView):
    """
    A line that is refused stops no other, and undoes none. After one that says 401 or 429 the rest are not tried.

    JSON only: a file is sent and fetched by itself.
    """

    authentication_classes = (SignedIn, ByToken)
    permission_classes = ()
    schema = DoorSchema()
    door_open: ClassVar[str] = "each line goes through the door of its own address"
    http_method_names = ["post", "options"]

    def perform_authentication(self, request: Request) -> None:
        """Somebody; who it is and what he may, each line's own door asks again."""
        if request.method != "POST":
            return  # 405, whoever asks
        if not come_in_by_token(request._request) and getattr(request._request, "scope", None) is None:
            raise exceptions.NotAuthenticated

    @extend_schema(request=BatchIn, responses=BatchOut, operation_id="batch", tags=["batch"])
    def post(self, request: Request) -> Response:
        """Up to a hundred requests; the answer to each, in their order."""
        given = BatchIn(data=request.data)
        given.is_valid(raise_exception=True)
        results: list[dict[str, Any]] = []
        for line in given.validated_data["requests"]:
            if results and results[-1]["status"] in _ENOUGH:
                results.append(results[-1])
            else:
                results.append(_one(request._request, line))
        return Response({"results": results})


def _one(outer: Any, line: dict[str, Any]) -> dict[str, Any]:
    try:
        address = urlsplit(iri_to_uri(line["path"]))
        match = resolve(unquote(address.path))
    except (Resolver404, ValueError):  # nobody's, or no address at all
        address = match = None
    owner = getattr(match.func, "cls", None) if match else None
    if (
        match is None
        or address is None
        or address.netloc
        or not (isinstance(owner, type) and issubclass(owner, DoorView))
    ):
        return _told(404, {"type": "urn:falin:problem:kernel.no_address", "title": _("接口没有这个地址。"), "status": 404,
                           "code": "kernel.no_address"})  # fmt: skip
    answer = match.func(_request(outer, line, address.path, address.query), *match.args, **match.kwargs)
    if isinstance(answer, Response):
        body = json.loads(answer.render().content) if answer.data is not None else None
    elif answer.status_code == status.HTTP_304_NOT_MODIFIED:
        body = None
    else:
        return _told(406, {"type": "urn:falin:problem:kernel.not_json", "title": _("这个地址给的是文件，请单独取。"),
                           "status": 406, "code": "kernel.not_json"})  # fmt: skip
    return _told(answer.status_code, body, answer.headers.get("Location", ""), answer.headers.get("ETag", ""))


def _told(code: int, body: Any, location: str = "", etag: str = "") -> dict[str, Any]:
    return {"status": code, "body": body, "location": location, "etag": etag}


def _request(outer: Any, line: dict[str, Any], path: str, query: str) -> WSGIRequest:
    """The line as a request of its own, by the same sender."""
    body = b"" if line["body"] is None else json.dumps(line["body"]).encode()
    own = {"HTTP_IDEMPOTENCY_KEY": line["key"], "HTTP_IF_MATCH": line["match"], "HTTP_IF_NONE_MATCH": ""}
    kept = {name: value for name, value in outer.META.items() if name not in own}
    inner = WSGIRequest({
        **kept, **{name: value for name, value in own.items() if value}, "REQUEST_METHOD": line["method"],
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query, "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
    })  # fmt: skip
    for name in _SENDER:
        if hasattr(outer, name):
            setattr(inner, name, getattr(outer, name))
    return inner
