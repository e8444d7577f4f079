"""
allauth's questions answered: nobody signs himself up; people are entered by those who appoint them.

And what happens around its pages: guesses are slowed down and booked, a sign-in is booked and its device remembered, and
who needs a second factor and has none is led to set one up.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.transactions import shared
from tenants.identity import passwords
from tenants.identity.commands.account import book_failure, book_sign_in, must_change, tell_of_duty
from tenants.identity.homes import home_of
from tenants.identity.models import Person
from tenants.identity.oidc.commands import LED_ELSEWHERE, note_refusal
from tenants.identity.queries import read_signed_in
from tenants.identity.signing import slowing
from tenants.identity.signing.factors import duty_of, has_second
from tenants.identity.signing.proving import SECOND_DUE
from tenants.identity.signing.whence import known_device, network_of, remember_device

# What allauth would say in words of its own; what stands in neither list it says itself.
_SAID = {
    "mfa/messages/totp_activated.txt": gettext_lazy("手机验证器设好了，下次登录时要用它。"),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("手机验证器已经删掉。"),
    "mfa/messages/webauthn_added.txt": gettext_lazy("通行密钥设好了。"),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("通行密钥已经删掉。"),
    "account/messages/password_changed.txt": gettext_lazy("密码改好了。"),
}
_UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt",
           "mfa/messages/recovery_codes_generated.txt"}  # fmt: skip


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("登录名或密码不对。连着输错几次，要等一会儿才能再试。"),
        "incorrect_password": gettext_lazy("密码不对。"),
        "too_many_login_attempts": gettext_lazy("验证码输错太多次了，请过 5 分钟再试。"),
        "same_as_current": gettext_lazy("新密码要和现在的不一样。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_password(self, password: str, user: Any = None) -> Any:
        """The first password is known to whoever handed it out: changed means another one."""
        if user is not None and user.pk and user.check_password(password):
            raise self.validation_error("same_as_current")
        return super().clean_password(password, user)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *given: Any, **more: Any
    ) -> None:
        if message_template in _UNSAID:
            return
        if message_template in _SAID:
            more["message"] = str(_SAID[message_template])
        super().add_message(request, level, message_template, *given, **more)

    def is_safe_url(self, url: str) -> bool:
        """allauth's own; a link that was to lead on to another host is booked, once a request."""
        safe = bool(super().is_safe_url(url))
        if not safe and not hasattr(self.request, "led_elsewhere"):
            self.request.led_elsewhere = True
            with shared(read_only=False) as system:
                note_refusal(scope=system, code=LED_ELSEWHERE, network=network_of(self.request), now=now())
        return safe

    def get_login_redirect_url(self, request: HttpRequest) -> Any:
        return "/"

    def get_logout_redirect_url(self, request: HttpRequest) -> Any:
        return home_of(request).after_sign_out(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> Any:
        return "/"

    # ---- a password is tried -----------------------------------------------------------------------------------------
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """In place of allauth's limits by name, with which anybody could shut out anybody."""
        name, network = _name(credentials), network_of(request)
        self._person = Person.objects.filter(username__iexact=name).first()
        device = known_device(request, self._person)
        counted = (
            [(slowing.DEVICE, (device, name))] if device
            else [(slowing.NETWORK, (network,)), (slowing.PERSON, (name, network))]
        )  # fmt: skip
        self._claim = slowing.claim(counted, now=now())
        if self._claim.wait is not None:
            raise ValidationError(slowing.to_wait(self._claim.wait), code="too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """allauth's word for: it was right."""
        slowing.release(self._claim, now=now())

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        book_failure(person=self._person, name=_name(credentials), network=network_of(request),
                     just_slowed=self._claim.just_slowed, now=now())  # fmt: skip

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        person = super().authenticate(request, **credentials)
        if person is not None and passwords.is_common(str(credentials.get("password", ""))):
            must_change(person_id=person.pk, now=now())  # the evidence NIST asks for before a password has to go
        return person

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor proves himself by that."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        by_factor = [one for one in methods if one["id"].startswith("mfa")]
        return by_factor if by_factor and has_second(user.pk) else [one for one in methods if one not in by_factor]

    # ---- somebody has come in ----------------------------------------------------------------------------------------
    def post_login(self, request: HttpRequest, user: Any, **told: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **told)
        moment = now()
        book_sign_in(request=request, person=user, now=moment)
        by = second_factor_due(user, legal_day(moment))
        if by is not None:
            tell_of_duty(person_id=user.pk, by=by)
            if legal_day(moment) > by:
                request.session[SECOND_DUE] = True
            target = response.headers.get("Location", "/")
            response = HttpResponseRedirect(f"{reverse('portal:second')}?{urlencode({'next': target})}")
        remember_device(request, response, user)
        return response


def second_factor_due(person: Person, on: date) -> date | None:
    """The last day somebody who must have a second factor and has none still comes in without."""
    signed_in = read_signed_in(person_id=person.pk, on=on)
    if signed_in is None or has_second(person.pk):
        return None
    told_by = Person.objects.values_list("second_factor_by", flat=True).get(pk=person.pk)
    duty = duty_of(signed_in.hats, told_by=told_by, on=on)
    return duty.by if duty else None


def _name(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username", "")).strip().lower()[:150]
