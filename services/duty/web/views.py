"""Pages of duty: the adviser's on the phone, the street's list of who is behind, the county's book of months."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import SECOND
from falin.ui.forms import Shown, refusals_in, refusals_said, show_refusal
from falin.ui.tables import leaf, turned
from falin.ui.undo import say_done
from services.duty import commands, policies, queries
from services.duty.types import Cut, VisitInfo
from services.duty.web import tables
from services.duty.web.cards import card_of, row_of
from services.duty.web.forms import CorrectForm, LogForm, VoidForm, at_its_field, initial_of
from services.duty.web.months import month_asked

KEEP = "X-Falin-Keep"  # tells the service worker whose page this is, so that a phone keeps it for that person only


# ---- the adviser ---------------------------------------------------------------------------------------------------
@door(grant="duty.own")
def mine(request: HttpRequest, scope: Scope) -> HttpResponse:
    """My communities, with hours against what is due; reminders; the button to log a visit."""
    moment = now()
    context = {
        "cards": [card_of(own) for own in queries.my_months(scope=scope, now=moment)], "month": Month.of(moment),
        "reminders": queries.list_my_reminders(scope=scope), "sent": "sent" in request.GET, **_offline(scope),
    }  # fmt: skip
    return _kept(render(request, "duty/mine.html", context), scope)


@door(grant="duty.log", reads="GET", writes="POST")
def log(request: HttpRequest, scope: Scope) -> HttpResponse:
    """One visit or lecture on one page."""
    moment = now()
    places = queries.list_my_places(scope=scope, now=moment)
    if request.method == "POST":
        form = LogForm(request.POST, request.FILES, places=places)
        if form.is_valid():
            with Shown(lambda refused: show_refusal(form, at_its_field(refused))):
                visit = commands.log_visit(
                    scope=scope, visit_id=form.cleaned_data["visit_id"], written_at=moment, now=moment, **form.written()
                )
                messages.success(request, _("已记下。"))
                return redirect(f"{reverse('duty:visits')}?month={Month.of(visit.content.on_day)}")
    else:
        form = LogForm(places=places, initial={"visit_id": uuid.uuid4(), "on_day": legal_day(moment), "kind": "visit"})
    context = {"form": form, "places": places, **_offline(scope)}
    return _kept(render(request, "duty/log.html", context, status=422 if form.errors else 200), scope)


@door(grant="duty.own")
def visits(request: HttpRequest, scope: Scope) -> HttpResponse:
    """My visits of one month, each with its way to be corrected or voided while the month is open."""
    turner = month_asked(request, now())
    found = tables.own_visits(scope, turner.month, request.GET.get("sort", ""))
    context = {
        "turner": turner, "rows": found, "table": tables.VISITS.shown(request.GET),
        "minutes": sum(visit.content.minutes for visit, _place in found if visit.in_force),
        "closed": queries.is_closed(scope=scope, month=turner.month), "may_log": scope.may("duty.log"), **_offline(scope),
    }  # fmt: skip
    return render(request, "duty/visits.html", context)


@door(grant="duty.log", reads="GET", writes="POST")
def correct(request: HttpRequest, scope: Scope, visit_id: uuid.UUID) -> HttpResponse:
    """Mend a visit, with the reason."""
    visit = queries.get_my_visit(scope=scope, visit_id=visit_id)
    names = queries.place_names({visit.content.node_id})
    places = queries.list_my_places(scope=scope, now=now())
    if visit.content.node_id not in dict(places):  # an appointment that is over: its visits can still be mended
        places.append((visit.content.node_id, names.get(visit.content.node_id, ("", ""))[0]))
    form = CorrectForm(request.POST or None, request.FILES or None, places=places, initial=initial_of(visit))
    if request.method == "POST" and form.is_valid():
        with Shown(lambda refused: show_refusal(form, at_its_field(refused))):
            mended = commands.correct_visit(
                scope=scope, visit_id=visit_id, why=form.cleaned_data["why"], now=now(), **form.written()
            )
            messages.success(request, _("已更正。"))
            return redirect(f"{reverse('duty:visits')}?month={Month.of(mended.content.on_day)}")
    return _with_visit(request, "duty/correct.html", visit, form)


@door(grant="duty.log", reads="GET", writes="POST")
def void(request: HttpRequest, scope: Scope, visit_id: uuid.UUID) -> HttpResponse:
    """Take a visit out of the count, with the reason."""
    visit = queries.get_my_visit(scope=scope, visit_id=visit_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            commands.void_visit(scope=scope, visit_id=visit_id, why=form.cleaned_data["why"], now=now())
            say_done(request, _("已作废，不再计时。10 分钟内可以撤回。"), undo=reverse("duty:restore", args=[visit_id]))
            return redirect(f"{reverse('duty:visits')}?month={Month.of(visit.content.on_day)}")
    return _with_visit(request, "duty/void.html", visit, form)


@door(grant="duty.log", reads="", writes="POST")
def restore(request: HttpRequest, scope: Scope, visit_id: uuid.UUID) -> HttpResponse:
    """The voiding of a moment ago, undone."""
    with refusals_said(request):
        visit = commands.restore_visit(scope=scope, visit_id=visit_id, now=now())
        messages.success(request, _("已撤回作废，照旧计时。"))
        return redirect(f"{reverse('duty:visits')}?month={Month.of(visit.content.on_day)}")
    return redirect("duty:visits")


@door(grant="duty.log", reads="", writes="POST")
def read_reminder(request: HttpRequest, scope: Scope, reminder_id: int) -> HttpResponse:
    commands.mark_reminder_read(scope=scope, reminder_id=reminder_id, now=now())
    return redirect("duty:mine")


# ---- the street and the county -------------------------------------------------------------------------------------
@door(grant="duty.read")
def behind(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who has not reached the hours yet, furthest behind first."""
    moment = now()
    turner = month_asked(request, moment)
    found = queries.list_behind(scope=scope, month=turner.month, now=moment, sort=request.GET.get("sort", ""))
    view = request.GET.get("view", "")
    shown, pager = leaf(tables.within(found, view), request.GET)
    context = {
        "turner": turner, "rows": [row_of(row) for row in shown], "pager": pager, "view": view, "all": len(found),
        "table": tables.BEHIND.shown(request.GET),
        "off_pace": len(tables.within(found, Cut.PACE)), "none": len(tables.within(found, Cut.NONE)),
        "hours": queries.hours_a_month(next(iter(scope.roots), None), turner.month),
        "may_remind": policies.may_remind(scope) and not queries.is_closed(scope=scope, month=turner.month),
        "here": request.get_full_path(),
        "tabs": {cut.name.lower(): turned(request.GET, view=cut.value) for cut in Cut},
    }  # fmt: skip
    return render(request, "duty/behind.html", context)


@door(grant="duty.remind", reads="", writes="POST")
def remind(request: HttpRequest, scope: Scope) -> HttpResponse:
    """One tap: a word to the adviser. Back to the list it was tapped in."""
    pair, month = _pair(request.POST.get("pick", "")), _month_of(request.POST.get("month", ""))
    if pair is None or month is None:
        raise Missing("duty.no_such_pair", _("这位顾问这个月不在这个社区任职。"))
    with refusals_said(request):
        sent = commands.remind(scope=scope, node_id=pair[0], adviser_id=pair[1], month=month, now=now())
        undo = urlencode({"reminder": sent, "next": _own_address(request, "duty:behind")})
        say_done(request, _("已提醒，顾问下次打开就会看到。"), undo=f"{reverse('duty:take-back')}?{undo}")
    return HttpResponseRedirect(_own_address(request, "duty:behind"))


@door(grant="duty.remind", reads="", writes="POST")
def remind_many(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The ticked ones: first what would become of each, then, said yes to, what did; with the way to take it back."""
    month, back = _month_of(request.POST.get("month", "")), _own_address(request, "duty:behind")
    pairs = [_pair(text) for text in request.POST.getlist("pick")]
    if month is None or None in pairs:
        raise Missing("duty.no_such_pair", _("这位顾问这个月不在这个社区任职。"))
    chosen = [pair for pair in pairs if pair is not None]
    sure = "sure" in request.POST
    ask = commands.remind_many if sure else queries.preview_reminders
    try:
        outcomes = ask(scope=scope, pairs=chosen, month=month, now=now())
    except Invalid as refused:
        messages.warning(request, refused.message)
        return HttpResponseRedirect(back)
    good = [one for one in outcomes if not one.refused]
    context = {"outcomes": outcomes, "good": good, "refused": len(outcomes) - len(good), "month": month, "sure": sure,
               "back": back}  # fmt: skip
    return render(request, "duty/remind_many.html", context)


@door(grant="duty.remind", reads="", writes="POST")
def take_back(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The reminders one has just sent, undone."""
    asked = [int(text) for text in request.POST.getlist("reminder") if text.isdecimal() and len(text) < 18]
    with refusals_said(request):
        count = commands.take_back_reminders(scope=scope, reminder_ids=asked, now=now())
        left = len(asked) - count
        words = ngettext("已撤回 %(n)s 条提醒。", "已撤回 %(n)s 条提醒。", count) % {"n": count}
        if left:
            words += _("另有 %(n)s 条顾问已经看过，收不回来。") % {"n": left}
        messages.success(request, words)
    return HttpResponseRedirect(_own_address(request, "duty:behind"))


def _pair(text: str) -> tuple[int, uuid.UUID] | None:
    node, _bar, adviser = text.partition(":")
    try:
        return (int(node), uuid.UUID(adviser)) if len(node) < 18 else None
    except ValueError:
        return None


@door(grant="duty.close", reads="GET", writes="POST", step_up=SECOND)
def months(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The book of months; closing one is asked twice."""
    moment = now()
    asked = _month_of(request.POST.get("month") or request.GET.get("close") or "")
    refused_for: Refused | None = None
    if request.method == "POST":
        try:
            if asked is None:
                raise Invalid("duty.no_such_month", _("请选要结账的月份。"))
            commands.close_month(scope=scope, month=asked, now=moment)
        except Refused as refused:
            refused_for = refused
        else:
            messages.success(request, _("%(month)s的账已结。") % {"month": formats.month(asked.first_day)})
            return redirect("duty:months")
    book = queries.list_book(scope=scope, now=moment)
    closed = [row.month for row in book if row.closed_at]
    last_closed = max(closed, default=None)
    open_over = [row.month for row in book if row.over and (last_closed is None or row.month > last_closed)]
    with_visits = [row.month for row in book if row.month in open_over and row.visits]
    context = {
        "book": book, "next": min(with_visits, default=max(open_over, default=None)), "asked": asked,
        "refused": refused_for,
        "last_closed": last_closed,
    }  # fmt: skip
    return render(request, "duty/months.html", context, status=422 if refused_for else 200)


# ---- steps ---------------------------------------------------------------------------------------------------------
def _offline(scope: Scope) -> dict[str, Any]:
    """Whose queue the phone shows and sends on this page."""
    return {"keep_key": _key(scope), "person_id": scope.person_id, "tenant_id": scope.tenant_id}


def _key(scope: Scope) -> str:
    return f"{scope.person_id}-{scope.tenant_id}"


def _kept(response: HttpResponse, scope: Scope) -> HttpResponse:
    """A page the phone may keep to open it without a network."""
    if response.status_code == 200:
        response.headers[KEEP] = _key(scope)
    return response


def _with_visit(request: HttpRequest, template: str, visit: VisitInfo, form: Any) -> HttpResponse:
    names = queries.place_names({visit.content.node_id})
    context = {"visit": visit, "form": form, "place": names.get(visit.content.node_id, ("", ""))[0]}
    return render(request, template, context, status=422 if form.errors else 200)


def _own_address(request: HttpRequest, name: str) -> str:
    """Where the form says one came from, if that is one of ours."""
    wanted = request.POST.get("next", "")
    own = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if own else reverse(name)


def _month_of(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
