"""Who did what, when and why: of one thing, and of the whole tenant for who may read it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import queries


@door(grant="history.read", reads="GET")
def recent(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    before = request.GET.get("before", "")
    page = queries.recent_history(scope=scope, before=int(before) if before.isdigit() else None)
    return render(request, "portal/history.html", {"page": page})


@door(grant="history.read", reads="GET")
def of_thing(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    page = queries.history_of(scope=scope, kind=kind, subject_id=subject_id)
    return render(request, "portal/history.html", {"page": page})
