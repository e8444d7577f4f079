"""The two addresses. The places of a street are simply written into the condition."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from stand.visits import LAST, PAGES, PER_PAGE

from peers.plain_django.models import Visit

places: dict[str, Collection[int]] = {}


def latest(username: str, before: datetime) -> list[Visit]:
    rows = Visit.objects.filter(node_id__in=places[username]) if username in places else Visit.objects.all()
    return list(rows.filter(begins_at__lt=before).order_by("-begins_at")[:PER_PAGE])


@login_required
def one(request: HttpRequest) -> HttpResponse:
    return render(request, "bench/rows.html", {"rows": latest(request.user.get_username(), LAST)})


@login_required
def ten(request: HttpRequest) -> HttpResponse:
    rows: list[Any] = []
    for page in range(PAGES):
        rows = latest(request.user.get_username(), LAST - timedelta(days=page))
    return render(request, "bench/rows.html", {"rows": rows})


urlpatterns = [path("bench/one", one), path("bench/ten", ten)]
