"""The place where somebody is told of what happened to his account: one sentence, by mail or SMS, sent by the relay."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from tenants.divisions.api import list_divisions
from tenants.identity.commands import password_was_changed
from tenants.identity.commands.account import book_event
from tenants.identity.commands.following import STAYS_ENDED
from tenants.identity.homes import home_of
from tenants.identity.models import Person
from tenants.identity.signing.factors import LABELS
from tenants.identity.signing.proving import SECOND_DUE
from tenants.identity.signing.sending import tell

SENTENCES = {
    "identity.factor.added": _("给您的账号加了一种登录方式：%(kind)s。"),
    "identity.factor.removed": _("您账号的一种登录方式被删掉了：%(kind)s。"),
    "identity.factor.renewed": _("您账号的备用码换了一套，旧的不能再用。"),
    "identity.password.changed": _("您账号的密码改过了。"),
    "identity.password.recovered": _("您账号的密码用验证码重设过了。"),
    "identity.password.reset": _("给您开通账号的单位重设了您的密码。"),
    "identity.factors.reset": _("管您身份的单位清除了您账号的第二种登录方式，下次登录后请重新设。"),
    "identity.phone.changed": _("您账号登记的手机号改过了。"),
    "identity.email.changed": _("您账号登记的邮箱改过了。"),
    "identity.account.linked": _("您的账号关联了一个统一身份账号，以后可以用它登录。"),
    "identity.account.unlinked": _("您的账号解除了和统一身份账号的关联。"),
    "identity.guessing.slowed": _("有人在别的设备上连着输错您的密码，已经让他慢下来。您自己用过的设备不受影响。"),
    "identity.digits.slowed": _("有人输对了您的密码，第二步的数字却连着输错，已经让他慢下来。"),
}


def connect() -> None:
    """Listen to allauth's changes; called when Django is ready."""
    for changed in (password_changed, password_reset, password_set):
        changed.connect(_new_password, dispatch_uid=f"identity.{id(changed)}")
    for signal, act in (
        (authenticator_added, "identity.factor.added"),
        (authenticator_removed, "identity.factor.removed"),
        (authenticator_reset, "identity.factor.renewed"),
    ):
        signal.connect(_factor(act), dispatch_uid=act, weak=False)


def on_account_event(scope: Scope, event: Event) -> None:
    """:raises NotSent: the relay tries again."""
    person = Person.objects.filter(id=event.payload["person"]).first()
    if person is not None:
        with translation.override(person.reads_in):
            kind = str(LABELS.get(event.payload.get("kind", ""), ""))
            again = _("不是您做的？请马上改密码，并在“账号与安全”里退出所有设备。")
            tell(person, f"{SENTENCES[event.event] % {'kind': kind}}{again}")


def on_role_not_back(scope: Scope, event: Event) -> None:
    """Who lost a role because places were changed and changed back hears it, and from whom he may have it again."""
    person = Person.objects.filter(id=event.payload["person"], is_active=True).first()
    if person is not None:
        place = list_divisions([event.payload["node"]])
        sentence = _("区划更新撤回了，您原来在%(place)s的身份没有恢复：%(why)s还要用的话，请联系给您授予的单位。")
        with translation.override(person.reads_in):
            why = str(STAYS_ENDED.get(event.payload["because"], ""))
            tell(person, str(sentence) % {"place": place[0].name if place else "", "why": why})


def _new_password(sender: Any, user: Person, **_more: Any) -> None:
    password_was_changed(person_id=user.pk)
    book_event(person=user, act="identity.password.changed", now=now())


def _factor(act: str) -> Any:
    def heard(sender: Any, request: HttpRequest, user: Person, authenticator: Any, **_more: Any) -> None:
        if home_of(request).name == stepup.BUILTIN:  # who signed in elsewhere owes his second factor there
            request.session.pop(SECOND_DUE, None)
        book_event(person=user, act=act, after={"kind": authenticator.type}, now=now())

    return heard
