"""Who did what, when and why: of one thing, and of the whole tenant for who may read it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from falin.portal import booked, people, seen
from falin.portal.web.log_form import DAY
from falin.portal.web.tables import LOG
from falin.ui.forms import refusals_in
from falin.ui.widgets import DayInput
from services.desk.api import get_talk
from services.desk.web.comments import part


class DayForm(forms.Form):
    """Which day is meant; none: today."""

    on = forms.DateField(label=gettext_lazy("哪一天"), required=False, widget=DayInput(), **DAY)


@door(grant="history.read", reads="GET")
def recent(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    page = booked.history(scope=scope, before=key(request, "before"))
    return render(request, "portal/history.html", {"page": page, "table": LOG.shown(request.GET)})


@door(grant="history.read", reads="GET")
def of_thing(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    page = booked.history(scope=scope, kind=kind, subject_id=subject_id, before=key(request, "before"))
    asks = scope.may(booked.READ) and bool(page.acts)
    return render(request, "portal/history.html", {
        "page": page, "table": LOG.shown(request.GET), "thing": True, **_said(scope, kind, subject_id),
        "seen_url": reverse("portal:seen", args=[kind, subject_id]) if asks else "",
    })  # fmt: skip


def _said(scope: Scope, kind: str, subject_id: str) -> dict[str, Any]:
    """What people said about the thing, where it is one to speak about and the scope's to see."""
    if not scope.may("comments.join"):
        return {}
    try:
        return part(get_talk(scope=scope, kind=kind, subject_id=subject_id, now=now()))
    except Missing:
        return {}


@door(grant=booked.READ, reads="GET")
def who_saw(request: HttpRequest, scope: Scope, kind: str, subject_id: str) -> HttpResponseBase:
    """Who could have seen a thing on a day, and who did."""
    moment = now()
    today = legal_day(moment)
    form = DayForm(request.GET if "on" in request.GET else {"on": today})
    on = (form.cleaned_data["on"] if form.is_valid() else None) or today
    found = None
    with refusals_in(form, past=(Missing, Forbidden)):
        found = seen.who_could_see(scope=scope, kind=kind, subject_id=subject_id, on=on, now=moment)
    context = {"found": None if form.errors else found, "form": form, "kind": kind, "subject_id": subject_id,
               "rows": people.readings(scope, found.readers.rights, on) if found else []}  # fmt: skip
    return render(request, "portal/seen.html", context, status=422 if form.errors else 200)


def key(request: HttpRequest, name: str) -> int | None:
    """A key of the address; what cannot be one is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
