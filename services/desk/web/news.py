"""What a county tells everybody: written, published, corrected and withdrawn by its team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.kernel.stepup import SECOND
from falin.ui.forms import carried_out, refusals_in, refusals_said
from falin.ui.widgets import DayInput
from services.desk import commands, queries
from services.desk.rules import TEXT_LONGEST, TITLE_LONGEST, stands
from services.desk.types import NewsInfo, NewsState

DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d"]
_NO_DAY = gettext_lazy("日期不对，请重填，例如 2026-11-22。")
_TOO_LONG = gettext_lazy("请不要超过 %(limit_value)d 字。")


class NewsForm(forms.Form):
    """A title, plain paragraphs, and from when to when."""

    title = forms.CharField(
        label=gettext_lazy("标题"), max_length=TITLE_LONGEST,
        error_messages={"required": gettext_lazy("请写标题。"), "max_length": _TOO_LONG},
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("正文"), max_length=TEXT_LONGEST, widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("直接写，段与段之间空一行。谁都会看到：不要写居民的姓名、证件号码和个人手机号。"),
        error_messages={"required": gettext_lazy("请写正文。"), "max_length": _TOO_LONG},
    )  # fmt: skip
    begins_on = forms.DateField(
        label=gettext_lazy("从哪天起"), widget=DayInput(), input_formats=DAYS,
        error_messages={"required": gettext_lazy("请填从哪天起。"), "invalid": _NO_DAY},
    )  # fmt: skip
    ends_on = forms.DateField(
        label=gettext_lazy("到哪天为止"), widget=DayInput(), input_formats=DAYS, required=False,
        help_text=gettext_lazy("这一天过了自动撤下；不填就一直在"), error_messages={"invalid": _NO_DAY},
    )  # fmt: skip


class WithdrawForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("为什么撤下"), max_length=200,
        error_messages={"required": gettext_lazy("请写明为什么撤下。"), "max_length": _TOO_LONG},
    )  # fmt: skip


@door(grant="news.write")
def news(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What the team wrote, newest first, each with whether everybody reads it."""
    view, before = request.GET.get("view", ""), request.GET.get("before", "")
    page = queries.list_news(
        scope=scope, state=NewsState(view) if view in set(NewsState) else None,
        before=int(before) if before.isdigit() and len(before) < 10 else None,
    )  # fmt: skip
    rows = [(one, _standing(one)) for one in page.rows]
    return render(request, "desk/news.html", {"page": page, "rows": rows, "view": view})


def _standing(one: NewsInfo) -> tuple[str, str]:
    """A sign and its words: what everybody sees of it today."""
    if one.state == NewsState.DRAFT:
        return "idle", _("草稿，还没有发布")
    if one.state == NewsState.WITHDRAWN:
        return "idle", _("已撤下")
    if stands(begins_on=one.begins_on, ends_on=one.ends_on, on=legal_day(now())):
        return "ok", _("公众看得到")
    return ("watch", _("还没到日子")) if one.begins_on > legal_day(now()) else ("idle", _("已过期"))


@door(grant="news.write", reads="GET", writes="POST")
def write(request: HttpRequest, scope: Scope) -> HttpResponse:
    """A draft."""
    form = NewsForm(request.POST or None, initial={"begins_on": legal_day(now())})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            made = commands.write_news(scope=scope, now=now(), **form.cleaned_data)
            messages.success(request, _("已存成草稿。看过没有问题，再点“发布”。"))
            return redirect("desk:news-one", made.number)
    return render(request, "desk/news_form.html", {"form": form, "one": None}, status=422 if form.errors else 200)


@door(grant="news.write")
def one(request: HttpRequest, scope: Scope, number: int) -> HttpResponse:
    """As everybody will read it, and what can be done with it."""
    return _one(request, scope, number, WithdrawForm())


def _one(request: HttpRequest, scope: Scope, number: int, form: WithdrawForm) -> HttpResponse:
    found = queries.get_news(scope=scope, number=number)
    context = {"one": found, "standing": _standing(found), "form": form}
    return render(request, "desk/news_one.html", context, status=422 if form.errors else 200)


@door(grant="news.write", reads="GET", writes="POST")
def change(request: HttpRequest, scope: Scope, number: int) -> HttpResponse:
    """In other words, or on other days."""
    found = queries.get_news(scope=scope, number=number)
    given: dict[str, Any] = {name: getattr(found, name) for name in ("title", "text", "begins_on", "ends_on")}
    form = NewsForm(request.POST or None, initial=given)
    if carried_out(form, commands.change_news, scope=scope, number=number, now=now()):
        messages.success(request, _("已改好。"))
        return redirect("desk:news-one", number)
    return render(request, "desk/news_form.html", {"form": form, "one": found}, status=422 if form.errors else 200)


@door(grant="news.write", reads="", writes="POST", step_up=SECOND)
def publish(request: HttpRequest, scope: Scope, number: int) -> HttpResponse:
    with refusals_said(request, messages.ERROR):
        commands.publish_news(scope=scope, number=number, now=now())
        messages.success(request, _("已发布，几分钟内公众就看得到。"))
    return redirect("desk:news-one", number)


@door(grant="news.write", reads="", writes="POST")
def withdraw(request: HttpRequest, scope: Scope, number: int) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if carried_out(form, commands.withdraw_news, scope=scope, number=number, now=now()):
        messages.success(request, _("已撤下，几分钟内公众就看不到了。"))
        return redirect("desk:news-one", number)
    return _one(request, scope, number, form)
