"""The place of the API's doors: the same scope, the same transaction, problem+json (RFC 9457) for every refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, cast

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as stock_handler

from falin.kernel import elsewhere, idempotency, stepup
from falin.kernel.clock import now
from falin.kernel.doors import book_passing, same_hat
from falin.kernel.models import IdempotencyKey
from falin.kernel.refusals import Elsewhere, Forbidden, Missing, Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, own_scope
from falin.kernel.transactions import inside


class SignedIn(SessionAuthentication):
    """The session of the pages; without one the answer is 401, not a redirect."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="falin"'


class BadToken(Refused):
    """What was sent as a token opens nothing; why is not said."""

    status = 401

    def __init__(self) -> None:
        super().__init__("kernel.bad_token", _("这个令牌无效：可能写错了，也可能已经到期或停用。"))


class TwoWaysIn(Refused):
    """A session and a token at once: whose request it is must never be a matter of which is looked at first."""

    status = 400

    def __init__(self) -> None:
        super().__init__("kernel.two_ways_in", _("登录和令牌不能同时用。用令牌的程序不要带浏览器的 Cookie。"))


TokenReader = Callable[[str, str, str], Scope]
_token_reader: list[TokenReader] = []


def read_tokens_with(reader: TokenReader) -> None:
    """Have ``reader(token, address, request id)`` say what a token opens; wired by the composition root."""
    _token_reader[:] = [reader]


def address_of(request: Any) -> str:
    """Where a request came from: before proxies of ours, what the outermost saw; nobody else's word is taken."""
    try:
        return str(get_client_ip(request) or "")
    except ImproperlyConfigured:  # a header with fewer addresses than there are proxies of ours
        return ""


def _come_in_by_token(request: Any) -> bool:
    """
    Whether the request came by a token; then its scope is the token's. Programs send no form token: no browser adds
    this header to a request by itself.

    :raises TwoWaysIn: :raises BadToken: :raises Forbidden:
    """
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return False
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        raise TwoWaysIn
    request.scope = _token_reader[0](token.strip(), address_of(request), request.request_id)
    return True


class ByToken(BaseAuthentication):
    """A token that was read before the door's transaction began."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        came = getattr(request._request, "by_token", False)
        return (request._request.scope, None) if came else None  # type: ignore[attr-defined]


class ByTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description of the API names tokens."""

    target_class = "falin.kernel.rest.ByToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "flk_…"}


class SignedInScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description of the API names the session."""

    target_class = "falin.kernel.rest.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class DoorView(APIView):
    """
    An API address with a door.

    ``door_grants`` maps each method to the grant it asks for; a method in ``door_writes`` writes. The handler is called
    as ``handler(request, scope, **parts_of_the_address)``, inside one transaction.
    """

    authentication_classes = (SignedIn, ByToken)
    permission_classes = ()
    door_grants: ClassVar[dict[str, str]] = {}
    door_writes: ClassVar[frozenset[str]] = frozenset({"POST", "PUT", "PATCH", "DELETE"})
    door_keeps: ClassVar[bool] = True  # answers are kept for their ``Idempotency-Key``; not where one holds a password
    door_shared: ClassVar[bool] = False  # the transaction is one of the shared schema
    door_own: ClassVar[bool] = False  # about the person's own account: in the shared schema
    door_step_up: ClassVar[dict[str, int]] = {}  # method → the level of proof it asks for (kernel.stepup)
    scope: Scope
    by_token = False
    not_let_in: Refused | None = None
    key_claimed: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.door_grant = " ".join(sorted(set(cls.door_grants.values())))  # type: ignore[attr-defined]
        cls.http_method_names = [*(method.lower() for method in cls.door_grants), "options"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            self.by_token = request.by_token = _come_in_by_token(request)
        except Refused as refused:
            self.not_let_in = refused
            return super().dispatch(request, *args, **kwargs)  # initial() says it
        scope: Scope | None = getattr(request, "scope", None)
        grant = self.door_grants.get(request.method or "")
        if scope is None or grant is None:
            return super().dispatch(request, *args, **kwargs)  # initial() says 401, 405 or 421
        if self.door_own:
            scope = own_scope(scope)
        elif self.door_shared:
            scope = replace(scope, schema=PUBLIC_SCHEMA)
        self.scope = scope
        if scope.emergency:
            book_passing(request, scope)
        with inside(scope, read_only=request.method not in self.door_writes):
            response = super().dispatch(request, scope, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            elif self.key_claimed and isinstance(response, Response):
                idempotency.remember(scope=scope, key=self.key_claimed, response=response.render())
        away = elsewhere.find(kwargs, scope) if response.status_code == 404 else None
        return cast("HttpResponseBase", self.finalize_response(self.request, _refusal(away))) if away else response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.not_let_in is not None:
            raise self.not_let_in
        super().initial(request, *args, **kwargs)
        method = str(request.method)
        if method not in self.door_grants:
            return
        scope = getattr(request, "scope", None)
        if scope is None or not request.user:  # without its user nobody has asked for the form token (CSRF)
            raise _seated_elsewhere(request) or exceptions.NotAuthenticated
        if method in self.door_writes:
            same_hat(request._request, scope)
            scope.check_may_write()
        scope.require(self.door_grants[method])
        if self.by_token and method in self.door_step_up:
            raise Forbidden("kernel.not_by_token", _("这一步要本人登录后再办，不能用令牌。"))
        level = self.door_step_up.get(method, 0)
        if level and not stepup.reached(request._request, level):
            raise stepup.StepUp(level, stepup.where(request._request, level))
        key = request.headers.get("Idempotency-Key", "")
        if key and method in self.door_writes and self.door_keeps:
            # Before anything asks for the data: the fingerprint is of the bytes, which are gone once they were parsed.
            seen = idempotency.fingerprint(request._request)
            earlier = idempotency.claim(scope=scope, key=key, fingerprint=seen, now=now())
            if earlier is not None:
                raise AnsweredBefore(earlier)
            self.key_claimed = key

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _seated_elsewhere(request: Request) -> Elsewhere | None:
    """Of somebody who is signed in and has no role here: where the body is in which he has one."""
    return elsewhere.find({"person": request.user.pk}, None) if request.user and request.user.is_authenticated else None


class AnsweredBefore(Exception):
    """This very request came in earlier under its key; its answer stands."""

    def __init__(self, earlier: IdempotencyKey) -> None:
        super().__init__(earlier.key)
        body = json.loads(earlier.body) if earlier.body else None
        where = {"Location": earlier.location} if earlier.location else {}
        self.response = Response(body, status=earlier.status, headers={"Idempotency-Replayed": "true", **where})


def problem(code: str, message: str, http_status: int, **more: Any) -> Response:
    """An RFC 9457 problem with a stable code and a sentence in the reader's language."""
    body = {"type": f"urn:falin:problem:{code}", "title": message, "status": http_status, "code": code, **more}
    return Response(body, status=http_status, content_type="application/problem+json")


def _refusal(error: Refused) -> Response:
    more = {"field": error.field} if error.field else {}
    if isinstance(error, Elsewhere):
        more["address"] = error.address
    said = problem(error.code, error.message, error.status, **more)
    if error.retry_after:
        said.headers["Retry-After"] = str(error.retry_after)
    return said


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as a problem; what nobody foresaw goes on to the server's own handler."""
    if isinstance(error, AnsweredBefore):
        return error.response
    if isinstance(error, stepup.StepUp):
        return problem(error.code, error.message, error.status, level=error.level, where=error.where)
    if isinstance(error, Refused):
        said = _refusal(error)
        if isinstance(error, BadToken):
            said.headers["WWW-Authenticate"] = 'Bearer realm="falin", error="invalid_token"'
        return said
    if isinstance(error, Http404 | Missing):
        return problem("kernel.missing", str(error) or _("没有找到。"), status.HTTP_404_NOT_FOUND)
    answer = stock_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        return problem("kernel.invalid", _("有几处填得不对。"), 422, errors=answer.data)
    detail = getattr(error, "detail", "")
    code = getattr(error, "default_code", "error")
    made = problem(f"kernel.{code}", str(detail), answer.status_code)
    for name, value in answer.headers.items():
        if name.lower() in {"www-authenticate", "retry-after", "allow"}:
            made.headers[name] = value
    return made
