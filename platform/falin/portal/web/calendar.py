"""The calendar: the month of one's role, and the addresses by which other calendars read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page

from falin.kernel import parameters, stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door, open_door
from falin.kernel.periods import Month
from falin.kernel.refusals import Missing, Refused
from falin.kernel.rest import BadToken, address_of
from falin.kernel.rest.limits import spend
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from falin.portal import calendar, people
from falin.ui.forms import refusals_in
from tenants.identity import policies, queries
from tenants.identity.api import languages_of, make_token, use_token
from tenants.identity.rules import LONGEST_TOKEN
from tenants.identity.types import BindingInfo, TokenState


class FeedForm(forms.Form):
    """For which of one's places another calendar reads along."""

    binding = forms.TypedChoiceField(
        label=gettext_lazy("订阅哪里的日历"), coerce=int, widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("请选一个地方。"), "invalid_choice": gettext_lazy("请从列出的地方里选。"),
        },
    )  # fmt: skip

    def __init__(self, *args: Any, scope: Scope, held: list[BindingInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = people.lines_of(scope, held, legal_day(now()))
        choices = [(line.binding.id, f"{line.place} {line.role}") for line in lines]
        self.fields["binding"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["binding"].initial = choices[0][0]


@door(grant=calendar.READ)
def month(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """A month; what is no month is this one."""
    try:
        asked = Month.parse(request.GET.get("month", ""))
    except ValueError:
        asked = Month.of(now())
    page = calendar.month_page(scope=scope, month=asked, now=now())
    context = {"page": page, "previous": asked.plus(-1), "following": asked.plus(1), "this": Month.of(now()),
               "may_subscribe": scope.may(policies.OWN_TOKENS)}  # fmt: skip
    return render(request, "portal/calendar.html", context)


@door(grant=calendar.READ, reads="GET", writes="POST", keeps=False, step_up=stepup.FRESH)
def subscribe(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The addresses other calendars read, and a new one; it is shown here and nowhere again."""
    today = legal_day(now())
    held = [one for one in queries.own_bindings(scope=scope, on=today) if one.person.id == scope.person_id]
    form = FeedForm(request.POST if request.method == "POST" else None, scope=scope, held=held)
    made = None
    if request.method == "POST" and form.is_valid():
        most = parameters.value(LONGEST_TOKEN, node_id=scope.roots[0] if scope.roots else None, on=today)
        with refusals_in(form):
            made = make_token(
                scope=scope, binding_id=form.cleaned_data["binding"], name=_("日历订阅"), scopes=[calendar.READ],
                origins=[], expires_on=today + timedelta(days=most), now=now(),
            )  # fmt: skip
    works = [
        (token, people.label(token.role), token.expires_at - timedelta(seconds=1))
        for token in queries.list_tokens(scope=scope, now=now())
        if token.scopes == (calendar.READ,) and token.state == TokenState.WORKS
    ]
    address = request.build_absolute_uri(reverse("portal:calendar-feed", args=[made.secret])) if made else ""
    context = {"form": form, "rows": works, "address": address}
    return render(request, "portal/calendar_subscribe.html", context, status=422 if form.errors else 200)


@open_door(reason="calendars send no header: the token in the address opens one role's calendar and nothing else")
@conditional_page
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A feed, for whoever has its address; an address that counts no more was never there."""
    try:
        scope = use_token(text=token, address=address_of(request), request_id=request.request_id, now=now())  # type: ignore[attr-defined]
        spend(scope=scope, by_token=True, schema=scope.schema, now=now())
        language = languages_of([scope.person_id])[scope.person_id]
        with translation.override(language), inside(scope, read_only=True):
            book = calendar.feed_of(scope=scope, now=now(), host=request.get_host())
    except (BadToken, Missing) as gone:
        raise Http404 from gone
    except Refused as refused:
        answer = HttpResponse(refused.message, status=refused.status, content_type="text/plain; charset=utf-8")
        if refused.retry_after:
            answer.headers["Retry-After"] = str(refused.retry_after)
        return answer
    return HttpResponse(book, content_type="text/calendar; charset=utf-8", headers={
        "Cache-Control": "private, max-age=0, must-revalidate", "Content-Disposition": 'inline; filename="falin.ics"',
        "Content-Language": language,
    })  # fmt: skip
