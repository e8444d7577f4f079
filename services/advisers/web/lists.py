"""Pages one reads: the list with its squares, one adviser, one community, vacancies, firms, a manager's own firm."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.ui.tables import leaf
from services.advisers import policies, queries
from services.advisers.queries.seen import SHOWN
from services.advisers.rules import REASON_LABELS
from services.advisers.types import MOST_COUNTED
from services.advisers.web import presenting, tables


@door(grant=policies.READ)
def advisers(request: HttpRequest, scope: Scope) -> HttpResponse:
    today = legal_day(now())
    streets = queries.coverage_squares(scope=scope, on=today)
    form = tables.filter_form(request.GET, tables.street_choices(streets))
    filters = tables.filters_of(form)
    page = queries.list_advisers(
        scope=scope, on=today, filters=filters, after=request.GET.get("after", ""), before=request.GET.get("before", ""),
        sort=request.GET.get("sort", ""),
    )  # fmt: skip
    counts = queries.count_advisers(scope=scope, on=today)
    context = {
        "filters": form,
        "filtered": bool(filters.text or filters.street_id or filters.specialty or filters.view),
        "rows": [presenting.shown_row(row, today) for row in page.rows],
        "table": tables.ADVISERS.shown(request.GET),
        "pager": presenting.pager_of(
            page, request.GET, _("第 %(first)s–%(last)s 名，共 %(total)s 名"), _("共 %(total)s 名")
        ),
        "tabs": presenting.tabs_of(counts, filters.view.value, request.GET),
        "numbers": {
            "all": presenting.number_of(min(counts.all, MOST_COUNTED), more=counts.more),
            "firms": presenting.at_least(counts.firms, more=counts.more),
        },
        "streets": presenting.shown_streets(streets, may_appoint=policies.may_appoint(scope)),
        "squares_counts": presenting.squares_counts(streets),
        "squares_summary": presenting.squares_summary(streets),
        "squares_origin": presenting.squares_origin(streets, queries.home_of(scope).name, today),
        "communities": sum(len(item.squares) for item in streets),
        "home": queries.home_of(scope),
        "may_register": policies.may_register(scope),
    }
    return render(request, "advisers/list.html", context)


@door(grant=policies.READ)
def adviser(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponse:
    today = legal_day(now())
    profile = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=today)
    ends = [line.appointment.ends_on for line in profile.appointments if line.appointment.holds_on(today)]
    context = {
        "profile": profile,
        "adviser": profile.adviser,
        "sign": presenting.sign_of(profile.state),
        "words": presenting.state_words(profile.state, min((end for end in ends if end), default=None), today),
        "lines": [presenting.shown_line(line, today) for line in profile.appointments],
        "here": sum(1 for line in profile.appointments if not line.over),
        "banned": profile.adviser.banned_until is not None and profile.adviser.banned_until >= today,
        "may_register": policies.may_register(scope),
        "may_appoint": policies.may_appoint(scope),
        "may_see_clear": policies.may_see_clear(scope),
        "may_comment": scope.may("comments.join"),
    }
    return render(request, "advisers/adviser.html", context)


@door(grant=policies.READ)
def community(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponse:
    today = legal_day(now())
    place = queries.get_community(scope=scope, node_id=node_id, on=today)
    lines = queries.list_appointment_lines(scope=scope, node_id=node_id, on=today)
    context = {
        "place": place,
        "since": presenting.gap_since(place.vacant_since, today) if place.vacant else "",
        "reason": REASON_LABELS[place.reason] if place.reason else "",
        "lines": [presenting.shown_line(line, today) for line in lines],
        "choose_url": presenting.choose_url(node_id),
        "may_appoint": policies.may_appoint(scope),
        "may_comment": scope.may("comments.join"),
    }
    return render(request, "advisers/community.html", context)


@door(grant=policies.READ)
def vacancies(request: HttpRequest, scope: Scope) -> HttpResponse:
    today = legal_day(now())
    gaps = queries.list_gaps(scope=scope, on=today, sort=request.GET.get("sort", ""))
    shown, pager = leaf(gaps, request.GET)
    rows = [
        {
            "gap": gap,
            "since": presenting.gap_since(gap.vacant_since, today),
            "reason": presenting.gap_reason(gap),
            "choose_url": presenting.choose_url(gap.node_id),
        }
        for gap in shown
    ]
    table, may_appoint = tables.VACANCIES.shown(request.GET), policies.may_appoint(scope)
    by_street = table.has["street"] and not table.sort  # as they come: one street after the other
    context = {
        "rows": rows,
        "groups": presenting.by_street(rows) if by_street else [("", 0, rows)],
        "columns": len(table.heads) + may_appoint,
        "pager": pager,
        "total": len(gaps),
        "table": table,
        "unexplained": sum(1 for gap in gaps if gap.reason is None),
        "home": queries.home_of(scope),
        "may_appoint": may_appoint,
    }
    return render(request, "advisers/vacancies.html", context)


@door(grant=policies.READ)
def firms(request: HttpRequest, scope: Scope) -> HttpResponse:
    text = request.GET.get("q", "")[:40]
    page = queries.list_firms(
        scope=scope, text=text, after=request.GET.get("after", ""), before=request.GET.get("before", ""),
        sort=request.GET.get("sort", ""),
    )  # fmt: skip
    context = {
        "rows": page.rows,
        "table": tables.FIRMS.shown(request.GET),
        "text": text,
        "pager": presenting.pager_of(
            page, request.GET, _("第 %(first)s–%(last)s 家，共 %(total)s 家"), _("共 %(total)s 家")
        ),
        "may_register": policies.may_register(scope),
    }
    return render(request, "advisers/firms.html", context)


@door(grant=policies.FIRM)
def firm(request: HttpRequest, scope: Scope) -> HttpResponse:
    today = legal_day(now())
    overview = queries.firm_overview(scope=scope, on=today)
    members = [
        {
            "adviser": member.adviser,
            "seats": member.seats,
            "sign": presenting.sign_of(member.state),
            "words": presenting.state_words(
                member.state, min((seat.ends_on for seat in member.seats if seat.ends_on), default=None), today
            ),
        }
        for member in overview.members
    ]
    return render(request, "advisers/firm.html", {"overview": overview, "members": members})


@door(grant=policies.OWN)
def me(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What the register holds about the signed-in adviser, and who saw his numbers."""
    seen = queries.list_seen_by(scope=scope)
    context = {
        "adviser": queries.adviser_of_scope(scope=scope, on=legal_day(now())),
        "seen": seen[:SHOWN],
        "more": max(0, len(seen) - SHOWN),
    }
    return render(request, "advisers/me.html", context)
