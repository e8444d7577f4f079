"""Who did what, when and why: of one thing, and of the whole tenant for who may read it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import booked
from falin.portal.web.tables import LOG


@door(grant="history.read", reads="GET")
def recent(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    page = booked.history(scope=scope, before=key(request, "before"))
    return render(request, "portal/history.html", {"page": page, "table": LOG.shown(request.GET)})


@door(grant="history.read", reads="GET")
def of_thing(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    page = booked.history(scope=scope, kind=kind, subject_id=subject_id, before=key(request, "before"))
    return render(request, "portal/history.html", {"page": page, "table": LOG.shown(request.GET), "thing": True})


def key(request: HttpRequest, name: str) -> int | None:
    """A key of the address; what cannot be one is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
