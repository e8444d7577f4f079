"""The pages of an import: choose a file, see what was found, confirm, see what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
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
from services.advisers import policies
from services.advisers.commands.importing import confirm_import, name_columns, stop_import, take_sheet
from services.advisers.queries.imports import get_import, list_imports, rows_to_mend
from services.advisers.rules.import_wording import STATE_WORDS
from services.advisers.rules.imports import ImportInfo, ImportState
from services.advisers.rules.sheet import COLUMNS, ROSTER

_LOOK_AGAIN = "4"  # seconds; without scripts too
_KINDS = {
    ImportState.CHECKING: "info", ImportState.LOADING: "info", ImportState.CHECKED: "watch", ImportState.DONE: "ok",
    ImportState.STOPPED: "idle", ImportState.FAILED: "act", ImportState.UNUSABLE: "act",
    ImportState.WRONG_COLUMNS: "act", ImportState.EXPIRED: "idle",
}  # fmt: skip


class SheetForm(forms.Form):
    """One file. What is wrong inside it is told by the check, with row numbers."""

    file = forms.FileField(
        label=gettext_lazy("名册（.xlsx）"),
        help_text=gettext_lazy("最多 10 万行，30 MB。先检查，您确认以后才保存。"),
        widget=forms.FileInput(attrs={"accept": f".xlsx,{XLSX}"}),
        error_messages={
            "required": gettext_lazy("请选一个 .xlsx 文件。"),
            "missing": gettext_lazy("请选一个 .xlsx 文件。"),
            "empty": gettext_lazy("这个文件是空的。请重新选一个。"),
            "max_length": gettext_lazy("文件名太长。请改短一点。"),
        },
        max_length=200,
    )


@door(grant=policies.IMPORT, reads="GET", writes="POST")
def upload(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Step one: the file."""
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            info = take_sheet(scope=scope, upload=form.cleaned_data["file"], now=now())
            return redirect("advisers:import_sheet", info.id)
    context = {
        "form": form, "columns": COLUMNS,
        "imports": [(info, STATE_WORDS[info.state], _KINDS[info.state]) for info in list_imports(scope=scope)],
    }  # fmt: skip
    return render(request, "advisers/import.html", context, status=422 if form.errors else 200)


@door(grant=policies.IMPORT, reads="GET")
def sheet(request: HttpRequest, scope: Scope, import_id: uuid.UUID) -> HttpResponseBase:
    """Steps two and three, whichever the sheet has come to; looks again by itself while work goes on."""
    info = get_import(scope=scope, import_id=import_id)
    response = render(request, "advisers/import_sheet.html", {**_context(info), "form": _columns_form(info)})
    if info.state.moving:
        response.headers["Refresh"] = _LOOK_AGAIN
    return response


def _context(info: ImportInfo) -> dict[str, Any]:
    return {
        "info": info, "state": info.state.value, "words": STATE_WORDS[info.state], "kind": _KINDS[info.state],
        "step": _step(info), "again": info.loaded is not None,
        "left": info.counts.ready - (info.loaded.rows if info.loaded else 0),
    }  # fmt: skip


def _columns_form(info: ImportInfo, data: Any = None) -> ColumnsForm | None:
    """What was recognised stands chosen already."""
    if not info.may_name:
        return None
    by_name = {column.name: column.key for column in COLUMNS}
    told = {by_name[ours]: name for name, ours in info.told.items() if ours in by_name}
    return ColumnsForm(data, columns=ROSTER, heads=info.heads, initial=recognised(ROSTER, info.heads, told))


@door(grant=policies.IMPORT, reads="", writes="POST")
def columns(request: HttpRequest, scope: Scope, import_id: uuid.UUID) -> HttpResponseBase:
    """Which column is which; the sheet is checked again, and the next one is read so."""
    info = get_import(scope=scope, import_id=import_id)
    form = _columns_form(info, request.POST)
    if form is None:  # it is being loaded by now: the page shows how far
        messages.info(request, policies.not_to_be_named().message)
        return redirect("advisers:import_sheet", import_id)
    if form.is_valid():
        with refusals_in(form):
            name_columns(scope=scope, import_id=import_id, columns=form.cleaned_data, now=now())
            messages.success(request, _("已记住，正在重新检查。下次同样的表会照这样认。"))
            return redirect("advisers:import_sheet", import_id)
    return render(request, "advisers/import_sheet.html", {**_context(info), "form": form}, status=422)


def _step(info: ImportInfo) -> int:
    """Which of the three steps is on: columns, rows, confirm."""
    if info.state in {ImportState.UNUSABLE, ImportState.WRONG_COLUMNS} or (
        not info.counts.rows and info.state is not ImportState.CHECKED
    ):
        return 1
    return 2 if info.state is ImportState.CHECKED else 3


@door(grant=policies.IMPORT, reads="", writes="POST")
def confirm(request: HttpRequest, scope: Scope, import_id: uuid.UUID) -> HttpResponseBase:
    """Step three."""
    with refusals_said(
        request, messages.INFO
    ):  # confirmed in another tab a moment before: the page shows how far it is
        confirm_import(scope=scope, import_id=import_id, now=now())
    return redirect("advisers:import_sheet", import_id)


@door(grant=policies.IMPORT, reads="", writes="POST")
def stop(request: HttpRequest, scope: Scope, import_id: uuid.UUID) -> HttpResponseBase:
    with refusals_said(request, messages.INFO):  # it came to its end a moment before: the page shows which
        stop_import(scope=scope, import_id=import_id, now=now())
        messages.success(request, _("已请它停下。"))
    return redirect("advisers:import_sheet", import_id)


@door(grant=policies.IMPORT, reads="GET")
def errors(request: HttpRequest, scope: Scope, import_id: uuid.UUID) -> HttpResponseBase:
    """The rows to mend, with the file's own row numbers."""
    name, data = rows_to_mend(scope=scope, import_id=import_id)
    return attached(name, data)


@door(grant=policies.IMPORT, reads="GET")
def blank(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The template to fill in."""
    return attached(_("法律顾问导入模板.xlsx"), template(ROSTER, title=_("法律顾问"), must=_("必填")))
