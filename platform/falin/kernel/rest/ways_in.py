"""The two ways into the API: a session of the pages, or a token; never both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope


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


def come_in_by_token(request: Any) -> bool:
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

    target_class = "falin.kernel.rest.ways_in.ByToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "flk_…"}


class SignedInScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description of the API names the session."""

    target_class = "falin.kernel.rest.ways_in.SignedIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
