"""Many people from one sheet, in three steps: choose the file, look at every row, confirm. Nothing is saved before."""

from __future__ import annotations

import json
from dataclasses import asdict

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH
from falin.kernel.transactions import rehearsed
from falin.portal import people, people_sheet
from falin.portal.rest.serializers import EntryRowIn
from falin.ui.forms import refusals_in
from tenants.divisions.api import list_divisions
from tenants.identity import policies, queries
from tenants.identity.api import enter_people
from tenants.identity.commands.entering import MOST
from tenants.identity.types import EnteredRow, EntryRow


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("表格文件（.xlsx）"), widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": gettext_lazy("请选一个文件。"), "empty": gettext_lazy("这个文件是空的。请重新选一个。")},
    )  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", keeps=False)
def sheet(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The file is read and every row tried and taken back: nothing is saved, so nothing is to be proved yet."""
    scope.require(policies.GRANT)
    form = SheetForm(request.POST or None, request.FILES or None) if request.method == "POST" else SheetForm()
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, past=(Missing, Forbidden)):
            ready, unread = people_sheet.read(
                scope=scope, upload=form.cleaned_data["file"], today=legal_day(now()),
                own_place=int(request.hat.places[0]),  # type: ignore[attr-defined]
            )  # fmt: skip
            return _looked_at(request, scope, ready, unread)
    return render(request, "portal/people/sheet.html", {"form": form, "most": MOST}, status=422 if form.errors else 200)


def _looked_at(
    request: HttpRequest, scope: Scope, ready: list[EntryRow], unread: list[people_sheet.Unread]
) -> HttpResponseBase:
    """Every row, ready or with what is wrong; the ready ones go on in the form, and are asked again at the end."""
    with rehearsed():
        tried = enter_people(scope=scope, rows=ready, now=now())
    good = [one.row for one in tried if one.entered]
    bad = [*unread, *(people_sheet.Unread(number=one.row.number, name=one.row.name, wrong=(one.refused.message,))
                      for one in tried if one.refused)]  # fmt: skip
    context = {
        "rows": [(one, people.label(one.role), name) for one, name in zip(good, _places(good), strict=True)],
        "bad": sorted(bad, key=lambda one: one.number),
        "known": queries.known_names(scope=scope, names=[one.name for one in good]),
        "sent": json.dumps([asdict(one) for one in good], default=str, ensure_ascii=False),
    }  # fmt: skip
    return render(request, "portal/people/sheet_check.html", context, status=200 if good else 422)


@door(grant=policies.GRANT, reads="", writes="POST", keeps=False, step_up=FRESH)
def entered(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The rows that were looked at are entered; the answer holds links that are shown once, so no key keeps it."""
    done: list[EnteredRow] = []
    try:
        rows = EntryRowIn(data=json.loads(request.POST.get("rows", "")), many=True)
        if len(rows.initial_data) > MOST or not rows.is_valid():
            raise ValueError
        done = enter_people(scope=scope, rows=[EntryRow(**row) for row in rows.validated_data], now=now())
    except (ValueError, TypeError, AttributeError):
        raise Refused("people.sheet_lost", _("名单在路上坏了，什么都没有录入。请重新选文件。")) from None
    made = [one for one in done if one.entered]
    context = {
        "made": [(one.entered, request.build_absolute_uri(reverse("portal:invitation", args=[one.entered.token])))
                 for one in made if one.entered],
        "left": [one for one in done if one.refused],
    }  # fmt: skip
    return render(request, "portal/people/sheet_done.html", context)


def _places(rows: list[EntryRow]) -> list[str]:
    words = dict(people.words_of_places(list_divisions({one.node_id for one in rows})))
    return [words.get(one.node_id, "") for one in rows]


@door(grant=policies.GRANT)
def blank(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The template to fill in."""
    named = content_disposition_header(True, _("人员导入模板.xlsx")) or "attachment"  # noqa: FBT003
    return HttpResponse(people_sheet.template(), content_type=people_sheet.XLSX, headers={"Content-Disposition": named})
