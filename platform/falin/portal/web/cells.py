"""The directory of cells for the platform's operator: which there are, which is this one, and another list in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH
from tenants.divisions.api import find_of_any_level
from tenants.registry import commands, directory
from tenants.registry.policies import MANAGE
from tenants.registry.types import CellInfo

_BLANK = 2  # lines to fill in below those that are there


class CellForm(forms.Form):
    """One line of the list; one that is left blank is none."""

    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=20,
        help_text=gettext_lazy("小写字母、数字或短横，和那个库的 FALIN_CELL 一样"),
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    address = forms.CharField(label=gettext_lazy("地址"), max_length=200, help_text=gettext_lazy("https://主机名"))
    places = forms.CharField(
        label=gettext_lazy("管哪些地方"), max_length=20_000, required=False,
        help_text=gettext_lazy("区划代码，用空格隔开，写到哪一级就管到哪一级，例如：33 3302 440304"),
    )  # fmt: skip

    def line(self) -> CellInfo | None:
        given = self.cleaned_data
        if not given or given.get(DELETION_FIELD_NAME):
            return None
        places = tuple(dict.fromkeys(given["places"].replace("，", " ").replace(",", " ").split()))
        return CellInfo(code=given["code"].strip(), name=given["name"], address=given["address"], places=places)


class ListForm(forms.Form):
    """What stands beside the lines: the same list from a file, and which list was looked at before."""

    cells = forms.FileField(
        label=gettext_lazy("或者用文件"), required=False,
        help_text=gettext_lazy("从另一个库的这一页下载的名录（JSON）；选了文件，上面填的就不算"),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class _Lines(forms.formset_factory(CellForm, extra=_BLANK, max_num=200, can_delete=True, can_delete_extra=False)):  # type: ignore[misc]
    """The lines, each of those that are there with a tick that takes it away."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if DELETION_FIELD_NAME in form.fields:
            form.fields[DELETION_FIELD_NAME].label = _("去掉这个库")


@door(grant=MANAGE, reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every cell: where it is reached, which places it holds, since when; and which is this one."""
    cells = directory.list_cells()
    rows = [{"cell": cell, "here": cell.code == settings.CELL, "places": _named(cell.places),
             "reached": cell.code in settings.CELL_RECEIVERS} for cell in cells]  # fmt: skip
    return render(request, "portal/tenants/cells.html", {
        "rows": rows, "own": settings.CELL, "listed": settings.CELL in {cell.code for cell in cells},
    })  # fmt: skip


@door(grant=MANAGE, reads="GET")
def download(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The list as the file that another cell takes."""
    return HttpResponse(directory.write_list(directory.list_cells()), content_type="application/json", headers={
        "Content-Disposition": 'attachment; filename="cells.json"',
    })  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def change(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """First shows what another list would change; sent again as it was looked at, puts it in the place of this one."""
    changes = None
    if request.method != "POST":
        form, lines = ListForm(), _Lines(initial=_initial(directory.list_cells()))
    else:
        form, lines = ListForm(request.POST, request.FILES), _Lines(request.POST)
        if form.is_valid() and lines.is_valid():
            try:
                cells = directory.checked(_given(form, lines))
                changes = directory.changes(scope=scope, cells=cells)
                if not changes:
                    raise Refused("registry.same_list", _("和现在的名录一样，不用换。"))
                if form.cleaned_data["seen"] == _mark(cells):
                    commands.replace_cells(scope=scope, cells=cells, now=now())
                    messages.success(request, _("名录已更换。别的库也要换成同一份。"))
                    return redirect("portal:cells")
                form, lines = ListForm(initial={"seen": _mark(cells)}), _Lines(initial=_initial(cells))
            except Missing:
                raise
            except Refused as refused:
                changes = None
                form.add_error("cells" if request.FILES else None, refused.message)
    return render(request, "portal/tenants/cells_change.html", {
        "form": form, "lines": lines, "changes": changes,
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


def _given(form: ListForm, lines: Any) -> list[CellInfo]:
    """:raises Invalid: the file is no list."""
    sent = form.cleaned_data["cells"]
    if sent:
        return directory.read_list(sent.read(1_000_000).decode("utf-8-sig", "replace"))
    return [line for one in lines if (line := one.line())]


def _initial(cells: Iterable[CellInfo]) -> list[dict[str, str]]:
    return [
        {"code": one.code, "name": one.name, "address": one.address, "places": " ".join(one.places)} for one in cells
    ]


def _mark(cells: Iterable[CellInfo]) -> str:
    """Of the list that would be replaced and of what would be in its place: either one another, and it is shown again."""
    both = directory.write_list(directory.list_cells()) + directory.write_list(cells)
    return hashlib.sha256(both.encode()).hexdigest()[:16]


def _named(codes: Iterable[str]) -> list[str]:
    """Codes with the names of those places this cell knows."""
    found = ((code, find_of_any_level(code)) for code in codes)
    return [f"{code} {place.name}" if place else code for code, place in found]
