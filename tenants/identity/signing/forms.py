"""
allauth's forms in our words: labels as on our other pages, no label twice as a placeholder. Digits of a second factor are
counted as passwords are, and each works once for as long as it would be right.

Those of passkeys let some kinds of nonsense through to the library that reads credentials: here it is a wrong answer.
"""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.forms import ReauthenticateForm as StockReauthenticateForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from falin.kernel.clock import now
from tenants.identity.commands.account import book_wrong_digits
from tenants.identity.signing import slowing
from tenants.identity.signing.factors import TOTP
from tenants.identity.signing.whence import known_device, network_of

_LABELS = {"login": _("登录名"), "code": _("六位数字")}


class _Plain:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = _LABELS.get(name, field.label)
            if name in {"password", "oldpassword"}:
                field.help_text = ""  # a second link to the forgotten password
            if name == "code":
                field.widget.attrs["inputmode"] = "numeric"


class SignIn(_Plain, LoginForm):  # type: ignore[misc]
    pass


class PasswordAgain(_Plain, StockReauthenticateForm):  # type: ignore[misc]
    pass


class NewPassword(_Plain, ChangePasswordForm):  # type: ignore[misc]
    pass


class _Counted(_Plain):
    """
    Digits somebody types who gave the right password. In place of allauth's limit by person, by which whoever knows the
    password keeps its owner out: a device of his own is counted for itself, strangers by network and all together.
    """

    def clean_code(self) -> str:
        person, request, moment = self.user, context.request, now()  # type: ignore[attr-defined]
        device, network, name = known_device(request, person), network_of(request), str(person.pk)
        counted = (
            [(slowing.DIGITS_DEVICE, (device, name))] if device
            else [(slowing.DIGITS, (name, network)), (slowing.DIGITS_PERSON, (name,))]
        )  # fmt: skip
        claimed = slowing.claim(counted, now=moment)
        if claimed.wait is not None:
            raise ValidationError(slowing.to_wait(claimed.wait), code="too_many_login_attempts")
        try:
            code: str = super().clean_code()  # type: ignore[misc]
            if self.authenticator.type == TOTP:  # type: ignore[attr-defined]
                _use(person.pk, code)
        except ValidationError:
            book_wrong_digits(person=person, network=network, just_slowed=claimed.just_slowed, now=moment)
            raise
        slowing.release(claimed, now=moment)
        return code


class SecondFactor(_Counted, AuthenticateForm):  # type: ignore[misc]
    pass


class SecondFactorAgain(_Counted, ReauthenticateForm):  # type: ignore[misc]
    pass


class App(_Plain, ActivateTOTPForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        code: str = super().clean_code()
        _use(context.request.user.pk, code)
        return code


def _use(person_id: int, code: str) -> None:
    """
    Digits are right for three half minutes, as telephones' clocks are; allauth remembers for one that they were used.

    :raises ValidationError: they were.
    """
    right_for = (2 * settings.MFA_TOTP_TOLERANCE + 1) * settings.MFA_TOTP_PERIOD
    if not cache.add(f"identity.digits?{person_id}&{normalize_user_code(code)}", 1, timeout=right_for):
        raise get_adapter().validation_error("incorrect_code")


_NONSENSE = (LookupError, ValueError, TypeError, AttributeError, struct.error)


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> Any:
        try:
            return super().clean()
        except _NONSENSE:
            raise get_adapter().validation_error("incorrect_code") from None


class _Answered:
    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _NONSENSE:
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeyAtSignIn(_Answered, LoginWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyAsSecond(_Answered, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyAgain(_Answered, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass
