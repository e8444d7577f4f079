"""One's own notices, and how one wants to be told."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from services.desk import commands, queries
from services.desk.types import Choice, Decision, NoticeKind, Way

WAYS = (
    (Way.NONE.value, gettext_lazy("只在这里")),
    (Way.MAIL.value, gettext_lazy("也发邮件")),
    (Way.SMS.value, gettext_lazy("也发短信")),
)
# Where one does something about a notice.
WHERE = {
    NoticeKind.HOURS_MISSING: "duty:mine",
    NoticeKind.APPOINTED: "duty:mine",
    NoticeKind.APPOINTMENT_ENDED: "duty:mine",
    NoticeKind.CONTRACTS_ENDING: "advisers:list",
    NoticeKind.ROLE_ENDING: "portal:home",
    NoticeKind.FEEDBACK_ANSWERED: "portal:feedback",
    NoticeKind.EXPORT_HELD: "portal:exports",
    NoticeKind.EXPORT_DECIDED: "portal:jobs",
    NoticeKind.CORRECTION_DECLINED: "portal:correction",
    NoticeKind.BACKUP_FAILED: "portal:tenants",
}
WHERE_DECIDED = {
    Decision.ROLES: "portal:proposals",
    Decision.MERGE: "portal:same",
    Decision.UPDATE: "portal:updates",
    Decision.DEED: "portal:tenants",
    Decision.EMERGENCY: "portal:emergencies",
}


class WaysForm(forms.Form):
    """One choice a kind."""

    def __init__(self, *args: object, choices: list[Choice], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for choice in choices:
            self.fields[choice.kind.value] = forms.ChoiceField(
                label=choice.label, choices=WAYS, initial=choice.way.value, widget=forms.RadioSelect
            )


@door(grant="notices.own")
def notices(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Newest first; the unread alone where asked."""
    before = request.GET.get("before", "")
    view = request.GET.get("view", "")
    page = queries.list_notices(
        scope=scope, before=int(before) if before.isdigit() and len(before) < 18 else None, unread_only=view == "unread"
    )
    return render(request, "desk/notices.html", {"page": page, "view": view})


@door(grant="notices.own", reads="", writes="POST")
def read(request: HttpRequest, scope: Scope, notice_id: int) -> HttpResponse:
    """It is read; on to where something can be done about it."""
    kind, facts = commands.mark_read(scope=scope, notice_id=notice_id, now=now())
    if kind == NoticeKind.MENTIONED:
        return redirect("desk:comments", facts["kind"], facts["subject"])
    if kind == NoticeKind.JOB_ENDED:
        return redirect("portal:job", facts["job"])
    if kind == NoticeKind.ROLES_PARTED:
        return redirect("portal:rights", facts["person"])
    if kind == NoticeKind.CORRECTION_ASKED:
        return redirect(f"{reverse('portal:people')}?{urlencode({'q': facts['name']})}")
    if kind == NoticeKind.DECISION_WAITS:
        return redirect(WHERE_DECIDED[Decision(facts["what"])])
    return redirect(WHERE[kind])


@door(grant="notices.own", reads="", writes="POST")
def read_all(request: HttpRequest, scope: Scope) -> HttpResponse:
    commands.mark_all_read(scope=scope, now=now())
    return redirect("desk:notices")


@door(grant="notices.own", reads="GET", writes="POST")
def ways(request: HttpRequest, scope: Scope) -> HttpResponse:
    """How one is told of each kind."""
    choices = queries.list_choices(scope=scope)
    form = WaysForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        for choice in choices:
            commands.choose_way(scope=scope, kind=choice.kind, way=Way(form.cleaned_data[choice.kind.value]), now=now())
        messages.success(request, _("已记下。"))
        return redirect("desk:ways")
    return render(request, "desk/ways.html", {"form": form}, status=422 if form.errors else 200)
