"""The auditor's page: who did what, how far it is sealed, what is odd, the file to take home; and the leader's sums."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel.audit import keys
from falin.kernel.clock import now
from falin.kernel.doors import door, open_door
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH
from falin.portal import booked, commands, sums
from falin.portal.web.history import key
from falin.portal.web.log_form import LogForm
from falin.portal.web.tables import LOG
from falin.ui.figures import Pager
from falin.ui.tables import turned

_FILTERS = ("since", "until", "person", "act", "place", "kind", "subject")


@door(grant=booked.READ, reads="GET")
def log(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The log; filters and page live in the address."""
    return _log(request, scope, shared=False)


@door(grant=booked.READ, reads="GET", shared=True)
def shared_log(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What is booked beside every tenant: operators' acts, the set-up, what the night does."""
    booked.check_may_read_shared(scope)
    return _log(request, scope, shared=True)


def _log(request: HttpRequest, scope: Scope, *, shared: bool) -> HttpResponseBase:
    form = LogForm(request.GET, places=booked.places_of(scope))
    asked = form.asked()
    page = booked.log(scope=scope, asked=asked, before=key(request, "before"), after=key(request, "after"))
    kept = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    context = {
        "page": page, "form": form, "filtered": bool(kept), "sealing": booked.sealing_state(scope=scope),
        "alarms": booked.list_alarms(scope=scope) if not kept and not page.newer else [],
        "pager": Pager(previous_url=turned(request.GET, after=str(page.newer)) if page.newer else "",
                       next_url=turned(request.GET, before=str(page.older)) if page.older else ""),
        "table": LOG.shown(request.GET), "shared": shared, "not_shared": not shared,
        "may_shared": booked.may_read_shared(scope),
    }  # fmt: skip
    return render(request, "portal/audit.html", context, status=422 if form.errors else 200)


@door(grant=sums.READ, reads="GET")
def tally(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """How much was done in one's body in a month; the month lives in the address."""
    found = sums.sum_up(scope=scope, month=sums.month_of(request.GET.get("month", "")), now=now())
    return render(request, "portal/sums.html", {"found": found})


@door(grant=commands.EXPORT, reads="", writes="POST", step_up=FRESH)
def export(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Ask for the whole log as one file; it is made in the background."""
    job = commands.ask_audit_export(scope=scope, now=now())
    messages.success(request, _("正在生成，做好后在这里下载。"))
    return HttpResponseRedirect(reverse("portal:job", args=[job]))


@open_door(reason="public keys are public: whoever writes them down can later check every export", reads="GET")
def public_keys(request: HttpRequest) -> HttpResponse:
    """The published keys, one JSON object a line: the file ``falin verify audit --key`` takes."""
    text = "".join(json.dumps(line) + "\n" for line in keys.published())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
