"""
Signing on at the second home: out to the issuer and back, proof given again, sign-out there, and its word that a session
is over. Everything is decided in ``tenants.identity.oidc``; these doors are open because nobody is signed in yet, or
because they act on the session of whoever holds it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core import signing
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.doors import door, open_door
from falin.kernel.refusals import Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from tenants.identity.homes import BYE, KEYCLOAK, home_of
from tenants.identity.oidc import flow
from tenants.identity.oidc.arriving import arrive
from tenants.identity.oidc.commands import LED_ELSEWHERE, end_sessions, forget_session, note_refusal, unlink_account
from tenants.identity.oidc.provider import Provider, Unreachable, provider
from tenants.identity.oidc.queries import find_link
from tenants.identity.oidc.tokens import Untrusted, check_logout_token
from tenants.identity.signing.whence import network_of, remember_device


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise Http404
    return found


@open_door(reason="who signs on has no session yet; it only leads to the issuer")
def begin_sign_in(request: HttpRequest) -> HttpResponseBase:
    return _set_out(request, purpose=flow.SIGN_IN, level=stepup.SIGNED_IN, wanted=request.GET.get("next", "/"))


@open_door(reason="acts on the session of whoever holds it: the issuer asks him again")
def again(request: HttpRequest, level: int) -> HttpResponseBase:
    if not request.session.get("_auth_user_id"):
        return HttpResponseRedirect(reverse("account_login"))
    wanted = request.GET.get("next", "/")
    return _set_out(request, purpose=flow.AGAIN, level=min(max(level, stepup.SECOND), stepup.FRESH), wanted=wanted)


@door(grant="home.read", reads="GET", writes="POST", keeps=False, step_up=stepup.FRESH)
def mine(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """One's account at the second home: linked by who proves both at once, parted by a word."""
    if request.method == "POST" and request.POST.get("act") == "unlink":
        unlink_account(scope=scope, person_id=scope.person_id, now=now())
        if home_of(request).name == KEYCLOAK:  # this very session came from there
            logout(request)
        messages.success(request, _("已解除关联。"))
        return HttpResponseRedirect(reverse("portal:sign-on"))
    if request.method == "POST":
        return _set_out(request, purpose=flow.LINK, level=stepup.SIGNED_IN, wanted=reverse("portal:sign-on"))
    found = provider()
    context = {"linked": find_link(person_id=scope.person_id), "served": found is not None,
               "answers": found is not None and found.answers(), "by_it": home_of(request).name == KEYCLOAK}  # fmt: skip
    return render(request, "portal/sign_on/mine.html", context)


def _set_out(request: HttpRequest, *, purpose: str, level: int, wanted: str) -> HttpResponse:
    """
    To the issuer. What a form asked for goes over a page of ours: it may not be redirected to another host (content policy).
    """
    found = _provider()
    if flow.safe(request, wanted) != wanted:
        _book(request, LED_ELSEWHERE)
    try:
        address = flow.begin(request, found, purpose=purpose, level=level, wanted=wanted, now=now())
    except Unreachable:
        return _away(request)
    return HttpResponseRedirect(address) if purpose == flow.SIGN_IN else _passing(request, address, "out")


@open_door(
    reason="the issuer sends the browser back here; believed is only what this browser asked for and the issuer signed"
)
def callback(request: HttpRequest) -> HttpResponseBase:
    try:
        answered = flow.finish(request, _provider(), now=now())
        arrive(request, answered, now=now())
    except Unreachable:
        return _away(request)
    except flow.Declined:
        return render(request, "portal/sign_on/refused.html", {"why": _("统一身份那边没有完成登录。")}, status=403)
    except Untrusted as untrusted:
        _book(request, untrusted.code)
        why = _("这次登录没有通过核对，所以没有登录。可能是等得太久，或者用了以前的链接。请重新登录。")
        return render(request, "portal/sign_on/refused.html", {"why": why}, status=403)
    except Refused as refused:
        _book(request, refused.code.removeprefix("identity."))
        return render(request, "portal/sign_on/refused.html", {"why": refused.message}, status=refused.status)
    if answered.begun.purpose == flow.AGAIN:
        request.GET = QueryDict(urlencode({"next": answered.begun.wanted}))  # where allauth looks for the way back
        return stepup.resume(request) or HttpResponseRedirect(answered.begun.wanted)
    if answered.begun.purpose == flow.LINK:
        messages.success(request, _("已关联。以后可以用统一身份登录。"))
    response = HttpResponseRedirect(answered.begun.wanted)
    if answered.begun.purpose == flow.SIGN_IN:
        remember_device(request, response, request.user)  # type: ignore[arg-type]
    return response


@open_door(reason="the session here is over already; the issuer is told, too")
def bye(request: HttpRequest) -> HttpResponseBase:
    found = _provider()
    try:
        key = signing.loads(request.GET.get("of", ""), salt=BYE, max_age=300)
    except signing.BadSignature:
        return HttpResponseRedirect(reverse("account_login"))
    with shared(read_only=False):
        id_token = forget_session(session_key=str(key))
    back = {"client_id": settings.OIDC_CLIENT,
            "post_logout_redirect_uri": request.build_absolute_uri(reverse("account_login"))}  # fmt: skip
    try:
        address = f"{found.address('end_session_endpoint')}?{urlencode({'id_token_hint': id_token, **back})}"
    except Unreachable:
        return _away(request)
    return _passing(request, address, "bye") if id_token else HttpResponseRedirect(reverse("account_login"))


@csrf_exempt
@open_door(reason="the issuer says by a signed token whose sessions are over", reads="", writes="POST")
def backchannel_logout(request: HttpRequest) -> HttpResponseBase:
    found = _provider()
    try:
        told = check_logout_token(request.POST.get("logout_token", ""), key_of=found.key, issuer=found.issuer,
                                    client=settings.OIDC_CLIENT, now=now().timestamp())  # fmt: skip
        with shared(read_only=False) as system:
            end_sessions(scope=system, logout=told, now=now())
    except Unreachable:
        return _told(503)
    except Untrusted as untrusted:
        _book(request, untrusted.code)
        return _told(400)
    except Refused as refused:
        _book(request, refused.code.removeprefix("identity."))
        return _told(400)
    return _told(200)


def no_form_key(request: HttpRequest, reason: str = "") -> HttpResponse:
    """
    A form without its key, in place of Django's page: another site sent it, or the page lay open over a sign-in. On the
    way in it is booked: somebody may want to sign a browser in as himself (CSRF on login).
    """
    if request.path_info.startswith("/accounts/"):
        _book(request, "no_form_key")
    came = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came, {request.get_host()})
    back = urlunsplit(("", "", *urlsplit(came)[2:4], "")) if ours else "/"
    return render(request, "403_csrf.html", {"back": back}, status=403)


def _told(status: int) -> HttpResponse:
    body: dict[str, Any] = {} if status == 200 else {"error": "invalid_request" if status == 400 else "server_error"}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _passing(request: HttpRequest, address: str, kind: str) -> HttpResponse:
    answer = render(request, "portal/sign_on/passing.html", {"address": address, "kind": kind})
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


def _away(request: HttpRequest) -> HttpResponse:
    answer = render(request, "portal/sign_on/away.html", status=503)
    answer.headers["Retry-After"] = "60"
    return answer


def _book(request: HttpRequest, code: str) -> None:
    with shared(read_only=False) as system:
        note_refusal(scope=system, code=code, network=network_of(request), now=now())
