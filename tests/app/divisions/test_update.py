"""The reviewed update: compared, decided, confirmed by a second person, applied in one transaction, undone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from tenants.divisions import api, hanging, policies
from tenants.divisions.commands import updating
from tenants.divisions.models import DivisionLineage, DivisionVersion
from tenants.divisions.types import ChangeKind, Decision, Level, LineageKind, ListedRow, UpdateState
from tests.app.divisions.changing import put_beside
from tests.world import NOW, World, rows

DAY = date(2024, 7, 1)


def maker(world: World) -> Scope:
    return replace(world.scope("leader"), person_id=901, grants=frozenset({policies.UPDATE}))


def second(world: World) -> Scope:
    return replace(world.scope("leader"), person_id=902, grants=frozenset({policies.CONFIRM}))


def a_year_later(**changed: str | None) -> list[ListedRow]:
    """The world's list with names changed by code; ``None`` takes a place out."""
    found = [row for row in rows() if changed.get(f"c{row.code}", row.name) is not None]
    return [row._replace(name=changed.get(f"c{row.code}") or row.name) for row in found]


def community(code: str, name: str) -> ListedRow:
    return ListedRow(Level.COMMUNITY, code, name, code[:9])


def prepare(world: World, listed: Iterable[ListedRow], day: date = DAY) -> int:
    with inside(maker(world), read_only=False):
        return api.prepare_update(
            scope=maker(world), rows=listed, province="33", day=day, source="名录 2024", now=NOW
        )  # fmt: skip


def do(scope: Scope, command: Callable[..., Any], update: int, **more: Any) -> Any:
    with inside(scope, read_only=False):
        return command(scope=scope, update_id=update, now=NOW, **more)


def accept_all(world: World, update: int) -> None:
    with inside(maker(world), read_only=True):
        groups, alone = (
            api.list_groups(update, scope=maker(world)),
            [one for one in api.list_changes(update, scope=maker(world)) if not one.sure],
        )
    for group in groups:
        if group.sure:
            do(maker(world), api.decide_group, update, group=group.key, decision=Decision.ACCEPTED)
    for change in alone:
        do(maker(world), api.decide_change, update, change_id=change.id, decision=Decision.ACCEPTED)


def carry_through(world: World, update: int) -> None:
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)


def tree(world: World, on: date | None = None) -> str:
    out = io.StringIO()
    with inside(maker(world), read_only=True):
        api.write_tree_to(out, on=on)
    return out.getvalue()


def state(world: World, update: int) -> UpdateState:
    with inside(maker(world), read_only=True):
        return api.get_update(update, scope=maker(world)).state


LATER = [
    *a_year_later(c330106002001="宝石山社区", c330106109201=None),
    community("330106109202", "湖埠东村"),
    community("330106002009", "曙光社区"),
]


def test_a_new_list_is_shown_as_what_it_changes(world: World) -> None:
    update = prepare(world, LATER)
    with inside(maker(world), read_only=True):
        kinds = {
            change.after_name or change.before_name: change.kind
            for change in api.list_changes(update, scope=maker(world))
        }
        shown = api.get_update(update, scope=maker(world))
    assert kinds == {
        "宝石山社区": ChangeKind.RENAMED, "灵山村": ChangeKind.GONE, "湖埠东村": ChangeKind.SPLIT,
        "曙光社区": ChangeKind.ADDED,
    }  # fmt: skip
    assert (shown.state, shown.open, shown.alone, shown.listed) == (UpdateState.DECIDING, 4, 0, 27)


@pytest.mark.parametrize(
    "read",
    [
        lambda scope, update: api.list_updates(scope=scope), lambda scope, update: api.get_update(update, scope=scope),
        lambda scope, update: api.list_groups(update, scope=scope),
        lambda scope, update: api.list_changes(update, scope=scope),
        lambda scope, update: api.get_change(update, 1, scope=scope),
        lambda scope, update: api.list_hanging(update, scope=scope),
        lambda scope, update: api.list_ending(update, scope=scope),
    ],
    ids=["updates", "update", "groups", "changes", "change", "hanging", "ending"],
)  # fmt: skip
def test_who_neither_prepares_confirms_nor_reviews_reads_nothing_of_an_update(
    world: World, read: Callable[[Scope, int], Any]
) -> None:
    update = prepare(world, LATER)
    nobody = world.scope("county")
    assert not nobody.may(policies.REVIEW)
    with inside(nobody, read_only=True), pytest.raises(Forbidden):
        read(nobody, update)
    for scope in (maker(world), second(world), replace(nobody, grants=frozenset({policies.REVIEW}))):
        with inside(scope, read_only=True), suppress(Missing):  # a change of that number there may be or not
            read(scope, update)


@pytest.mark.parametrize("alone", [False, True], ids=["a list of the province", "a list of the county alone"])
def test_below_one_place_only_what_touches_it_is_compared_and_applied(world: World, alone: bool) -> None:
    beside = world.node("330102001001")
    listed = [row._replace(name="清波新社区") if row.code == "330102001001" else row for row in LATER]
    listed = [row for row in listed if not alone or row.code.startswith("330106")]
    with inside(maker(world), read_only=False):
        update = api.prepare_update(
            scope=maker(world), rows=listed, province="33", under="330106", day=DAY, source="名录" * 50, now=NOW
        )  # fmt: skip
    with inside(maker(world), read_only=True):
        shown = api.get_update(update, scope=maker(world))
        found = {one.after_name or one.before_name for one in api.list_changes(update, scope=maker(world))}
    assert found == {"宝石山社区", "灵山村", "湖埠东村", "曙光社区"}
    assert (len(shown.source), shown.source[-7:]) == (100, "，只比对西湖区")
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        assert api.get_division(beside).name == "清波门社区"
        assert api.get_division(world.node("330106002001")).name == "宝石山社区"


@pytest.mark.parametrize(
    ("under", "province", "code"),
    [("330199", "33", "no_such_code"), ("330106", "50", "no_such_code"), ("330205", "33", "nothing_under")],
    ids=["nobody's code", "another province", "not on the list"],
)
def test_a_place_that_cannot_be_compared_is_told(world: World, under: str, province: str, code: str) -> None:
    listed = [row for row in LATER if not row.code.startswith("330205")]
    with inside(maker(world), read_only=False), pytest.raises(Invalid, match=code) as refused:
        api.prepare_update(
            scope=maker(world), rows=listed, province=province, under=under, day=DAY, source="名录", now=NOW
        )
    assert refused.value.field == "under"
    with inside(maker(world), read_only=True):
        assert api.list_updates(scope=maker(world)) == []


def test_nothing_changes_in_the_tree_before_it_is_applied(world: World) -> None:
    before = tree(world)
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    assert tree(world) == before


def test_an_applied_update_holds_from_its_day_and_the_past_stays(world: World) -> None:
    before = tree(world)
    update = prepare(world, LATER)
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        names = {place.name for place in api.list_communities(world.node("330106"))}
        assert names == {"宝石山社区", "栖霞社区", "曙光社区", "袁浦社区", "湖埠村", "湖埠东村"}
        with pytest.raises(api.UnknownDivision):
            api.get_division(world_gone := _gone(world))
        assert api.get_division(world_gone, on=DAY.replace(day=1, month=6)).name == "灵山村"
        assert AuditEntry.objects.filter(act="divisions.update.applied").count() == 1
        assert OutboxEvent.objects.filter(event="divisions.update.applied").count() == 1
    assert tree(world, on=date(2024, 6, 30)) == before
    assert state(world, update) == UpdateState.APPLIED


def _gone(world: World) -> int:
    return int(DivisionVersion.objects.get(code="330106109201").node_id)


def test_lineage_tells_what_became_of_what(world: World) -> None:
    update = prepare(world, LATER)
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        split = {(row.from_node, row.to_node, row.numerator, row.denominator, row.estimated)
                 for row in DivisionLineage.objects.filter(kind=LineageKind.SPLIT)}  # fmt: skip
        new = DivisionVersion.objects.get(code="330106109202").node_id
        old = world.node("330106109200")
        assert split == {(old, old, 1, 2, True), (old, new, 1, 2, True)}
        renamed = DivisionLineage.objects.get(kind=LineageKind.RENAME)
        assert renamed.from_node == renamed.to_node == world.node("330106002001")
        carried, estimated = api.carry_over({old: 10}, of=date(2024, 6, 30))
        assert (carried, estimated) == ({old: 5, new: 5}, {old, new})
        was = api.carry_over({old: 10}, of=date(2024, 6, 30), view=api.View.AS_WAS)
        assert was == ({old: 10}, frozenset())
        assert [
            len(api.list_communities(world.node("330106"), on=view.day(date(2024, 6, 30)))) for view in api.View
        ] == [5, 6]


def test_apply_undo_apply_gives_the_same_tree_byte_for_byte(world: World) -> None:
    before = tree(world)
    update = prepare(world, LATER)
    carry_through(world, update)
    applied = tree(world)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert tree(world) == before
    with inside(maker(world), read_only=True):
        assert not DivisionLineage.objects.exists()
        assert [one.place.name for one in api.look_up("曙光")] == []
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    assert tree(world) == applied != before
    with inside(maker(world), read_only=True):
        assert [one.place.name for one in api.look_up("曙光")] == ["曙光社区"]


def test_nobody_confirms_what_he_prepared_or_submitted(world: World) -> None:
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    both = replace(maker(world), grants=frozenset({policies.UPDATE, policies.CONFIRM}))
    with pytest.raises(Refused, match="own_update"):
        do(both, api.confirm_update, update)
    with pytest.raises(Forbidden):
        do(maker(world), api.confirm_update, update)
    assert state(world, update) == UpdateState.SUBMITTED


def test_what_is_not_confirmed_cannot_be_applied(world: World) -> None:
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    before = tree(world)
    with pytest.raises(Refused, match="not_confirmed"):
        do(maker(world), api.apply_update, update)
    assert tree(world) == before


def test_an_update_is_submitted_when_everything_is_decided(world: World) -> None:
    update = prepare(world, LATER)
    with pytest.raises(Refused, match="undecided"):
        do(maker(world), api.submit_update, update)


def test_a_refused_change_leaves_the_place_as_it_is(world: World) -> None:
    update = prepare(world, LATER)
    with inside(maker(world), read_only=True):
        gone = next(one for one in api.list_changes(update, scope=maker(world)) if one.kind == ChangeKind.GONE)
    do(maker(world), api.decide_change, update, change_id=gone.id, decision=Decision.REFUSED)
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        assert api.get_division(world.node("330106109201")).name == "灵山村"


def test_decisions_that_do_not_fit_together_are_told_by_name(world: World) -> None:
    """The street is gone but one of its communities is kept."""
    listed = [row for row in rows() if not row.code.startswith("330106109")]
    update = prepare(world, listed)
    with inside(maker(world), read_only=True):
        kept = next(one for one in api.list_changes(update, scope=maker(world)) if one.before_name == "湖埠村")
    do(maker(world), api.decide_change, update, change_id=kept.id, decision=Decision.REFUSED)
    accept_all(world, update)
    with pytest.raises(Refused, match="cannot_stand") as refused:
        do(maker(world), api.submit_update, update)
    assert "湖埠村" in refused.value.message


def test_a_person_may_say_what_an_ended_place_went_into(world: World) -> None:
    update = prepare(world, LATER)
    with inside(maker(world), read_only=True):
        gone = next(one for one in api.list_changes(update, scope=maker(world)) if one.kind == ChangeKind.GONE)
    with pytest.raises(Invalid, match="bad_target"):
        do(maker(world), api.decide_change, update, change_id=gone.id, decision=Decision.ACCEPTED, target=["湖埠村"])
    do(maker(world), api.decide_change, update, change_id=gone.id, decision=Decision.ACCEPTED,
       target=["330106109200"])  # fmt: skip
    node = world.node("330106109201")
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        row = DivisionLineage.objects.get(from_node=node)
        assert (row.kind, row.to_node, row.numerator, row.denominator) == (
            LineageKind.MERGE, world.node("330106109200"), 1, 1
        )  # fmt: skip


def test_a_person_may_say_that_a_name_on_an_old_code_is_another_place(world: World) -> None:
    update = prepare(world, a_year_later(c330106109201="曙光社区"))
    with inside(maker(world), read_only=True):
        (change,) = api.list_changes(update, scope=maker(world))
    assert (change.kind, change.sure) == (ChangeKind.RENAMED, False)
    with pytest.raises(Refused, match="one_by_one"):
        do(maker(world), api.decide_group, update, group=change.group, decision=Decision.ACCEPTED)
    do(maker(world), api.decide_change, update, change_id=change.id, decision=Decision.ACCEPTED, target=["-"])
    old = world.node("330106109201")
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    with inside(maker(world), read_only=True):
        assert world.node("330106109201") != old
        assert [version.place.name for version in api.list_versions(old)] == ["灵山村"]


def test_what_moved_takes_everything_below_along(world: World) -> None:
    """The street goes to the neighbouring county: it and its communities keep their identities."""
    old = {code: world.node(code) for code in ("330106109", "330106109200")}
    listed = [
        row._replace(code=row.code.replace("330106109", "330102109"),
                     parent_code=row.parent_code.replace("330106109", "330102109")
                     if len(row.parent_code) > 6 else "330102")
        if row.code.startswith("330106109") else row
        for row in rows()
    ]  # fmt: skip
    update = prepare(world, listed)
    carry_through(world, update)
    with inside(maker(world), read_only=True):
        street = api.get_division(old["330106109"])
        assert (street.county_id, street.code[:9]) == (world.node("330102"), "330102109")
        village = api.get_division(old["330106109200"])
        assert (village.county_id, village.street_id) == (world.node("330102"), street.id)
        kinds = set(DivisionLineage.objects.filter(from_node=street.id).values_list("kind", flat=True))
        assert kinds == {LineageKind.MOVE, LineageKind.RECODE}


def test_a_second_update_waits_until_the_first_is_done(world: World) -> None:
    update = prepare(world, LATER)
    with pytest.raises(Refused, match="under_way"):
        prepare(world, LATER)
    do(maker(world), api.drop_update, update, why="重新下载名录")
    again = prepare(world, LATER)
    carry_through(world, again)
    with pytest.raises(Invalid, match="day_too_early"):
        prepare(world, LATER, day=DAY)


def test_an_update_is_not_applied_to_a_tree_that_changed_since(world: World) -> None:
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    put_beside("330106002002", "后来社区")
    with pytest.raises(Refused, match="tree_changed"):
        do(second(world), api.apply_update, update)


def test_an_update_that_something_stands_on_is_not_undone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    update = prepare(world, LATER)
    carry_through(world, update)
    made = DivisionVersion.objects.get(code="330106002009").node_id
    counted = hanging.HangsOn(
        kind="test", label="聘任", count=lambda nodes: {made: 1} if made in nodes else {}, proposal="改聘"
    )  # fmt: skip
    monkeypatch.setitem(hanging._declared, "test", counted)
    applied = tree(world)
    with pytest.raises(Refused, match="stood_upon") as refused:
        do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert "聘任 1" in refused.value.message
    monkeypatch.delitem(hanging._declared, "test")
    later = prepare(world, [*LATER, community("330106002011", "更晚社区")], day=date(2025, 7, 1))
    carry_through(world, later)
    with pytest.raises(Refused, match="stood_upon"):
        do(second(world), api.undo_update, update, within={}, why="名录有误")
    do(second(world), api.undo_update, later, within={}, why="名录有误")
    assert tree(world) == applied


def test_what_hangs_on_places_that_would_end_is_shown(world: World) -> None:
    update = prepare(world, a_year_later(c330106109200=None))
    with inside(maker(world), read_only=True):
        ((change, found),) = api.list_hanging(update, scope=maker(world))
    assert change.before_name == "湖埠村"
    assert [(one.label, one.count) for one in found] == [("人员身份", 1)]  # the liaison


def test_a_failure_in_the_middle_of_applying_leaves_the_old_tree(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    update = prepare(world, LATER)
    accept_all(world, update)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    before = tree(world)

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(updating, "lineage_row", die)
        with pytest.raises(KeyboardInterrupt):
            do(second(world), api.apply_update, update)
    assert tree(world) == before
    assert state(world, update) == UpdateState.CONFIRMED
    do(second(world), api.apply_update, update)
    assert tree(world) != before


def test_an_unknown_update_is_missing(world: World) -> None:
    with pytest.raises(Missing):
        do(maker(world), api.submit_update, 9_999)


@pytest.mark.parametrize("as_of", [date(2023, 6, 30), DAY, date(2025, 7, 1)])
def test_an_import_brings_back_nothing_that_an_update_ended(world: World, as_of: date) -> None:
    carry_through(world, prepare(world, LATER))
    before = tree(world)
    with inside(maker(world), read_only=False), pytest.raises(Refused, match="province_stands"):
        api.import_divisions(rows=rows(), province="33", as_of=as_of, source="x", now=NOW)
    assert tree(world) == before
