"""A person's own account: what is signed in, second factors, number and address; and the way back in without a password."""

from __future__ import annotations

import secrets

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import formats, stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door, open_door, to_sign_in
from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from falin.portal.account import read_account
from falin.portal.web.people.forms import NamesForm
from falin.ui.forms import carried_out, show_refusal
from falin.ui.widgets import CodeInput, PhoneInput
from tenants.identity.adapter import second_factor_due
from tenants.identity.api import ask_for_correction
from tenants.identity.commands.account import (
    end_other_sessions,
    end_session,
    set_forgotten_password,
    take_over_address,
)
from tenants.identity.homes import home_of
from tenants.identity.models import Person
from tenants.identity.queries import find_own_correction, find_own_declined, get_own_entry, read_signed_in
from tenants.identity.signing import codes, slowing
from tenants.identity.signing.proving import SECOND_DUE
from tenants.identity.signing.whence import known_device, network_of
from tenants.identity.types import Purpose

OWN = "account.own"
FORGOT = "forgot"  # in the session of somebody who asked for a code: the name he gave
WAITING = "forgot-browser"  # there too: the secret without which his code is worth nothing


@open_door(reason="a phone whose session is over asks whether its person was shut out or only has to sign in again")
def phone(request: HttpRequest) -> HttpResponseBase:
    """
    Whether the person whose pages this device keeps may still come in: known by the device's own cookie, in which a new
    password, a suspension and a sign-out everywhere make him a stranger. Without that cookie nobody is known.
    """
    number = request.GET.get("person", "")
    person = Person.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 10 else None
    signed_in = read_signed_in(person_id=person.pk, on=legal_day(now())) if person else None
    known = signed_in is not None and bool(signed_in.hats) and bool(known_device(request, person))
    return JsonResponse({"known": known}, headers={"Cache-Control": "no-store"})


# ---- 账号与安全 ------------------------------------------------------------------------------------------------------
@door(grant=OWN, own=True)
def security(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    return render(request, "portal/security.html", {"account": read_account(scope=scope, request=request, now=now())})


@door(grant=OWN, reads="", writes="POST", own=True)
def end_one(request: HttpRequest, scope: Scope, session: str) -> HttpResponseBase:
    end_session(scope=scope, session=session, now=now())
    messages.success(request, _("那台设备已经退出。"))
    return redirect("portal:security")


@door(grant=OWN, reads="", writes="POST", own=True)
def end_others(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    ended = end_other_sessions(scope=scope, current=request.session.session_key, now=now())
    said = _("其他 %(n)s 处登录都已退出，只剩这一处。") if ended else _("没有别的登录，只有这一处。")
    messages.success(request, said % {"n": ended})
    return redirect("portal:security")


@door(grant=OWN, reads="GET", writes="POST", own=True)
def correction(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """Ask to have one's own name or sign-in name put right: whose charge one is is told."""
    shown = find_own_correction(scope=scope) or get_own_entry(scope=scope)
    form = NamesForm(request.POST or None, initial={"name": shown.name, "username": shown.username})
    if carried_out(form, ask_for_correction, scope=scope, now=now()):
        messages.success(request, _("已经告诉管您身份的单位，核对后更正。"))
        return redirect("portal:security")
    sub = _("写上正确的。管您身份的单位核对证件后更正，在那以前还用现在的。")
    if (no := find_own_declined(scope=scope)) is not None and no.declined_at is not None:
        said = _("您上次请求的没有更正（%(day)s），原因是“%(why)s”。")
        sub = f"{said % {'day': formats.day(legal_day(no.declined_at)), 'why': no.why}} {sub}"
    return render(request, "portal/people/form.html", {
        "form": form, "title": _("请求更正姓名或登录名"), "button": _("送出"), "once": True, "back": reverse("portal:security"),
        "sub": sub,
    }, status=422 if form.errors else 200)  # fmt: skip


class PhoneForm(forms.Form):
    phone = forms.RegexField(
        r"^\s*1[3-9]\d(?:\s?\d){8}\s*$", label=gettext_lazy("手机号"), widget=PhoneInput(),
        error_messages={"invalid": gettext_lazy("手机号是 11 位数字，以 1 开头。"),
                        "required": gettext_lazy("请填手机号。")},
    )  # fmt: skip


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("邮箱"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": gettext_lazy("邮箱要像 name@example.cn 这样写。"),
                        "required": gettext_lazy("请填邮箱。")},
    )  # fmt: skip


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("验证码"), widget=CodeInput(), max_length=20, help_text=gettext_lazy("六位数字，10 分钟内有效"),
        error_messages={"required": gettext_lazy("请填收到的验证码。")},
    )  # fmt: skip


_ADDRESSES: dict[Purpose, type[forms.Form]] = {Purpose.PHONE: PhoneForm, Purpose.EMAIL: EmailForm}


@door(grant=OWN, reads="GET", writes="POST", step_up=3, own=True, keeps=False)
def address(request: HttpRequest, scope: Scope, purpose: str) -> HttpResponseBase:
    """Say a new number or mail address; a code goes there."""
    kind = Purpose(purpose)
    form = _ADDRESSES[kind](request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = "".join(form.cleaned_data[purpose].split())
        if slowing.claim([(slowing.ASKING, (f"person {scope.person_id}",))], now=now()).wait is None:
            codes.ask_to_prove(scope=scope, person_id=scope.person_id, purpose=kind, address=given, now=now())
            return redirect("portal:security-code", purpose)
        form.add_error(purpose, _("要了太多次验证码，请过一会儿再试。"))
    return render(request, "portal/security_address.html", {"form": form, "phone": kind == Purpose.PHONE},
                  status=422 if form.errors else 200)  # fmt: skip


@door(grant=OWN, reads="GET", writes="POST", own=True, keeps=False)
def address_code(request: HttpRequest, scope: Scope, purpose: str) -> HttpResponseBase:
    """The code that came, and the number or address is one's own. A wrong one is counted, so the answer is no refusal."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if take_over_address(scope=scope, purpose=Purpose(purpose), digits=form.cleaned_data["code"], now=now()):
            messages.success(request, _("改好了。"))
            return redirect("portal:security")
        show_refusal(form, codes.wrong_code())
    return render(request, "portal/security_code.html", {"form": form, "purpose": purpose})


# ---- a second factor is due ------------------------------------------------------------------------------------------
@open_door(reason="acts on the account of whoever holds the session, and shows how to set up a second factor")
def second(request: HttpRequest) -> HttpResponseBase:
    """Why one needs a second way to prove oneself, and the two there are; until the last day it can be put off."""
    if not request.user.is_authenticated:
        return to_sign_in(request)
    assert isinstance(request.user, Person)
    if home_of(request).name != stepup.BUILTIN:  # whose second factor is over there
        return redirect(f"{stepup.where(request, stepup.SECOND)}?{urlencode({'next': request.GET.get('next', '/')})}")
    today = legal_day(now())
    by = second_factor_due(request.user, today)
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = "/"
    context = {
        "by": by,
        "later": by is not None and today <= by and SECOND_DUE not in request.session,
        "target": target,
    }
    return render(request, "portal/second.html", context)


@open_door(reason="sends on to the page of one's own account, which has its door")
def to_security(request: HttpRequest) -> HttpResponseBase:
    """Where allauth goes after a change of factors."""
    return redirect("portal:security")


# ---- a forgotten password --------------------------------------------------------------------------------------------
class NameForm(forms.Form):
    login = forms.CharField(
        label=gettext_lazy("登录名"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"}),
        error_messages={"required": gettext_lazy("请填登录名。")},
    )  # fmt: skip


class NewPasswordForm(CodeForm):
    password = forms.CharField(
        label=gettext_lazy("新密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 15 个字符，可以用汉字和空格；一句自己记得住的话最好"),
        error_messages={"required": gettext_lazy("请设密码。")},
    )  # fmt: skip

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        try:
            validate_password(password)
        except ValidationError as error:
            raise forms.ValidationError(error.messages) from None
        return password


def _who(name: str) -> Person | None:
    found: Person | None = Person.objects.filter(username__iexact=name, is_active=True).first()
    return found


@open_door(reason="whoever forgot his password cannot sign in", reads="GET", writes="POST")
def forgot(request: HttpRequest) -> HttpResponseBase:
    """Ask for a code by sign-in name; the answer is the same whether there is such a person or not."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        name, moment = form.cleaned_data["login"].strip().lower(), now()
        network, person = network_of(request), _who(name)
        device = known_device(request, person)
        counted = (
            [(slowing.ASKING_DEVICE, (device, name))] if device
            else [(slowing.ASKING_NETWORK, (network,)), (slowing.ASKING, (name, network))]
        )  # fmt: skip
        if slowing.claim(counted, now=moment).wait is None:
            browser = request.session.get(WAITING) or secrets.token_hex(16)
            with shared(read_only=False) as system:
                codes.ask_for_code(
                    scope=system, person=person, browser=browser, device=device, network=network, now=moment
                )
            request.session[FORGOT], request.session[WAITING] = name, browser
            return redirect("account_reset_code")
        form.add_error("login", _("要了太多次验证码，请过一会儿再试。"))
    return render(request, "account/password_reset.html", {"form": form}, status=422 if form.errors else 200)


@open_door(reason="whoever forgot his password cannot sign in", reads="GET", writes="POST")
def forgot_code(request: HttpRequest) -> HttpResponseBase:
    """The code that came, and a new password."""
    name = request.session.get(FORGOT)
    if name is None:
        return HttpResponseRedirect(resolve_url("account_reset_password"))
    person, browser = _who(name), request.session.get(WAITING, "")
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        tried = slowing.claim([(slowing.TRYING, (name, browser))], now=now())
        try:
            with shared(read_only=False) as system:
                done = tried.wait is None and set_forgotten_password(
                    scope=system, person_id=person.pk if person else 0, browser=browser,
                    password=form.cleaned_data["password"], digits=form.cleaned_data["code"], now=now(),
                )  # fmt: skip
        except ValidationError as error:
            form.add_error("password", error)
            return render(request, "account/password_reset_code.html", {"form": form}, status=422)
        if done:
            slowing.release(tried, now=now())
            request.session.flush()
            messages.success(request, _("密码改好了，现在可以用新密码登录。"))
            return redirect("account_login")
        show_refusal(form, codes.wrong_code())
    return render(request, "account/password_reset_code.html", {"form": form}, status=422 if form.errors else 200)
