"""Home, the change of hats, and the small addresses machines ask for."""

from __future__ import annotations

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from falin.kernel.clock import now
from falin.kernel.doors import door, open_door
from falin.kernel.scope import Scope
from falin.portal import queries
from tenants.identity.middleware import HAT


@door(grant="home.read", reads="GET")
def today(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What is due, by role; nobody is greeted by an empty page."""
    page = queries.today(scope=scope, now=now())
    done = [step for step in page.first if step.done]
    return render(request, "portal/today.html", {"page": page, "done": done})


@open_door(
    reason="it acts on the session alone: which of his own hats the signed-in person wears", reads="", writes="POST"
)
def switch_hat(request: HttpRequest) -> HttpResponseBase:
    """
    Put on another of one's own hats. The old page's address may not exist under it, so home comes next.

    With ``_next`` what was sent along goes on to that address under the new hat, as it came (307): the form that was
    refused because the hat had changed in another tab.
    """
    wanted = request.POST.get("hat", "")
    hat = next((hat for hat in getattr(request, "hats", ()) if hat.key == wanted), None)
    if hat is None:
        messages.error(request, _("没有这个身份，或者它已经到期。"))
    else:
        request.session[HAT] = hat.key
        onward = request.POST.get("_next", "")
        if onward and url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
            return HttpResponseRedirect(onward, preserve_request=True)
    return HttpResponseRedirect("/")


@open_door(reason="a load balancer asks whether this process and its database answer", reads="GET")
def healthz(request: HttpRequest) -> HttpResponseBase:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return JsonResponse({"ok": True})
