"""The place where what is wrong in somebody's entry is put right: asked for by himself, done by whose charge he is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day
from falin.kernel.refusals import Invalid, Missing, Refused, refusal_for
from falin.kernel.scope import Scope
from falin.kernel.spelling import syllables_of
from tenants.identity import policies
from tenants.identity.commands.booking import book
from tenants.identity.commands.people import check_charge, home_of_scope, username_taken
from tenants.identity.models import Correction, Person
from tenants.identity.queries.correcting import is_on_a_register, may_be_corrected
from tenants.identity.types import PersonInfo


def correct_person(
    *, scope: Scope, person_id: int, name: str, username: str, why: str, now: datetime
) -> PersonInfo:  # fmt: skip
    """
    Put a name or sign-in name right; his sessions go on, his account at the other home follows.

    Booked is which of the two changed, never what they were. What he asked for himself is done with it.

    :raises Missing: :raises Forbidden: not everything he holds is the scope's charge.
    :raises Invalid: nothing changes, or a name that can be none. :raises Refused: the sign-in name is taken; the name of an
        adviser follows the register of advisers.
    """
    check_charge(scope, person_id, now)
    person = Person.objects.select_for_update(of=("self",)).get(id=person_id)
    wanted = _checked(person, name, username)
    for field, value in wanted.items():
        setattr(person, field, value)
    if "name" in wanted:
        person.pinyin = " ".join(syllables_of(person.name))
    try:
        with transaction.atomic():
            person.save(update_fields=[*wanted, "pinyin"])
    except IntegrityError as error:
        raise refusal_for(error, {"identity_person_username": username_taken}) or error from None
    Correction.objects.filter(person=person, done_at__isnull=True).update(done_at=now)
    book(scope=scope, act="identity.person.corrected", person_id=person_id, node_id=home_of_scope(scope), why=why,
         after={"changed": sorted(wanted)}, now=now)  # fmt: skip
    return PersonInfo(id=person.id, username=person.username, name=person.name)


def decline_correction(*, scope: Scope, person_id: int, why: str, now: datetime) -> None:
    """
    Say no to what somebody asked to have put right; he reads the reason, and may ask anew.

    :raises Missing: he asked for nothing, or it is done. :raises Forbidden: not everything he holds is the scope's charge.
    """
    check_charge(scope, person_id, now)
    asked = Correction.objects.select_for_update(of=("self",)).filter(person_id=person_id, done_at__isnull=True).first()
    if asked is None:
        raise Missing("identity.nothing_asked", _("他没有请求更正，或者已经办过了。"))
    asked.done_at, asked.declined_by, asked.why = now, scope.person_id, why
    asked.save(update_fields=["done_at", "declined_by", "why"])
    book(scope=scope, act="identity.correction.declined", person_id=person_id, node_id=home_of_scope(scope), why=why,
         now=now)  # fmt: skip


def rename_account(*, scope: Scope, person_id: int, name: str, why: str, now: datetime) -> None:
    """
    An adviser's account is called as the register of advisers calls him, for who put it right there and was asked there
    whether he may; his account at the other home follows.
    """
    merged = Person.objects.values_list("merged_into", flat=True).get(id=person_id)
    person = Person.objects.select_for_update(of=("self",)).get(id=merged or person_id)
    if person.name == name:
        return
    person.name, person.pinyin = name, " ".join(syllables_of(name))
    person.save(update_fields=["name", "pinyin"])
    book(scope=scope, act="identity.person.corrected", person_id=person.id, node_id=home_of_scope(scope), why=why,
         after={"changed": ["name"]}, now=now)  # fmt: skip


def ask_for_correction(*, scope: Scope, name: str, username: str, now: datetime) -> None:
    """
    Say how one's own name or sign-in name should be; whose charge one is is told. Said again, it takes the place of before.

    :raises Invalid: as ``correct_person``. :raises Refused: nobody may do it here.
    """
    person = Person.objects.select_for_update(of=("self",)).get(id=scope.person_id)
    wanted: dict[str, Any] = {"name": person.name, "username": person.username, **_checked(person, name, username)}
    if Person.objects.filter(username=wanted["username"]).exclude(id=person.id).exists():
        raise username_taken()
    if not may_be_corrected(person_id=person.id, on=legal_day(now)):
        raise Refused("identity.nobody_corrects", _("网上没有人管您的身份，请联系平台运维在终端上更正。"))
    Correction.objects.update_or_create(
        person=person, done_at__isnull=True, defaults={**wanted, "asked_at": now, "person": person}
    )
    book(scope=scope, act="identity.correction.asked", person_id=person.id, node_id=None, now=now)


def check_names(name: str, username: str) -> dict[str, str]:
    """Both as they are kept. :raises Invalid: one that can be none."""
    given = {"name": " ".join(name.split()), "username": username.strip()}
    if not 2 <= len(given["name"]) <= 60:
        raise Invalid("identity.no_name", _("姓名要 2 到 60 个字。"), field="name")
    try:
        ASCIIUsernameValidator()(given["username"])
    except ValidationError:
        raise policies.no_username() from None
    if len(given["username"]) > 60:
        raise policies.no_username()
    return given


def _checked(person: Person, name: str, username: str) -> dict[str, str]:
    """Of both what differs."""
    given = check_names(name, username)
    wanted = {field: value for field, value in given.items() if getattr(person, field) != value}
    if not wanted:
        raise Invalid("identity.nothing_to_correct", _("和现在的一样，没有要改的。"), field="name")
    if "name" in wanted and is_on_a_register(person.id):
        raise Refused(
            "identity.name_of_an_adviser",
            _("法律顾问的姓名由县（区）工作专班核对证件后在顾问登记里更正；这里可以改登录名。"),
            field="name",
        )
    return wanted
