"""A boundary that moved, with a share that somebody counted: entered by one, confirmed by another, told, carried, undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.transactions import inside, shared
from services.indicators import queries
from tenants.divisions import api
from tenants.divisions.models import DivisionChange, DivisionLineage, DivisionUpdate
from tenants.divisions.rules import read_share
from tenants.divisions.types import Decision, LineageKind, View
from tests.app.divisions.test_update import do, maker, second, tree
from tests.app.indicators import books
from tests.world import NOW, World

GAVE, TOOK, DAY = "330106109200", "330106109201", date(2026, 11, 1)  # 湖埠村, 灵山村


def entered(world: World, **given: Any) -> int:
    said = {"from_code": GAVE, "to_code": TOOK, "share": "120/480", "day": DAY, "source": "杭民发〔2026〕9号", **given}
    with inside(maker(world), read_only=False):
        return api.prepare_boundary(scope=maker(world), province="33", now=NOW, **said)


def applied(world: World, **given: Any) -> int:
    update = entered(world, **given)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    return update


def lineage() -> list[tuple[int, int, str, Fraction]]:
    rows = DivisionLineage.objects.order_by("-to_node").values_list(
        "from_node", "to_node", "kind", "numerator", "denominator"
    )
    return [(gave, took, kind, Fraction(n, of)) for gave, took, kind, n, of in rows]


@pytest.mark.parametrize(
    ("text", "share"),
    [("120/860", Fraction(6, 43)), ("13.95%", Fraction(279, 2000)), ("50％", Fraction(1, 2)), ("0.25", Fraction(1, 4)),
     (" 1 ／ 3 ", Fraction(1, 3)), (".5", Fraction(1, 2))],
)  # fmt: skip
def test_a_share_is_read_as_people_write_it(text: str, share: Fraction) -> None:
    assert read_share(text) == share


@pytest.mark.parametrize(
    "text", ["", "0", "1", "0/860", "860/860", "900/860", "1/0", "100%", "%", "-1/2", "一半", "1e-3", "120"]
)
def test_nothing_and_all_are_no_share_nor_is_what_is_no_number(text: str) -> None:
    assert read_share(text) is None


def test_what_was_counted_stands_in_lineage_after_a_second_person_said_yes_and_goes_when_it_is_undone(
    world: World,
) -> None:
    gave, took, before = world.node(GAVE), world.node(TOOK), tree(world)
    update = entered(world)
    do(maker(world), api.submit_update, update)
    assert lineage() == []
    with pytest.raises(Refused, match="own_update"):
        do(maker_who_confirms(world), api.confirm_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    both = [(gave, took, "boundary", Fraction(1, 4)), (gave, gave, "boundary", Fraction(3, 4))]
    assert (lineage(), tree(world)) == (both, before), "no place ended or began"
    with shared(read_only=True):
        for node in (gave, took):
            (told,) = [one for one in api.list_lineage(node) if one.from_id != one.to_id]
            assert (told.kind, told.day, told.share and told.share.estimated) == (LineageKind.BOUNDARY, DAY, False)
        carried, guessed = api.carry_over({gave: 480, took: 60}, of=date(2026, 10, 31))
        assert (carried, guessed) == ({gave: 360, took: 180}, frozenset())
        assert api.carry_over({gave: 480}, of=DAY)[0] == {gave: 480}, "what was counted since lies where it was made"
    with inside(maker(world), read_only=True):
        booked = AuditEntry.objects.get(act="divisions.boundary.prepared")
        assert booked.after["share"] == "120/480"
    do(second(world), api.undo_update, update, within={}, why="数错了")
    assert lineage() == []
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    assert lineage() == both


def maker_who_confirms(world: World) -> Any:
    return replace(second(world), person_id=maker(world).person_id)


def test_a_past_month_in_todays_tree_is_divided_by_it_and_loses_nothing(world: World) -> None:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        books.publish(world, county)
    leader = world.scope("leader")

    def today() -> tuple[dict[str, int], int, int]:
        with inside(leader, read_only=True):
            found = queries.place_figures(
                scope=leader, node_id=world.node("330106109"), month=books.OCTOBER, view=View.AS_IS
            )
        assert found.tally is not None
        minutes = {child.place.name: child.tally.minutes for child in found.children if child.tally}
        return minutes, found.tally.minutes, found.estimated

    assert today() == ({"袁浦社区": 0, "湖埠村": 500, "灵山村": 0}, 500, 0)
    update = applied(world)
    assert today() == ({"袁浦社区": 0, "湖埠村": 375, "灵山村": 125}, 500, 0), "it was counted: no estimate"
    do(second(world), api.undo_update, update, within={}, why="数错了")
    assert today() == ({"袁浦社区": 0, "湖埠村": 500, "灵山村": 0}, 500, 0)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"to_code": GAVE}, "not_neighbours"), ({"to_code": "330106002"}, "not_neighbours"), ({"share": "1"}, "bad_share"),
     ({"from_code": "330106109999"}, "no_such_code"), ({"to_code": "11"}, "no_such_code"), ({"source": " "}, "no_source"),
     ({"day": date(2020, 1, 1)}, "day_too_early")],
)  # fmt: skip
def test_what_is_no_counted_part_of_one_place_is_refused_and_nothing_is_kept(
    world: World, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        entered(world, **given)
    assert not DivisionUpdate.objects.exists()
    assert not DivisionChange.objects.exists()


def test_a_place_gives_once_a_day_and_what_stands_later_keeps_it(world: World) -> None:
    first = applied(world)
    again = entered(world, to_code="330106109001")
    with pytest.raises(Refused, match="parted_that_day"):
        do(maker(world), api.submit_update, again)
    do(maker(world), api.drop_update, again, why="换一天")
    later = applied(world, to_code="330106109001", day=date(2026, 11, 5))
    with shared(read_only=True):
        assert api.carry_over({world.node(GAVE): 1600}, of=date(2026, 10, 31))[0] == {
            world.node(GAVE): 900, world.node(TOOK): 400, world.node("330106109001"): 300
        }  # fmt: skip
    with pytest.raises(Refused, match="stood_upon"):
        do(second(world), api.undo_update, first, within={}, why="数错了")
    do(second(world), api.undo_update, later, within={}, why="数错了")
    do(second(world), api.undo_update, first, within={}, why="数错了")


def test_one_that_is_not_accepted_changes_nothing(world: World) -> None:
    update = entered(world)
    change = DivisionChange.objects.get()
    do(maker(world), api.decide_change, update, change_id=change.pk, decision=Decision.REFUSED, target=["-"])
    change.refresh_from_db()
    assert (change.target, change.decision) == ([], "refused"), "it makes no other place"
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    assert lineage() == []
