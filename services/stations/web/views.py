"""Pages of stations: the list, one of them, and the forms by which the register is kept."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.ui.figures import Pager
from falin.ui.forms import refusals_in, refusals_said
from falin.ui.tables import turned
from falin.ui.undo import say_done
from services.stations import commands, policies, queries
from services.stations.rules import TIER_LABELS, opening_words
from services.stations.types import StationPage, View
from services.stations.web import tables
from services.stations.web.forms import CloseForm, StationForm, first_initial, initial_of
from tenants.divisions.api import Level


@door(grant=policies.READ)
def stations(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The stations of one's places, closed ones behind a tab."""
    form = tables.filter_form(scope, request.GET)
    filters = tables.filters_of(form)
    page = queries.list_stations(
        scope=scope, filters=filters, after=request.GET.get("after", ""), before=request.GET.get("before", ""),
        sort=request.GET.get("sort", ""),
    )  # fmt: skip
    counts = queries.count_stations(scope=scope)
    numbers = {View.OPEN: counts.open, View.NO_POSITION: counts.no_position, View.CLOSED: counts.closed}
    context = {
        "rows": [(row, TIER_LABELS[row.station.tier], opening_words(row.station.content.opening)) for row in page.rows],
        "table": tables.STATIONS.shown(request.GET), "filters": form, "counts": counts,
        "filtered": bool(filters.text or filters.tier or filters.street_id or filters.view),
        "tabs": [{"label": tables.VIEW_LABELS[view], "count": numbers[view], "current": view == filters.view,
                  "url": turned(request.GET, view=view.value)} for view in View],
        "pager": _pager(page, request), "may_keep": policies.may_keep(scope),
    }  # fmt: skip
    return render(request, "stations/list.html", context)


@door(grant=policies.READ)
def station(request: HttpRequest, scope: Scope, station_id: uuid.UUID) -> HttpResponse:
    """One station, with the ways to put it right or close it."""
    row = queries.get_station(scope=scope, station_id=station_id)
    context = {
        "row": row, "station": row.station, "content": row.station.content, "tier": TIER_LABELS[row.station.tier],
        "place": tables.place_words(row), "opening": opening_words(row.station.content.opening),
        "may_keep": policies.may_keep(scope) and row.station.is_open,
    }  # fmt: skip
    return render(request, "stations/station.html", context)


@door(grant=policies.KEEP, reads="GET", writes="POST")
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """A station is entered; residents see it from then on."""
    form = StationForm(request.POST or None, places=_places(scope), initial=first_initial(legal_day(now())))
    if form.is_valid():
        with refusals_in(form):
            made = commands.open_station(scope=scope, content=form.written(), now=now())
            messages.success(request, _("已登记，居民在公开页面上看得到。"))
            return redirect("stations:station", made.id)
    return _form(request, form, _("登记站点"), _("登记"), reverse("stations:list"))


@door(grant=policies.KEEP, reads="GET", writes="POST")
def correct(request: HttpRequest, scope: Scope, station_id: uuid.UUID) -> HttpResponse:
    """What the register says of a station is put right."""
    row = queries.get_station(scope=scope, station_id=station_id)
    content = row.station.content
    places = _places(scope)
    if content.node_id not in {node for _group, some in places for node, _name in some}:
        places = [(row.above, [(content.node_id, row.place or _("原来的地方"))]), *places]  # a place that has ended
    form = StationForm(request.POST or None, places=places, initial=initial_of(row.station))
    if form.is_valid():
        with refusals_in(form):
            commands.correct_station(scope=scope, station_id=station_id, content=form.written(), now=now())
            messages.success(request, _("已更正，公开页面上一会儿就换成新的。"))
            return redirect("stations:station", station_id)
    title = _("更正%(name)s") % {"name": content.name}
    return _form(request, form, title, _("更正"), reverse("stations:station", args=[station_id]))


@door(grant=policies.KEEP, reads="GET", writes="POST")
def close(request: HttpRequest, scope: Scope, station_id: uuid.UUID) -> HttpResponse:
    """A station is closed, with the reason."""
    row = queries.get_station(scope=scope, station_id=station_id)
    form = CloseForm(request.POST or None, initial={"on_day": legal_day(now())})
    if form.is_valid():
        with refusals_in(form):
            done = commands.close_station(scope=scope, station_id=station_id, now=now(), **form.cleaned_data)
            day = formats.day(done.closed_on or legal_day(now()))
            words = _("%(name)s从%(day)s起关闭，居民看不到了。10 分钟内可以撤回。") % {
                "name": done.content.name,
                "day": day,
            }
            say_done(request, words, undo=reverse("stations:reopen", args=[station_id]))
            return redirect("stations:station", station_id)
    context = {"form": form, "station": row.station, "place": tables.place_words(row)}
    return render(request, "stations/close.html", context, status=422 if form.errors else 200)


@door(grant=policies.KEEP, reads="", writes="POST")
def reopen(request: HttpRequest, scope: Scope, station_id: uuid.UUID) -> HttpResponse:
    """The closing of a moment ago, undone."""
    with refusals_said(request):
        commands.reopen_station(scope=scope, station_id=station_id, now=now())
        messages.success(request, _("已撤回关闭，居民照旧看得到。"))
    return redirect("stations:station", station_id)


# ---- steps ---------------------------------------------------------------------------------------------------------
def _form(request: HttpRequest, form: StationForm, title: str, button: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "button": button, "back": back}
    return render(request, "stations/form.html", context, status=422 if form.errors else 200)


def _places(scope: Scope) -> list[tuple[str, list[tuple[int, str]]]]:
    """The places to choose from, each street a group with its communities."""
    groups: list[tuple[str, list[tuple[int, str]]]] = []
    for place in queries.list_places(scope=scope):
        if place.level != Level.COMMUNITY or not groups:
            groups.append((place.name, []))
        groups[-1][1].append((place.id, place.name))
    return groups


def _pager(page: StationPage, request: HttpRequest) -> Pager:
    number = formats.number(page.total)
    shown = _("超过 %(n)s 处") % {"n": number} if page.more else _("共 %(n)s 处") % {"n": number}
    return Pager(
        shown=shown if page.rows else "",
        previous_url=turned(request.GET, before=page.before) if page.before else "",
        next_url=turned(request.GET, after=page.after) if page.after else "",
    )
