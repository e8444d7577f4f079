"""Who did what, when and why: of one thing, and of the whole tenant for who may read it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal import booked
from falin.portal.web.tables import LOG
from services.desk.api import get_talk
from services.desk.web.comments import part


@door(grant="history.read", reads="GET")
def recent(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    page = booked.history(scope=scope, before=key(request, "before"))
    return render(request, "portal/history.html", {"page": page, "table": LOG.shown(request.GET)})


@door(grant="history.read", reads="GET")
def of_thing(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    page = booked.history(scope=scope, kind=kind, subject_id=subject_id, before=key(request, "before"))
    context = {"page": page, "table": LOG.shown(request.GET), "thing": True, **_said(scope, kind, subject_id)}
    return render(request, "portal/history.html", context)


def _said(scope: Scope, kind: str, subject_id: str) -> dict[str, Any]:
    """What people said about the thing, where it is one to speak about and the scope's to see."""
    if not scope.may("comments.join"):
        return {}
    try:
        return part(get_talk(scope=scope, kind=kind, subject_id=subject_id, now=now()))
    except Missing:
        return {}


def key(request: HttpRequest, name: str) -> int | None:
    """A key of the address; what cannot be one is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
