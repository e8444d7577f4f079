"""The page of what was found."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import search


@door(grant="home.read", reads="GET")
def page(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """By name, part of a name, pinyin or initials; grouped by kind, each group whole on a page of its own."""
    text, kind = search.words(request.GET.get("q", "")), request.GET.get("kind", "")
    known = search.kinds(scope)
    kind = kind if kind in dict(known) else ""
    groups = search.find(scope=scope, text=text, on=legal_day(now()), kind=kind)
    context = {"text": text, "kind": kind, "kinds": known, "groups": groups,
               "count": sum(len(group.hits) for group in groups)}  # fmt: skip
    return render(request, "portal/search.html", context)
