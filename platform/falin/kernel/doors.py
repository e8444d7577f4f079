"""
The place of doors: the one decorator every address wears.

A door says which grant opens it, which methods read and which write. It owns the transaction. A read door cannot write:
PostgreSQL itself refuses. The server does not start while an address has no door (``falin.kernel.checks``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_http_methods

from falin.kernel import audit, elsewhere, idempotency, stepup
from falin.kernel.clock import now
from falin.kernel.refusals import Elsewhere, Missing, Moving, OtherHat, Refused
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, own_scope
from falin.kernel.transactions import inside

_NOT_SENT_AGAIN = frozenset({"csrfmiddlewaretoken", "hat", "_next"})


class ScopedView(Protocol):
    """A view that is handed its scope."""

    def __call__(self, request: HttpRequest, scope: Scope, /, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def door(
    *, grant: str, reads: str = "GET", writes: str = "", keeps: bool = True, step_up: int = 0,
    resumes: bool = True, own: bool = False, shared: bool = False,
) -> Callable[[ScopedView], Any]:  # fmt: skip
    """
    Open a view to holders of ``grant``.

    :param keeps: whether answers are kept for who sends again; not where one holds a password or a clear number.
    :param own: it is about the person's own account, which belongs to none of his offices: in the shared schema.
    :param step_up: a write asks for this level of proof: 2 a second factor, 3 one given within five minutes.
    :param resumes: what was sent is done after the proof; not where the answer is a file: the person would be left before
        the page that asked him. He is led back to where he came from, and asks again.
    :param shared: the transaction is one of the shared schema, for what lies there beside every tenant's own (its log).

    Without a session: to the sign-in page and back. Signed in without the grant: 403 with a sentence. A thing that is
    not in the scope does not exist: 404.
    """
    assert not isinstance(step_up, bool), "a level of proof: True would be level 1, which everybody signed in has"
    read_methods, write_methods = set(reads.split()), set(writes.split())

    def decorate(view: ScopedView) -> Any:
        @require_http_methods(sorted(read_methods | write_methods | ({"HEAD"} if "GET" in read_methods else set())))
        @functools.wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            scope: Scope | None = getattr(request, "scope", None)
            if scope is None:
                return no_role(request) if getattr(request, "person_name", "") else to_sign_in(request)
            try:
                writing = request.method in write_methods
                if writing:
                    same_hat(request, scope)
                    scope.check_may_write()
                scope.require(grant)
                if scope.emergency:
                    book_passing(request, scope)
                if writing and step_up and not stepup.reached(request, step_up):
                    return stepup.ask_again(request, step_up, resumes=resumes)
                if own:
                    scope = own_scope(scope)
                elif shared:
                    scope = replace(scope, schema=PUBLIC_SCHEMA)
                with inside(scope, read_only=not writing):
                    response = _once(
                        request, scope, functools.partial(view, request, scope, *args, **kwargs), writing and keeps
                    )
                    if response.status_code >= 400:
                        transaction.set_rollback(True)  # a page that says "no" leaves nothing behind
                    return response
            except Missing as missing:
                raise Http404(missing.message) from missing
            except Refused as refused:
                return refusal_page(request, refused)

        opened.door_grant = grant  # type: ignore[attr-defined]
        opened.door_writes = frozenset(write_methods)  # type: ignore[attr-defined]
        opened.door_step_up = step_up  # type: ignore[attr-defined]
        return opened

    return decorate


def open_door(*, reason: str, reads: str = "GET", writes: str = "") -> Callable[[Callable[..., Any]], Any]:
    """Open a view to everybody, signed in or not; ``reason`` says why that is right."""
    methods = set(reads.split()) | set(writes.split()) | ({"HEAD"} if "GET" in reads.split() else set())

    def decorate(view: Callable[..., Any]) -> Any:
        opened = require_http_methods(sorted(methods))(view)
        opened.door_open = reason  # type: ignore[attr-defined]
        return opened

    return decorate


# A number standing by itself, as somebody's would; not the digits inside an id.
_NUMBER = r"(?<![0-9A-Fa-f-])\d{9,}[Xx]?(?![0-9A-Fa-f-])"


def book_passing(request: HttpRequest, scope: Scope) -> None:
    """
    That an operator passes a door in an emergency, in the tenant's own log and committed before he sees anything.

    The address without what was asked: a search may be for somebody's name.
    """
    with inside(scope, read_only=False):
        audit.record(scope=scope, act="kernel.door.passed", subject=("emergency", scope.emergency), node_id=None, now=now(),
                     after={"address": re.sub(_NUMBER, "…", request.path)[:200]})  # fmt: skip


def same_hat(request: HttpRequest, scope: Scope) -> None:
    """
    The form says in which role its page was shown; two tabs of one session never mix roles up.

    :raises OtherHat: when the person acts in another role by now.
    """
    meant = request.headers.get("X-Falin-Hat") or request.POST.get("_hat", "")
    if meant and meant != scope.hat:
        raise OtherHat(meant)


def _once(
    request: HttpRequest,
    scope: Scope,
    view: Callable[[], HttpResponseBase],
    keeping: bool,  # noqa: FBT001
) -> HttpResponseBase:
    """Run a write once per key: a second click, or a phone that sends again, gets the first answer."""
    key = request.headers.get("Idempotency-Key") or request.POST.get("_once", "") if keeping else ""
    if not key:
        return view()
    moment = now()
    fingerprint = idempotency.fingerprint(request)
    earlier = idempotency.claim(scope=scope, key=key, fingerprint=fingerprint, now=moment)
    if earlier is not None:
        if 300 <= earlier.status < 400:
            return HttpResponseRedirect(earlier.location, status=earlier.status)
        return HttpResponse(earlier.body, status=earlier.status, content_type=earlier.content_type)
    response = view()
    if isinstance(response, HttpResponse) and response.status_code < 400 and not response.streaming:
        idempotency.remember(scope=scope, key=key, response=response)
    return response


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page, and back to where the person wanted to go."""
    target = resolve_url(settings.LOGIN_URL)
    wanted = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(f"{target}?{urlencode({'next': wanted})}" if wanted else target)


def no_role(request: HttpRequest) -> HttpResponse:
    """Signed in, with no role in force: the sign-in page would only lead back here, without end."""
    away = elsewhere.find({"person": request.session.get(SESSION_KEY)}, None)
    return refusal_page(request, away) if away else render(request, "no_role.html", status=403)


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal that no form showed, as a page with the sentence and a way back."""
    context: dict[str, Any] = {"refused": refused}
    template = "403.html" if refused.status == 403 else "refused.html"
    if isinstance(refused, OtherHat | Moving):
        context["sent"] = [
            (name, value) for name, values in request.POST.lists() for value in values if name not in _NOT_SENT_AGAIN
        ]
        context["files"] = bool(request.FILES)
        template = "other_hat.html" if isinstance(refused, OtherHat) else "moving.html"
    elif isinstance(refused, Elsewhere):
        template = "elsewhere.html"
    response = render(request, template, context, status=refused.status)
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response
