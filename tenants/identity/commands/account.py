"""
Acts on one's own account: sign-ins and failures booked, sessions ended, telephone and mail address proved and taken over.

All of it is booked in the shared schema: an account belongs to a person, not to one of his offices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db.models import F
from django.http import HttpRequest

from falin.kernel import audit, crypto, stepup
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from falin.kernel.transactions import shared
from tenants.identity.commands.booking import book
from tenants.identity.models import Person, Session
from tenants.identity.oidc.handing import end_there
from tenants.identity.passwords import encode
from tenants.identity.policies import no_session
from tenants.identity.queries.account import (
    CODE_ADDRESS,
    PHONE,
    OwnAccount,
    phone_index,
    read_own_account,
    session_id,
)
from tenants.identity.sessions import kept_as
from tenants.identity.signing import codes
from tenants.identity.signing.whence import device_of, network_of
from tenants.identity.types import Purpose


def book_event(*, person: Person, act: str, now: datetime, after: Mapping[str, Any] | None = None) -> None:
    """Book what somebody did to his own account, and have him told of it; in a transaction of its own."""
    with shared(read_only=False) as system:
        scope = replace(system, person_id=person.pk, role="person")
        book(scope=scope, act=act, person_id=person.pk, node_id=None, now=now, after=after)


def book_sign_in(*, request: HttpRequest, person: Person, now: datetime) -> None:
    proof = stepup.proof_of(request)
    facts = {"device": device_of(request), "network": network_of(request), "level": proof.level if proof else 1}
    with shared(read_only=False) as system:
        scope = replace(system, person_id=person.pk, role="person")
        audit.record(
            scope=scope,
            act=codes.SIGNED_IN,
            subject=("person", person.pk),
            node_id=None,
            after=facts,
            now=now,
        )


def book_failure(*, person: Person | None, name: str, network: str, just_slowed: bool, now: datetime) -> None:
    """A wrong password. Of a name nobody has, only a keyed hash is kept: people type passwords into that field."""
    known = crypto.blind_index(name, tenant=PUBLIC_SCHEMA, purpose="sign-in name").hex()[:16]
    act = "identity.guessing.slowed" if just_slowed else "identity.password.failed"
    with shared(read_only=False) as system:
        if person is not None and just_slowed:
            book(scope=system, act=act, person_id=person.pk, node_id=None, after={"network": network}, now=now)
            return
        subject = ("person", person.pk) if person is not None else ("sign-in", known)
        audit.record(scope=system, act=act, subject=subject, node_id=None, after={"network": network}, now=now)


def book_wrong_digits(*, person: Person, network: str, just_slowed: bool, now: datetime) -> None:
    """Wrong digits after a right password: somebody knows it. Told to the person once it is more than a slip."""
    with shared(read_only=False) as system:
        if just_slowed:
            book(scope=system, act="identity.digits.slowed", person_id=person.pk, node_id=None, after={"network": network},
                 now=now)  # fmt: skip
            return
        audit.record(scope=system, act="identity.digits.failed", subject=("person", person.pk), node_id=None,
                     after={"network": network}, now=now)  # fmt: skip


def must_change(*, person_id: int, now: datetime) -> None:
    """The password turned out to be one that attackers know."""
    if Person.objects.filter(id=person_id, must_change_password=False).update(must_change_password=True):
        with shared(read_only=False) as system:
            book(scope=system, act="identity.password.found_common", person_id=person_id, node_id=None, now=now)


def tell_of_duty(*, person_id: int, by: date) -> None:
    """The days of grace count from the first time."""
    Person.objects.filter(id=person_id, second_factor_by__isnull=True).update(second_factor_by=by)


def choose_language(*, scope: Scope, language: str, now: datetime) -> None:
    """
    Say in which language one is written to: by mail and SMS, in calendars, and on a browser that knows of no choice.

    :param language: one of ``settings.LANGUAGES``; whoever asks has checked it.
    """
    person = Person.objects.select_for_update(of=("self",)).get(id=scope.person_id)
    if person.language == language:
        return
    before, person.language = person.language, language
    person.save(update_fields=["language"])
    audit.record(scope=scope, act="identity.language.chosen", subject=("person", person.pk), node_id=None, now=now,
                 before={"language": before}, after={"language": language})  # fmt: skip


def end_session(*, scope: Scope, session: str, now: datetime) -> None:
    """
    End one of one's own sessions: its next request, in whatever process, finds none.

    :raises Missing: one has no such session.
    """
    rows = Session.objects.filter(person_id=scope.person_id)
    key = next((key for key in rows.values_list("session_key", flat=True) if session_id(key) == session), None)
    if key is None:
        raise no_session()
    rows.filter(session_key=key).delete()
    end_there(person_id=scope.person_id, now=now)
    book(scope=scope, act="identity.session.ended", person_id=scope.person_id, node_id=None, now=now)


def end_other_sessions(*, scope: Scope, current: str | None, now: datetime) -> int:
    """End all of one's sessions but the one this is said in, and those at the issuer they came from; how many."""
    ended = Session.objects.filter(person_id=scope.person_id).exclude(session_key=kept_as(current or "")).delete()[0]
    end_there(person_id=scope.person_id, now=now)
    book(
        scope=scope,
        act="identity.sessions.ended",
        person_id=scope.person_id,
        node_id=None,
        after={"count": ended},
        now=now,
    )
    return int(ended)


def set_forgotten_password(
    *, scope: Scope, person_id: int, browser: str, password: str, digits: str, now: datetime
) -> bool:
    """
    Take a code and a new password in its place; all sessions are over. Whether the code was right.

    A wrong one is counted, so nothing is raised that would undo the count. What the rules say of a password and its
    person is asked only now: before, it would tell of him.

    :raises ValidationError: the code was right and is still good; the password will not do.
    """
    code = codes.use_code(person_id=person_id, purpose=Purpose.PASSWORD, browser=browser, digits=digits, now=now)
    if code is None:
        if person_id:
            audit.record(scope=scope, act="identity.code.failed", subject=("person", person_id), node_id=None, now=now)
        return False
    validate_password(password, Person.objects.get(id=person_id))
    Person.objects.filter(id=person_id).update(
        password=encode(password), must_change_password=False, session_epoch=F("session_epoch") + 1
    )
    own = replace(scope, person_id=person_id, role="person")
    book(scope=own, act="identity.password.recovered", person_id=person_id, node_id=None, now=now)
    return True


def take_over_address(*, scope: Scope, purpose: Purpose, digits: str, now: datetime) -> bool:
    """Make the number or mail address one has just proved one's own. Whether the code was right; the try is counted."""
    code = codes.use_code(person_id=scope.person_id, purpose=purpose, digits=digits, now=now)
    if code is None:
        audit.record(
            scope=scope, act="identity.code.failed", subject=("person", scope.person_id), node_id=None, now=now
        )
        return False
    address = crypto.decrypt(code.address_sealed, CODE_ADDRESS.place(PUBLIC_SCHEMA, code.pk))
    person = Person.objects.select_for_update(of=("self",)).get(id=scope.person_id)
    if purpose == Purpose.EMAIL:
        person.email = address
    else:
        person.phone_sealed = crypto.encrypt(address, PHONE.place(PUBLIC_SCHEMA, person.pk))
        person.phone_index = phone_index(address)
    person.save(update_fields=["email", "phone_sealed", "phone_index"])
    book(scope=scope, act=f"identity.{purpose}.changed", person_id=person.pk, node_id=None, now=now)
    return True


def take_own_account(*, scope: Scope, now: datetime) -> OwnAccount:
    """What is kept about the scope's holder as a person of the register, whoever he is; booked where he acts now."""
    audit.record(scope=scope, act="identity.record.taken", subject=("person", scope.person_id), node_id=None, now=now)
    return read_own_account(person_id=scope.person_id, now=now)
