"""Statistical areas for people: which there are, what lies in one and since when, what was counted there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.ui.forms import carried_out, refusals_in
from falin.ui.widgets import DayInput
from services.indicators.api import AreaMonth, area_months
from tenants.divisions import api, policies

DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
DAY_ERRORS = {"required": gettext_lazy("请填日期。"), "invalid": gettext_lazy("日期不对，请重填。")}


class AreaForm(forms.Form):
    home = forms.TypedChoiceField(label=gettext_lazy("由哪里划"), coerce=int)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=100, help_text=gettext_lazy("例如：西湖科技经济园区"),
                           error_messages={"required": gettext_lazy("请写名称，2 到 100 个字。")})  # fmt: skip
    listed = forms.CharField(
        label=gettext_lazy("名录中的代码"), max_length=12, required=False,
        help_text=gettext_lazy("国家名录里单列的开发区填它的代码；没有单列的留空"),
    )  # fmt: skip

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(place.id, place.name) for place in api.list_divisions(scope.roots)]
        self.fields["home"].choices = own  # type: ignore[attr-defined]
        self.fields["home"].initial = own[0][0] if own else None
        if len(own) == 1:
            self.fields["home"].widget = forms.HiddenInput()


class MemberForm(forms.Form):
    codes = forms.CharField(
        label=gettext_lazy("划进来的地方"), max_length=2_000,
        help_text=gettext_lazy("乡镇（街道）或者村（社区）的代码，9 位或 12 位；几个之间用空格隔开"),
        error_messages={"required": gettext_lazy("请填区划代码，几个之间用空格隔开。")},
    )  # fmt: skip
    day = forms.DateField(
        label=gettext_lazy("从哪天起"), widget=DayInput(), input_formats=DAYS, error_messages=DAY_ERRORS
    )
    source = forms.CharField(label=gettext_lazy("依据"), max_length=200, help_text=gettext_lazy("文件名称和文号"),
                             error_messages={"required": gettext_lazy("请写明依据，例如文件名称和文号。")})  # fmt: skip


class EndForm(forms.Form):
    valid_to = forms.DateField(label=gettext_lazy("从哪天起不再属于"), widget=DayInput(), input_formats=DAYS,
                               error_messages=DAY_ERRORS)  # fmt: skip
    source = forms.CharField(label=gettext_lazy("依据"), max_length=200,
                             error_messages={"required": gettext_lazy("请写明依据，例如文件名称和文号。")})  # fmt: skip


@door(grant=policies.READ)
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    return render(request, "portal/places/areas.html", {
        "areas": api.list_areas(), "may_draw": scope.may(policies.DESCRIBE),
    })  # fmt: skip


@door(grant=policies.DESCRIBE, reads="GET", writes="POST")
def begin(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    form = AreaForm(request.POST if request.method == "POST" else None, scope=scope)
    if form.is_valid():
        given = form.cleaned_data
        with refusals_in(form):
            made = api.open_area(
                scope=scope, node_id=given["home"], name=given["name"], listed=given["listed"], now=now()
            )
            messages.success(request, _("已建好，再把地方划进来。"))
            return redirect("portal:area", made)
    context = {"form": form}
    return render(request, "portal/places/area_new.html", context, status=422 if form.errors else 200)


@door(grant=policies.READ)
def area(request: HttpRequest, scope: Scope, area_id: int) -> HttpResponseBase:
    return _page(request, scope, area_id, MemberForm(initial={"day": legal_day(now())}))


def _page(request: HttpRequest, scope: Scope, area_id: int, form: MemberForm) -> HttpResponseBase:
    found = api.get_area(area_id)
    mine = policies.in_reach(scope, api.last_path(found.home.id))
    view = api.View.AS_IS if request.GET.get("view") == api.View.AS_IS else api.View.AS_WAS
    context = {
        "area": found, "home": found.home, "ended": not api.list_divisions([found.home.id]), "form": form,
        "levels": api.LEVEL_LABELS, "may_draw": mine and scope.may(policies.DESCRIBE),
        "months": months_of(scope, area_id, view) if mine else None,
        "views": [(one, words, one == view) for one, words in api.VIEW_LABELS.items()],
    }  # fmt: skip
    return render(request, "portal/places/area.html", context, status=422 if form.errors else 200)


def months_of(scope: Scope, area_id: int, view: api.View) -> list[AreaMonth] | None:
    """The area's figures for who reads figures."""
    return area_months(scope=scope, area_id=area_id, view=view) if scope.may("figures.read") else None


@door(grant=policies.DESCRIBE, reads="", writes="POST")
def add(request: HttpRequest, scope: Scope, area_id: int) -> HttpResponseBase:
    form = MemberForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with refusals_in(form):
            api.add_members(scope=scope, area_id=area_id, codes=given["codes"].split(), valid_from=given["day"],
                            source=given["source"], now=now())  # fmt: skip
            messages.success(request, _("已划进来。"))
            return redirect("portal:area", area_id)
    return _page(request, scope, area_id, form)


@door(grant=policies.DESCRIBE, reads="GET", writes="POST")
def take_out(request: HttpRequest, scope: Scope, area_id: int, member_id: int) -> HttpResponseBase:
    found = api.get_area(area_id)
    policies.check_may_describe(scope, api.last_path(found.home.id))
    member = next((one for one in found.members if one.id == member_id), None)
    if member is None:
        raise policies.no_area()
    form = EndForm(request.POST if request.method == "POST" else None)
    if carried_out(form, api.end_member, scope=scope, area_id=area_id, member_id=member_id, now=now()):
        messages.success(request, _("已划出去，以前的数不变。"))
        return redirect("portal:area", area_id)
    title = _("把%(place)s划出%(area)s") % {"place": member.place.name, "area": found.name}
    context = {"form": form, "area": found, "title": title}
    return render(request, "portal/places/area_end.html", context, status=422 if form.errors else 200)
