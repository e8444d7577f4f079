"""Every door × every role × own, child, parent, neighbour, stranger: generated from the live list of addresses."""

from __future__ import annotations

import pytest

from falin.portal import acts
from tests.tenancy.cells import MAY
from tests.tenancy.doors import OPEN_WRITES, every_door, shows, things_of, write_of
from tests.tenancy.ground import CAST, MORE, NOBODY, ROLES, Ground
from tests.tenancy.matrix import RELATIONS, Findings, probe_queries, walk_doors


def test_every_door_is_known_to_the_matrix() -> None:
    doors = every_door()
    assert len(doors) > 100
    for door in doors:
        if not door.grant:
            assert not door.writes or str(door) in OPEN_WRITES, f"{door}: who may send to a door open to everybody?"
            continue
        assert door.grant in MAY, f"{door}: say in tests/tenancy/cells.py which roles hold {door.grant}"
        things_of(door)
        if door.writes:
            write_of(door)
        else:
            shows(door)


def test_the_cast_holds_every_role(ground: Ground) -> None:
    assert {ground.readers[label].role for label in CAST} == set(ROLES)


QUICK = {"county", "street", "wenruoxi"}


@pytest.mark.parametrize(
    "label", [label if label in QUICK else pytest.param(label, marks=pytest.mark.slow) for label in CAST]
)
def test_a_role_gets_what_is_its_own_and_nothing_else(ground: Ground, label: str) -> None:
    findings = Findings()
    walk_doors(ground, ground.readers[label], findings)
    assert not findings, str(findings)
    assert set(RELATIONS) & set(findings.asked)


@pytest.mark.slow
@pytest.mark.parametrize("label", MORE)
def test_others_of_the_same_roles_get_theirs_and_nothing_else(ground: Ground, label: str) -> None:
    findings = Findings()
    walk_doors(ground, ground.readers[label], findings, refused=False)
    assert not findings, str(findings)


@pytest.mark.parametrize("label", CAST)
def test_a_thing_named_in_the_query_is_no_way_in(ground: Ground, label: str) -> None:
    findings = Findings()
    probe_queries(ground, ground.readers[label], findings)
    assert not findings, str(findings)


def test_nobody_gets_past_a_door(ground: Ground) -> None:
    findings = Findings()
    walk_doors(ground, NOBODY, findings)
    assert not findings, str(findings)


def test_every_fact_that_was_booked_has_words(ground: Ground) -> None:
    booked = {fact for row in ground.rows["kernel_auditentry"] for fact in {**row["before"], **row["after"]}}
    assert {"binding", "node", "role"} <= booked
    assert booked - set(acts.FACTS) == set()
