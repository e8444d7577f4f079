"""Separation of duties (sheet identity.md) asked again at each act: a conflict that no grant made opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.identity.models import Binding
from tenants.identity.queries import read_signed_in, scope_in_force, scope_of
from tenants.identity.types import Role
from tests.app.divisions.changing import Change
from tests.app.identity.cast import enter, hold, number, roles_of
from tests.statements import statements
from tests.world import PEOPLE, TODAY, World

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def slipped_in(world: World) -> int:
    """A row written past the commands: who runs the county also audits it."""
    row = Binding.objects.get(person=number("county"))
    row.pk, row.role = None, Role.AUDITOR
    row.save(force_insert=True)
    return int(row.pk)


def _rule(username: str) -> str:
    signed_in = read_signed_in(person_id=number(username), on=TODAY)
    assert signed_in is not None
    return signed_in.parted.code if signed_in.parted else ""


def test_a_row_past_the_commands_opens_neither_of_the_two_roles_until_one_has_ended(
    world: World, slipped_in: int
) -> None:
    assert roles_of("county") == set()
    assert _rule("county") == "auditor_is_not_operational"
    Binding.objects.filter(id=slipped_in).update(
        valid_from=TODAY - timedelta(days=9), valid_to=TODAY - timedelta(days=1)
    )
    assert (roles_of("county"), _rule("county")) == ({"county_team"}, "")


def test_who_comes_in_all_the_same_reads_the_rule_and_no_job_or_token_works_under_it(
    world: World, sign_in: Any, slipped_in: int
) -> None:
    client = sign_in("county")
    for address in ("/", "/people/", "/advisers/"):
        page = client.get(address)
        assert page.status_code == 403
        assert "审计人员不能在同一辖区内担任业务工作。" in page.content.decode()
    assert client.post("/lists/advisers/export/", {"format": "csv"}).status_code == 403
    assert client.get("/api/v1/advisers/").status_code == 401
    tenant = Binding.objects.get(id=slipped_in).tenant_id
    assert scope_in_force(number("county"), f"county_team@{tenant}") is None
    Binding.objects.filter(id=slipped_in).delete()
    found = scope_in_force(number("county"), f"county_team@{tenant}")
    assert found is not None and found.role == "county_team"


def test_a_place_that_moves_under_what_he_audits_ends_both_from_that_day_on(world: World) -> None:
    enter("both")
    hold(world, "both", Role.AUDITOR, "330102")
    hold(world, "both", Role.STREET_OFFICER, "330106109")
    Change(world).move("330106109", under="330102").on(TOMORROW)
    assert roles_of("both") == {"auditor", "street_officer"}
    assert roles_of("both", on=TOMORROW) == set()


def test_a_role_elsewhere_stays_and_every_page_says_why_the_others_do_not(
    world: World, sign_in: Any, slipped_in: int
) -> None:
    hold(world, "county", Role.STREET_OFFICER, "330203001")
    assert roles_of("county") == {"street_officer"}
    page = sign_in("county").get("/").content.decode()
    assert "审计人员不能在同一辖区内担任业务工作。" in page
    assert "暂时不能用" in page
    assert "暂时不能用" not in sign_in("street").get("/").content.decode()


def test_a_rule_that_was_changed_holds_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tenants.identity import rules

    enter("both")
    hold(world, "both", Role.LIAISON, "330106109200")
    hold(world, "both", Role.STREET_OFFICER, "330203001")
    assert len(roles_of("both")) == 2
    anywhere = replace(
        rules.SEPARATIONS[1], one=frozenset({Role.LIAISON}), other=frozenset({Role.STREET_OFFICER}), anywhere=True
    )
    monkeypatch.setattr(rules, "SEPARATIONS", (anywhere,))
    assert roles_of("both") == set()


def decision(username: str) -> list[str]:
    """What is said to the database until a request knows what it may: who comes in, his hats, their scopes and grants."""
    person = number(username)
    with CaptureQueriesContext(connection) as asked:
        signed_in = read_signed_in(person_id=person, on=TODAY)
        assert signed_in is not None
        for hat in signed_in.hats:
            scope_of(signed_in, hat).may("people.read")
    return statements(asked)


def test_the_decision_costs_a_list_one_statement_and_a_second_for_a_city_and_for_roles_that_can_be_parted(
    world: World,
) -> None:
    enter("two")
    hold(world, "two", Role.LIAISON, "330106109200")
    hold(world, "two", Role.STREET_OFFICER, "330106002")
    enter("apart")
    hold(world, "apart", Role.AUDITOR, "330102")
    hold(world, "apart", Role.STREET_OFFICER, "330106002")
    assert len(roles_of("two")) == len(roles_of("apart")) == 2
    found = {username: len(decision(username)) for username in (*PEOPLE, "two", "apart")}
    # A city's officer works in the province's schema: which bodies lie below his city is asked for.
    assert found == dict.fromkeys((*PEOPLE, "two"), 1) | {"apart": 2, "city": 2, "city2": 2}
