"""Lists as files: asking for one, and the second person's yes or no where a list wants one."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from falin.portal import exports
from falin.portal.web.people.forms import WhyForm
from falin.ui.forms import carried_out, refusals_in


class AskForm(forms.Form):
    """What the second person reads, and which file."""

    purpose = forms.CharField(
        label=gettext_lazy("用途"), max_length=exports.LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("拿去做什么、给谁看。确认的人会看到；不要写居民的姓名、电话和证件号码。"),
        error_messages={"required": gettext_lazy("请写明用途，确认的人要看。")},
    )  # fmt: skip
    format = forms.ChoiceField(
        label=gettext_lazy("文件格式"), initial="xlsx", widget=forms.RadioSelect,
        choices=(("xlsx", gettext_lazy("XLSX（表格软件打开）")), ("csv", gettext_lazy("CSV（给程序用）"))),
        error_messages={"required": gettext_lazy("请选文件格式。"), "invalid_choice": gettext_lazy("只能导出 CSV 或者 XLSX。")},
    )  # fmt: skip


@door(grant="jobs.own", reads="GET", writes="POST", step_up=FRESH)
def ask(request: HttpRequest, scope: Scope, name: str) -> HttpResponseBase:
    """Take a list along as the address shows it: its filters, order and columns. A job writes the file."""
    table, moment, query = exports.table_to_take(scope=scope, name=name), now(), request.GET.urlencode()
    form = AskForm(request.POST if request.method == "POST" else None)
    if not table.asks_a_second:
        del form.fields["purpose"]
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, past=(Missing, Forbidden)):
            job = exports.ask_export(scope=scope, name=name, query=query, file_format=form.cleaned_data["format"],
                                     purpose=form.cleaned_data.get("purpose", ""), now=moment)  # fmt: skip
            return redirect("portal:job", job)
    context = {
        "form": form, "content": exports.content_of(scope=scope, table=table, query=query, now=moment),
        "seconds": exports.list_seconds(scope=scope, table=table, now=moment) if table.asks_a_second else [],
    }  # fmt: skip
    return render(request, "portal/export_ask.html", context, status=422 if form.errors else 200)


@door(grant=exports.CONFIRM)
def held(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What waits for a second person; whoever is it finds the buttons here."""
    return render(request, "portal/exports.html", {"rows": exports.list_held(scope=scope, now=now())})


@door(grant=exports.CONFIRM, reads="", writes="POST", step_up=FRESH)
def confirm(request: HttpRequest, scope: Scope, job_id: uuid.UUID) -> HttpResponseBase:
    """Yes, as the second person."""
    exports.confirm_export(scope=scope, job_id=job_id, now=now())
    messages.success(request, _("已确认，文件做好以后由请求的人下载。"))
    return redirect("portal:exports")


@door(grant=exports.CONFIRM, reads="GET", writes="POST", step_up=SECOND)
def refuse(request: HttpRequest, scope: Scope, job_id: uuid.UUID) -> HttpResponseBase:
    """No, with the reason."""
    one, form = exports.get_held(scope=scope, job_id=job_id, now=now()), WhyForm(request.POST or None)
    if carried_out(form, exports.refuse_export, scope=scope, job_id=job_id, now=now()):
        messages.success(request, _("已拒绝，请求的人会收到通知。"))
        return redirect("portal:exports")
    context = {
        "form": form, "title": _("不同意%(name)s导出") % {"name": one.person}, "sub": str(one.content.table.title),
        "once": True, "button": _("不同意"), "danger": True, "back": reverse("portal:exports"),
    }  # fmt: skip
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)
