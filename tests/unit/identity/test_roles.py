"""The declared table of roles against the matrix as it was agreed, cell by cell; each rule of separation by its roles."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tenants.identity.roles import ROLES, Capability, grades, looks_after, may_appoint
from tenants.identity.rules import SEPARATIONS, Held, ends_latest, quarter_of, review_ends, separation_between
from tenants.identity.types import Role

NAMES = {"data steward": Role.DATA_STEWARD, "community liaison": Role.LIAISON, "third-party evaluator": Role.EVALUATOR}


def _written() -> dict[Role, dict[str, str]]:
    """The matrix as it was agreed, before any of it was built."""
    lines = (Path(__file__).parent / "matrix.md").read_text(encoding="utf-8").splitlines()
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]
    found = {}
    for name, *cells in rows:
        role = NAMES.get(name) or Role(name.replace(" ", "_"))
        found[role] = dict(zip(head[1:], [cell.replace("**", "") for cell in cells], strict=True))
    return found


WRITTEN = _written()
CELLS = [(role, capability) for role in Role for capability in Capability]


def test_the_seventeen_roles_of_the_matrix_are_declared_in_its_order() -> None:
    assert list(WRITTEN) == list(ROLES) == list(Role)
    assert len(ROLES) == 17


@pytest.mark.parametrize(("role", "capability"), CELLS, ids=lambda one: str(one))
def test_a_cell_says_what_the_matrix_says(role: Role, capability: Capability) -> None:
    cell, written = ROLES[role].cells[capability], WRITTEN[role][capability]
    assert cell.words == written
    assert {str(reach) for reach in cell.reaches} == set(re.findall(r"(?<!\w)[SOAPΣ–](?![\w])", written)) & set(
        "SOAPΣ–"
    )


def holders(grants: set[str]) -> set[Role]:
    return {role for role, row in ROLES.items() if row.grants & grants}


def test_only_who_has_a_cell_of_grants_that_appoints_may_grant_or_confirm() -> None:
    silent = {"–", "read", "delegate"}  # an auditor reads; a resident's delegate is no role here
    written = {role for role, row in WRITTEN.items() if row["grants"] not in silent}
    assert holders({"people.grant", "people.confirm"}) == written


def test_who_has_an_empty_cell_of_exports_takes_nothing_home() -> None:
    takes = {grant for row in ROLES.values() for grant in row.grants if grant.endswith(".export")}
    assert takes == {"figures.export", "lists.export", "own.export", "audit.export"}
    assert holders(takes) <= {role for role, row in WRITTEN.items() if row["export"] != "–"}
    assert holders({"audit.export"}) == {role for role, row in WRITTEN.items() if row["export"] == "logs"}
    assert holders({"own.export"}) == {role for role, row in WRITTEN.items() if row["export"] == "A"}


def test_the_book_of_a_place_or_firm_is_read_by_those_whose_cell_goes_beyond_their_own_acts() -> None:
    own = {"–", "Σ", "own acts", "own data", "who saw me"}
    assert holders({"history.read"}) == {role for role, row in WRITTEN.items() if row["audit log"] not in own}
    assert holders({"audit.sums"}) == {role for role, row in WRITTEN.items() if row["audit log"] == "Σ"}


def test_figures_are_read_by_whom_the_matrix_lets_read_them() -> None:
    reads = {
        role
        for role, row in WRITTEN.items()
        if row["indicators and targets"] not in {"–", "published", "enter survey scores"}
    }
    assert holders({"figures.read"}) == reads


def test_who_has_an_empty_row_of_work_has_no_grant_of_work() -> None:
    for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR, Role.OPERATOR):
        assert not {
            grant for grant in ROLES[role].grants if grant.split(".")[0] in {"advisers", "duty", "figures", "firm"}
        }


def everywhere(roles: set[str]) -> dict[int, set[str]]:
    return dict.fromkeys(range(1, 6), roles)


# ---- the grants column -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("grantor", "given"),
    [
        (Role.SYSTEM_ADMINISTRATOR, {
            1: {"province_leader", "firm_manager", "inspector", "auditor", "evaluator", "data_steward"},
            2: {"city_officer", "inspector", "auditor", "data_steward"}, 3: set(), 4: set(), 5: set(),
        }),
        (Role.CITY_OFFICER, {
            1: set(), 2: set(), 3: {"county_team", "county_finance", "inspector", "auditor", "data_steward"},
            4: {"street_officer", "inspector"}, 5: {"liaison"},
        }),
        (Role.COUNTY_TEAM, {1: set(), 2: set(), 3: set(), 4: {"street_officer", "inspector"}, 5: {"liaison"}}),
        (Role.FIRM_MANAGER, everywhere({"firm_manager"})),
        (Role.OPERATOR, everywhere({"system_administrator", "security_administrator", "audit_administrator"})),
        *((role, everywhere(set())) for role in Role if role not in {
            Role.SYSTEM_ADMINISTRATOR, Role.CITY_OFFICER, Role.COUNTY_TEAM, Role.FIRM_MANAGER, Role.OPERATOR}),
    ],
    ids=lambda one: str(one) if isinstance(one, Role) else "",
)  # fmt: skip
def test_a_role_appoints_whom_its_cell_names(grantor: Role, given: dict[int, set[str]]) -> None:
    for level, roles in given.items():
        assert {str(role) for role in Role if may_appoint(grantor, role, frozenset({level}))} == roles


def test_a_plus_two_in_the_column_is_a_second_person() -> None:
    plus_two = {role for role, row in WRITTEN.items() if "+2" in row["grants"] or row["grants"].startswith("proposes")}
    assert {role for role, row in ROLES.items() if row.granting.confirmed_by} == plus_two


def test_the_second_of_the_system_administrator_is_the_security_administrator() -> None:
    assert ROLES[Role.SYSTEM_ADMINISTRATOR].granting.confirmed_by == Role.SECURITY_ADMINISTRATOR
    assert ROLES[Role.CITY_OFFICER].granting.confirmed_by == Role.CITY_OFFICER


def test_a_city_without_counties_is_a_county_too() -> None:
    body = grades(2, is_county_body=True)
    assert may_appoint(Role.CITY_OFFICER, Role.COUNTY_TEAM, body)
    assert not may_appoint(Role.SYSTEM_ADMINISTRATOR, Role.COUNTY_TEAM, body)


def test_an_administrator_of_the_three_looks_after_levels_one_and_two() -> None:
    for one in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
        assert looks_after(one, Role.CITY_OFFICER, frozenset({2}))
        assert not looks_after(one, Role.STREET_OFFICER, frozenset({4}))
    assert not looks_after(Role.AUDIT_ADMINISTRATOR, Role.CITY_OFFICER, frozenset({2}))


# ---- separation ------------------------------------------------------------------------------------------------------
PROVINCE, CITY, COUNTY, NEXT, STREET, VILLAGE = 1, 2, 3, 4, 5, 6
PATHS = {
    PROVINCE: {1},
    CITY: {1, 2},
    COUNTY: {1, 2, 3},
    NEXT: {1, 2, 4},
    STREET: {1, 2, 3, 5},
    VILLAGE: {1, 2, 3, 5, 6},
}


def held(role: Role, node: int, begins: date = date(2026, 1, 1), ends: date | None = None) -> Held:
    return Held(role=role, node_id=node, path=frozenset(PATHS[node]), begins_on=begins, ends_on=ends)


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ((Role.AUDITOR, COUNTY), (Role.STREET_OFFICER, STREET), "auditor_is_not_operational"),
        ((Role.AUDITOR, STREET), (Role.COUNTY_TEAM, COUNTY), "auditor_is_not_operational"),
        ((Role.AUDITOR, NEXT), (Role.COUNTY_TEAM, COUNTY), None),
        ((Role.SYSTEM_ADMINISTRATOR, PROVINCE), (Role.SECURITY_ADMINISTRATOR, PROVINCE), "three_administrators"),
        ((Role.SECURITY_ADMINISTRATOR, PROVINCE), (Role.AUDIT_ADMINISTRATOR, COUNTY), "three_administrators"),
        ((Role.INSPECTOR, COUNTY), (Role.LIAISON, VILLAGE), "inspector_is_not_of_the_place"),
        ((Role.INSPECTOR, STREET), (Role.ADVISER, VILLAGE), "inspector_is_not_of_the_place"),
        ((Role.INSPECTOR, COUNTY), (Role.FIRM_MANAGER, PROVINCE), "inspector_is_not_of_the_place"),
        ((Role.INSPECTOR, NEXT), (Role.LIAISON, VILLAGE), None),
        ((Role.EVALUATOR, PROVINCE), (Role.LIAISON, VILLAGE), "evaluator_has_no_role"),
        ((Role.DATA_STEWARD, COUNTY), (Role.COUNTY_TEAM, COUNTY), "steward_does_not_decide"),
        ((Role.DATA_STEWARD, NEXT), (Role.COUNTY_TEAM, COUNTY), None),
        ((Role.STREET_OFFICER, STREET), (Role.LIAISON, VILLAGE), None),
        ((Role.COUNTY_TEAM, COUNTY), (Role.COUNTY_TEAM, NEXT), None),
    ],
)  # fmt: skip
def test_one_person_does_not_hold_both(first: tuple[Role, int], second: tuple[Role, int], rule: str | None) -> None:
    for new, old in ((first, second), (second, first)):
        found = separation_between(held(*new), [held(*old)])
        assert (found.code if found else None) == rule


def test_one_after_the_other_is_no_conflict() -> None:
    old = held(Role.AUDITOR, COUNTY, ends=date(2026, 6, 30))
    assert separation_between(held(Role.COUNTY_TEAM, COUNTY, date(2026, 7, 1)), [old]) is None
    assert separation_between(held(Role.COUNTY_TEAM, COUNTY, date(2026, 6, 30)), [old]) is not None


def test_every_rule_has_its_sentence_and_parts_somebody() -> None:
    assert all(str(rule.sentence).endswith("。") and rule.one and rule.other for rule in SEPARATIONS)


# ---- days ------------------------------------------------------------------------------------------------------------
def test_a_grant_lasts_no_longer_than_its_grantor_nor_than_its_longest_time() -> None:
    begins = date(2026, 11, 16)
    assert ends_latest([None], begins, 366) == date(2027, 11, 17)
    assert ends_latest([date(2026, 12, 31)], begins, 366) == date(2026, 12, 31)
    assert ends_latest([date(2026, 12, 31), date(2027, 1, 31)], begins, 366) == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 3, 31), date(2026, 1, 1)),
        (date(2026, 11, 16), date(2026, 10, 1)),
    ],
)
def test_a_quarter_begins_in_january_april_july_october(day: date, first: date) -> None:
    assert quarter_of(day) == first
    assert review_ends(day, 30) == first.replace(day=30)
