"""What hangs on places that would end, in counties' own tables: each county counts, the reviewers learn the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from falin.kernel.refusals import Forbidden
from falin.kernel.transactions import inside
from falin.portal import places
from services.duty.models import ClosedMonth
from tenants.divisions import api
from tests.app.divisions.test_update import LATER, maker, prepare, second
from tests.app.indicators.books import night, visit
from tests.world import NOW, World

VILLAGE = "330106109201"  # 灵山村, which the later list has no more


def told(world: World, update: int) -> dict[str, dict[str, int]]:
    with inside(second(world), read_only=True):
        return {
            change.before_name: {thing.label: thing.count for thing in things}
            for change, things in api.list_hanging(update, scope=second(world))
        }


def test_a_county_counts_its_visits_of_open_months_and_tells_the_number(world: World) -> None:
    visit(world, VILLAGE, date(2024, 5, 8), 60)
    visit(world, VILLAGE, date(2024, 6, 8), 60)
    visit(world, VILLAGE, date(2024, 6, 9), 60, voided=True)
    visit(world, "330106109200", date(2024, 6, 10), 60)  # of a place that stays
    with inside(night(world, "330106"), read_only=False):
        ClosedMonth.objects.create(month="2024-05", closed_at=NOW, person_id=0)
    update = prepare(world, LATER)
    assert told(world, update) == {}
    places.count_hanging(maker(world), update)
    assert told(world, update) == {"灵山村": {"没有结账的到访": 1}}


def test_only_who_prepares_updates_has_them_counted(world: World) -> None:
    visit(world, VILLAGE, date(2024, 6, 8), 60)
    update = prepare(world, LATER)
    with pytest.raises(Forbidden):
        places.count_hanging(replace(second(world), grants=frozenset()), update)
    assert told(world, update) == {}
