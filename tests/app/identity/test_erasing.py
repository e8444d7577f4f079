"""What somebody who left could be reached by is erased on request, by who looked after him; his name and roles stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from falin.kernel import crypto
from falin.kernel.models import AuditEntry
from falin.kernel.scope import PUBLIC_SCHEMA
from falin.kernel.transactions import inside, shared
from tenants.identity import commands, queries
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import PHONE, phone_index
from tenants.identity.signing.codes import ask_to_prove
from tenants.identity.types import Purpose, Role
from tests import leaks
from tests.app.identity.cast import act, ask, nothing_changes, number, propose, scope
from tests.conftest import ADMIN, with_name
from tests.world import NOW, TODAY, World

TELEPHONE, NEW, MAIL = "13812345678", "13987654321", "wang.guiying@example.cn"


@pytest.fixture(autouse=True)
def _reachable(office: World) -> None:
    """The liaison left a telephone and an address, and is just proving another telephone."""
    person = Person.objects.get(username="liaison")
    person.phone_sealed = crypto.encrypt(TELEPHONE, PHONE.place(PUBLIC_SCHEMA, person.pk))
    person.phone_index, person.email = phone_index(TELEPHONE), MAIL
    person.save()
    with shared(read_only=False) as system:
        ask_to_prove(scope=system, person_id=person.pk, purpose=Purpose.PHONE, address=NEW, now=NOW)


def erase(by: str = "county", who: str = "liaison", why: str = "本人要求") -> Any:
    return act(by, commands.erase_contacts, person_id=number(who), why=why)


def leaves(who: str = "liaison") -> None:
    act("county", commands.leave_office, person_id=number(who), why="退休")


def test_of_who_left_nothing_is_kept_by_which_he_could_be_reached(office: World) -> None:
    leaves()
    assert ask("county", queries.may_erase_contacts, person_id=number("liaison"), on=TODAY)
    before = Person.objects.get(username="liaison")
    erase()
    row = Person.objects.get(username="liaison")
    assert (row.email, bytes(row.phone_sealed), bytes(row.phone_index)) == ("", b"", b"")
    assert not Code.objects.filter(person=row).exists()
    assert (row.name, row.username, row.is_active) == (before.name, "liaison", True)
    assert [one.role for one in ask("county", queries.get_record, person_id=row.id, on=TODAY).bindings] == [
        Role.LIAISON
    ]
    with inside(scope("county"), read_only=True):
        booked = AuditEntry.objects.get(act="identity.contacts.erased")
        assert (booked.subject_id, booked.why) == (str(row.id), "本人要求")
    url = with_name(ADMIN, str(connection.settings_dict["NAME"]))
    kept = {bytes(before.phone_sealed).hex(), bytes(before.phone_index).hex(), MAIL, TELEPHONE, NEW}
    with_hex = ((where, text) for where, text in leaks.every_value(url))
    assert {where for where, text in with_hex if any(one in text for one in kept)} == set()
    assert not ask("county", queries.may_erase_contacts, person_id=row.id, on=TODAY)


def test_a_record_that_turned_out_to_be_him_is_erased_with_his(office: World) -> None:
    gone = Person.objects.get(username="liaison")
    leaves()
    leaves("street2")
    kept = Person.objects.get(username="street2")
    Person.objects.filter(id=gone.id).update(merged_into=kept.id)
    assert ask("county", queries.may_erase_contacts, person_id=kept.id, on=TODAY)
    erase(who="street2")
    assert Person.objects.get(id=gone.id).email == ""
    assert bytes(Person.objects.get(id=gone.id).phone_sealed) == b""


def test_of_who_works_on_now_or_later_nothing_is_erased(office: World) -> None:
    with nothing_changes("still_holds", "county"):
        erase()
    leaves()
    propose(office, "county", "liaison", Role.LIAISON, "330106109201", begins_on=TODAY + timedelta(days=20))
    with nothing_changes("still_holds", "county"):
        erase()
    assert not ask("county", queries.may_erase_contacts, person_id=number("liaison"), on=TODAY)
    assert Person.objects.get(username="liaison").email == MAIL


@pytest.mark.parametrize(("by", "refusal"), [("county2", "no_person"), ("auditor3", "not_yours")])
def test_nobody_but_who_looked_after_him_erases_anything(office: World, by: str, refusal: str) -> None:
    leaves()
    with nothing_changes(refusal, by):
        erase(by=by)
    assert Person.objects.get(username="liaison").email == MAIL


def test_a_reason_that_names_his_number_is_refused_and_nothing_is_erased_twice(office: World) -> None:
    leaves()
    with nothing_changes("personal_data", "county"):
        erase(why=f"他的电话 {TELEPHONE}")
    erase()
    with nothing_changes("nothing_to_erase", "county"):
        erase()
