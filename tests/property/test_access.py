"""Nobody may do what the sheet forbids, in whatever order grants, ends, hand-overs, suspensions and clock jumps come."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from falin.kernel.transactions import shared
from tenants.identity.models import Binding, Person
from tests.app.identity.cast import enter, people_the_office
from tests.property.access import NEWCOMERS, Access, Unlawful, restore
from tests.world import World

# `falin drill access` asks for more and reads the counts.
STEPS = int(os.environ.get("FALIN_ACCESS_STEPS", "400"))
EACH = 50 if STEPS > 1000 else 20


@pytest.fixture
def machine(world: World) -> type[Access]:
    people_the_office(world)
    for name in NEWCOMERS:
        enter(name)
    last = Binding.objects.order_by("-id").values_list("id", flat=True)[0]
    people = dict(Person.objects.values_list("id", "session_epoch"))

    def forget() -> None:
        with shared(read_only=False):
            restore(people, last + 1)

    return type("AccessHere", (Access,), {"forget": staticmethod(forget), "steps": Counter()})


def _run(machine: type[Access], steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // EACH), stateful_step_count=EACH, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip


def test_nobody_ever_may_what_the_reference_forbids(machine: type[Access]) -> None:
    _run(machine, STEPS)
    steps = machine.steps
    done = {kind for kind in steps if kind.endswith(": done")}
    assert {"grant: done", "confirm: done", "suspend: done", "end: done", "hand over: done"} <= done, steps
    if report := os.environ.get("FALIN_ACCESS_REPORT"):
        Path(report).write_text(json.dumps(steps))


def test_a_grant_that_counts_before_its_second_yes_is_noticed(
    machine: type[Access], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from tenants.identity import roles

    row = roles.ROLES["city_officer"]  # type: ignore[index]
    alone = {**roles.ROLES, "city_officer": replace(row, granting=replace(row.granting, confirmed_by=None))}
    monkeypatch.setattr("tenants.identity.commands.granting.ROLES", alone)
    with pytest.raises((AssertionError, Unlawful)):
        _run(machine, 2000)


def test_a_forgotten_separation_of_duties_is_noticed(machine: type[Access], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.identity.commands.granting.check_separate", lambda *given: None)
    with pytest.raises(Unlawful, match="beside"):
        _run(machine, 4000)
