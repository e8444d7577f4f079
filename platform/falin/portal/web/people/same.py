"""Records that may be one person: looked at side by side, proposed, confirmed by another; and who leaves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Forbidden, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from falin.portal import people
from falin.portal.web.people.acting import answer
from falin.portal.web.people.forms import SameForm, WhyForm
from falin.ui.forms import refusals_in
from tenants.identity import policies, queries
from tenants.identity.api import (
    confirm_merge,
    erase_contacts,
    leave_office,
    propose_merge,
    refuse_merge,
    tell_apart,
)
from tenants.identity.types import PersonRecord


@door(grant=policies.READ)
def same(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Pairs nobody has decided about, and those that wait for another person."""
    return render(request, "portal/people/same.html", _page(scope))


def _page(scope: Scope) -> dict[str, Any]:
    today = legal_day(now())
    waiting = queries.list_merges(scope=scope)
    names = queries.names_of({one.proposed_by for one in waiting})
    return {
        "pairs": [(pair, people.rows_of(scope, [pair.one, pair.other], today))
                  for pair in queries.list_same(scope=scope, on=today)],
        "waiting": [(one, names.get(one.proposed_by, ""), one.proposed_by == scope.person_id) for one in waiting],
        "may_grant": scope.may(policies.GRANT), "may_decide": bool({policies.GRANT, policies.CONFIRM} & scope.grants),
    }  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def pair(request: HttpRequest, scope: Scope, one_id: int, other_id: int) -> HttpResponseBase:
    """Two records side by side: which one stays, or that they are two people."""
    today = legal_day(now())
    both = queries.get_pair(scope=scope, one_id=one_id, other_id=other_id, on=today)
    form = SameForm(
        request.POST if request.method == "POST" else None, kept=[(one.person.id, _named(one)) for one in both]
    )
    if request.method == "POST" and form.is_valid():
        kept, reason = form.cleaned_data["kept"], form.cleaned_data["reason"]
        gone = other_id if kept == one_id else one_id
        act, said = (tell_apart, _("记下了：是两个人，以后不再提。")) if "apart" in request.POST else (
            propose_merge, _("已提交，等另一个人确认后合并。"))  # fmt: skip
        with refusals_in(form, past=(Missing, Forbidden)):
            act(scope=scope, kept_id=kept, gone_id=gone, reason=reason, now=now())
            messages.success(request, said)
            return redirect("portal:same")
    context = {"form": form, "rows": people.rows_of(scope, both, today)}
    return render(request, "portal/people/pair.html", context, status=422 if form.errors else 200)


def _named(record: PersonRecord) -> str:
    return _("%(name)s（登录名 %(username)s，%(sign_in)s）") % {
        "name": record.person.name, "username": record.person.username,
        "sign_in": _("已设密码") if record.may_sign_in else _("还没设密码"),
    }  # fmt: skip


@door(grant=policies.READ, reads="", writes="POST", step_up=FRESH)
def confirm(request: HttpRequest, scope: Scope, merge_id: int) -> HttpResponseBase:
    """Yes, as another person: the two records are one from now on."""
    try:
        confirm_merge(scope=scope, merge_id=merge_id, now=now())
    except (Missing, Forbidden):
        raise
    except Refused as refused:
        return render(
            request, "portal/people/same.html", {**_page(scope), "refused": refused, "at": merge_id}, status=422
        )
    messages.success(request, _("已合并成一个人。"))
    return redirect("portal:same")


@door(grant=policies.READ, reads="GET", writes="POST", step_up=SECOND)
def refuse(request: HttpRequest, scope: Scope, merge_id: int) -> HttpResponseBase:
    """No: they are two people."""

    def act(data: dict[str, Any]) -> HttpResponseBase:
        refuse_merge(scope=scope, merge_id=merge_id, why=data["why"], now=now())
        messages.success(request, _("记下了：是两个人，以后不再提。"))
        return redirect("portal:same")

    one = queries.get_merge(scope=scope, merge_id=merge_id)
    return answer(request, WhyForm(request.POST if request.method == "POST" else None), act, {
        "title": _("不合并"), "sub": f"{one.kept.name} {one.kept.username} / {one.gone.username}", "once": True,
        "button": _("是两个人"), "back": reverse("portal:same"),
    })  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def leave(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """Somebody leaves: what ends, and what somebody else has to take over, is said before it is done."""
    today = legal_day(now())
    record = queries.get_record(scope=scope, person_id=person_id, on=today)
    left = queries.get_left_open(scope=scope, person_id=person_id, on=today)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, past=(Missing, Forbidden)):
            leave_office(scope=scope, person_id=person_id, why=form.cleaned_data["why"], now=now())
            messages.success(request, _("已办理离任，他马上就进不来了。以后回来，在这里重新授予身份就行。"))
            return redirect("portal:person", person_id)
    context = {
        "form": form, "person": record.person, "programs": left.programs,
        "lines": people.lines_of(scope, left.ends, today), "alone": {one.id for one in left.alone},
        "proposals": people.lines_of(scope, left.proposals, today),
    }  # fmt: skip
    return render(request, "portal/people/leave.html", context, status=422 if form.errors else 200)


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def erase(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """What somebody who left could be reached by is erased."""
    person = queries.get_record(scope=scope, person_id=person_id, on=legal_day(now())).person

    def act(data: dict[str, Any]) -> HttpResponseBase:
        erase_contacts(scope=scope, person_id=person_id, why=data["why"], now=now())
        messages.success(request, _("已删除%(name)s账号里的手机号和邮箱。") % {"name": person.name})
        return redirect("portal:person", person_id)

    return answer(request, WhyForm(request.POST if request.method == "POST" else None), act, {
        "title": _("删除%(name)s的联系方式") % {"name": person.name}, "once": True,
        "sub": _("账号里的手机号和邮箱会永远删掉，不能恢复。姓名和办过的身份依档案规定保留。以后回来，由他自己重新登记。"),
        "button": _("永远删除"), "danger": True, "back": reverse("portal:person", args=[person_id]),
    })  # fmt: skip
