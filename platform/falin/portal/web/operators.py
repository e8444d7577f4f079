"""The first start: the first operator by a one-time link, then province, list of places, first county, first people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door, open_door
from falin.kernel.scope import Scope
from falin.kernel.squares import square_svg
from falin.kernel.stepup import FRESH, SECOND
from falin.kernel.transactions import shared
from falin.portal import commands, queries
from falin.portal.shell import ROLE_LABELS
from falin.ui.forms import refusals_in
from tenants.identity.api import use_first_link
from tenants.identity.models import Person
from tenants.identity.roles import ADMINISTRATORS


class FirstForm(forms.Form):
    username = forms.SlugField(
        label=gettext_lazy("登录名"), max_length=60, help_text=gettext_lazy("字母、数字和短横，以后用它登录")
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    password = forms.CharField(
        label=gettext_lazy("密码"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 15 个字符，可以用汉字和空格；一句自己记得住的话最好"),
    )  # fmt: skip

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        try:
            validate_password(password)
        except ValidationError as error:
            raise forms.ValidationError(error.messages) from None
        return password


@open_door(reason="the holder of the one-time link has no account yet", reads="GET", writes="POST")
def first(request: HttpRequest, token: str) -> HttpResponseBase:
    form = FirstForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            with shared(read_only=False) as system:
                person = use_first_link(scope=system, token=token, now=now(), **form.cleaned_data)
            login(request, Person.objects.get(id=person.id), "allauth.account.auth_backends.AuthenticationBackend")
            return HttpResponseRedirect(reverse("portal:setup"))
    return render(request, "portal/first.html", {"form": form}, status=422 if form.errors else 200)


class SetupForm(forms.Form):
    county = forms.TypedChoiceField(label=gettext_lazy("先开通哪个县（区）"), coerce=int)

    def __init__(self, *args: Any, counties: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = counties  # type: ignore[attr-defined]


@door(grant="tenants.manage", reads="GET", writes="POST", step_up=SECOND)
def setup(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Which step of the first start is next, and the tenants that stand."""
    page = queries.setup_page(scope=scope, on=legal_day(now()))
    province = commands.ProvinceForm(request.POST if "province" in request.POST else None)
    county = SetupForm(request.POST if "county" in request.POST else None, counties=page.counties)
    if request.method == "POST":
        with refusals_in(province if province.is_bound else county):
            if province.is_bound and province.is_valid():
                commands.ask_province(scope=scope, province=province.cleaned_data["province"], now=now())
                messages.success(request, _("正在取区划名录，大约半分钟。"))
                return HttpResponseRedirect(reverse("portal:setup"))
            if county.is_bound and county.is_valid():
                commands.ask_county(scope=scope, node_id=county.cleaned_data["county"], now=now())
                messages.success(request, _("正在开通，几秒钟就好。"))
                return HttpResponseRedirect(reverse("portal:setup"))
    bad = bool(province.errors or county.errors)
    context = {"page": page, "province": province, "county": county}
    response = render(request, "portal/setup.html", context, status=422 if bad else 200)
    if page.working:
        response.headers["Refresh"] = "3"
    return response


@door(grant="tenants.manage")
def phones(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """How a phone on the office network reaches this machine over HTTPS."""
    found = queries.office_network(scope=scope)
    square = square_svg(found.page, label=_("手机扫的方块")) if found else ""
    return render(request, "portal/phones.html", {"found": found, "square": square})


class PersonForm(forms.Form):
    username = forms.SlugField(label=gettext_lazy("登录名"), max_length=60)
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    role = forms.ChoiceField(
        label=gettext_lazy("身份"),
        choices=[(role.value, label) for role, label in ROLE_LABELS.items() if role in ADMINISTRATORS],
    )
    reason = forms.CharField(label=gettext_lazy("依据"), max_length=200, help_text=gettext_lazy("任命文件的名称和文号"))


@door(grant="tenants.manage", reads="GET", writes="POST", step_up=FRESH)
def people(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Enter one of the three administrators; the one-time password is shown once, so the form carries no key to keep it."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            made = commands.enter_administrator(scope=scope, now=now(), **form.cleaned_data)
            return render(request, "portal/person_made.html", {"made": made})
    return render(request, "portal/people.html", {"form": form}, status=422 if form.errors else 200)


@door(grant="events.manage", reads="GET", writes="POST")
def events(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Events that could not be delivered, tenant by tenant; re-sent by hand. Payloads are not shown: they are the tenant's."""
    if request.method == "POST":
        schema, _colon, event_id = request.POST.get("event", "").partition(":")
        commands.resend_event(
            scope=scope,
            schema=schema if schema.isidentifier() else "",
            event_id=int(event_id) if event_id.isdecimal() and len(event_id) < 19 else 0,
            now=now(),
        )
        messages.success(request, _("已重新排队，稍后再投递一次。"))
        return HttpResponseRedirect(reverse("portal:events"))
    return render(request, "portal/events.html", {"rows": queries.delivery(scope=scope, now=now())})
