"""Doors of the figures: each reads the address, asks one query or command, and hands the answer to a presenter."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from services.indicators import policies, queries
from services.indicators.commands import book_export, publish_month
from services.indicators.types import LinePage, PlaceFigures, PlaceTally, Turn
from services.indicators.web import exports, lines, maps, pages, tables
from tenants.divisions.api import changed_since
from tenants.divisions.types import Level, View

ON_A_WALL = 11  # rows one still reads from across the room
RENEWED = 300  # seconds
MOST_LINES = 10_000  # in a file


@door(grant="figures.read", reads="GET")
def home(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """To one's own place; who has none goes to his own visit lines."""
    node_id = queries.home_place(scope)
    if node_id is None:
        return HttpResponseRedirect(reverse("figures:visits"))
    return HttpResponseRedirect(reverse("figures:place", args=[node_id]))


@door(grant="figures.read", reads="GET")
def place(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    """A place's figures in one month, what lies below it, and the way down to the visits of a community."""
    figures = _figures(request, scope, node_id)
    page = pages.page_of(figures, scope, today=now(), both_trees="month" in request.GET and _both_trees(figures))
    context: dict[str, Any] = {"page": page}
    if figures.place.level == Level.COMMUNITY:
        context["lines"], context["columns"] = _lines(request, scope, figures), tables.LINES
        # Visits are a county's own: above it their lines are read, not the visits themselves.
        context["may_comment"] = scope.may("comments.join") and scope.may("duty.read")
        return render(request, "indicators/community.html", context)
    context["map"] = maps.map_of(figures, _county_values(scope, figures)) if maps.has_map(figures) else None
    context["heads"] = tables.heads_of(tables.columns_of(page))
    return render(request, "indicators/place.html", context)


@door(grant="figures.read", reads="GET")
def screen(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    """
    A place on a screen on the wall, which asks again by itself, scripts or not, until somebody has it hold still.

    :raises Missing: a community is for nobody's wall: its page names advisers.
    """
    figures = _figures(request, scope, node_id)
    if figures.place.level == Level.COMMUNITY:
        raise Missing("indicators.missing", _("没有这个地方，或者不在您的范围内。"))
    page, hold = pages.page_of(figures, scope, today=now()), request.GET.get("hold") == "1"
    context = {
        "page": page, "rows": page.rows[:ON_A_WALL], "others": max(0, len(page.rows) - ON_A_WALL), "hold": hold,
        "at": now(), "month": request.GET.get("month", ""),
        "map": maps.map_of(figures, _county_values(scope, figures)) if maps.has_map(figures) else None,
    }  # fmt: skip
    answer = render(request, "indicators/screen.html", context)
    if not hold:
        answer.headers["Refresh"] = str(RENEWED)
    return answer


@door(grant="figures.read", reads="GET")
def own_visits(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """A firm's or an adviser's own visits as they were published, whatever the county."""
    months = queries.list_own_months(scope=scope)
    month = _month(request) or (months[-1] if months else Month.of(now()))
    found = queries.firm_lines(scope=scope, month=month, turn=_turn(request))
    page = lines.shown(found, request.GET)
    context = {"lines": page, "month": month, "choices": pages.month_choices(months, month),
               "table": tables.OWN_LINES.shown(request.GET)}  # fmt: skip
    return render(request, "indicators/own_visits.html", context)


@door(grant="figures.publish", reads="", writes="POST", step_up=SECOND)
def publish(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    """Roll up a month of one's own county now, instead of waiting for the night."""
    month = _month(request, posted=True) or Month.of(now())
    if node_id not in scope.roots:
        raise Missing("indicators.missing", _("没有这个地方，或者不在您的范围内。"))
    run = publish_month(scope=scope, month=month, now=now())
    said = {"month": formats.month(month.first_day)}
    if run.fresh:
        messages.success(request, _("%(month)s的数已经重新汇总，几秒钟后就能看到。") % said)
    else:
        messages.info(request, _("%(month)s的记录和上次汇总时一样，不用再发布。") % said)
    return HttpResponseRedirect(f"{reverse('figures:place', args=[node_id])}?{urlencode({'month': str(month)})}")


@door(grant="figures.export", reads="", writes="POST", keeps=False, step_up=FRESH, resumes=False)
def export_csv(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    return _file(request, scope, node_id, "csv")


@door(grant="figures.export", reads="", writes="POST", keeps=False, step_up=FRESH, resumes=False)
def export_xlsx(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    return _file(request, scope, node_id, "xlsx")


def _file(request: HttpRequest, scope: Scope, node_id: int, kind: str) -> HttpResponseBase:
    """
    The table of the page, in its columns, to be saved; booked in the transaction that reads it: sent for, because it
    leaves a line behind.
    """
    figures = _figures(request, scope, node_id)
    policies.check_may_export(scope, figures.place.level)
    if figures.month is None or figures.tally is None:
        raise Missing("indicators.nothing_published", _("这个月还没有发布，没有可以下载的数据。"))
    if figures.place.level == Level.COMMUNITY:
        found = queries.visit_lines(scope=scope, node_id=node_id, month=figures.month,
                                    turn=Turn(size=MOST_LINES))  # fmt: skip
        title, columns, rows = _("到访记录"), tables.LINES, list[Any](found.rows)
    else:
        page = pages.page_of(figures, scope, today=now())
        title, columns, rows = _("指标"), tables.columns_of(page), [*page.rows, page.whole]
    book_export(scope=scope, place=figures.place, month=figures.month, view=figures.view, kind=kind, rows=len(rows),
                now=now())  # fmt: skip
    return exports.answer(figures, title=title, columns=columns, rows=rows, file_format=kind)


def _figures(request: HttpRequest, scope: Scope, node_id: int) -> PlaceFigures:
    """As they were published, in the tree of the time; or, where the address says so, in today's."""
    view = View.AS_IS if request.GET.get("view") == View.AS_IS else View.AS_WAS
    return queries.place_figures(scope=scope, node_id=node_id, month=_month(request), view=view)


def _both_trees(figures: PlaceFigures) -> bool:
    """Whether the places have changed since the month was counted."""
    found = figures.published
    return found is not None and changed_since(
        found.first_as_of, at=found.first_published_at, province=figures.place.code[:2]
    )


def _lines(request: HttpRequest, scope: Scope, figures: PlaceFigures) -> lines.Shown | None:
    if figures.month is None or not policies.may_read_lines(scope):
        return None
    found: LinePage = queries.visit_lines(
        scope=scope, node_id=figures.place.id, month=figures.month, turn=_turn(request)
    )
    return lines.shown(found, request.GET)


def _county_values(scope: Scope, figures: PlaceFigures) -> list[PlaceTally]:
    if figures.month is None:
        return []
    if figures.place.level == Level.CITY:
        return list(figures.children)  # its children are the county bodies themselves
    return queries.county_values(scope=scope, node_id=figures.place.id, month=figures.month, view=figures.view)


def _month(request: HttpRequest, *, posted: bool = False) -> Month | None:
    text = (request.POST if posted else request.GET).get("month", "")
    if not text:
        return None
    try:
        return Month.parse(text)
    except ValueError:
        raise Invalid("indicators.bad_month", _("月份不对，请从列表里选一个月。"), field="month") from None


def _turn(request: HttpRequest) -> Turn:
    return Turn(
        after=request.GET.get("after", ""), before=request.GET.get("before", ""), sort=request.GET.get("sort", "")
    )
