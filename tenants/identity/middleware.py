"""The place where a session becomes a scope: person and bindings are read again at every request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware as StockSessionMiddleware
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.crypto import constant_time_compare

from falin.kernel.audit import looks_personal
from falin.kernel.clock import bounds_of, legal_day, now
from falin.kernel.scope import own_scope
from falin.kernel.transactions import inside, shared
from tenants.identity.commands.account import choose_language
from tenants.identity.homes import admitted
from tenants.identity.queries import SignedIn, ran_out, scope_of, signed_in_by
from tenants.identity.sessions import WHENCE
from tenants.identity.signing.proving import SECOND_DUE
from tenants.identity.types import Hat

HAT = "hat"  # the session's key for the role and tenant the person acts in


class SessionMiddleware(StockSessionMiddleware):
    """
    As Django's, but a key that opens nothing is left with the browser. Django takes the cookie back by its name, whatever
    key it holds by then: the answer to a page's own question, sent while the person proved himself anew, would sign him
    out of the session that came of it. Signing out takes the cookie back, as ever.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if request.session.is_empty() and not request.session.modified:
            if request.session.accessed or settings.SESSION_COOKIE_NAME in request.COOKIES:
                patch_vary_headers(response, ("Cookie",))
            return response
        return super().process_response(request, response)


class FormKeyMiddleware(CsrfViewMiddleware):
    """
    As Django's, but the form key is given out once, not with every page to renew its term. The answer to a request that
    set out before somebody signed in would put the old key in the new one's place, and refuse what he fills in next; the
    phone's keeping of the adviser's pages asks so behind his back. Each sign-in gives a new one, long before its year ends.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        wanted = request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
        if wanted and request.META["CSRF_COOKIE"] == request.COOKIES.get(settings.CSRF_COOKIE_NAME):
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
            patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)


_NUMBER = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)


def _number_of(request: HttpRequest) -> str:
    """
    What a request is called in logs and in the sealed log of acts: the proxy's word where it can be one. What stands
    there before the number of a token's request has a colon, and nobody's papers or telephone may get in this way.
    """
    given = request.headers.get("X-Request-ID", "")
    return given if _NUMBER.fullmatch(given) and not looks_personal(given) else uuid.uuid4().hex


class ScopeMiddleware:
    """Sets ``request.scope`` (or ``None``), ``request.hats`` and ``request.hat``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.scope, request.hats, request.hat = None, (), None  # type: ignore[attr-defined]
        request.request_id = _number_of(request)  # type: ignore[attr-defined]
        signed_in = self._read(request)
        if signed_in is not None and settings.OIDC_ISSUER:
            signed_in = admitted(request, signed_in, now())
        if signed_in is not None:
            if signed_in.person.must_change_password and not self._may_wait(request):
                return HttpResponseRedirect(resolve_url("account_change_password"))
            if SECOND_DUE in request.session and not self._may_wait(request):
                return HttpResponseRedirect(resolve_url("portal:second"))
            request.hats = signed_in.hats  # type: ignore[attr-defined]
            request.person_name = signed_in.person.name  # type: ignore[attr-defined]
            request.parted = signed_in.parted  # type: ignore[attr-defined]
            hat = chosen(signed_in.hats, request.session.get(HAT, ""), getattr(request, "face", None))
            if hat is not None:
                request.hat = hat  # type: ignore[attr-defined]
                request.scope = scope_of(signed_in, hat, request.request_id)  # type: ignore[attr-defined]
        return self.get_response(request)

    def _read(self, request: HttpRequest) -> SignedIn | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        person_id = request.session.get(SESSION_KEY)
        if person_id is None or BACKEND_SESSION_KEY not in request.session:
            return None
        came = request.session.came_in  # type: ignore[attr-defined]
        if came is None or came[0] != int(person_id):
            return None
        signed_in = signed_in_by(came[1], person_id=came[0], on=legal_day(now()))
        if signed_in is None:
            return None
        # A changed password ends the sessions opened with the old one.
        known = request.session.get(HASH_SESSION_KEY, "")
        if not constant_time_compare(known, signed_in.person.get_session_auth_hash()):
            return None
        if not any(row[6] for row in came[1]) and self._outlived(request, came[0]):
            return None
        return signed_in

    @staticmethod
    def _outlived(request: HttpRequest, person_id: int) -> bool:
        """
        The last role ran out by its date since this session began: it ends with it, as where somebody ended the role.
        No job has to come for that; it is over when it is next used.
        """
        began_at = request.session.get(WHENCE, {}).get("began_at")
        with shared(read_only=True):
            last = ran_out(person_id=person_id, on=legal_day(now()))
        if last is None or (began_at and datetime.fromisoformat(began_at) >= bounds_of(last)[1]):
            return False
        with shared(read_only=False):
            request.session.flush()
        return True

    @staticmethod
    def _may_wait(request: HttpRequest) -> bool:
        path = request.path_info
        return path.startswith(("/accounts/", "/static/", "/prefs/")) or path in {"/sw.js", "/healthz"}


def language_of(request: HttpRequest) -> str:
    """The language that whose session came with a request once chose, read together with it; empty where nobody did."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.session.get(SESSION_KEY) is None:
        return ""
    came = request.session.came_in  # type: ignore[attr-defined]
    return str(came[1][0][5]) if came and came[1] else ""


def keep_language(request: HttpRequest, language: str) -> None:
    """
    Whoever is signed in chose a language: it is his from now on, wherever he signs in.

    No form token says that he meant it (``falin.ui.views.choose``), but the session's cookie does not come along with
    what another site has his browser send.
    """
    scope = getattr(request, "scope", None)
    if scope is not None:
        with inside(own_scope(scope), read_only=False):
            choose_language(scope=own_scope(scope), language=language, now=now())


def chosen(hats: tuple[Hat, ...], key: str, face: Any = None) -> Hat | None:
    """The hat the person put on, if he still holds it; else his first in the body whose address he came to, or his first."""
    found = next((hat for hat in hats if hat.key == key), None)
    if found is None and face is not None:
        found = next((hat for hat in hats if hat.tenant_id == face.tenant_id), None)
    return found or (hats[0] if hats else None)
