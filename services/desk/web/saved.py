"""The views somebody keeps of a list."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.ui.forms import carried_out
from services.desk import commands, queries
from services.desk.types import LISTS


class ViewForm(forms.Form):
    """The name under which what one sees is kept."""

    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=40, help_text=gettext_lazy("比如：快到期的、我负责的街道"),
        error_messages={"required": gettext_lazy("请给这个视图起个名字。")},
    )  # fmt: skip
    shared = forms.BooleanField(label=gettext_lazy("本单位和我同一身份的人也能用"), required=False)


@door(grant="views.own", reads="GET", writes="POST")
def views(request: HttpRequest, scope: Scope, page: str) -> HttpResponse:
    """What is kept of one list; the filters of the address are what a new view keeps."""
    if page not in LISTS:
        raise Missing("desk.no_such_list", _("没有这个列表。"))
    query, where = request.GET.urlencode(), reverse(LISTS[page])
    form = ViewForm(request.POST or None)
    if carried_out(form, commands.save_view, scope=scope, page=page, query=query, now=now()):
        messages.success(request, _("已存下。"))
        return redirect("desk:views", page=page)
    found = queries.list_views(scope=scope, page=page, on=legal_day(now()))
    context = {"form": form, "query": query, "where": where, "found": found}
    return render(request, "desk/views.html", context, status=422 if form.errors else 200)


@door(grant="views.own", reads="", writes="POST")
def drop(request: HttpRequest, scope: Scope, view_id: int) -> HttpResponse:
    page = commands.drop_view(scope=scope, view_id=view_id, now=now())
    messages.success(request, _("已删掉。"))
    return redirect("desk:views", page=page)
