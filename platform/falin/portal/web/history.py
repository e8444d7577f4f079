"""Who did what, when and why: of one thing, and of the whole tenant for who may read it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import queries


@door(grant="history.read", reads="GET")
def recent(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    page = queries.recent_history(scope=scope, before=_before(request))
    return render(request, "portal/history.html", {"page": page})


@door(grant="history.read", reads="GET")
def of_thing(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    page = queries.history_of(scope=scope, kind=kind, subject_id=subject_id, before=_before(request))
    return render(request, "portal/history.html", {"page": page})


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
