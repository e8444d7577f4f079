"""The place of response headers, and of trouble told plainly: the database away, the disk full."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.defaults import bad_request as stock_bad_request
from django.views.defaults import page_not_found as stock_not_found
from django.views.defaults import server_error as stock_server_error

from falin.kernel import elsewhere
from falin.kernel.doors import refusal_page
from falin.kernel.rest.problems import plain_problem

log = logging.getLogger("falin.trouble")


class HeadersMiddleware:
    """A strict content policy on everything; pages with personal data are never kept by a browser or a proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if not request.path_info.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class CompressingMiddleware(GZipMiddleware):
    """
    Every page goes over the line compressed, and padded so that its length says nothing of the secrets in it (decision 71).

    As they are: what streams and what is taken home as a file (its length is the progress one sees, and XLSX, PNG and
    archives are compressed already); the API's answers, whose mark (``ETag``) stays the strong one that ``If-Match`` needs.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or response.has_header("Content-Disposition") or _for_a_program(request):
            return response
        return super().process_response(request, response)


class TroubleMiddleware:
    """
    What went wrong outside the program becomes a sentence and a way out, with 503 and Retry-After.

    In a view; what happens before one (reading the session, the person, his roles) comes to ``server_error``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest  # PostgreSQL takes no such character, and nobody types it
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return told_plainly(request, error)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such thing here; where another cell has it, its address."""
    if _for_a_program(request):
        return plain_problem("kernel.no_address", _("接口没有这个地址。"), 404)
    matched = request.resolver_match
    away = elsewhere.find(matched.kwargs, getattr(request, "scope", None)) if matched else None
    return refusal_page(request, away) if away else stock_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The handler of what nobody else handled, wherever it happened: 503 for trouble outside the program, else 500."""
    error = sys.exc_info()[1]
    answer = told_plainly(request, error) if isinstance(error, Exception) else None
    if answer is None and _for_a_program(request):
        return plain_problem("kernel.broke", _("系统出错了，已经记录。请稍后再试，或联系运维人员。"), 500)
    return answer or stock_server_error(request)


def _moved_away(request: HttpRequest) -> HttpResponse | None:
    """The tenant's tables went away under a request: it moved to another cell a moment ago. Else it is our mistake."""
    matched = request.resolver_match
    away = elsewhere.find(matched.kwargs if matched else {}, getattr(request, "scope", None))
    if away is None:
        return None
    if _for_a_program(request):
        return plain_problem(away.code, away.message, away.status, address=away.address)
    return refusal_page(request, away)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The handler of requests that cannot be read."""
    if _for_a_program(request):
        return plain_problem("kernel.unreadable", _("看不懂这个请求。"), 400)
    return stock_bad_request(request, exception)


def _for_a_program(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/v")


def told_plainly(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The answer for trouble outside the program; ``None`` for an error of our own."""
    if isinstance(error, ProgrammingError):
        return _moved_away(request)
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    if not full and not isinstance(error, OperationalError | InterfaceError):
        return None
    log.error("%s %s: %s", request.method, request.path_info, type(error).__name__)
    kind = "disk" if full else "database"
    if _for_a_program(request):
        answer = plain_problem(f"kernel.{kind}", _("暂时不能办理，请稍后再试。"), 503)
    else:
        # What stands around a page (name, menu, messages) would ask the database again.
        request.scope = None  # type: ignore[attr-defined]
        vars(request).pop("_messages", None)
        answer = render(request, "503.html", {"kind": kind}, status=503)
    answer.headers["Retry-After"] = "10"
    return answer
