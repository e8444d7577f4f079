"""Separation of duties asked again at each act: a conflict that no grant made opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from falin.kernel.clock import now
from falin.kernel.transactions import shared
from tenants.divisions.api import get_division, list_county_bodies, subtree_ids
from tenants.identity import policies
from tenants.identity.models import Binding, Emergency
from tenants.identity.queries import read_signed_in, scope_in_force
from tenants.identity.queries.signing_in import nodes_of
from tenants.identity.roles import ROLES
from tenants.identity.types import Role
from tenants.registry.types import Kind
from tests.app.divisions.changing import Change
from tests.app.identity.cast import enter, hold, number, roles_of
from tests.world import PLACES, TODAY, World

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


# Where somebody of each role holds it; an adviser's and a manager's rows are one adviser's and one firm's.
HELD: dict[Role, tuple[str, str]] = {
    Role.PROVINCE_LEADER: ("33", ""), Role.CITY_OFFICER: ("3301", ""), Role.COUNTY_TEAM: ("330106", ""),
    Role.COUNTY_FINANCE: ("330106", ""), Role.STREET_OFFICER: ("330106109", ""), Role.LIAISON: ("330106109200", ""),
    Role.ADVISER: ("330106109200", "7" * 32), Role.FIRM_MANAGER: ("33", "8" * 32), Role.INSPECTOR: ("3301", ""),
    Role.AUDITOR: ("3301", ""), Role.EVALUATOR: ("33", ""), Role.DATA_STEWARD: ("3301", ""),
    Role.SYSTEM_ADMINISTRATOR: ("33", ""), Role.SECURITY_ADMINISTRATOR: ("33", ""),
    Role.AUDIT_ADMINISTRATOR: ("33", ""), Role.OPERATOR: ("33", ""),
}  # fmt: skip


def decision(client: Any, address: str = "/desk/notices/") -> list[str]:
    """What is said to the database for a list page before its own transaction begins: who comes in, and what he may."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    said = [query["sql"] for query in asked.captured_queries]
    before = said[: next(at for at, text in enumerate(said) if "public.enter(" in text)]
    return [text for text in before if text != "BEGIN"]


def test_deciding_costs_a_list_one_statement_whatever_ones_role(world: World, sign_in: Any) -> None:
    assert set(HELD) == set(Role) - {Role.RESIDENT}  # who is given no role here: there is nothing to decide
    for role, (code, subject) in HELD.items():
        username = f"some_{role}"
        enter(username)
        hold(world, username, role, code, subject_id=subject)
        (only,) = decision(sign_in(username))
        assert "public.who_came_in(" in only, role


def test_and_of_who_holds_two_that_a_rule_may_part_and_of_an_operator_who_looks_in(world: World, sign_in: Any) -> None:
    enter("two")
    hold(world, "two", Role.LIAISON, "330106109200")
    hold(world, "two", Role.STREET_OFFICER, "330106002")
    enter("apart")
    hold(world, "apart", Role.AUDITOR, "330102")
    hold(world, "apart", Role.STREET_OFFICER, "330106002")
    assert len(roles_of("two")) == len(roles_of("apart")) == 2
    moment = now()
    with shared(read_only=False):
        Emergency.objects.create(
            operator_id=number("operator"), tenant=Binding.objects.get(person=number("county")).tenant, minutes=60,
            incident="INC-1", reason="测试", asked_at=moment, decided_by_id=number("county"), decided_at=moment,
            ends_at=moment + timedelta(hours=1),
        )  # fmt: skip
    for username in ("two", "apart", "operator"):
        (only,) = decision(sign_in(username))
        assert "public.who_came_in(" in only, username
    signed_in = read_signed_in(person_id=number("operator"), on=TODAY)
    assert signed_in is not None
    assert [bool(hat.emergency) for hat in signed_in.hats] == [False, True]


def test_what_came_along_is_what_asking_the_tree_would_have_said(world: World) -> None:
    """At every place a role may be given: all that lies below in a county's schema, a province's bodies in its own."""
    enter("someone")
    for role in set(HELD) - {Role.ADVISER, Role.FIRM_MANAGER, Role.OPERATOR}:
        for code in PLACES:
            place = get_division(world.node(code))
            if not ROLES[role].levels & policies.grades_of(place):
                continue
            held = hold(world, "someone", role, code)
            signed_in = read_signed_in(person_id=number("someone"), on=TODAY)
            assert signed_in is not None
            (hat,) = signed_in.hats
            bodies = {place.id, *(one.id for one in list_county_bodies(place.id))}
            wanted = bodies if hat.tenant_kind == Kind.PROVINCE else set(subtree_ids(place.id))
            assert nodes_of(hat) == ((frozenset(), True) if place.id == hat.tenant_node else (wanted, False)), (
                role,
                code,
            )
            Binding.objects.filter(id=held).delete()


def test_a_place_that_is_no_more_reaches_nothing_and_a_role_there_is_still_read(world: World) -> None:
    enter("late")
    hold(world, "late", Role.LIAISON, "330106109200")
    Change(world).end("330106109200").on(TODAY)
    row = Binding.objects.get(person=number("late"))
    row.ended_at, row.ended_by = None, None
    row.save()
    signed_in = read_signed_in(person_id=number("late"), on=TODAY)
    assert signed_in is not None
    assert [nodes_of(hat) for hat in signed_in.hats] == [(frozenset(), False)]
