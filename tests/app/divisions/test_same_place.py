"""A person says of a place that ended and one that began that they are one: renamed, recoded and moved at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from falin.kernel.models import AuditEntry
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.transactions import inside
from falin.portal import places
from services.advisers.models import Appointment
from tenants.divisions import api
from tenants.divisions.models import DivisionLineage, DivisionVersion, Node
from tenants.divisions.types import Change, ChangeKind, Decision, Level, LineageKind, ListedRow
from tests.app.advisers.office import Office
from tests.app.divisions.test_following import left, roles
from tests.app.divisions.test_update import (
    DAY,
    a_year_later,
    accept_all,
    community,
    do,
    maker,
    prepare,
    second,
    tree,
)
from tests.app.indicators.books import night, visit
from tests.world import NOW, World, today

OLD, NEW = "330106109200", "330106002009"  # 湖埠村 of one town, 晨光社区 of the street beside it
LATER = [*a_year_later(c330106109200=None), community(NEW, "晨光社区")]


def changes(world: World, update: int) -> dict[str, Change]:
    """By the code under which each is, or was."""
    with inside(maker(world), read_only=True):
        return {one.after_code or one.before_code: one for one in api.list_changes(update, scope=maker(world))}


def say(world: World, update: int, code: str, *target: str, decision: Decision = Decision.ACCEPTED) -> None:
    number = changes(world, update)[code].id
    do(maker(world), api.decide_change, update, change_id=number, decision=decision, target=target)


def applied(world: World, update: int) -> None:
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)


def kinds(node: int) -> set[str]:
    rows = DivisionLineage.objects.filter(from_node=node)
    assert {row.to_node for row in rows} <= {node}
    return set(rows.values_list("kind", flat=True))


@pytest.mark.parametrize(("said_of", "other"), [(OLD, NEW), (NEW, OLD)], ids=["the one that ended", "the new one"])
def test_one_that_ended_and_one_that_began_are_one_place_by_a_word_on_either(
    world: World, said_of: str, other: str
) -> None:
    """It has a new name, code and street, and is the same place: who works there goes on working there."""
    office, node = Office(world), world.node(OLD)
    term = office.appoint(office.adviser(), OLD, begins_on=today() - timedelta(days=30)).id
    before, identities = tree(world), Node.objects.count()
    update = prepare(world, LATER)
    assert {one.kind for one in changes(world, update).values()} == {ChangeKind.GONE, ChangeKind.ADDED}
    assert left(world, update) == {"人员身份": 1, "顾问聘任": 1}
    say(world, update, said_of, f"={other}")
    pair = changes(world, update)
    assert [(pair[code].decision, pair[code].target) for code in (OLD, NEW)] == [
        ("accepted", (f"={NEW}",)), ("accepted", (f"={OLD}",))
    ]  # fmt: skip
    assert [getattr(pair[code].same, "name", "") for code in (OLD, NEW)] == ["晨光社区", "湖埠村"]
    assert left(world, update) == {}
    applied(world, update)
    assert Node.objects.count() == identities, "nothing was made that nobody needs"
    assert (world.node(NEW), roles("liaison")) == (node, [(node, True)])
    with inside(night(world, "330106"), read_only=True):
        row = Appointment.objects.in_scope(night(world, "330106")).get()
        assert (row.id, row.node_id, row.ends_on) == (term, node, None)
    with inside(maker(world), read_only=True):
        assert [(one.place.name, one.place.code) for one in api.list_versions(node)] == [
            ("晨光社区", NEW), ("湖埠村", OLD)
        ]  # fmt: skip
        assert api.get_division(node).street_id == world.node("330106002")
        assert api.carry_over({node: 10}, of=DAY - timedelta(days=1)) == ({node: 10}, frozenset())
        shown = api.get_update(update, scope=maker(world))
        assert (shown.same, shown.carried, shown.handing) == (1, (), 1)  # the county's own tables follow the move
        assert api.list_made(update, scope=maker(world)) == {}
    assert kinds(node) == {LineageKind.MOVE, LineageKind.RENAME, LineageKind.RECODE}
    after = tree(world)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert tree(world) == before
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    assert tree(world) == after != before


def test_a_pair_decided_otherwise_is_two_places_again_and_the_other_waits(world: World) -> None:
    node = world.node(OLD)
    update = prepare(world, LATER)
    say(world, update, OLD, f"={NEW}")
    say(world, update, OLD, "-")
    assert [(changes(world, update)[code].decision, changes(world, update)[code].same) for code in (OLD, NEW)] == [
        ("accepted", None), ("", None)
    ]  # fmt: skip
    with pytest.raises(Refused, match="undecided"):
        do(maker(world), api.submit_update, update)
    accept_all(world, update)
    applied(world, update)
    assert world.node(NEW) != node
    with inside(maker(world), read_only=True):
        assert [one.place.name for one in api.list_versions(node)] == ["湖埠村"]
    assert kinds(node) == set()


def test_a_pair_that_is_refused_leaves_both_as_they_were(world: World) -> None:
    update = prepare(world, LATER)
    say(world, update, OLD, f"={NEW}")
    say(world, update, NEW, f"={OLD}", decision=Decision.REFUSED)
    pair = changes(world, update)
    assert [(pair[code].decision, pair[code].target) for code in (OLD, NEW)] == [("", ()), ("refused", ())]
    say(world, update, OLD, decision=Decision.REFUSED)
    before = tree(world)
    applied(world, update)
    assert tree(world) == before


def test_a_place_may_be_found_again_in_another_one_instead(world: World) -> None:
    update = prepare(world, [*LATER, community("330106002010", "朝晖社区")])
    say(world, update, OLD, f"={NEW}")
    say(world, update, OLD, "=330106002010")
    found = changes(world, update)
    assert (found[OLD].target, found[NEW].decision, found["330106002010"].target) == (
        ("=330106002010",), "", (f"={OLD}",)
    )  # fmt: skip


def test_every_word_on_a_pair_is_booked_at_both(world: World) -> None:
    update = prepare(world, LATER)
    say(world, update, OLD, f"={NEW}")
    say(world, update, NEW, "-")
    numbers = {code: change.id for code, change in changes(world, update).items()}
    with inside(maker(world), read_only=True):
        rows = AuditEntry.objects.filter(act="divisions.change.decided").order_by("id").values_list("after", flat=True)
        booked = [(one["change"], one["decision"], one["target"]) for one in rows]
    assert booked == [
        (numbers[OLD], "accepted", [f"={NEW}"]), (numbers[NEW], "accepted", [f"={OLD}"]),
        (numbers[NEW], "accepted", ["-"]), (numbers[OLD], "", []),
    ]  # fmt: skip


TOWN = ListedRow(Level.STREET, "330106110", "云河镇", "330106")


@pytest.mark.parametrize(
    ("target", "code", "sentence"),
    [
        (["=330106109201"], "no_twin", "这次更新里没有代码是 330106109201 的新地方"),  # it stays
        (["=330106110000"], "other_level", "330106110000 是乡镇（街道），和这个地方不是同一级"),
        (["=330106002010"], "taken", "330106002010 已经认定和 330106109201 是同一个地方"),
        ([f"={NEW}", "330106109001"], "bad_target", "请填 12 位区划代码"),
        (["="], "bad_target", "请填 12 位区划代码"),
    ],
    ids=["one that stays", "another level", "taken", "two", "none"],
)
def test_what_cannot_be_the_same_place_is_said_and_nothing_is_decided(
    world: World, target: list[str], code: str, sentence: str
) -> None:
    listed = LATER
    if code == "taken":
        listed = [*a_year_later(c330106109200=None, c330106109201=None), community(NEW, "晨光社区"),
                  community("330106002010", "朝晖社区")]  # fmt: skip
    update = prepare(world, [*listed, TOWN, community("330106110001", "云上社区")])
    if code == "taken":
        say(world, update, "330106109201", "=330106002010")
    before = changes(world, update)
    with pytest.raises(Invalid, match=code) as refused:
        say(world, update, OLD, *target)
    assert sentence in refused.value.message
    assert changes(world, update) == before


def test_what_no_longer_ends_is_not_the_same_as_a_new_place(world: World) -> None:
    update = prepare(world, LATER)
    with pytest.raises(Invalid, match="no_twin") as refused:
        say(world, update, NEW, "=330106109201")
    assert "没有代码是 330106109201、要撤销的地方" in refused.value.message


def test_a_place_that_stays_is_not_found_again_elsewhere(world: World) -> None:
    """What the list calls by another name on the same code is one place, or it is not."""
    update = prepare(world, [*a_year_later(c330106109201="曙光社区"), community(NEW, "晨光社区")])
    with pytest.raises(Invalid, match="bad_target"):
        say(world, update, "330106109201", f"={NEW}")


def test_what_lies_in_a_place_that_was_found_again_goes_along(world: World) -> None:
    """A town with another name and code, most of whose villages were renamed too: no sign of it was left."""
    town, stayed = world.node("330106109"), world.node("330106109001")
    kept = [row for row in a_year_later() if not row.code.startswith("330106109")]
    listed = [*kept, TOWN, community("330106110001", "袁浦社区"), community("330106110002", "云上社区"),
              community("330106110003", "白鹭社区")]  # fmt: skip
    update = prepare(world, listed)
    found = changes(world, update)
    assert (found["330106109000"].kind, found["330106110000"].kind) == (ChangeKind.GONE, ChangeKind.ADDED)
    assert found["330106110001"].kind == ChangeKind.MOVED
    say(world, update, "330106109000", "=330106110000")
    for code, change in changes(world, update).items():
        if not change.decision:
            say(world, update, code)
    applied(world, update)
    assert (world.node("330106110"), world.node("330106110001")) == (town, stayed)
    assert kinds(town) == {LineageKind.RENAME, LineageKind.RECODE}
    assert kinds(stayed) == {LineageKind.RECODE}, "it lies in the same town as before"
    assert DivisionVersion.objects.get(code="330106110002").parent_id == town


def test_another_place_that_goes_into_it_goes_into_the_one_that_went_on(world: World) -> None:
    node, gone = world.node(OLD), world.node("330106109201")
    update = prepare(world, [*a_year_later(c330106109200=None, c330106109201=None), community(NEW, "晨光社区")])
    say(world, update, OLD, f"={NEW}")
    say(world, update, "330106109201", NEW)
    applied(world, update)
    (row,) = DivisionLineage.objects.filter(from_node=gone)
    assert (row.kind, row.to_node, world.node(NEW)) == (LineageKind.MERGE, node, node)


def test_those_that_may_be_one_place_are_told_on_either(world: World) -> None:
    listed = [*a_year_later(c330106109200=None, c330106109201=None), community("330106109209", "湖畔社区")]
    update = prepare(world, listed)
    found = changes(world, update)
    with inside(maker(world), read_only=True):
        told: dict[str, Any] = {
            code: {one.name for one in api.get_change(update, found[code].id, scope=maker(world)).twins}
            for code in (OLD, "330106109209")
        }
    assert told == {OLD: {"湖畔社区"}, "330106109209": {"湖埠村", "灵山村"}}


def test_those_of_the_county_that_could_be_the_place_are_told_until_they_are_anothers(world: World) -> None:
    """Of another county, of another level, and what stays are not among them."""
    listed = [*a_year_later(c330106109200=None, c330106109201=None, c330102001001=None), community(NEW, "晨光社区"), TOWN,
              community("330106110001", "云上社区"), community("330102001009", "朝晖社区")]  # fmt: skip
    update = prepare(world, listed)
    found = changes(world, update)

    def near(code: str) -> list[tuple[str, str]]:
        with inside(maker(world), read_only=True):
            change = api.get_change(update, found[code].id, scope=maker(world))
        return [(one.code, one.name) for one in change.near]

    villages, new = [(OLD, "湖埠村"), ("330106109201", "灵山村")], [(NEW, "晨光社区"), ("330106110001", "云上社区")]
    assert (near(OLD), near(NEW), near("330106110000")) == (new, villages, [])
    say(world, update, OLD, f"={NEW}")
    assert (near(OLD), near(NEW)) == (new, villages), "its own may be changed"
    assert (near("330106109201"), near("330106110001")) == (new[1:], villages[1:])


def test_of_a_new_province_there_is_none_that_it_could_be(world: World) -> None:
    with inside(maker(world), read_only=False):
        update = api.prepare_update(scope=maker(world), rows=[*a_year_later(), ListedRow(Level.PROVINCE, "50", "重庆市", "")],
                                    province=None, day=DAY, source="名录", now=NOW)  # fmt: skip
        (change,) = api.list_changes(update, scope=maker(world))
        assert api.get_change(update, change.id, scope=maker(world)).near == ()


def test_what_hangs_on_a_place_that_a_person_parts_from_its_new_name_is_shown(world: World) -> None:
    """The list has another name on its code: were it not the same place, the old one ends with all that hangs on it."""
    visit(world, OLD, DAY - timedelta(days=20), 60)
    update = prepare(world, a_year_later(c330106109200="曙光社区"))
    places.count_hanging(maker(world), update)
    assert left(world, update) == {}
    say(world, update, OLD, "-")
    assert left(world, update) == {"人员身份": 1, "没有结账的到访": 1}
