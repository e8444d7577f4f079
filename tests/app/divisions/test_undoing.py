"""An applied update is taken back until something new stands on the places it made; who refuses says what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside, shared
from falin.portal import places
from services.duty.models import ClosedMonth, Visit
from tenants.divisions.models import Boundary, DivisionFact
from tenants.divisions.types import Level, ListedRow, UpdateState
from tests.app.advisers.office import Office
from tests.app.divisions.changing import put_beside
from tests.app.divisions.test_handing import MADE, into_a_new_one, served
from tests.app.divisions.test_update import DAY, a_year_later, carry_through, community, prepare, second, state, tree
from tests.app.indicators.books import night, visit
from tests.world import NOW, World

STREET = "330106110"


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def undo(world: World, update: int) -> None:
    places.undo(scope=second(world), update_id=update, why="名录有误")


def refused(world: World, update: int) -> str:
    """What speaks against undoing; the tree, the update and everything else stay."""
    before = tree(world)
    with pytest.raises(Refused, match="stood_upon") as said:
        undo(world, update)
    assert (tree(world), state(world, update)) == (before, UpdateState.APPLIED)
    return said.value.message


def test_visits_in_the_countys_own_tables_keep_the_place_they_were_made_at(world: World, office: Office) -> None:
    served(office, office.adviser())
    update = into_a_new_one(world)
    visit(world, MADE, date(2026, 11, 12), 60)
    visit(world, MADE, date(2026, 10, 12), 60)
    visit(world, MADE, date(2026, 11, 13), 60, voided=True)
    with inside(night(world, "330106"), read_only=False):
        ClosedMonth.objects.create(month="2026-10", closed_at=NOW, person_id=0)
    assert "到访 2，" in refused(world, update), "those of closed months as well, and no appointment that only went on"
    with inside(night(world, "330106"), read_only=False):
        Visit.objects.unscoped(reason="a test").update(voided_at=NOW)
    undo(world, update)
    assert state(world, update) == UpdateState.UNDONE


def _fact(node: int) -> None:
    DivisionFact.objects.create(
        node_id=node, kind="population", on_day=DAY, value=1200, source="统计公报", recorded_at=NOW
    )


def _outline(node: int) -> None:
    Boundary.objects.create(node_id=node, valid_from=DAY, geometry={}, source="测绘", recorded_at=NOW)


@pytest.mark.parametrize(
    ("put", "word"), [(_fact, "人口、户数、面积 1"), (_outline, "地图轮廓 1")], ids=["a number", "an outline"]
)
def test_what_is_known_of_a_place_the_update_made_keeps_it(world: World, put: Callable[[int], None], word: str) -> None:
    update = into_a_new_one(world)
    with shared(read_only=False):
        put(world.node(MADE))
    assert word in refused(world, update)
    with shared(read_only=False):
        DivisionFact.objects.all().delete()
        Boundary.objects.all().delete()
    undo(world, update)


def test_a_place_that_came_later_under_one_the_update_made_keeps_it(world: World) -> None:
    listed = [*a_year_later(), ListedRow(Level.STREET, STREET, "云栖街道", "330106"),
              community(f"{STREET}001", "五云社区")]  # fmt: skip
    update = prepare(world, listed)
    carry_through(world, update)
    put_beside(f"{STREET}001", "梅家坞村")
    assert "下级地方 1，" in refused(world, update), "the community the update itself put there does not count"


def test_where_nothing_stands_on_it_an_update_is_taken_back(world: World) -> None:
    before = tree(world)
    update = into_a_new_one(world)
    undo(world, update)
    assert tree(world) == before
