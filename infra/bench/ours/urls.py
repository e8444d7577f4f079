"""The product's addresses, and two that wear a real door and ask one question or ten."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from stand.visits import LAST, PAGES, PER_PAGE

from falin.config.urls import urlpatterns as product
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from services.duty.models import Visit


def latest(scope: Scope, before: datetime) -> list[Visit]:
    return list(Visit.objects.in_scope(scope).filter(begins_at__lt=before).order_by("-begins_at")[:PER_PAGE])


@door(grant="duty.read", reads="GET")
def one(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    return render(request, "bench/rows.html", {"rows": latest(scope, LAST)})


@door(grant="duty.read", reads="GET")
def ten(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    rows: list[Any] = []
    for page in range(PAGES):
        rows = latest(scope, LAST - timedelta(days=page))
    return render(request, "bench/rows.html", {"rows": rows})


urlpatterns = [path("bench/one", one), path("bench/ten", ten), *product]
