"""Firms and advisers come onto the register once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from falin.kernel import crypto
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Refused
from falin.kernel.transactions import inside
from services.advisers.commands import register_adviser, register_firm, update_adviser
from services.advisers.models import Adviser
from tests.app.advisers.office import UNKNOWN, Office
from tests.world import NOW, TODAY, World

Book = Callable[..., dict[str, Any]]
PLAIN: dict[str, Any] = {"name": "周以宁", "id_number": "330106198501010099", "phone": "13800000099"}


def refuse(world: World, act: Any, by: str = "county", **arguments: Any) -> Refused:
    scope = world.scope(by)
    with pytest.raises(Refused) as caught, inside(scope, read_only=False):
        act(scope=scope, now=NOW, **arguments)
    return caught.value


def test_the_numbers_can_be_read_back_at_their_own_place_only(world: World, office: Office) -> None:
    made = office.adviser()
    row = Adviser.objects.get()
    place = crypto.Place(world.schema("33"), "advisers_adviser", "id_number", str(made.id))
    assert crypto.decrypt(row.id_sealed, place) == "330106198501010001"
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(row.id_sealed, crypto.Place(world.schema("33"), "advisers_adviser", "phone", str(made.id)))


def test_the_same_identity_number_is_refused_at_the_field_in_every_county(
    world: World, office: Office, book: Book
) -> None:
    office.adviser()
    firm = office.firm("另一家律师事务所")
    before = book("county2")
    refused = refuse(
        world, register_adviser, by="county2", firm_id=firm.id, **PLAIN | {"id_number": "330106198501010001"}
    )
    assert (refused.code, refused.field) == ("advisers.identity_registered", "id_number")
    assert "330106" not in refused.message
    assert book("county2") == before


def test_the_same_telephone_is_refused_at_the_field(world: World, office: Office, book: Book) -> None:
    adviser = office.adviser()
    before = book()
    refused = refuse(world, register_adviser, firm_id=adviser.firm_id, **PLAIN | {"phone": "13812340001"})
    assert (refused.code, refused.field) == ("advisers.phone_registered", "phone")
    assert book() == before


def test_an_unknown_firm_is_refused(world: World, book: Book) -> None:
    before = book()
    assert refuse(world, register_adviser, firm_id=UNKNOWN, **PLAIN).code == "advisers.no_firm"
    assert book() == before


def test_a_firm_is_registered_once_a_province(world: World, office: Office, book: Book) -> None:
    office.firm("浙江湖畔律师事务所")
    before = book("county2")
    refused = refuse(world, register_firm, by="county2", name=" 浙江湖畔律师事务所 ")
    assert (refused.code, refused.field) == ("advisers.firm_registered", "name")
    assert book("county2") == before


@pytest.mark.parametrize("by", ["street", "liaison", "leader", "city"])
def test_only_the_county_team_registers(world: World, office: Office, book: Book, by: str) -> None:
    firm = office.firm()
    before = book()
    assert isinstance(refuse(world, register_adviser, by=by, firm_id=firm.id, **PLAIN), Forbidden)
    assert isinstance(refuse(world, register_firm, by=by, name="又一家律师事务所"), Forbidden)
    assert book() == before


def test_a_correction_says_what_changed_and_books_no_number(world: World, office: Office) -> None:
    adviser = office.adviser()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        made = update_adviser(scope=scope, adviser_id=adviser.id, phone="13900001111", specialties=["物业"], now=NOW)
    assert made.phone_masked == "*******1111"
    with inside(scope, read_only=True):
        entry = AuditEntry.objects.get(act="advisers.adviser.corrected")
        assert OutboxEvent.objects.filter(event="advisers.adviser.corrected").count() == 1
    assert entry.before == {"specialties": []}
    assert entry.after == {"specialties": ["物业"], "changed": ["phone", "specialties"]}


def test_a_correction_that_changes_nothing_books_nothing(world: World, office: Office, book: Book) -> None:
    adviser = office.adviser()
    before = book()
    scope = world.scope("county")
    with inside(scope, read_only=False):
        update_adviser(scope=scope, adviser_id=adviser.id, phone="13812340001", firm_id=adviser.firm_id, now=NOW)
    assert book() == before


def test_a_correction_to_anothers_telephone_is_refused(world: World, office: Office, book: Book) -> None:
    first, second = office.adviser("何叙"), office.adviser("沈清和")
    before = book()
    refused = refuse(world, update_adviser, adviser_id=second.id, phone="13812340001")
    assert (refused.code, refused.field) == ("advisers.phone_registered", "phone")
    assert book() == before
    assert first.exam_passed_on is not None
    assert first.exam_passed_on < TODAY
