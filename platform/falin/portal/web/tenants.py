"""The bodies with a schema of their own, for the platform's operator: where each stands, and what happens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from falin.portal.acts import STATE_WORDS
from falin.ui.forms import show_refusal
from tenants.identity.queries import names_of
from tenants.registry import commands, queries
from tenants.registry.api import Act, State
from tenants.registry.policies import MANAGE

SIGNS = {State.OPEN: "ok", State.SUSPENDED: "watch", State.CLOSED: "idle"}
ACT_WORDS = {Act.CLOSE: gettext_lazy("关闭"), Act.REMOVE: gettext_lazy("删除")}


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("写清依据，例如文件名称和文号")
    )


@door(grant=MANAGE, reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every body: state, release, size, last archive; first what waits for a second person."""
    rows = [(row, STATE_WORDS[row.tenant.state], SIGNS[row.tenant.state]) for row in queries.list_overview(scope=scope)]
    return render(request, "portal/tenants/list.html", {
        "rows": rows, "deeds": _deeds(scope), "receipts": queries.list_receipts(scope=scope),
    })  # fmt: skip


@door(grant=MANAGE, reads="GET")
def one(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _page(request, scope, tenant_id)


def _page(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    state = row.tenant.state
    return render(request, "portal/tenants/one.html", {
        "row": row, "words": STATE_WORDS[state], "sign": SIGNS[state], "deeds": _deeds(scope, tenant_id),
        "is_open": state == State.OPEN, "is_closed": state == State.CLOSED,
    })  # fmt: skip


def _deeds(scope: Scope, tenant_id: int | None = None) -> list[dict[str, Any]]:
    deeds = queries.list_deeds(scope=scope, tenant_id=tenant_id)
    names = names_of({deed.asked_by for deed in deeds})
    return [{"deed": deed, "words": ACT_WORDS[deed.act], "by": names.get(deed.asked_by, ""),
             "own": deed.asked_by == scope.person_id} for deed in deeds]  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=SECOND)
def suspend(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _act(request, scope, tenant_id, commands.suspend_tenant, {
        "title": _("停用%(name)s"), "button": _("停用"), "said": _("已停用，从下一次点击起只能看。"),
        "sub": _("这个单位的人马上只能查看、不能办理，每一页上方都有说明。数据不动。"), "danger": True,
    })  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=SECOND)
def reopen(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _act(request, scope, tenant_id, commands.reopen_tenant, {
        "title": _("恢复%(name)s"), "button": _("恢复"), "said": _("已恢复，可以照常办理。"), "sub": "",
    })  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def close(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _act(request, scope, tenant_id, _ask(Act.CLOSE), {
        "title": _("关闭%(name)s"), "button": _("提出关闭"), "said": _("已提出，等另一名运维人员确认。"), "danger": True,
        "sub": _("关闭以后这个单位的人都进不来，数据保留。要另一名运维人员确认才生效。"),
    })  # fmt: skip


class RecipientForm(forms.Form):
    recipient = forms.FileField(
        label=gettext_lazy("接收人的证书"),
        help_text=gettext_lazy("PEM 文件。号码和文件只有持有对应私钥的人打得开，我们也打不开。"),
    )


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def archive(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    """Ask for one archive of everything, for somebody with a certificate."""
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    form = RecipientForm(request.POST, request.FILES) if request.method == "POST" else RecipientForm()
    if form.is_valid():
        try:
            recipient = form.cleaned_data["recipient"].read(20_000)
            job = commands.ask_archive(scope=scope, tenant_id=tenant_id, recipient=recipient, now=now())
        except Missing:
            raise
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, _("正在导出，做完可以在这里下载。"))
            return redirect("portal:job", job)
    return render(request, "portal/tenants/archive.html", {
        "form": form, "row": row, "back": reverse("portal:tenant", args=[tenant_id]),
    }, status=422 if form.errors else 200)  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def remove(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _act(request, scope, tenant_id, _ask(Act.REMOVE), {
        "title": _("删除%(name)s"), "button": _("提出删除"), "said": _("已提出，等另一名运维人员确认。"), "danger": True,
        "sub": _("确认以后还要等一段时间，到期销毁全部数据、文件和密钥，只留一份签名的回执。要先关闭并导出。"),
    })  # fmt: skip


def _ask(act: Act) -> Callable[..., Any]:
    return lambda **given: commands.ask_deed(act=act, **given)


def _act(
    request: HttpRequest, scope: Scope, tenant_id: int, command: Callable[..., Any], words: dict[str, Any]
) -> HttpResponseBase:
    """One act with its reason: a form, the command, back to the body's page."""
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    back = reverse("portal:tenant", args=[tenant_id])

    def act(why: str) -> HttpResponseBase:
        command(scope=scope, tenant_id=tenant_id, why=why, now=now())
        messages.success(request, words["said"])
        return redirect(back)

    return _with_reason(request, act, {**words, "title": words["title"] % {"name": row.tenant.name}, "back": back})


def _with_reason(
    request: HttpRequest, act: Callable[[str], HttpResponseBase], words: dict[str, Any]
) -> HttpResponseBase:
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return act(form.cleaned_data["why"])
        except Missing:
            raise
        except Refused as refused:
            show_refusal(form, refused)
    context = {"form": form, "once": True, **words}
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)


@door(grant=MANAGE, reads="", writes="POST", step_up=FRESH)
def confirm(request: HttpRequest, scope: Scope, deed_id: int) -> HttpResponseBase:
    deed = queries.get_deed(scope=scope, deed_id=deed_id)
    commands.confirm_deed(scope=scope, deed_id=deed_id, now=now())
    messages.success(request, _("已确认。"))
    return redirect("portal:tenant", deed.tenant_id)


@door(grant=MANAGE, reads="GET", writes="POST", step_up=SECOND)
def refuse(request: HttpRequest, scope: Scope, deed_id: int) -> HttpResponseBase:
    deed = queries.get_deed(scope=scope, deed_id=deed_id)

    def act(why: str) -> HttpResponseBase:
        commands.refuse_deed(scope=scope, deed_id=deed_id, why=why, now=now())
        messages.success(request, _("没有办，原因记下了。"))
        return redirect("portal:tenants")

    return _with_reason(request, act, {
        "title": _("不%(act)s%(name)s") % {"act": ACT_WORDS[deed.act], "name": deed.name}, "sub": deed.why,
        "button": _("不办"), "back": reverse("portal:tenants"),
    })  # fmt: skip
