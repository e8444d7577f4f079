"""Service accounts: programs that work under a role, who answers for each, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH
from falin.portal import people
from falin.portal.web.people.acting import answer, checked
from falin.portal.web.people.forms import AccountForm, OwnerForm, ReviewForm, WhyForm
from tenants.identity import policies, queries
from tenants.identity.api import end_account, hand_over_account, open_account, review_account
from tenants.identity.types import AccountInfo

WHY_STOPPED = {
    "suspended": gettext_lazy("已结束"),
    "not_reviewed": gettext_lazy("到期没有复核"),
    "no_role": gettext_lazy("没有身份"),
    "owner_gone": gettext_lazy("负责人已离开，等着移交"),
}


def _row(scope: Scope, account: AccountInfo) -> dict[str, Any]:
    today = legal_day(now())
    soon = account.works and account.review_by <= today + timedelta(days=30)
    words = WHY_STOPPED.get(account.stopped_by) or (_("快到复核日期") if soon else _("可用"))
    sign = "watch" if soon else "ok" if account.works else "idle" if account.stopped_by == "suspended" else "act"
    return {"account": account, "lines": people.lines_of(scope, account.bindings, today), "sign": sign, "words": words}


@door(grant=policies.READ)
def accounts(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The programs in one's places, the ones that need somebody first."""
    rows = [_row(scope, one) for one in queries.list_accounts(scope=scope, on=legal_day(now()))]
    return render(request, "portal/people/accounts.html", {"rows": rows, "may_grant": scope.may(policies.GRANT)})


@door(grant=policies.READ)
def account(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """One program, and what may be done about it."""
    today = legal_day(now())
    found = queries.get_account(scope=scope, person_id=person_id, on=today)
    charge = found.stopped_by != "suspended" and queries.may_charge(scope=scope, person_id=person_id, on=today)
    return render(request, "portal/people/account.html", {**_row(scope, found), "may_charge": charge})


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def open_one(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """A new program with its role and who answers for it."""
    today = legal_day(now())
    form = AccountForm(request.POST if request.method == "POST" else None, scope=scope,
                       own_place=int(request.hat.places[0]),  # type: ignore[attr-defined]
                       initial={"begins_on": today, "review_by": today + timedelta(days=90)})  # fmt: skip
    context = {
        "title": _("开通服务账号"),
        "button": _("下一步：核对"),
        "back": reverse("portal:accounts"),
        "once": True,
    }

    def done(made: AccountInfo) -> HttpResponseBase:
        messages.success(request, _("开通好了。令牌由负责人在“我的令牌”里生成。"))
        return redirect("portal:account", made.person.id)

    return checked(request, form, lambda: open_account(scope=scope, now=now(), **form.given()), done, context)


def _about(
    request: HttpRequest, scope: Scope, person_id: int, form: forms.Form, act: Callable[[dict[str, Any]], None],
    said: str, **context: Any,
) -> HttpResponseBase:  # fmt: skip
    """One act about a program that is one's charge."""
    found = queries.get_account(scope=scope, person_id=person_id, on=legal_day(now()))

    def do(data: dict[str, Any]) -> HttpResponseBase:
        act(data)
        messages.success(request, said)
        return redirect("portal:account", person_id)

    return answer(request, form, do, {
        "sub": found.person.name, "back": reverse("portal:account", args=[person_id]), "once": True, **context,
    })  # fmt: skip


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def pass_on(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """Somebody else answers for it."""
    return _about(
        request, scope, person_id, OwnerForm(_data(request)),
        lambda data: hand_over_account(scope=scope, person_id=person_id, owner_id=data["owner"].id,
                                       reason=data["reason"], now=now()),
        _("已移交，原来的令牌已全部停用。"), title=_("移交服务账号"), button=_("移交"),
    )  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def keep(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """It is still wanted."""
    return _about(
        request, scope, person_id, ReviewForm(_data(request), initial={"review_by": legal_day(now()) + timedelta(days=90)}),
        lambda data: review_account(scope=scope, person_id=person_id, review_by=data["review_by"], now=now()),
        _("已复核。"), title=_("复核服务账号"), button=_("继续用"),
    )  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def end(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """It is not wanted any more."""
    return _about(
        request, scope, person_id, WhyForm(_data(request)),
        lambda data: end_account(scope=scope, person_id=person_id, why=data["why"], now=now()),
        _("服务账号已结束。"), title=_("结束服务账号"), button=_("结束"), danger=True,
    )  # fmt: skip
