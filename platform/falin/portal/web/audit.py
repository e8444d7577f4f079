"""The auditor's page: who did what, how far it is sealed, what is odd, and the file to take home."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.audit import keys
from falin.kernel.clock import now
from falin.kernel.doors import door, open_door
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH
from falin.portal import acts, booked, commands
from falin.portal.web.history import key
from falin.ui.figures import Pager
from falin.ui.widgets import DayInput

_FILTERS = ("since", "until", "person", "act", "place", "kind", "subject")


def _meant(day: date) -> None:
    if not 2000 <= day.year <= 2200:
        raise ValidationError(_DAY["invalid"])


_DAY = {"invalid": gettext_lazy("看不懂这个日期。请写成 2026-1-5 这样的年月日。")}


class LogForm(forms.Form):
    """What is looked for in the log; everything may be left empty. Pages and the API read it alike."""

    since = forms.DateField(label=gettext_lazy("从哪天"), required=False, widget=DayInput(), error_messages=_DAY,
                            validators=[_meant])  # fmt: skip
    until = forms.DateField(label=gettext_lazy("到哪天"), required=False, widget=DayInput(), error_messages=_DAY,
                            validators=[_meant])  # fmt: skip
    person = forms.CharField(label=gettext_lazy("谁做的"), required=False, max_length=60)
    act = forms.ChoiceField(label=gettext_lazy("做了什么"), required=False)
    place = forms.TypedChoiceField(label=gettext_lazy("在哪里"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=gettext_lazy("对什么"), required=False)
    subject = forms.CharField(label=gettext_lazy("编号"), required=False, max_length=64)

    def __init__(self, data: Any, *, places: list[tuple[int, str]]) -> None:
        super().__init__(data)
        groups = [
            (str(words), [(act, str(name)) for act, name in acts.WORDS.items() if act.split(".")[0] == group])
            for group, words in acts.GROUPS.items()
        ]
        self._choose("act", [("", _("全部操作")), *groups])
        self._choose("place", [("", _("全部地方")), *places])
        self._choose("kind", [("", _("全部对象")), *((kind, str(words)) for kind, words in acts.KINDS.items())])
        self.fields["person"].widget.attrs["placeholder"] = _("姓名、拼音或登录名")
        for field in self.fields.values():
            field.widget.attrs["class"] = "f-in"

    def _choose(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("结束的日子不能早于开始的日子。"))
        return given

    def asked(self) -> booked.Asked:
        """What can be meant; a field that is wrong is left out and says so."""
        self.is_valid()
        given = self.cleaned_data
        return booked.Asked(
            since=given.get("since"), until=given.get("until"), person=(given.get("person") or "").strip(),
            act=given.get("act") or "", node_id=given.get("place"), kind=given.get("kind") or "",
            subject_id=(given.get("subject") or "").strip(),
        )  # fmt: skip


@door(grant=booked.READ, reads="GET")
def log(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The log; filters and page live in the address."""
    return _log(request, scope, shared=False)


@door(grant=booked.READ, reads="GET", shared=True)
def shared_log(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What is booked beside every tenant: operators' acts, the set-up, what the night does."""
    booked.check_may_read_shared(scope)
    return _log(request, scope, shared=True)


def _log(request: HttpRequest, scope: Scope, *, shared: bool) -> HttpResponseBase:
    form = LogForm(request.GET, places=booked.places_of(scope))
    asked = form.asked()
    page = booked.log(scope=scope, asked=asked, before=key(request, "before"), after=key(request, "after"))
    kept = {name: request.GET[name] for name in _FILTERS if request.GET.get(name)}
    context = {
        "page": page, "form": form, "filtered": bool(kept), "sealing": booked.sealing_state(scope=scope),
        "alarms": booked.list_alarms(scope=scope) if not kept and not page.newer else [],
        "pager": Pager(previous_url="?" + urlencode({**kept, "after": page.newer}) if page.newer else "",
                       next_url="?" + urlencode({**kept, "before": page.older}) if page.older else ""),
        "shared": shared, "not_shared": not shared, "may_shared": booked.may_read_shared(scope),
    }  # fmt: skip
    return render(request, "portal/audit.html", context, status=422 if form.errors else 200)


@door(grant=commands.EXPORT, reads="", writes="POST", step_up=FRESH)
def export(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Ask for the whole log as one file; it is made in the background."""
    job = commands.ask_audit_export(scope=scope, now=now())
    messages.success(request, _("正在生成，做好后在这里下载。"))
    return HttpResponseRedirect(reverse("portal:job", args=[job]))


@open_door(reason="public keys are public: whoever writes them down can later check every export", reads="GET")
def public_keys(request: HttpRequest) -> HttpResponse:
    """The published keys, one JSON object a line: the file ``falin verify audit --key`` takes."""
    text = "".join(json.dumps(line) + "\n" for line in keys.published())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
