"""The place of problems: every answer that is a no, as RFC 9457 with a stable code, in the reader's language."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as stock_handler

from falin.kernel import stepup
from falin.kernel.models import IdempotencyKey
from falin.kernel.refusals import Elsewhere, Missing, Refused
from falin.kernel.rest.ways_in import BadToken

KIND = "application/problem+json"


class AnsweredBefore(Exception):
    """This very request came in earlier under its key; its answer stands."""

    def __init__(self, earlier: IdempotencyKey) -> None:
        super().__init__(earlier.key)
        body = json.loads(earlier.body) if earlier.body else None
        where = {"Location": earlier.location} if earlier.location else {}
        self.response = Response(body, status=earlier.status, headers={"Idempotency-Replayed": "true", **where})


def _body(code: str, message: str, http_status: int, **more: Any) -> dict[str, Any]:
    return {"type": f"urn:falin:problem:{code}", "title": message, "status": http_status, "code": code, **more}


def problem(code: str, message: str, http_status: int, **more: Any) -> Response:
    """A problem as the answer of an address of the API."""
    return Response(_body(code, message, http_status, **more), status=http_status, content_type=KIND)


def plain_problem(code: str, message: str, http_status: int, **more: Any) -> HttpResponse:
    """A problem where no address answers: there is none, or it could not be reached."""
    return JsonResponse(_body(code, message, http_status, **more), status=http_status, content_type=KIND)


def refusal(error: Refused) -> Response:
    """What was refused, with the field it is about, the address to ask instead, and when to come back."""
    more = {"field": error.field} if error.field else {}
    if isinstance(error, Elsewhere):
        more["address"] = error.address
    said = problem(error.code, error.message, error.status, **more)
    if error.retry_after:
        said.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, BadToken):
        said.headers["WWW-Authenticate"] = 'Bearer realm="falin", error="invalid_token"'
    return said


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API as a problem; what nobody foresaw goes on to the server's own handler."""
    if isinstance(error, AnsweredBefore):
        return error.response
    if isinstance(error, stepup.StepUp):
        return problem(error.code, error.message, error.status, level=error.level, where=error.where)
    if isinstance(error, Refused):
        return refusal(error)
    if isinstance(error, Http404 | Missing):
        return problem("kernel.missing", str(error) or _("没有找到。"), status.HTTP_404_NOT_FOUND)
    if isinstance(error, OverflowError):  # a day at the end of all days, and then one more
        return problem("kernel.out_of_range", _("日期或数字太大或太小，没有办法算。"), 422)
    answer = stock_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        return problem("kernel.invalid", _("有几处填得不对。"), 422, errors=_by_field(answer.data))
    detail = _("看不懂这个请求。") if isinstance(error, exceptions.ParseError) else getattr(error, "detail", "")
    code = getattr(error, "default_code", "error")
    made = problem(f"kernel.{code}", str(detail), answer.status_code)
    for name, value in answer.headers.items():
        if name.lower() in {"www-authenticate", "retry-after", "allow"}:
            made.headers[name] = value
    return made


def _by_field(errors: Any) -> dict[str, Any]:
    """Errors by field; what is about the whole body, such as a list where an object belongs, under its own name."""
    return errors if isinstance(errors, dict) else {"non_field_errors": errors}
