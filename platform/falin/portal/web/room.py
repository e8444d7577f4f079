"""What a body has of what all share: the addresses under which people find it, how much it has taken of its limits, and
how long what it kept stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import quotas, retention
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.quotas import Use
from falin.kernel.retention import Due
from falin.kernel.scope import Scope
from falin.kernel.stepup import SECOND
from falin.portal import opening
from falin.ui.forms import carried_out
from tenants.registry import commands, queries
from tenants.registry.policies import MANAGE
from tenants.registry.quotas import list_uses
from tenants.registry.types import State
from tenants.settings.api import READ


class AddressForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("加一个网址"), max_length=253,
        help_text=gettext_lazy("短名（例如 xihu），或者一个完整的域名（例如 fl.xihu.gov.cn，先请网管把它指到这里）"),
        error_messages={"required": gettext_lazy("请填网址。")},
    )  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=SECOND)
def of_tenant(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    """For the operator: a body's addresses, one more, and its limits."""
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if carried_out(form, commands.add_address, scope=scope, tenant_id=tenant_id, now=now()):
        messages.success(request, _("已加上，一分钟内到处都能用。"))
        return redirect("portal:tenant-room", tenant_id)
    return render(request, "portal/tenants/room.html", {
        "row": row, "form": form, "addresses": queries.list_addresses(scope=scope, tenant_id=tenant_id),
        "uses": _shown(list_uses(scope=scope, tenant=row.tenant, now=now())),
    }, status=422 if form.errors else 200)  # fmt: skip


@door(grant=MANAGE, reads="", writes="POST", step_up=SECOND)
def take_away(request: HttpRequest, scope: Scope, tenant_id: int, address_id: int) -> HttpResponseBase:
    commands.remove_address(scope=scope, tenant_id=tenant_id, address_id=address_id, now=now())
    messages.success(request, _("已去掉，一分钟内不再能用。"))
    return redirect("portal:tenant-room", tenant_id)


@door(grant=MANAGE, reads="GET", writes="POST", step_up=SECOND)
def checklist(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    """From provisioned to open: what stands, what is still to be done, and at its end the opening."""
    if request.method == "POST":
        opening.open_tenant(scope=scope, tenant_id=tenant_id, now=now())
        messages.success(request, _("已开通：公开页面从现在起看得到，今晚起发布每月的数。"))
        return redirect("portal:tenant", tenant_id)
    row, steps = opening.checklist(scope=scope, tenant_id=tenant_id, on=legal_day(now()))
    left = sum(step.needed and not step.done for step in steps)
    return render(request, "portal/tenants/checklist.html", {
        "row": row, "steps": steps, "left": left, "preparing": row.tenant.state == State.PREPARING,
    })  # fmt: skip


@door(grant=READ, reads="GET")
def own(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """For the body's own people: how much of each limit is taken."""
    return render(request, "portal/room.html", {"uses": _shown(quotas.uses(scope, now=now()))})


@door(grant=READ, reads="GET")
def kept(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """For the body's own people: how long what is kept, and what of it goes tonight."""
    lines: dict[tuple[str, int], list[Due]] = {}
    for due in retention.preview(scope=scope, now=now()):
        lines.setdefault((_(str(due.rule.label)), due.days), []).append(due)
    return render(request, "portal/kept.html", {"lines": [
        {"label": label, "days": days, "count": sum(due.count for due in found),
         "oldest": min((due.oldest for due in found if due.oldest), default=None)}
        for (label, days), found in lines.items()
    ]})  # fmt: skip


def _shown(uses: list[Use]) -> list[dict[str, Any]]:
    """Each limit with how full it is, in hundredths; near its end it is to be watched."""
    shown = []
    for use in uses:
        full = None if use.used is None else min(100, round(100 * use.used / use.limit))
        sign = "ok" if full is None or full < 80 else "watch" if full < 100 else "act"
        told = use.parameter.told
        shown.append({"use": use, "full": full, "sign": sign, "limit": told(use.limit),
                      "used": "" if use.used is None else told(use.used)})  # fmt: skip
    return shown
