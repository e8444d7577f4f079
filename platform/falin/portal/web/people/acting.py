"""What is done about people: entered, given a role, a deputy, a successor, suspended, let in again, given a new password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.stepup import FRESH, SECOND
from falin.kernel.transactions import rehearsed
from falin.portal import people
from falin.portal.web.people.forms import CorrectionForm, DeputyForm, EntryForm, GrantForm, HandOverForm, WhyForm
from falin.ui.forms import refusals_in
from tenants.divisions.api import list_communities, list_streets
from tenants.identity import policies, queries
from tenants.identity.api import (
    correct_person,
    decline_correction,
    end_binding,
    enter_person,
    hand_over,
    propose_role,
    reinstate_person,
    reset_factors,
    reset_password,
    suspend_person,
)
from tenants.identity.types import BindingInfo, Role, State

FORM, CHECK = "portal/people/form.html", "portal/people/check.html"


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def answer(
    request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], HttpResponseBase], context: dict[str, Any]
) -> HttpResponseBase:
    """Do it when the form was sent and holds; when it is refused, show the form with what is wrong."""
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            return act(form.cleaned_data)
    return render(request, FORM, {"form": form, **context}, status=422 if form.errors else 200)


def checked(
    request: HttpRequest, form: GrantForm, do: Callable[[], Any], done: Callable[[Any], HttpResponseBase],
    context: dict[str, Any],
) -> HttpResponseBase:  # fmt: skip
    """
    A form in two steps: filled in, then read again before it is done.

    The first step does everything and takes it back, so that whatever would be refused is said at its field there.
    Who gives nothing has nothing to choose from, and no field to be told at: he is told at once.
    """
    form.scope.require(policies.GRANT)
    if request.method == "POST" and "back" not in request.POST and form.is_valid():
        with refusals_in(form):
            if "checked" in request.POST:
                return done(do())
            with rehearsed():
                do()
            _another_key(request)
            return render(request, CHECK, {"form": form, "answers": form.answers(), **context})
    if "back" in request.POST:
        _another_key(request)
        form = type(form)(initial=request.POST.dict(), scope=form.scope, own_place=form.own_place)
    return render(request, FORM, {"form": form, **context, "places": _known_places(form.scope)},
                  status=422 if form.errors else 200)  # fmt: skip


def _another_key(request: HttpRequest) -> None:
    """This step was answered under its key: the next one is another act and carries another."""
    request.POST = request.POST.copy()  # type: ignore[assignment]
    request.POST.pop("_once", None)  # type: ignore[misc]


def _known_places(scope: Scope) -> list[str]:
    """Names to choose from while one writes; a county's are few enough."""
    roots = [root for root in scope.roots if scope.role == Role.COUNTY_TEAM]
    return [place.name for root in roots for place in (*list_streets(root), *list_communities(root))]


def _days() -> dict[str, date]:
    today = legal_day(now())
    return {"begins_on": today}


def _own_place(request: HttpRequest) -> int:
    return int(request.hat.places[0])  # type: ignore[attr-defined]


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def enter(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Somebody new with his first role; the one-time password or link is shown once, so no key keeps the answer."""
    form = EntryForm(_sent(request), scope=scope, own_place=_own_place(request), initial=_days())
    context = {"title": _("录入一个人"), "button": _("下一步：核对"), "back": reverse("portal:people"), "once": False}
    return checked(
        request, form, lambda: enter_person(scope=scope, now=now(), **form.given()),
        lambda made: render(request, "portal/people/entered.html", {
            "made": made, "waits": made.binding.state == State.PROPOSED, "there": bool(settings.OIDC_ISSUER),
            "link": request.build_absolute_uri(reverse("portal:invitation", args=[made.token])) if made.token else "",
        }), context,
    )  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def grant(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """One more role for somebody in the register."""
    record = queries.get_record(scope=scope, person_id=person_id, on=legal_day(now()))
    form = GrantForm(_sent(request), scope=scope, own_place=_own_place(request), initial=_days())
    context = {
        "title": _("给%(name)s授予身份") % {"name": record.person.name}, "button": _("下一步：核对"), "once": True,
        "back": reverse("portal:person", args=[person_id]),
    }  # fmt: skip
    return checked(
        request,
        form,
        lambda: propose_role(scope=scope, person_id=person_id, now=now(), **form.given()),
        lambda made: _given(request, [made]),
        context,
    )


def _given(request: HttpRequest, made: list[BindingInfo]) -> HttpResponseBase:
    if made[0].state == State.PROPOSED:
        messages.success(request, _("已提交，等第二个人确认后生效。"))
    else:
        messages.success(request, _("已授予。"))
    return redirect("portal:person", made[0].person.id)


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def deputy(request: HttpRequest, scope: Scope, binding_id: int) -> HttpResponseBase:
    """Somebody who acts for the holder of a role, on some days."""
    held = queries.get_binding(scope=scope, binding_id=binding_id, on=legal_day(now()))
    form = DeputyForm(_sent(request), initial=_days())

    def act(data: dict[str, Any]) -> HttpResponseBase:
        try:
            made = propose_role(
                scope=scope, person_id=data["deputy"].id, role=held.role, node_id=held.node_id, acting_for=held.id,
                subject_id=held.subject_id, begins_on=data["begins_on"], ends_on=data["ends_on"], reason=data["reason"],
                now=now(),
            )  # fmt: skip
        except Refused as refused:
            raise _at(refused, {"acting_for": "deputy", "role": "deputy"}) from None
        return _given(request, [made])

    (line,) = people.lines_of(scope, [held], legal_day(now()))
    return answer(request, form, act, {
        "title": _("给%(name)s安排代理") % {"name": held.person.name}, "sub": f"{line.place} {line.role}",
        "button": _("安排代理"), "back": reverse("portal:person", args=[held.person.id]), "once": True,
    })  # fmt: skip


def _at(refused: Refused, fields: dict[str, str]) -> Refused:
    """The same refusal at the field this form has for it."""
    if refused.field in fields and not isinstance(refused, Missing):
        refused.field = fields[refused.field]
    return refused


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def pass_on(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """A whole post to a successor."""
    scope.require(policies.GRANT)
    today = legal_day(now())
    record = queries.get_record(scope=scope, person_id=person_id, on=today)
    mine = queries.looked_after(scope, [one for one in record.bindings if one.state == State.IN_FORCE])
    roles = sorted({one.role for one in mine if one.role in queries.allowed_roles(scope)})
    form = HandOverForm(_sent(request), roles=roles, initial=_days())

    def act(data: dict[str, Any]) -> HttpResponseBase:
        try:
            made = hand_over(scope=scope, person_id=person_id, successor_id=data["successor"].id, role=Role(data["role"]),
                             on_day=data["begins_on"], reason=data["reason"], now=now())  # fmt: skip
        except Refused as refused:
            raise _at(refused, {"ends_on": "begins_on"}) from None
        return _given(request, made)

    return answer(request, form, act, {
        "title": _("%(name)s移交工作") % {"name": record.person.name}, "button": _("移交"), "once": True,
        "sub": _("他在这个身份下的全部地方一次交给接手的人，中间没有空档。"),
        "back": reverse("portal:person", args=[person_id]),
    })  # fmt: skip


@door(grant=policies.GRANT, reads="GET", writes="POST", step_up=FRESH)
def end(request: HttpRequest, scope: Scope, binding_id: int) -> HttpResponseBase:
    held = queries.get_binding(scope=scope, binding_id=binding_id, on=legal_day(now()))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        end_binding(scope=scope, binding_id=binding_id, why=data["why"], now=now())
        messages.success(request, _("已结束，马上生效。"))
        return redirect("portal:person", held.person.id)

    (line,) = people.lines_of(scope, [held], legal_day(now()))
    return answer(request, WhyForm(_sent(request)), act, {
        "title": _("结束%(name)s的身份") % {"name": held.person.name}, "sub": f"{line.place} {line.role}", "once": True,
        "button": _("结束"), "danger": True, "back": reverse("portal:person", args=[held.person.id]),
    })  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST", step_up=SECOND)
def suspend(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    return _about(request, scope, person_id, suspend_person, _("停用%(name)s"), _("停用"), _("已停用，他马上就进不来了。"),
                  _("他在所有电脑和手机上的登录马上失效，直到恢复。"))  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def reinstate(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    return _about(
        request, scope, person_id, reinstate_person, _("恢复%(name)s"), _("恢复"), _("已恢复，他可以重新登录。"), ""
    )


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def factors(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """Somebody lost the telephone or the key he proves himself by."""
    return _about(request, scope, person_id, reset_factors, _("清除%(name)s的第二种登录方式"), _("清除"),
                  _("已清除。他现在用密码就能登录，请让他马上重新设。"),
                  _("他的手机验证器、通行密钥和备用码都会删掉，现在的登录马上失效。先当面或打电话核实是他本人；"
                    "他的密码要由另一位同事重置。"))  # fmt: skip


def _about(
    request: HttpRequest, scope: Scope, person_id: int, command: Callable[..., None], title: str, button: str, said: str,
    sub: str,
) -> HttpResponseBase:  # fmt: skip
    record = queries.get_record(scope=scope, person_id=person_id, on=legal_day(now()))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        command(scope=scope, person_id=person_id, why=data["why"], now=now())
        messages.success(request, said)
        return redirect("portal:person", person_id)

    return answer(request, WhyForm(_sent(request)), act, {
        "title": title % {"name": record.person.name}, "sub": sub, "button": button, "once": True,
        "danger": command not in {reinstate_person, decline_correction}, "back": reverse("portal:person", args=[person_id]),
    })  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def correct(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """A name or sign-in name that is wrong; what the person himself asked for stands in the form."""
    today = legal_day(now())
    record = queries.get_record(scope=scope, person_id=person_id, on=today)
    asked = queries.find_correction(scope=scope, person_id=person_id, on=today)
    shown = asked or record.person
    form = CorrectionForm(_sent(request), initial={"name": shown.name, "username": shown.username})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        correct_person(scope=scope, person_id=person_id, now=now(), **data)
        messages.success(request, _("已更正。他现在的登录不受影响。"))
        return redirect("portal:person", person_id)

    return answer(request, form, act, {
        "title": _("更正%(name)s的姓名或登录名") % {"name": record.person.name}, "button": _("更正"), "once": True,
        "sub": _("先核对证件。操作记录里只写改了哪一项，不写改前改后的内容。"),
        "back": reverse("portal:person", args=[person_id]),
    })  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST")
def decline(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """No to what he asked to have put right, with the reason he reads."""
    return _about(request, scope, person_id, decline_correction, _("不更正%(name)s的姓名或登录名"), _("不更正"),
                  _("已经告诉他。"), _("他会看到您写的原因，可以再请求一次。"))  # fmt: skip


@door(grant=policies.READ, reads="GET", writes="POST", step_up=FRESH)
def reset(request: HttpRequest, scope: Scope, person_id: int) -> HttpResponseBase:
    """A new one-time password in place of a lost one; shown once, so no key keeps the answer."""
    record = queries.get_record(scope=scope, person_id=person_id, on=legal_day(now()))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        password = reset_password(scope=scope, person_id=person_id, now=now())
        return render(request, "portal/people/password.html", {
            "person": record.person, "password": password, "there": bool(settings.OIDC_ISSUER),
        })  # fmt: skip

    return answer(request, forms.Form(_sent(request)), act, {
        "title": _("给%(name)s一个新密码") % {"name": record.person.name}, "button": _("生成一次性密码"), "once": False,
        "sub": _("旧密码和现在的登录马上失效；他用一次性密码登录后要换掉。"),
        "back": reverse("portal:person", args=[person_id]),
    })  # fmt: skip
