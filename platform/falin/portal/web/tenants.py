"""The bodies with a schema of their own, for the platform's operator: where each stands, and what happens to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from falin.portal.acts import STATE_WORDS
from falin.portal.web.tables import BODIES
from falin.ui.forms import refusals_in
from tenants.divisions.api import list_county_bodies, list_divisions
from tenants.identity.queries import names_of
from tenants.registry import commands, directory, queries
from tenants.registry.api import Act, DeedInfo, Kind, Outcome, State
from tenants.registry.policies import MANAGE
from tenants.registry.types import CHANGES, ArchiveInfo

SIGNS = {
    State.PREPARING: "watch",
    State.OPEN: "ok",
    State.SUSPENDED: "watch",
    State.CLOSED: "idle",
    State.MOVING: "watch",
    State.ELSEWHERE: "idle",
}
ACT_WORDS = {
    Act.CLOSE: gettext_lazy("关闭"), Act.REMOVE: gettext_lazy("删除"), Act.MERGE: gettext_lazy("并入"),
    Act.SPLIT: gettext_lazy("分出"), Act.MOVE: gettext_lazy("搬库"), Act.CLEAR: gettext_lazy("清除旧副本："),
}  # fmt: skip


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("写清依据，例如文件名称和文号")
    )


@door(grant=MANAGE, reads="GET")
def overview(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Every body: state, release, size, last archive; first what waits for a second person."""
    found = queries.list_overview(scope=scope, sort=request.GET.get("sort", ""))
    rows = [(row, STATE_WORDS[row.tenant.state], SIGNS[row.tenant.state]) for row in found]
    return render(request, "portal/tenants/list.html", {
        "rows": rows, "table": BODIES.shown(request.GET), "deeds": _deeds(scope),
        "receipts": queries.list_receipts(scope=scope), "backups": queries.get_backups(scope=scope),
    })  # fmt: skip


@door(grant=MANAGE, reads="GET")
def one(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _page(request, scope, tenant_id)


def _page(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    tenant, state = row.tenant, row.tenant.state
    return render(request, "portal/tenants/one.html", {
        "row": row, "backups": queries.get_backups(scope=scope),
        "words": STATE_WORDS[state], "sign": SIGNS[state], "deeds": _deeds(scope, tenant_id),
        "is_open": state == State.OPEN, "preparing": state == State.PREPARING,
        "is_closed": state == State.CLOSED and tenant.into is None, "may_clear": bool(row.left) or bool(tenant.cell),
        "in_use": state in {State.OPEN, State.SUSPENDED}, "is_county": tenant.kind == Kind.COUNTY,
        "into": queries.find_tenant(tenant.into) if tenant.into else None,
        "cell": directory.find_cell(tenant.cell) if tenant.cell else None,
        "archives": queries.list_archives(scope=scope, tenant_id=tenant_id),
        "changes": [{"deed": deed, "words": ACT_WORDS[deed.act]} for deed in queries.list_changes(scope=scope,
                                                                                                 tenant_id=tenant_id)],
    })  # fmt: skip


def _deeds(scope: Scope, tenant_id: int | None = None) -> list[dict[str, Any]]:
    deeds = queries.list_deeds(scope=scope, tenant_id=tenant_id)
    names = names_of({deed.asked_by for deed in deeds})
    return [{"deed": deed, "words": ACT_WORDS[deed.act], "by": names.get(deed.asked_by, ""), "to": _target(deed),
             "own": deed.asked_by == scope.person_id, "again": deed.act in CHANGES and deed.outcome == Outcome.CONFIRMED}
            for deed in deeds]  # fmt: skip


def _target(deed: DeedInfo) -> str:
    """Where it goes, in words: the place, or the cell."""
    if deed.act == Act.MOVE:
        cell = directory.find_cell(deed.target)
        return cell.name if cell else deed.target
    return list_divisions([int(deed.target)])[0].name if deed.target else ""


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
        with refusals_in(form):
            recipient = form.cleaned_data["recipient"].read(20_000)
            job = commands.ask_archive(scope=scope, tenant_id=tenant_id, recipient=recipient, now=now())
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


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def clear(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _act(request, scope, tenant_id, _ask(Act.CLEAR), {
        "title": _("清除%(name)s留下的旧副本"), "button": _("提出清除"), "said": _("已提出，等另一名运维人员确认。"),
        "sub": _("搬走或者从档案恢复以前的那一份，单位自己已经不用。确认以后还要等一段时间，到期销毁，只留一份签名的回执；"
                 "已经搬走的，连同留在这里的文件、夜间备份和密钥。单位现在用的数据不动。"), "danger": True,
    })  # fmt: skip


class PlaceForm(WhyForm):
    """Where it goes: another county, or another cell."""

    field_order = ("target", "why")
    target = forms.ChoiceField()

    def __init__(self, *args: Any, label: str, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = cast(forms.ChoiceField, self.fields["target"])
        target.label, target.choices = label, [("", ""), *choices]


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def merge(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _change(request, scope, tenant_id, Act.MERGE, {
        "title": _("并入：%(name)s"), "button": _("提出并入"), "label": _("并入哪个县（区）"), "danger": True,
        "sub": _("先在区划更新里把它下面的地方划走。聘任、到访、空缺和人员的身份跟着走，它自己关闭，留下日志和发布过的数。"),
    })  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def split(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _change(request, scope, tenant_id, Act.SPLIT, {
        "title": _("分出：%(name)s"), "button": _("提出分出"), "label": _("分给哪个县（区）"), "danger": True,
        "sub": _("已经划到那个县（区）的地方，连同聘任、到访、空缺和人员的身份一起过去。那里还没有开通的，一并开通。"),
    })  # fmt: skip


@door(grant=MANAGE, reads="GET", writes="POST", step_up=FRESH)
def move(request: HttpRequest, scope: Scope, tenant_id: int) -> HttpResponseBase:
    return _change(request, scope, tenant_id, Act.MOVE, {
        "title": _("搬库：%(name)s"), "button": _("提出搬库"), "label": _("搬到哪个库"), "danger": True,
        "sub": _("全部数据和文件搬到另一个库。它的人照常工作，最后几秒不能提交，以后到那边登录。"),
    })  # fmt: skip


def _change(
    request: HttpRequest, scope: Scope, tenant_id: int, act: Act, words: dict[str, Any]
) -> HttpResponseBase:  # fmt: skip
    """Ask for a merge, a split or a move: where to and why."""
    (row,) = queries.list_overview(scope=scope, tenant_id=tenant_id)
    back, tenant = reverse("portal:tenant", args=[tenant_id]), row.tenant
    if act == Act.MOVE:
        choices = [(cell.code, cell.name) for cell in directory.list_cells() if cell.code != settings.CELL]
    else:
        bodies = [
            body for root in queries.list_tenants(kind=Kind.PROVINCE) for body in list_county_bodies(root.node_id)
        ]
        choices = [(str(body.id), body.name) for body in bodies if body.id != tenant.node_id]
    form = PlaceForm(request.POST if request.method == "POST" else None, label=words["label"], choices=choices)
    if form.is_valid():
        given = form.cleaned_data
        with refusals_in(form):
            commands.ask_deed(
                scope=scope, tenant_id=tenant_id, act=act, target=given["target"], why=given["why"], now=now()
            )
            messages.success(request, _("已提出，等另一名运维人员确认。"))
            return redirect(back)
    sub = words["sub"] + _("要另一名运维人员确认，确认后马上办；它的人有几秒不能提交。")
    title = words["title"] % {"name": tenant.name}
    context = {"form": form, "once": True, **words, "title": title, "sub": sub, "back": back}
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)


@door(grant=MANAGE, reads="", writes="POST", step_up=FRESH)
def again(request: HttpRequest, scope: Scope, deed_id: int) -> HttpResponseBase:
    """Another try at what was confirmed and could not be done."""
    return redirect("portal:job", commands.carry_out_again(scope=scope, deed_id=deed_id, now=now()))


class OpenerForm(forms.Form):
    certificate = forms.FileField(
        label=gettext_lazy("接收人的证书"), help_text=gettext_lazy("导出时用的那一份，PEM 文件")
    )
    key = forms.FileField(
        label=gettext_lazy("接收人的私钥"), help_text=gettext_lazy("PEM 文件。加密保存到任务结束，随后删除")
    )
    password = forms.CharField(
        label=gettext_lazy("私钥的密码"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    check = forms.BooleanField(label=gettext_lazy("只试一试能不能恢复，什么都不改"), required=False)


class RestoreForm(OpenerForm):
    field_order = ("archive", "certificate")
    archive = forms.FileField(label=gettext_lazy("档案"), help_text=gettext_lazy("从法邻导出的压缩包"))


@door(grant=MANAGE, reads="GET", writes="POST", keeps=False, step_up=FRESH)
def restore(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Put a body back from an archive that is sent along."""
    return _restore(request, scope, RestoreForm, None)


@door(grant=MANAGE, reads="GET", writes="POST", keeps=False, step_up=FRESH)
def restore_held(request: HttpRequest, scope: Scope, archive_id: uuid.UUID) -> HttpResponseBase:
    """Put a body back from an archive that lies in the store."""
    return _restore(request, scope, OpenerForm, queries.get_archive(scope=scope, archive_id=archive_id))


def _restore(
    request: HttpRequest, scope: Scope, form_class: type[OpenerForm], held: ArchiveInfo | None
) -> HttpResponseBase:  # fmt: skip
    form = form_class(request.POST, request.FILES) if request.method == "POST" else form_class()
    if form.is_valid():
        given = form.cleaned_data
        opener = commands.Opener(certificate=given["certificate"].read(20_000), key=given["key"].read(20_000),
                                 password=given["password"])  # fmt: skip
        with refusals_in(form):
            archive = held.id if held else given["archive"]
            job = commands.ask_restore(scope=scope, archive=archive, opener=opener, check=given["check"], now=now())
            messages.success(request, _("正在恢复，进度在这里看。"))
            return redirect("portal:job", job)
    return render(request, "portal/tenants/restore.html", {
        "form": form, "held": held, "back": reverse("portal:tenants"),
    }, status=422 if form.errors else 200)  # fmt: skip


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
        with refusals_in(form):
            return act(form.cleaned_data["why"])
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
