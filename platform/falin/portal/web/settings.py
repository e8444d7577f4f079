"""The figures of the programme at one's own places: what holds, where it comes from, and saying something else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.parameters import Parameter
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.kernel.stepup import SECOND
from falin.ui.forms import refusals_in
from falin.ui.widgets import DayInput
from tenants.divisions.api import Division, list_county_bodies, list_divisions
from tenants.settings.api import READ, SET, explain, list_settings, make_statement, what_it_touches

_NONE = "-"  # of a choice: nothing of one's own
_DAYS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]


class StatementForm(forms.Form):
    """A value of one's own, or none; from which day; why."""

    value = forms.IntegerField(
        label=gettext_lazy("数值"), required=False, error_messages={"invalid": gettext_lazy("请填一个整数。")}
    )
    locked = forms.BooleanField(label=gettext_lazy("锁定：下级不能再改"), required=False)
    valid_from = forms.DateField(
        label=gettext_lazy("从哪天起"), widget=DayInput(), input_formats=_DAYS,
        error_messages={
            "required": gettext_lazy("请填写从哪天起。"),
            "invalid": gettext_lazy("看不懂这个日期。请写成 2026-1-5 这样的年月日。"),
        },
    )  # fmt: skip
    why = forms.CharField(
        label=gettext_lazy("理由"), max_length=200, help_text=gettext_lazy("文件名称和文号，或者一句话说明"),
        error_messages={"required": gettext_lazy("请写明理由，2 到 200 个字。")},
    )  # fmt: skip
    checked = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, parameter: Parameter, **more: Any) -> None:
        super().__init__(data, **more)
        if parameter.options:
            told = _("只能选：%(range)s。") % {"range": parameter.range_told}
            self.fields["value"] = forms.ChoiceField(
                label=_("选哪一个"), widget=forms.RadioSelect,
                choices=[*((one.word, _(one.label)) for one in parameter.options), (_NONE, _("不另设，照上级的办"))],
                error_messages={"required": told, "invalid_choice": told},
            )  # fmt: skip
            return
        hint = _("%(range)s；留空表示不另设，照上级的办") % {"range": parameter.range_told}
        if parameter.direction:
            tighter = _("数值越大越严") if parameter.direction > 0 else _("数值越小越严")
            hint += _("。%(tighter)s，不能比上级的松") % {"tighter": tighter}
        self.fields["value"].help_text = hint

    def clean_value(self) -> int | str | None:
        """Nothing is no statement of one's own."""
        said: int | str | None = self.cleaned_data["value"]
        return None if said == _NONE else said


def _own(scope: Scope) -> list[Division]:
    return list_divisions(scope.roots)


def _asked(request: HttpRequest, scope: Scope) -> int:
    """The place of the address; without one, one's own first."""
    text = request.GET.get("place", "")
    if text.isdecimal() and len(text) < 19:
        return int(text)
    if not scope.roots:
        raise Missing("settings.unknown", _("没有这项设定。"))
    return scope.roots[0]


@door(grant=READ, reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every figure at a place: value, source, since when, what is coming."""
    node_id = _asked(request, scope)
    rows = list_settings(scope=scope, node_id=node_id, on=legal_day(now()))
    return render(request, "portal/settings.html", {"rows": rows, "place": rows[0].place, "own": _own(scope)})


@door(grant=READ, reads="GET")
def one(request: HttpRequest, scope: Scope, key: str) -> HttpResponseBase:
    """One figure: all that was said on the way down, and the form for one's own word."""
    shown = explain(scope=scope, key=key, node_id=_asked(request, scope), on=legal_day(now()))
    form = StatementForm(None, parameter=shown.parameter, initial={"valid_from": legal_day(now()) + timedelta(days=1)})
    for_one = shown.may_set and shown.parameter.by_body and shown.place.id in scope.roots
    bodies = list_county_bodies(shown.place.id) if for_one else []
    return render(request, "portal/setting.html", {"shown": shown, "form": form, "bodies": bodies})


@door(grant=SET, reads="", writes="POST", step_up=SECOND)
def say(request: HttpRequest, scope: Scope, key: str) -> HttpResponseBase:
    """First shows what the change would touch; sent again with that page's mark, makes it."""
    node_id = _asked(request, scope)
    shown = explain(scope=scope, key=key, node_id=node_id, on=legal_day(now()))
    form = StatementForm(request.POST, parameter=shown.parameter)
    touched = None
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("value", "locked", "valid_from", "why")}
        with refusals_in(form):
            made = make_statement(scope=scope, key=key, node_id=node_id, now=now(), **given)
            if form.cleaned_data["checked"]:
                messages.success(request, _("已设定，从 %(day)s 起生效。") % {"day": formats.day(made.valid_from)})
                return HttpResponseRedirect(f"{reverse('portal:settings')}?place={node_id}")
            del given["why"]
            touched = what_it_touches(key=key, node_id=node_id, **given)
    # 422 also for the page that asks: its transaction, in which the statement was tried out, is undone.
    return render(request, "portal/setting.html", {"shown": shown, "form": form, "touched": touched}, status=422)
