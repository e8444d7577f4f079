"""What is wrong on a page, said by whoever sees it and answered by who looks after the platform; the first day put away."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal.shell import ROLE_LABELS
from falin.ui.forms import carried_out
from services.desk.api import answer_feedback, list_feedback, own_feedback, put_away_first_day, send_feedback
from services.desk.types import FeedbackState
from tenants.identity.api import Role


class FeedbackForm(forms.Form):
    """What is wrong, and on which page."""

    page = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    text = forms.CharField(
        label=gettext_lazy("哪里有问题"), widget=forms.Textarea(attrs={"rows": 4}), max_length=1000,
        help_text=gettext_lazy("哪里不好用、写错了、看不懂，用您自己的话写。不要写居民的姓名、电话和案情。"),
        error_messages={"required": gettext_lazy("请写几句话。"), "max_length": gettext_lazy("请不要超过 1000 字。")},
    )  # fmt: skip


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("答复"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000,
        error_messages={"required": gettext_lazy("请写几句话。"), "max_length": gettext_lazy("请不要超过 1000 字。")},
    )  # fmt: skip


@door(grant="feedback.own", reads="GET", writes="POST")
def own(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Say what is wrong on a page; below, what one said before and the answers."""
    form = FeedbackForm(request.POST or None, initial={"page": request.GET.get("page", "/")})
    if carried_out(form, send_feedback, scope=scope, now=now()):
        messages.success(request, _("收到了，谢谢。有答复会在通知里告诉您。"))
        return redirect("portal:feedback")
    context = {"form": form, "rows": own_feedback(scope=scope)}
    return render(request, "portal/feedback/own.html", context, status=422 if form.errors else 200)


@door(grant="feedback.answer", reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """What everybody said; what nobody answered unless asked otherwise."""
    return _overview(request, scope, None, 0)


@door(grant="feedback.answer", reads="", writes="POST")
def answer(request: HttpRequest, scope: Scope, feedback_id: int) -> HttpResponseBase:
    form = AnswerForm(request.POST)
    if carried_out(form, answer_feedback, scope=scope, feedback_id=feedback_id, now=now()):
        messages.success(request, _("已答复。写的人几分钟后会收到通知。"))
        return redirect("portal:feedback-all")
    return _overview(request, scope, form, feedback_id)


def _overview(request: HttpRequest, scope: Scope, form: AnswerForm | None, answering: int) -> HttpResponseBase:
    view, before = request.GET.get("view", ""), request.GET.get("before", "")
    page = list_feedback(
        scope=scope, state=FeedbackState.ANSWERED if view == "answered" else FeedbackState.NEW,
        before=int(before) if before.isdigit() and len(before) < 18 else None,
    )  # fmt: skip
    rows = [
        (row, str(ROLE_LABELS[Role(row.role)]), None if row.answered_at else
         form if form is not None and row.id == answering else AnswerForm(auto_id=f"id_%s_{row.id}"))
        for row in page.rows
    ]  # fmt: skip
    context = {"page": page, "rows": rows, "view": view, "form": form}
    return render(request, "portal/feedback/all.html", context, status=422 if form is not None else 200)


@door(grant="views.own", reads="", writes="POST")
def put_away(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The list of the first day, no more on home."""
    put_away_first_day(scope=scope, now=now())
    messages.success(request, _("已收起。以后要看，“使用帮助”里有每一页的说明。"))
    return redirect("portal:home")
