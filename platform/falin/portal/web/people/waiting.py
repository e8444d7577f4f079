"""The lists that wait for somebody: proposals for a second person, the quarter's review; and the link of who is invited."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door, open_door
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import BUILTIN, FRESH, SECOND
from falin.kernel.transactions import shared
from falin.portal import people
from falin.portal.web.people.forms import PasswordForm, WhyForm
from falin.ui.forms import refusals_in
from tenants.identity import policies, queries
from tenants.identity.api import confirm_proposal, refuse_proposal, review_bindings, use_invitation
from tenants.identity.homes import serves
from tenants.identity.models import Person
from tenants.identity.passwords import hash_of, one_time_password


@door(grant=policies.READ)
def proposals(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What waits for a second person; whoever is it finds the buttons here."""
    return render(request, "portal/people/proposals.html", {"groups": _groups(scope)})


def _groups(scope: Scope) -> list[dict[str, Any]]:
    today = legal_day(now())
    return [
        {
            "id": proposal, "lines": people.lines_of(scope, found, today),
            "may": scope.may(policies.CONFIRM) and queries.confirms(scope, found[0])
            and scope.person_id not in {found[0].granted_by, found[0].person.id},
            "own": scope.person_id == found[0].granted_by,
        }
        for proposal, found in queries.list_proposals(scope=scope, on=today).items()
    ]  # fmt: skip


@door(grant=policies.CONFIRM, reads="", writes="POST", step_up=FRESH)
def confirm(request: HttpRequest, scope: Scope, proposal: uuid.UUID) -> HttpResponseBase:
    """Yes, as the second person."""
    try:
        confirm_proposal(scope=scope, proposal=proposal, now=now())
    except (Missing, Forbidden):
        raise
    except Refused as refused:
        context = {"groups": _groups(scope), "refused": refused, "at": proposal}
        return render(request, "portal/people/proposals.html", context, status=422)
    messages.success(request, _("已确认，现在生效。"))
    return redirect("portal:proposals")


@door(grant=policies.CONFIRM, reads="GET", writes="POST", step_up=SECOND)
def refuse(request: HttpRequest, scope: Scope, proposal: uuid.UUID) -> HttpResponseBase:
    """No, with the reason."""
    group = next((one for one in _groups(scope) if one["id"] == proposal and one["may"]), None)
    if group is None:
        raise policies.no_proposal()
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            refuse_proposal(scope=scope, proposal=proposal, why=form.cleaned_data["why"], now=now())
            messages.success(request, _("已拒绝。"))
            return redirect("portal:proposals")
    line = group["lines"][0]
    context = {
        "form": form, "title": _("拒绝给%(name)s的授予") % {"name": line.binding.person.name}, "once": True,
        "sub": f"{line.place} {line.role}", "button": _("拒绝"), "danger": True, "back": "../../",
    }  # fmt: skip
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def review(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The quarter's review: who is ticked keeps his role, once it was seen who does not; what nobody ticks ends by itself."""
    today = legal_day(now())
    bad = ""
    if request.method == "POST":
        ticked = [int(one) for one in request.POST.getlist("binding") if one.isdecimal() and len(one) < 19]
        kept, left = _parted(scope, ticked, today)
        if kept and "sure" not in request.POST:
            due = queries.count_due(scope=scope, now_day=today)
            return render(request, "portal/people/review_check.html", {
                "kept": kept, "left": left, "due": due, "late": today > due.review_ends,
            })  # fmt: skip
        if ticked:
            n = review_bindings(scope=scope, binding_ids=ticked, now=now())
            messages.success(request, ngettext("已复核 %(n)s 项。", "已复核 %(n)s 项。", n) % {"n": n})
            return redirect("portal:review")
        bad = _("请先勾选要保留的身份。")
    due = queries.count_due(scope=scope, now_day=today)
    lines = people.lines_of(scope, queries.list_to_review(scope=scope, on=today), today)
    context = {"lines": lines, "due": due, "bad": bad, "late": today > due.review_ends}
    return render(request, "portal/people/review.html", context, status=422 if bad else 200)


def _parted(scope: Scope, ticked: list[int], today: date) -> tuple[list[people.Line], list[people.Line]]:
    """What is to be reviewed: what is ticked, and the rest."""
    lines = people.lines_of(scope, queries.list_to_review(scope=scope, on=today), today)
    return [one for one in lines if one.binding.id in ticked], [one for one in lines if one.binding.id not in ticked]


@open_door(reason="the holder of the one-time link has no password yet", reads="GET", writes="POST")
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Choose one's first password by the link one was sent; who signs on at the other home gets one for once."""
    with shared(read_only=True):
        person = queries.find_invited(token_hash=hash_of(token), now=now())
    there = person is not None and not serves(person.id, BUILTIN, legal_day(now()))
    sent = request.POST if request.method == "POST" and person is not None else None
    form = forms.Form(sent) if there else PasswordForm(sent)
    if request.method == "POST" and form.is_valid():
        password = one_time_password() if there else form.cleaned_data["password"]
        with refusals_in(form):
            with shared(read_only=False) as system:
                made = use_invitation(scope=system, token=token, password=password, there=there, now=now())
            if there:
                return render(request, "portal/people/first_there.html", {"person": made, "password": password})
            login(request, Person.objects.get(id=made.id), "allauth.account.auth_backends.AuthenticationBackend")
            return HttpResponseRedirect("/")
    context = {"form": form, "person": person, "there": there}
    return render(request, "portal/people/invitation.html", context, status=422 if request.method == "POST" else 200)
