"""People: how they are entered, get and lose their password, are suspended and reinstated."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import audit
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Refused, refusal_for
from falin.kernel.retention import RowRule
from falin.kernel.scope import Scope
from falin.kernel.spelling import syllables_of
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.commands.granting import propose_role
from tenants.identity.models import Invitation, Person, ServiceAccount, Session, Suspension
from tenants.identity.oidc.handing import reset_factors_there, send_along
from tenants.identity.passwords import encode, hash_of, one_time_password
from tenants.identity.queries.register import may_charge
from tenants.identity.rules import (
    INVITATIONS_KEPT,
    INVITED_FOR,
    NOT_TO_ONESELF,
    PASSWORD_AND_FACTORS,
    RESETS_APART,
)
from tenants.identity.signing import codes, slowing
from tenants.identity.types import Entered, PersonInfo, Role

# One that was used is over when it would have expired: who was let in by it, and when, is booked.
INVITATIONS = RowRule(purpose="invitation", label=gettext_lazy("用过或过期的邀请"), days=INVITATIONS_KEPT, shared=True,
                      rows=lambda scope: Invitation.objects.all(), over="expires_at")  # fmt: skip


def create_person(
    *, scope: Scope, username: str, name: str, password: str | None, now: datetime, email: str = "",
    must_change_password: bool = True, encoded: str = "",
) -> PersonInfo:  # fmt: skip
    """
    Enter somebody into the register.

    :param password: the first one, to be changed at first sign-in; ``None`` for somebody who cannot sign in yet.
    :param encoded: a password that is hashed already (a batch hashes one text once).
    :raises Refused: when the sign-in name is taken.
    """
    person = Person(
        username=username, name=name, pinyin=" ".join(syllables_of(name)), email=email,
        password=encoded or encode(password), must_change_password=must_change_password, created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise refusal_for(error, {"identity_person_username": username_taken}) or error from None
    audit.record(scope=scope, act="identity.person.created", subject=("person", person.id), node_id=None, now=now)
    return PersonInfo(id=person.id, username=username, name=name)


def username_taken() -> Refused:
    return Refused("identity.username_taken", _("这个登录名已经有人用了。"), field="username")


def enter_person(
    *, scope: Scope, username: str, name: str, role: Role, node_id: int, begins_on: date, ends_on: date, reason: str,
    now: datetime, subject_id: str = "", invite: bool = False,
) -> Entered:  # fmt: skip
    """
    Enter somebody with his first role: with a one-time password to be handed over, or with a link to choose his own.

    Neither is kept; the answer is the only place where they are read.

    :raises Refused: as ``create_person`` and ``propose_role``.
    """
    password = "" if invite else one_time_password()
    person = create_person(scope=scope, username=username, name=name, password=password or None, now=now,
                           must_change_password=not invite)  # fmt: skip
    binding = propose_role(scope=scope, person_id=person.id, role=role, node_id=node_id, begins_on=begins_on,
                           ends_on=ends_on, reason=reason, subject_id=subject_id, now=now)  # fmt: skip
    if password:
        send_along(person_id=person.id, password=password, now=now)
    token = _invite(scope, person.id, now) if invite else ""
    return Entered(person=person, binding=binding, password=password, token=token)


def _invite(scope: Scope, person_id: int, now: datetime) -> str:
    token = secrets.token_urlsafe(24)
    Invitation.objects.create(token_hash=hash_of(token), person_id=person_id, made_at=now, made_by=scope.person_id,
                              expires_at=now + INVITED_FOR)  # fmt: skip
    return token


def use_invitation(
    *, scope: Scope, token: str, password: str, now: datetime, there: bool = False
) -> PersonInfo:  # fmt: skip
    """
    Choose one's first password by the link one was sent; it works once.

    :param there: he signs on at the other home: the password is a one-time one, which opens his account there once.
    :raises Refused: the link is unknown, used or too old, or its person may not come in any more.
    """
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .filter(token_hash=hash_of(token), used_at__isnull=True, expires_at__gt=now, person__is_active=True)
        .first()
    )
    if row is None:
        raise policies.link_over()
    row.used_at = now
    row.save(update_fields=["used_at"])
    _set_password(row.person_id, password, must_change=there)
    if there:
        send_along(person_id=row.person_id, password=password, now=now)
    book(scope=scope, act="identity.invitation.used", person_id=row.person_id, node_id=None, now=now)
    person = Person.objects.get(id=row.person_id)
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def reset_password(*, scope: Scope, person_id: int, now: datetime) -> str:
    """
    A new one-time password in place of a lost one, to be changed at the next sign-in; his sessions and links are over.

    :raises Missing: :raises Forbidden: not everything he holds is the scope's charge.
    :raises Refused: the scope's holder took away his second factors lately.
    """
    check_charge(scope, person_id, now)
    if ServiceAccount.objects.filter(person=person_id).exists():
        raise policies.no_password_for_programs()
    _check_other_hand(scope, person_id, "identity.factors.reset", now)
    password = one_time_password()
    _set_password(person_id, password, must_change=True)
    send_along(person_id=person_id, password=password, now=now)
    Invitation.objects.filter(person_id=person_id, used_at__isnull=True).update(used_at=now)
    book(scope=scope, act="identity.password.reset", person_id=person_id, node_id=home_of_scope(scope), now=now)
    return password


def reset_factors(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    Take away the second factors of somebody who lost his, at either home; his sessions are over. By his password alone he
    comes in, and sets up another where he must have one.

    :raises Missing: :raises Forbidden: as ``reset_password``. :raises Refused: he has none, or the scope's holder gave
        him a new password lately: whoever does both could come in as him.
    """
    check_charge(scope, person_id, now)
    if ServiceAccount.objects.filter(person=person_id).exists():
        raise policies.no_password_for_programs()
    _check_other_hand(scope, person_id, "identity.password.reset", now)
    gone = Authenticator.objects.filter(user_id=person_id).delete()[0]
    there = reset_factors_there(person_id=person_id, now=now)
    if not (gone or there):
        raise policies.no_factors()
    Person.objects.filter(id=person_id).update(session_epoch=F("session_epoch") + 1)
    book(scope=scope, act="identity.factors.reset", person_id=person_id, node_id=home_of_scope(scope), why=why, now=now)


def _check_other_hand(scope: Scope, person_id: int, act: str, now: datetime) -> None:
    """One reset of a person waits for the other. :raises Refused: the scope's holder did the other half lately."""
    Person.objects.select_for_update(of=("self",)).get(id=person_id)
    did = audit.has_done(scope=scope, act=act, subject=("person", person_id), since=now - RESETS_APART)
    if did and not policies.is_system(scope):
        raise policies.parted(PASSWORD_AND_FACTORS)


def _set_password(person_id: int, password: str, *, must_change: bool) -> None:
    Person.objects.filter(id=person_id).update(
        password=encode(password), must_change_password=must_change, session_epoch=F("session_epoch") + 1
    )


def suspend_person(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    Shut somebody out at once: his sessions are over with this transaction, whatever browsers they lie in.

    :raises Missing: :raises Forbidden: :raises Refused: he is suspended already.
    """
    check_charge(scope, person_id, now)
    person = Person.objects.select_for_update(of=("self",)).get(id=person_id)
    if not person.is_active:
        raise Refused("identity.suspended_already", _("这个人已经停用了。"))
    person.is_active, person.session_epoch = False, person.session_epoch + 1
    person.save(update_fields=["is_active", "session_epoch"])
    Suspension.objects.create(person=person, begun_at=now, begun_by=scope.person_id, why=why)
    book(
        scope=scope,
        act="identity.person.suspended",
        person_id=person_id,
        node_id=home_of_scope(scope),
        why=why,
        now=now,
    )


def reinstate_person(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    Let a suspended person in again; he signs in anew.

    :raises Missing: :raises Forbidden: :raises Refused: he is not suspended.
    """
    check_charge(scope, person_id, now)
    person = Person.objects.select_for_update(of=("self",)).get(id=person_id)
    if person.is_active:
        raise Refused("identity.not_suspended", _("这个人没有停用。"))
    person.is_active = True
    person.save(update_fields=["is_active"])
    Suspension.objects.filter(person=person, ended_at__isnull=True).update(
        ended_at=now, ended_by=scope.person_id, ended_why=why
    )
    book(
        scope=scope,
        act="identity.person.reinstated",
        person_id=person_id,
        node_id=home_of_scope(scope),
        why=why,
        now=now,
    )


def check_charge(scope: Scope, person_id: int, now: datetime) -> None:
    """Everything the person holds, here or elsewhere, is the scope's charge: nobody shuts out another office's people."""
    policies.check_may_read(scope)
    if policies.is_system(scope):
        return
    if person_id == scope.person_id:
        raise policies.parted(NOT_TO_ONESELF)
    if not may_charge(scope=scope, person_id=person_id, on=legal_day(now)):
        raise policies.not_yours()


def home_of_scope(scope: Scope) -> int | None:
    """The place an act about a person is booked for: the actor's first."""
    return scope.roots[0] if scope.roots else None


def password_was_changed(*, person_id: int) -> None:
    """The first, given password is gone: the person may go on."""
    Person.objects.filter(id=person_id).update(must_change_password=False)


def forget_old_sessions(*, now: datetime) -> int:
    """Sessions that are over, and codes and counts of guesses nobody needs any more."""
    codes.forget_old(now=now)
    slowing.forget_old(now=now)
    return Session.objects.filter(expire_date__lt=now).delete()[0]
