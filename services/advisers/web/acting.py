"""Pages on which something is done about advisers: each one form, one command, and back to where it shows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel import formats
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.ui.forms import refusals_in, refusals_said
from falin.ui.undo import say_done
from services.advisers import commands, policies, queries
from services.advisers.queries.candidates import MOST_LOOKED_AT, MOST_SHOWN
from services.advisers.rules import SPECIALTIES
from services.advisers.types import VacancyReason
from services.advisers.web import presenting
from services.advisers.web.forms import (
    AdviserForm,
    AppointmentForm,
    BanForm,
    ClearForm,
    CorrectionForm,
    EndForm,
    ExaminationForm,
    FirmForm,
    IdentityForm,
    NumberForm,
    ReplacementForm,
    VacancyForm,
    WhyForm,
)

TEMPLATE, TEMPLATE_LOOK_UP = "advisers/act.html", "advisers/look_up.html"


def _answer(
    request: HttpRequest, form: Form, act: Callable[[dict[str, Any]], HttpResponseBase], context: dict[str, Any],
    template: str = TEMPLATE,
) -> HttpResponseBase:  # fmt: skip
    """Do it when the form was sent and holds; otherwise, or when it is refused, show the form with what is wrong."""
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            return act(form.cleaned_data)
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def register(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    form = AdviserForm(_sent(request), today=legal_day(now()))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        fields = {name: value for name, value in data.items() if name != "firm_id"}
        adviser = commands.register_adviser(
            scope=scope, firm_id=_firm_by_name(scope, data["firm_id"]), now=now(), **fields
        )
        messages.success(request, _("已登记%(name)s。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser.id)

    return _answer(request, form, act, {"firms": queries.list_firm_names(scope=scope)}, "advisers/register.html")


def _firm_by_name(scope: Scope, name: str) -> uuid.UUID:
    firm = queries.find_firm(scope=scope, name=name)
    if firm is None:
        near = [row.name for row in queries.list_firms(scope=scope, text=name, size=3).rows]
        raise policies.firm_unknown(name, near)
    return firm.id


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def correct(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=today).adviser
    initial = {"firm_id": adviser.firm_name, "licence": adviser.licence, "specialties": adviser.specialties}
    form = CorrectionForm(_sent(request), today=today, initial=initial)

    def act(data: dict[str, Any]) -> HttpResponseBase:
        others = [name for name in adviser.specialties if name not in SPECIALTIES]  # brought in by a sheet
        commands.update_adviser(
            scope=scope, adviser_id=adviser_id, firm_id=_firm_by_name(scope, data["firm_id"]),
            phone=data["phone"] or None, licence=data["licence"], specialties=[*data["specialties"], *others],
            now=now(),
        )  # fmt: skip
        messages.success(request, _("已改好%(name)s的登记。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("改%(name)s的登记") % {"name": adviser.name},
        "sub": _("已任职的社区不变。姓名和身份证号要核对证件，在顾问的页面上另外更正。"),
        "button": _("保存"),
        "firms": queries.list_firm_names(scope=scope),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST", keeps=False)
def look_up(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """By the whole number, which travels in the body and is kept nowhere; the answer shows who it is and not the number."""
    policies.check_may_register(scope)
    today = legal_day(now())
    form = NumberForm(_sent(request), today=today)

    def act(data: dict[str, Any]) -> HttpResponseBase:
        found = commands.look_up(scope=scope, number=data["number"], now=now())
        return render(request, TEMPLATE_LOOK_UP, {"form": NumberForm(today=today), "asked": True, "found": found})

    return _answer(request, form, act, {"asked": False}, TEMPLATE_LOOK_UP)


@door(grant=policies.REGISTER, reads="GET", writes="POST", step_up=3)
def correct_identity(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=today).adviser
    form = IdentityForm(_sent(request), today=today, initial={"name": adviser.name})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        made = commands.correct_identity(scope=scope, adviser_id=adviser_id, now=now(), **data)
        messages.success(request, _("已更正%(name)s的登记。") % {"name": made.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("更正%(name)s的姓名或身份证号") % {"name": adviser.name},
        "sub": _("请先核对证件。姓名改了，他的账号和正在任的聘任跟着改；以前的到访和结束了的聘任仍是当时的姓名。"),
        "button": _("更正"),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def examine(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=today).adviser
    form = ExaminationForm(_sent(request), initial={"passed_on": adviser.exam_passed_on})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.record_examination(scope=scope, adviser_id=adviser_id, passed_on=data["passed_on"], now=now())
        messages.success(request, _("已登记%(name)s通过统一考试，可以聘任了。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("登记%(name)s的统一考试") % {"name": adviser.name},
        "sub": _("上岗前须通过统一考试；聘任不能早于通过日期。"),
        "button": _("登记"),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def ban(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=today).adviser
    form = BanForm(_sent(request), initial={"until": adviser.banned_until, "reason": adviser.ban_reason})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.ban_adviser(
            scope=scope, adviser_id=adviser_id, until=data["until"], reason=data["reason"], now=now()
        )  # fmt: skip
        messages.success(request, _("%(name)s在此期间不能再受聘。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("禁止聘任%(name)s") % {"name": adviser.name},
        "sub": _("在全省都不能再受聘。正在任的聘任不会因此结束，要结束请另外办。"),
        "button": _("禁止聘任"),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def allow(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=legal_day(now())).adviser
    form = WhyForm(_sent(request))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.lift_ban(scope=scope, adviser_id=adviser_id, why=data["why"], now=now())
        messages.success(request, _("%(name)s可以再受聘了。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("解除对%(name)s的禁止") % {"name": adviser.name},
        "sub": "",
        "button": _("解除"),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST", keeps=False, step_up=3)
def account(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    """
    The one page that shows a first password. Its answer is not kept for who sends again, with the password in it; sending
    twice is refused, since the account is there.
    """
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=legal_day(now())).adviser
    form = Form(_sent(request))
    context = {"adviser": adviser, "back": reverse("advisers:adviser", args=[adviser_id])}

    def act(_data: dict[str, Any]) -> HttpResponseBase:
        made = commands.open_account(scope=scope, adviser_id=adviser_id, now=now())
        response = render(request, "advisers/account_made.html", {**context, "account": made})
        response.headers["Cache-Control"] = "no-store"
        return response

    return _answer(request, form, act, context, "advisers/account.html")


@door(grant=policies.CLEAR, reads="GET", writes="POST", keeps=False, step_up=3)
def numbers(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    """The one page that shows an adviser's numbers in clear: asked for with a reason and the password, booked, not kept."""
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=legal_day(now())).adviser
    form = ClearForm(_sent(request))
    context = {"adviser": adviser, "back": reverse("advisers:adviser", args=[adviser_id])}

    def act(data: dict[str, Any]) -> HttpResponseBase:
        shown = commands.show_numbers(scope=scope, adviser_id=adviser_id, reason=data["reason"], now=now())
        return render(request, "advisers/numbers_shown.html", {**context, "numbers": shown})

    return _answer(request, form, act, context, "advisers/numbers.html")


@door(grant=policies.REGISTER, reads="GET", writes="POST", step_up=3)
def erase(request: HttpRequest, scope: Scope, adviser_id: uuid.UUID) -> HttpResponseBase:
    adviser = queries.get_adviser(scope=scope, adviser_id=adviser_id, on=legal_day(now())).adviser
    form = WhyForm(_sent(request))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.erase_numbers(scope=scope, adviser_id=adviser_id, why=data["why"], now=now())
        messages.success(request, _("已删除%(name)s的身份证号和手机号。") % {"name": adviser.name})
        return redirect("advisers:adviser", adviser_id)

    context = {
        "title": _("删除%(name)s的号码") % {"name": adviser.name},
        "sub": _(
            "身份证号和手机号会永远删掉，不能恢复；他的账号不再有别的身份时，账号里的手机号和邮箱一起删掉。姓名、聘任和到访记录依档案规定保留。再任职要重新登记。"
        ),
        "button": _("永远删除"),
        "back": reverse("advisers:adviser", args=[adviser_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.REGISTER, reads="GET", writes="POST")
def register_firm(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    form = FirmForm(_sent(request))

    def act(data: dict[str, Any]) -> HttpResponseBase:
        firm = commands.register_firm(scope=scope, now=now(), **data)
        messages.success(request, _("已登记%(name)s。") % {"name": firm.name})
        return redirect("advisers:firms")

    context = {
        "title": _("登记律所"),
        "sub": _("律所和基层法律服务所登记一次，全省各县都能用。"),
        "button": _("登记"),
        "back": reverse("advisers:firms"),
    }
    return _answer(request, form, act, context)


def _shown(request: HttpRequest) -> int:
    """How many candidates are asked for: a page of them, or so many pages."""
    asked = request.GET.get("shown", "")
    return min(max(int(asked), MOST_SHOWN), MOST_LOOKED_AT) if asked.isdecimal() and len(asked) < 5 else MOST_SHOWN


@door(grant=policies.APPOINT)
def choose(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Step one of appointing: whom."""
    today = legal_day(now())
    text = request.GET.get("q", "")[:40]
    asked = request.GET.get("community", "")
    if not asked.isdecimal():
        return redirect("advisers:vacancies")
    place = queries.get_community(scope=scope, node_id=int(asked), on=today)
    count = _shown(request)
    found = queries.list_candidates(scope=scope, node_id=place.node_id, on=today, text=text, limit=count + 1)
    more = {"community": place.node_id, "q": text, "shown": count + MOST_SHOWN} if len(found) > count else {}
    found = found[:count]
    shown = [presenting.shown_candidate(item, place.node_id, first=index == 0) for index, item in enumerate(found)]
    context = {
        "place": place,
        "since": presenting.gap_since(place.vacant_since, today) if place.vacant else "",
        "candidates": [item for item in shown if item.may],
        "others": [item for item in shown if not item.may],
        "text": text,
        "count": len(shown),
        "more_url": f"?{urlencode(more)}" if more else "",
        "most": queries.most_communities(scope, today),
    }
    return render(request, "advisers/choose.html", context)


@door(grant=policies.APPOINT, reads="GET", writes="POST")
def appoint(request: HttpRequest, scope: Scope, node_id: int, adviser_id: uuid.UUID) -> HttpResponseBase:
    """Step two of appointing: from when to when, with everything to check."""
    today = legal_day(now())
    place = queries.get_community(scope=scope, node_id=node_id, on=today)
    candidate = queries.get_candidate(scope=scope, node_id=node_id, adviser_id=adviser_id, on=today)
    who = candidate.adviser
    form = AppointmentForm(
        _sent(request), adviser=(str(who.id), f"{who.name}（{who.firm_name}）"),
        initial={"begins_on": today, "adviser_id": str(who.id)},
    )  # fmt: skip

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.appoint_adviser(
            scope=scope, adviser_id=adviser_id, node_id=node_id, begins_on=data["begins_on"], ends_on=data["ends_on"],
            now=now(),
        )  # fmt: skip
        words = {"name": who.name, "place": place.name, "day": formats.day(data["begins_on"])}
        messages.success(request, _("已聘%(name)s为%(place)s的法律顾问，%(day)s起。") % words)
        return redirect("advisers:community", node_id)

    context = {
        "place": place,
        "candidate": presenting.shown_candidate(candidate, node_id, first=False),
        "adviser": who,
        "choose_url": presenting.choose_url(node_id),
        "since": presenting.gap_since(place.vacant_since, today) if place.vacant else "",
    }
    return _answer(request, form, act, context, "advisers/appoint.html")


@door(grant=policies.APPOINT, reads="GET", writes="POST")
def end(request: HttpRequest, scope: Scope, appointment_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    line = queries.get_appointment(scope=scope, appointment_id=appointment_id, on=today)
    item = line.appointment
    form = EndForm(_sent(request), initial={"on_day": max(today, item.begins_on)})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.end_appointment(
            scope=scope, appointment_id=appointment_id, on_day=data["on_day"], why=data["why"], now=now()
        )
        words = {"name": item.adviser_name, "place": line.community, "day": formats.day(data["on_day"])}
        undo = reverse("advisers:resume", args=[appointment_id])
        say_done(request, _("%(name)s在%(place)s的聘任到%(day)s结束。10 分钟内可以撤回。") % words, undo=undo)
        return redirect("advisers:community", item.node_id)

    context = {
        "title": _("结束%(name)s在%(place)s的聘任") % {"name": item.adviser_name, "place": line.community},
        "sub": _("最后一天仍在任，从下一天起名额空出来。到了那一天，他不能再登录这个社区。"),
        "button": _("结束聘任"),
        "back": reverse("advisers:community", args=[item.node_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.APPOINT, reads="", writes="POST")
def resume(request: HttpRequest, scope: Scope, appointment_id: uuid.UUID) -> HttpResponseBase:
    """The ending of a moment ago, undone."""
    item = queries.get_appointment(scope=scope, appointment_id=appointment_id, on=legal_day(now())).appointment
    with refusals_said(request):
        commands.resume_appointment(scope=scope, appointment_id=appointment_id, now=now())
        messages.success(request, _("已撤回，%(name)s的聘任照旧。") % {"name": item.adviser_name})
    return redirect("advisers:community", item.node_id)


@door(grant=policies.APPOINT, reads="GET", writes="POST")
def replace(request: HttpRequest, scope: Scope, appointment_id: uuid.UUID) -> HttpResponseBase:
    today = legal_day(now())
    line = queries.get_appointment(scope=scope, appointment_id=appointment_id, on=today)
    item = line.appointment
    found = queries.list_candidates(
        scope=scope, node_id=item.node_id, on=today, text=request.GET.get("q", "")[:40], limit=100
    )
    may = [(str(row.adviser.id), f"{row.adviser.name}（{row.adviser.firm_name}）") for row in found if row.may]
    form = ReplacementForm(_sent(request), advisers=may, initial={"on_day": max(today, item.begins_on)})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        made = commands.replace_adviser(
            scope=scope, appointment_id=appointment_id, new_adviser_id=uuid.UUID(data["new_adviser_id"]),
            on_day=data["on_day"], ends_on=data["ends_on"], why=data["why"], now=now(),
        )  # fmt: skip
        words = {"name": made.adviser_name, "place": line.community, "day": formats.day(made.begins_on)}
        messages.success(request, _("由%(name)s接任%(place)s的法律顾问，%(day)s起。") % words)
        return redirect("advisers:community", item.node_id)

    context = {
        "title": _("更换%(place)s的法律顾问") % {"place": line.community},
        "sub": _("现在是%(name)s。原聘任结束和新聘任一次办成；有一样不成，就都不办。") % {"name": item.adviser_name},
        "button": _("更换"),
        "back": reverse("advisers:community", args=[item.node_id]),
    }
    return _answer(request, form, act, context)


@door(grant=policies.APPOINT, reads="GET", writes="POST")
def explain(request: HttpRequest, scope: Scope, node_id: int) -> HttpResponseBase:
    today = legal_day(now())
    place = queries.get_community(scope=scope, node_id=node_id, on=today)
    form = VacancyForm(_sent(request), initial={"reason": place.reason, "note": place.note})

    def act(data: dict[str, Any]) -> HttpResponseBase:
        commands.explain_vacancy(
            scope=scope, node_id=node_id, reason=VacancyReason(data["reason"]), note=data["note"], now=now()
        )
        messages.success(request, _("已记下%(place)s空缺的原因。") % {"place": place.name})
        return redirect("advisers:vacancies")

    context = {
        "title": _("%(place)s为什么没有顾问") % {"place": f"{place.street}{place.name}"},
        "sub": presenting.gap_since(place.vacant_since, today) if place.vacant else "",
        "button": _("保存"),
        "back": reverse("advisers:vacancies"),
    }
    return _answer(request, form, act, context)
