"""The place of step-up: before some acts the person proves again that he is the one who signed in (sheet identity.md)."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, suspend_request
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from falin.kernel.refusals import Forbidden


class StepUp(Forbidden):
    """A program asked without the person having proved himself within the last five minutes."""

    def __init__(self) -> None:
        super().__init__(
            "kernel.step_up", _("这一步要重新输入密码。请先在 /accounts/reauthenticate/ 确认，5 分钟内再试。")
        )


def is_fresh(request: HttpRequest) -> bool:
    """Whether the password was asked again within the last five minutes; signing in does not count."""
    person = request.user
    return person.is_authenticated and person.has_usable_password() and bool(did_recently_reauthenticate(request))


def ask_again(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that asks for the password; what was sent is kept meanwhile and done afterwards."""
    answer: HttpResponseRedirect = suspend_request(request, reverse("account_reauthenticate"))
    return answer
