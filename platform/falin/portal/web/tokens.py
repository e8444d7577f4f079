"""My tokens: keys for one's own programs. Made with a fresh proof, read once, stopped by one tap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import stepup
from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal import people
from falin.ui.forms import refusals_in
from falin.ui.widgets import DayInput
from tenants.identity import policies, queries
from tenants.identity.api import make_token, revoke_token
from tenants.identity.types import BindingInfo, Role, TokenState

_STATES = {
    TokenState.WORKS: ("ok", gettext_lazy("可用")),
    TokenState.EXPIRED: ("idle", gettext_lazy("已到期")),
    TokenState.REVOKED: ("idle", gettext_lazy("已停用")),
    TokenState.DEAD: ("act", gettext_lazy("身份已变，不能用了")),
}


class TokenForm(forms.Form):
    """A token to be made. Bindings and scopes are those one holds."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60, help_text=gettext_lazy("写清楚哪个程序用它"),
                           error_messages={"required": gettext_lazy("请写名称。")})  # fmt: skip
    binding = forms.TypedChoiceField(label=gettext_lazy("用哪个身份"), coerce=int, widget=forms.RadioSelect,
                                     error_messages={"required": gettext_lazy("请选用哪个身份。")})  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("能做什么"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只勾程序用得着的；授予身份、看完整号码这些事令牌办不了"),
        error_messages={"required": gettext_lazy("请勾选这个令牌能做什么。")},
    )  # fmt: skip
    expires_on = forms.DateField(
        label=gettext_lazy("到哪天止"), widget=DayInput,
        error_messages={"required": gettext_lazy("请填日期。"), "invalid": gettext_lazy("日期不对，请重填。")},
    )  # fmt: skip
    origins = forms.CharField(
        label=gettext_lazy("只能从这些网络地址使用"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("一行一个，例如 10.20.0.0/16；不填就不限"),
    )  # fmt: skip

    def __init__(self, *args: Any, scope: Scope, held: list[BindingInfo], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = people.lines_of(scope, held, legal_day(now()))
        choices = [(line.binding.id, _("%(name)s：%(place)s %(role)s") % {
            "name": line.binding.person.name, "place": line.place, "role": line.role}) for line in lines]  # fmt: skip
        self.fields["binding"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["binding"].initial = choices[0][0]
        may = queries.scopes_of(Role(scope.role))
        self.fields["scopes"].choices = [(one, people.GRANT_WORDS[one]) for one in may]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """As the command takes it; call on a valid form."""
        data = self.cleaned_data
        return {"binding_id": data["binding"], "name": data["name"], "scopes": data["scopes"],
                "expires_on": data["expires_on"], "origins": data["origins"].split()}  # fmt: skip


@door(grant=policies.OWN_TOKENS)
def mine(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """One's own tokens in the role one acts in, with their last use."""
    return render(request, "portal/tokens.html", {"rows": _rows(scope)})


def _rows(scope: Scope) -> list[dict[str, Any]]:
    found = queries.list_tokens(scope=scope, now=now())
    return [
        {
            "token": one, "sign": _STATES[one.state][0], "words": _STATES[one.state][1], "role": people.label(one.role),
            "last_day": one.expires_at - timedelta(seconds=1), "works": one.state == TokenState.WORKS,
            "scopes": [people.GRANT_WORDS[scope] for scope in one.scopes], "own": one.holder.id == scope.person_id,
        }
        for one in found
    ]  # fmt: skip


@door(grant=policies.OWN_TOKENS, reads="GET", writes="POST", keeps=False, step_up=stepup.FRESH)
def make(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """A new token; it is read here and nowhere again, so no key keeps the answer."""
    today = legal_day(now())
    form = TokenForm(request.POST if request.method == "POST" else None, scope=scope,
                     held=queries.own_bindings(scope=scope, on=today),
                     initial={"expires_on": today + timedelta(days=90)})  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            made = make_token(scope=scope, now=now(), **form.given())
            return render(request, "portal/token_made.html", {"made": made})
    return render(request, "portal/token_new.html", {"form": form}, status=422 if form.errors else 200)


@door(grant=policies.OWN_TOKENS, reads="", writes="POST")
def revoke(request: HttpRequest, scope: Scope, token_id: int) -> HttpResponseBase:
    """Stop one of one's own tokens."""
    revoke_token(scope=scope, token_id=token_id, now=now())
    messages.success(request, _("令牌已停用，马上失效。"))
    return redirect("portal:tokens")
