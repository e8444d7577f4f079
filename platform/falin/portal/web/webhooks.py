"""Receivers of webhooks: who is told of what, how it went, and telling them again."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import webhooks
from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.kernel.webhooks import MANAGE
from falin.ui.forms import carried_out, refusals_in
from falin.ui.widgets import MomentInput

STATES = {
    "waiting": ("watch", gettext_lazy("等着再送")), "told": ("ok", gettext_lazy("送到了")),
    "given_up": ("act", gettext_lazy("没送到，不再试了")),
}  # fmt: skip
OUTCOMES = {
    "ok": gettext_lazy("收下了"), "refused": gettext_lazy("对方回答出错"), "gone": gettext_lazy("对方说不再接收"),
    "redirect": gettext_lazy("对方要转到别处，没有跟去"), "unreachable": gettext_lazy("连不上"),
    "too_slow": gettext_lazy("十秒没有答完"), "inner": gettext_lazy("地址在内网，没有发"),
    "bad_tls": gettext_lazy("证书不对"), "not_http": gettext_lazy("回答不像网页服务器"),
}  # fmt: skip
STOPPED = {
    "asked": ("idle", gettext_lazy("已停下")), "gone": ("act", gettext_lazy("对方说不再接收，已停下")),
    "failing": ("act", gettext_lazy("连续五天送不到，已停下")), "": ("ok", gettext_lazy("正在推送")),
}  # fmt: skip


class EndpointForm(forms.Form):
    """Which system, where, of what."""

    name = forms.CharField(label=gettext_lazy("哪个系统"), max_length=80,
                           error_messages={"required": gettext_lazy("请写明这是哪个系统，2 到 80 个字。")})  # fmt: skip
    address = forms.CharField(
        label=gettext_lazy("接收地址"), max_length=500, help_text=gettext_lazy("对方系统给的，以 https:// 开头"),
        error_messages={"required": gettext_lazy("请填以 https:// 开头的完整地址，不含账号和 #。")},
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=gettext_lazy("推送哪些事件"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一种事件。")},
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["events"].choices = [(one.event, one.label) for one in webhooks.offers()]  # type: ignore[attr-defined]


class SinceForm(forms.Form):
    """From when on everything is told again."""

    since = forms.DateTimeField(
        label=gettext_lazy("从什么时候起"), widget=MomentInput(),
        help_text=gettext_lazy("那时以后的全部再送一次，送到过的也送；编号不变，对方认得出是同一条"),
        error_messages={
            "required": gettext_lazy("请填从什么时候起。"),
            "invalid": gettext_lazy("看不懂这个时间。请写成 2026-01-05 08:00 这样的年月日和时间。"),
        },
    )  # fmt: skip


def _rows(found: list[webhooks.Endpoint]) -> list[tuple[Any, ...]]:
    words = {one.event: one.label for one in webhooks.offers()}
    return [(one, [words.get(event, event) for event in one.events], *STOPPED[one.stopped]) for one in found]


@door(grant=MANAGE, reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every receiver, what it is told, and whether that works."""
    return render(request, "portal/webhooks.html", {"rows": _rows(webhooks.list_endpoints(scope=scope))})


@door(grant=MANAGE, reads="GET", writes="POST", keeps=False, step_up=3)
def register(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """A new receiver; its secret is shown on the answer and never again."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with refusals_in(form):
            made, secret = webhooks.register_endpoint(scope=scope, now=now(), **form.cleaned_data)
            return render(request, "portal/webhook_secret.html", {"endpoint_id": made, "secret": secret})
    return _form(request, form, title=_("添加接收地址"), button=_("添加"), back=reverse("portal:webhooks"))


@door(grant=MANAGE, reads="GET", writes="POST")
def change(request: HttpRequest, scope: Scope, endpoint_id: uuid.UUID) -> HttpResponseBase:
    """Where and of what."""
    shown = webhooks.get_endpoint(scope=scope, endpoint_id=endpoint_id)
    known = {"name": shown.name, "address": shown.address, "events": shown.events}
    form = EndpointForm(request.POST if request.method == "POST" else None, initial=known)
    if carried_out(form, webhooks.change_endpoint, scope=scope, endpoint_id=endpoint_id, now=now()):
        messages.success(request, _("已修改。"))
        return redirect("portal:webhook", endpoint_id)
    return _form(request, form, title=shown.name, button=_("保存"), back=reverse("portal:webhook", args=[endpoint_id]))


def _form(request: HttpRequest, form: EndpointForm, **words: Any) -> HttpResponseBase:
    return render(request, "portal/people/form.html", {"form": form, **words}, status=422 if form.errors else 200)


@door(grant=MANAGE, reads="GET")
def one(request: HttpRequest, scope: Scope, endpoint_id: uuid.UUID) -> HttpResponseBase:
    """One receiver: what it is told, and its messages with every try, the newest first."""
    return _one(request, scope, endpoint_id, SinceForm())


def _one(request: HttpRequest, scope: Scope, endpoint_id: uuid.UUID, form: SinceForm) -> HttpResponseBase:
    shown = webhooks.get_endpoint(scope=scope, endpoint_id=endpoint_id)
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    found = webhooks.list_told(scope=scope, endpoint_id=endpoint_id, state=state, size=webhooks.PAGE + 1,
                               before=_message(before) if before else None)  # fmt: skip
    told, older = found[: webhooks.PAGE], found[webhooks.PAGE :]
    words = {webhook.event: webhook.label for webhook in webhooks.offers()}
    ((_same, events, sign, sentence),) = _rows([shown])
    lines = [
        (message, words.get(message.event, _("试一下")), *STATES[message.state],
         [(OUTCOMES[tried.outcome], tried) for tried in message.tries])
        for message in told
    ]  # fmt: skip
    context = {"shown": shown, "events": events, "sign": sign, "words": sentence, "lines": lines,
               "states": [(one, words) for one, (_sign, words) in STATES.items()], "state": state, "form": form,
               "older": urlencode({"state": state, "before": told[-1].id}) if older else "", "before": before}  # fmt: skip
    return render(request, "portal/webhook.html", context, status=422 if form.errors else 200)


@door(grant=MANAGE, reads="", writes="POST", keeps=False, step_up=3)
def secret(request: HttpRequest, scope: Scope, endpoint_id: uuid.UUID) -> HttpResponseBase:
    """A new secret, shown on the answer and never again."""
    made = webhooks.rotate_secret(scope=scope, endpoint_id=endpoint_id, now=now())
    return render(request, "portal/webhook_secret.html", {"endpoint_id": endpoint_id, "secret": made, "changed": True})


@door(grant=MANAGE, reads="", writes="POST")
def act(request: HttpRequest, scope: Scope, endpoint_id: uuid.UUID) -> HttpResponseBase:
    """Try it, stop it, go on, remove it, send one message again, or all since a moment."""
    wish, given = request.POST.get("act", ""), {"scope": scope, "endpoint_id": endpoint_id, "now": now()}
    if wish == "remove":
        webhooks.remove_endpoint(**given)  # type: ignore[arg-type]
        messages.success(request, _("已删除，不再推送。"))
        return redirect("portal:webhooks")
    if wish == "try":
        webhooks.try_endpoint(**given)  # type: ignore[arg-type]
        messages.success(request, _("试发了一条，几秒钟后刷新这一页看结果。"))
    elif wish == "stop":
        webhooks.stop_endpoint(**given)  # type: ignore[arg-type]
        messages.success(request, _("已停下。这期间的事件都留着，恢复后补送。"))
    elif wish == "resume":
        webhooks.resume_endpoint(**given)  # type: ignore[arg-type]
        messages.success(request, _("已恢复，留着的现在补送。"))
    elif wish == "since":
        form = SinceForm(request.POST)
        if not carried_out(form, lambda **asked: _queued(request, webhooks.tell_again_since(**asked)), **given):
            return _one(request, scope, endpoint_id, form)
    elif wish.startswith("again:"):
        wanted = _message(wish.removeprefix("again:"))
        _queued(request, webhooks.tell_again(messages=[wanted], **given))  # type: ignore[arg-type]
    return redirect("portal:webhook", endpoint_id)


def _queued(request: HttpRequest, again: int) -> None:
    messages.success(request, _("%(n)s 条排队再送。") % {"n": again})


def _message(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise webhooks.NoMessage from None
