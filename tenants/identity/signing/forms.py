"""allauth's passkey forms, which let some kinds of nonsense through to the library that reads credentials: here it is wrong."""

from __future__ import annotations

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)

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
