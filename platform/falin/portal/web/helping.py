"""Help for each page, all of it, and the terms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import help as texts


@door(grant="home.read", reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every topic whose pages the role may open."""
    return render(request, "portal/help/overview.html", {"topics": texts.list_topics(scope=scope)})


@door(grant="home.read", reads="GET")
def topic(request: HttpRequest, scope: Scope, key: str) -> HttpResponseBase:
    """Help for some pages; what concerns the reader's role stands first."""
    found = texts.get_topic(scope=scope, key=key)
    others = [one for one in texts.list_topics(scope=scope) if one.key != key]
    context = {"topic": found, "lines": texts.lines_for(found, scope.role), "others": others}
    return render(request, "portal/help/topic.html", context)


@door(grant="home.read", reads="GET")
def terms(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The programme's words, each with its plain meaning, its rule, and its English and Traditional Chinese."""
    return render(request, "portal/help/terms.html", {"terms": texts.list_terms(scope=scope)})
