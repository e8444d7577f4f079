"""
The place of second factors: who has one, who must, and how allauth's are kept.

Secrets of authenticator apps and recovery codes are encrypted and bound to their person. Whether somebody needs a second
factor is a setting of his place; what makes a role need one is declared in ``roles.py``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from allauth.account.internal.stagekit import unstash_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import crypto, parameters
from falin.kernel.clock import legal_day, now
from falin.kernel.crypto import Place
from falin.kernel.scope import PUBLIC_SCHEMA
from falin.kernel.squares import square_svg
from tenants.identity.models import Person
from tenants.identity.roles import NEEDS_SECOND
from tenants.identity.rules import SECOND_FACTOR, SECOND_GRACE
from tenants.identity.types import Hat

TOTP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
LABELS = {
    TOTP.value: gettext_lazy("手机验证器"), PASSKEY.value: gettext_lazy("通行密钥"), RECOVERY.value: gettext_lazy("备用码")
}  # fmt: skip


def has_second(person_id: int) -> bool:
    """Recovery codes alone are none: they only stand in for one."""
    return bool(Authenticator.objects.filter(user_id=person_id, type__in=[TOTP, PASSKEY]).exists())


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """That somebody must set up a second factor, and the last day he still comes in without."""

    by: date


def duty_of(hats: Iterable[Hat], *, told_by: date | None, on: date) -> Duty | None:
    """
    Whether one of the roles needs a second factor where it is held, by the settings in force there.

    :param told_by: the day he was given when he was told first; the days of grace count from then.
    """
    graces = [
        parameters.value(SECOND_GRACE, node_id=hat.places[0], on=on)
        for hat in hats
        if parameters.value(SECOND_FACTOR, node_id=hat.places[0] or None, on=on)
        >= (1 if hat.role in NEEDS_SECOND else 2)
    ]
    return Duty(by=told_by or on + timedelta(days=min(graces))) if graces else None


class Factors(DefaultMFAAdapter):
    """allauth's questions about second factors, answered."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("验证码不对。请看一眼手机上现在的六位数字再输入；备用码每个只能用一次。"),
        "cannot_delete_authenticator": gettext_lazy(
            "您的身份要求有第二种登录方式，最后一个不能删掉。可以先加一个新的。"
        ),
    }

    def get_totp_label(self, user: Person) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return _("法邻")

    def build_totp_svg(self, url: str) -> str:
        return square_svg(url, label=_("给验证器扫的方块"))

    def encrypt(self, text: str) -> str:
        return base64.b64encode(crypto.encrypt(text, _place())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """:raises Unreadable: the secret was another person's."""
        return crypto.decrypt(base64.b64decode(encrypted_text), _place())

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Who must have a second factor keeps his last one."""
        if authenticator.type == RECOVERY or _others(authenticator):
            return True
        return duty_of(context.request.hats, told_by=None, on=legal_day(now())) is None

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:  # noqa: A002 -- allauth's
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("通行密钥 %(n)s") % {"n": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": _("法邻")}

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, object]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.name, "name": user.username}


def give_app(*, person_id: int, secret: str) -> None:
    """An authenticator app for somebody who shows others what it is like; the secret is as public as his password."""
    sealed = base64.b64encode(crypto.encrypt(secret, _place_of(person_id))).decode()
    Authenticator.objects.update_or_create(user_id=person_id, type=TOTP, defaults={"data": {"secret": sealed}})


def _others(authenticator: Authenticator) -> bool:
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=[TOTP, PASSKEY])
    return bool(others.exclude(pk=authenticator.pk).exists())


def _place() -> Place:
    """Whose secret it is: of who is signed in, or is just signing in; allauth does not say it with the secret."""
    request: HttpRequest = context.request
    person = request.user if request.user.is_authenticated else None
    if person is None:
        login = unstash_login(request, peek=True)
        person = login.user if login else None
    return _place_of(person.pk if person else 0)


def _place_of(person_id: int) -> Place:
    return Place(PUBLIC_SCHEMA, "mfa_authenticator", "secret", str(person_id))
