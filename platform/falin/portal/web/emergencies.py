"""Emergency access: the operator asks, the tenant allows, sees what he passed, and ends it by a tap."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from falin.kernel.sorting import LONGEST
from falin.portal.web.people.forms import WhyForm
from falin.ui.figures import Pager
from falin.ui.forms import refusals_in
from falin.ui.tables import turned
from tenants.identity.commands.emergency import (
    allow_emergency,
    ask_for_emergency,
    end_emergency,
    refuse_emergency,
)
from tenants.identity.policies import ASK_EMERGENCY, DECIDE_EMERGENCY
from tenants.identity.queries.emergency import get_emergency, list_doors, page_of_emergencies
from tenants.identity.types import DoorPage, EmergencyPage
from tenants.registry.api import list_tenants

SIGNS = {"asked": ("watch", gettext_lazy("等同意")), "in_force": ("act", gettext_lazy("正在进行")),
         "refused": ("idle", gettext_lazy("没有同意")), "ended": ("idle", gettext_lazy("已结束"))}  # fmt: skip


class AskForm(forms.Form):
    tenant = forms.TypedChoiceField(
        label=gettext_lazy("进哪个单位"), coerce=int, error_messages={"required": gettext_lazy("请选一个单位。")}
    )
    incident = forms.CharField(
        label=gettext_lazy("事件编号"), max_length=40, help_text=gettext_lazy("工单或事件登记上的编号"),
        error_messages={"required": gettext_lazy("请写事件编号，方便以后查对。")},
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("出了什么事，要看什么。对方单位的人会读到这段话。"),
        error_messages={"required": gettext_lazy("请把原因写清楚，至少 10 个字：出了什么事，要看什么。")},
    )  # fmt: skip
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("多长时间"), coerce=int, initial=30, widget=forms.RadioSelect,
        choices=[(15, gettext_lazy("15 分钟")), (30, gettext_lazy("30 分钟")), (60, gettext_lazy("60 分钟"))],
        error_messages={"required": gettext_lazy("请选多长时间。")},
    )  # fmt: skip

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["tenant"].choices = [("", ""), *((one.id, one.name) for one in list_tenants())]  # type: ignore[attr-defined]


def _shown(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    after, before = _turned_to(request)
    page = page_of_emergencies(scope=scope, now=now(), after=after, before=before)
    return {"rows": [(one, *SIGNS[one.state]) for one in page.rows], "pager": _pager(page, request)}


def _turned_to(request: HttpRequest) -> tuple[str, str]:
    return request.GET.get("after", "")[:LONGEST], request.GET.get("before", "")[:LONGEST]


def _pager(page: EmergencyPage | DoorPage, request: HttpRequest) -> Pager | None:
    """Nothing where one page is all there is."""
    if not (page.after or page.before):
        return None
    return Pager(previous_url=turned(request.GET, before=page.before) if page.before else "",
                 next_url=turned(request.GET, after=page.after) if page.after else "")  # fmt: skip


@door(grant=ASK_EMERGENCY, reads="GET", writes="POST", step_up=3)
def ask(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The operator's own requests, and the form for another one."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with refusals_in(form, past=(Missing, Forbidden)):
            ask_for_emergency(scope=scope, tenant_id=given["tenant"], incident=given["incident"], reason=given["reason"],
                              minutes=given["minutes"], now=now())  # fmt: skip
            messages.success(request, _("已提交，等对方单位同意。同意以后，在页面上方换成应急访问的身份。"))
            return redirect("portal:emergency-ask")
    context = {"form": form, **_shown(request, scope)}
    return render(request, "portal/emergency_ask.html", context, status=422 if form.errors else 200)


@door(grant=ASK_EMERGENCY, reads="", writes="POST")
def close(request: HttpRequest, scope: Scope, emergency_id: int) -> HttpResponseBase:
    """The operator is done, or takes his request back."""
    end_emergency(scope=scope, emergency_id=emergency_id, now=now())
    messages.success(request, _("已结束，马上生效。"))
    return redirect("portal:emergency-ask")


@door(grant=DECIDE_EMERGENCY)
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What was asked of one's tenants, what is going on, and the doors that were passed."""
    return render(request, "portal/emergencies.html", _shown(request, scope))


@door(grant=DECIDE_EMERGENCY)
def doors(request: HttpRequest, scope: Scope, emergency_id: int) -> HttpResponseBase:
    """Every door that was passed in one emergency."""
    after, before = _turned_to(request)
    page = list_doors(scope=scope, emergency_id=emergency_id, now=now(), after=after, before=before)
    sign, words = SIGNS[page.emergency.state]
    return render(request, "portal/emergency_doors.html", {
        "one": page.emergency, "sign": sign, "words": words, "doors": page.rows, "pager": _pager(page, request),
    })  # fmt: skip


@door(grant=DECIDE_EMERGENCY, reads="", writes="POST", step_up=3)
def allow(request: HttpRequest, scope: Scope, emergency_id: int) -> HttpResponseBase:
    made = allow_emergency(scope=scope, emergency_id=emergency_id, now=now())
    messages.success(request, _("已同意，%(n)s 分钟后自动结束；您随时可以提前结束。") % {"n": made.minutes})
    return redirect("portal:emergencies")


@door(grant=DECIDE_EMERGENCY, reads="GET", writes="POST")
def refuse(request: HttpRequest, scope: Scope, emergency_id: int) -> HttpResponseBase:
    found = get_emergency(scope=scope, emergency_id=emergency_id, now=now())
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, past=(Missing, Forbidden)):
            refuse_emergency(scope=scope, emergency_id=emergency_id, why=form.cleaned_data["why"], now=now())
            messages.success(request, _("没有同意，已告诉他原因。"))
            return redirect("portal:emergencies")
    return render(request, "portal/emergency_refuse.html", {"form": form, "one": found},
                  status=422 if form.errors else 200)  # fmt: skip


@door(grant=DECIDE_EMERGENCY, reads="", writes="POST")
def end(request: HttpRequest, scope: Scope, emergency_id: int) -> HttpResponseBase:
    """One tap, without asking for anything again: it only takes away."""
    end_emergency(scope=scope, emergency_id=emergency_id, now=now())
    messages.success(request, _("已结束，马上生效。"))
    return redirect("portal:emergencies")
