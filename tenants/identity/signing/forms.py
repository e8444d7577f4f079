"""
allauth's forms in our words: labels as on our other pages, no label twice as a placeholder.

Those of passkeys let some kinds of nonsense through to the library that reads credentials: here it is a wrong answer.
"""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.forms import ReauthenticateForm as StockReauthenticateForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.utils.translation import gettext_lazy as _

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


class SecondFactor(_Plain, AuthenticateForm):  # type: ignore[misc]
    pass


class SecondFactorAgain(_Plain, ReauthenticateForm):  # type: ignore[misc]
    pass


class App(_Plain, ActivateTOTPForm):  # type: ignore[misc]
    pass


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
