"""The pages of a sheet of stations: choose a file, see every row beside the register, have the ready ones entered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.kernel.sheets.forms import template
from falin.kernel.sheets.writing import XLSX
from falin.ui.forms import refusals_in, refusals_said
from falin.ui.sheets import ColumnsForm, attached, recognised
from services.stations import commands, policies, queries
from services.stations.rules import opening_words
from services.stations.rules.sheet import COLUMNS, MOST_ROWS
from services.stations.types import CheckedSheet

_LOOK_AGAIN = "4"  # seconds; without scripts too
SHOWN = 50


class SheetForm(forms.Form):
    """One file. What is wrong inside it is told by the check, with row numbers."""

    file = forms.FileField(
        label=gettext_lazy("站点的表格（.xlsx 或 .csv）"), max_length=200,
        help_text=gettext_lazy("最多 2000 行，2 MB。先检查，您确认以后才登记。"),
        widget=forms.FileInput(attrs={"accept": f".xlsx,.csv,text/csv,{XLSX}"}),
        error_messages={
            "required": gettext_lazy("请选一个文件。"), "missing": gettext_lazy("请选一个文件。"),
            "empty": gettext_lazy("这个文件是空的。请重新选一个。"),
            "max_length": gettext_lazy("文件名太长。请改短一点。"),
        },
    )  # fmt: skip


@door(grant=policies.KEEP, reads="GET", writes="POST")
def upload(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Step one: the file."""
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            taken = commands.take_sheet(scope=scope, upload=form.cleaned_data["file"], now=now())
            return redirect("stations:sheet", taken)
    context = {"form": form, "columns": COLUMNS.all, "most": MOST_ROWS, "sheets": queries.list_sheets(scope=scope)}
    return render(request, "stations/sheets.html", context, status=422 if form.errors else 200)


@door(grant=policies.KEEP, reads="GET")
def sheet(request: HttpRequest, scope: Scope, sheet_id: uuid.UUID) -> HttpResponseBase:
    """Steps two and three: every row as it stands beside the register now; looks again by itself while a job enters them."""
    checked = queries.get_sheet(scope=scope, sheet_id=sheet_id, columns=_said(request.GET), now=now())
    response = render(request, "stations/sheet.html", _context(checked))
    if checked.taken.entering and checked.taken.entering.moving:
        response.headers["Refresh"] = _LOOK_AGAIN
    return response


@door(grant=policies.KEEP, reads="", writes="POST")
def enter(request: HttpRequest, scope: Scope, sheet_id: uuid.UUID) -> HttpResponseBase:
    """The ready rows are entered by a job."""
    with refusals_said(
        request, messages.INFO
    ):  # confirmed in another tab a moment before: the page shows how far it is
        commands.enter_sheet(scope=scope, sheet_id=sheet_id, columns=_said(request.POST), now=now())
    return redirect("stations:sheet", sheet_id)


@door(grant=policies.KEEP, reads="GET")
def errors(request: HttpRequest, scope: Scope, sheet_id: uuid.UUID) -> HttpResponseBase:
    """The rows to mend, with the file's own row numbers."""
    return attached(*queries.rows_to_mend(scope=scope, sheet_id=sheet_id, columns=_said(request.GET), now=now()))


@door(grant=policies.KEEP)
def blank(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The template to fill in."""
    return attached(_("服务站点导入模板.xlsx"), template(COLUMNS, title=_("服务站点"), must=_("必填")))


def _said(asked: QueryDict) -> dict[str, str]:
    """Which column was said to be which."""
    return {column.key: asked.get(column.key, "") for column in COLUMNS.all}


def _context(checked: CheckedSheet) -> Mapping[str, Any]:
    heads = checked.heads
    form = (
        ColumnsForm(columns=COLUMNS, heads=heads, initial=recognised(COLUMNS, heads, checked.told)) if heads else None
    )
    told = QueryDict(mutable=True)
    told.update(checked.told)
    return {
        "checked": checked, "taken": checked.taken, "entering": checked.taken.entering, "form": form,
        "step": 1 if checked.refusal or checked.head else 3 if checked.taken.entering else 2,
        "ready": [(one, opening_words(one.station.opening)) for one in checked.ready[:SHOWN]],
        "findings": checked.findings[:SHOWN], "told": told.urlencode(),
        "told_names": [(COLUMNS.by_key[key].name, name) for key, name in checked.told.items()],
    }  # fmt: skip
