"""An adviser's name or identity number is put right where he is on the list; what is over keeps the name of its day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from falin.kernel import crypto, relay
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Invalid, Missing, Refused
from falin.kernel.transactions import inside
from services.advisers.commands import correct_identity, end_appointment, open_account
from services.advisers.models import Adviser, Appointment
from services.advisers.rules import pinyin_of
from tenants.identity.api import system_of
from tenants.identity.models import Person
from tenants.registry.api import find_by_schema
from tests.app.advisers.office import Office
from tests.world import NOW, World

Book = Callable[..., dict[str, Any]]
HUBU, LINGSHAN, OTHER_COUNTY = "330106109200", "330106109201", "330102001001"
NUMBER = "330106198501010036"  # of nobody in the office
WHY = "核对身份证，登记时写错了"


def correct(world: World, adviser: Any, by: str = "county", **given: Any) -> None:
    scope = world.scope(by)
    with inside(scope, read_only=False):
        correct_identity(scope=scope, adviser_id=adviser.id, now=NOW, **{"why": WHY, **given})


def names(world: World, by: str = "county") -> dict[str, str]:
    scope = world.scope(by)
    with inside(scope, read_only=True):
        rows = Appointment.objects.in_scope(scope).select_related(None).order_by("begins_on")
        return {str(row.node_id): row.adviser_name for row in rows}


def test_a_corrected_number_is_encrypted_for_its_row_and_found_by_its_new_index(world: World, office: Office) -> None:
    adviser = office.adviser()
    before = bytes(Adviser.objects.get().id_index)
    correct(world, adviser, id_number=NUMBER)
    row, tenant = Adviser.objects.get(), world.schema("33")
    assert crypto.decrypt(row.id_sealed, crypto.Place(tenant, "advisers_adviser", "id_number", str(row.id))) == NUMBER
    assert bytes(row.id_index) == crypto.blind_index(NUMBER, tenant=tenant, purpose="adviser.id") != before
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(row.id_sealed, crypto.Place(tenant, "advisers_adviser", "phone", str(row.id)))


def test_booked_and_told_is_which_of_them_changed_and_neither_value(world: World, office: Office) -> None:
    adviser = office.adviser("周以宁")
    correct(world, adviser, name=" 周以  宁安 ", id_number=NUMBER)
    with inside(world.scope("county"), read_only=True):
        entry = AuditEntry.objects.get(act="advisers.adviser.corrected")
        event = OutboxEvent.objects.get(event="advisers.adviser.corrected")
    assert (entry.before, entry.after, entry.why) == ({}, {"changed": ["id_number", "name"]}, WHY)
    assert event.payload == {"adviser": str(adviser.id), "changed": ["id_number", "name"]}
    row = Adviser.objects.get()
    assert (row.name, row.pinyin) == ("周以 宁安", pinyin_of("周以 宁安"))


def test_his_account_and_what_goes_on_are_called_by_the_new_name_and_what_is_over_by_the_old(
    world: World, office: Office
) -> None:
    adviser = office.adviser("周以宁")
    over = office.appoint(adviser, LINGSHAN, begins_on=date(2026, 1, 1))
    office.appoint(adviser, HUBU, begins_on=date(2026, 3, 1))
    scope = world.scope("county")
    with inside(scope, read_only=False):
        end_appointment(scope=scope, appointment_id=over.id, on_day=date(2026, 11, 15), why="辞任", now=NOW)
        account = open_account(scope=scope, adviser_id=adviser.id, now=NOW)
    epoch = Person.objects.get(id=account.person_id).session_epoch
    correct(world, adviser, name="周亦宁")
    assert names(world) == {str(world.node(LINGSHAN)): "周以宁", str(world.node(HUBU)): "周亦宁"}
    person = Person.objects.get(id=account.person_id)
    assert (person.name, person.pinyin, person.session_epoch) == ("周亦宁", "zhou yi ning", epoch)
    with inside(scope, read_only=True):  # by which the account at the other home follows
        told = OutboxEvent.objects.get(event="identity.person.corrected")
        booked = AuditEntry.objects.get(act="identity.person.corrected")
    assert (told.key, booked.after) == (f"person:{person.id}", {"changed": ["name"]})


def test_another_county_of_his_follows_by_an_event_of_its_own_without_the_name(world: World, office: Office) -> None:
    adviser = office.adviser("周以宁")
    office.appoint(adviser, HUBU)
    office.appoint(adviser, OTHER_COUNTY, by="county2")
    correct(world, adviser, name="周亦宁")
    assert set(names(world, "county2").values()) == {"周以宁"}
    there = system_of(find_by_schema(world.schema("330102")))
    with inside(there, read_only=True):
        assert OutboxEvent.objects.get(event="advisers.adviser.renamed").payload == {"adviser": str(adviser.id)}
    relay.drain({there.schema: there}, clock=lambda: NOW)
    assert set(names(world, "county2").values()) == {"周亦宁"}


def test_a_number_of_another_adviser_is_refused_at_the_field_without_being_said(
    world: World, office: Office, book: Book
) -> None:
    office.adviser("何叙")
    second = office.adviser("沈清和")
    before = book()
    with pytest.raises(Refused) as caught:
        correct(world, second, id_number="330106198501010001")
    assert (caught.value.code, caught.value.field) == ("advisers.identity_registered", "id_number")
    assert "330106" not in caught.value.message
    assert book() == before


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": "周以宁", "id_number": "330106198501010001"}, "advisers.nothing_to_correct"),
        ({"name": "周"}, "advisers.no_name"), ({"name": "周亦宁", "why": " "}, "advisers.needed"),
        ({"name": "周亦宁", "why": "身份证 330106198501010001"}, "advisers.personal_data"),
    ],
)  # fmt: skip
def test_what_changes_nothing_or_gives_no_reason_is_refused_and_nothing_is_booked(
    world: World, office: Office, book: Book, given: dict[str, Any], code: str
) -> None:
    adviser = office.adviser("周以宁")
    before = book()
    with pytest.raises(Invalid) as caught:
        correct(world, adviser, **given)
    assert caught.value.code == code
    assert book() == before


@pytest.mark.parametrize("by", ["county2", "street", "liaison", "leader", "city", "auditor"])
def test_nobody_corrects_but_the_team_on_whose_list_he_is(world: World, office: Office, book: Book, by: str) -> None:
    adviser = office.adviser("周以宁")
    before = book()
    with pytest.raises(Refused) as caught:
        correct(world, adviser, by=by, name="周亦宁")
    assert isinstance(caught.value, Missing) == (by == "county2")
    assert book() == before
