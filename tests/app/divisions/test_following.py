"""Roles at a place that ended go on at the one place that took over, in the update's transaction, and come back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from falin.config.tasks import systems
from falin.kernel import relay
from falin.kernel.models import AuditEntry, Job, OutboxEvent
from falin.kernel.transactions import inside, shared
from tenants.divisions import api, hanging
from tenants.divisions.commands import updating
from tenants.divisions.types import Decision, UpdateState
from tenants.identity.api import Role, create_person, grant_role
from tenants.identity.commands.granting import end_these
from tenants.identity.models import Binding, Person
from tests.app.divisions.test_update import a_year_later, do, maker, prepare, second, state
from tests.app.indicators.books import night
from tests.world import NOW, World, today

GONE, HEIR, ELSEWHERE = "330106109200", "330106109201", "330102001001"


def merged(world: World, into: tuple[str, ...] = (HEIR,)) -> int:
    """An update by which the liaison's village goes into others; confirmed."""
    update = prepare(world, a_year_later(c330106109200=None))
    with inside(maker(world), read_only=True):
        (change,) = api.list_changes(update, scope=second(world))
    do(maker(world), api.decide_change, update, change_id=change.id, decision=Decision.ACCEPTED, target=into)
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    return update


def roles(username: str) -> list[tuple[int, bool]]:
    """Where somebody holds or held something, and whether he still does."""
    rows = Binding.objects.filter(person__username=username).order_by("id")
    return [(row.node_id, row.ended_at is None) for row in rows]


def left(world: World, update: int) -> dict[str, int]:
    with inside(second(world), read_only=True):
        return {
            thing.label: thing.count
            for _change, things in api.list_hanging(update, scope=second(world))
            for thing in things
        }


def test_a_role_goes_on_where_its_place_went_and_comes_back_when_that_is_undone(world: World) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    update = merged(world)
    assert left(world, update) == {"人员身份": 1}
    do(second(world), api.apply_update, update)
    assert roles("liaison") == [(gone, False), (heir, True)]
    assert world.scope("liaison").roots == (heir,)
    assert left(world, update) == {}
    with inside(second(world), read_only=True):
        acts = list(
            AuditEntry.objects.filter(act__startswith="identity.role").order_by("id").values_list("act", "node_id")
        )
        told = OutboxEvent.objects.filter(event__startswith="identity.role").count()
    assert acts == [("identity.role.ended", gone), ("identity.role.granted", heir)]
    assert told == 2
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert roles("liaison") == [(gone, False), (heir, False), (gone, True)]
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    assert [node for node, open_ in roles("liaison") if open_] == [heir]


def test_who_holds_the_role_there_already_has_it_once(world: World) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    with shared(read_only=False) as system:
        grant_role(scope=system, person_id=Person.objects.get(username="liaison").id, role=Role.LIAISON, node_id=heir,
                   reason="两个村", now=NOW)  # fmt: skip
    update = merged(world)
    do(second(world), api.apply_update, update)
    assert roles("liaison") == [(gone, False), (heir, True)]
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert roles("liaison") == [(gone, False), (heir, True), (gone, True)]


def test_a_role_that_somebody_ended_since_stays_ended_when_the_update_is_undone(world: World) -> None:
    update = merged(world)
    do(second(world), api.apply_update, update)
    with shared(read_only=False) as system:
        end_these(Binding.objects.filter(node_id=world.node(HEIR)), system, "离任", NOW)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    assert not any(open_ for _node, open_ in roles("liaison"))


def test_a_role_does_not_come_back_beside_one_that_may_not_be_held_with_it_and_the_update_says_whose(
    world: World, sign_in: Any
) -> None:
    other = "330106002001"  # of another street: who is liaison there may be inspector of the one that lost its village
    gone, heir = world.node(GONE), world.node(other)
    deputy = deputise(world)
    update = merged(world, (other,))
    do(second(world), api.apply_update, update)
    assert [node for node, open_ in roles("liaison") if open_] == [heir]
    person = Person.objects.get(username="liaison").id
    with shared(read_only=False) as system:
        grant_role(scope=system, person_id=person, role=Role.INSPECTOR, node_id=world.node("330106109"), reason="巡查",
                   now=NOW)  # fmt: skip
        reader = create_person(scope=system, username="security", name="安一", password=None, encoded="!", now=NOW,
                               must_change_password=False)  # fmt: skip
        grant_role(scope=system, person_id=reader.id, role=Role.SECURITY_ADMINISTRATOR, node_id=world.node("33"),
                   reason="测试", now=NOW)  # fmt: skip
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    held = Binding.objects.filter(ended_at=None, person__username__in=("liaison", "deputy"))
    assert list(held.values_list("role", flat=True)) == ["inspector"]
    with inside(second(world), read_only=True):
        stayed = api.get_update(update, scope=second(world)).stayed
        booked = (
            AuditEntry.objects.filter(act="identity.role.not_back").order_by("id").values_list("subject_id", "after")
        )
        assert [(int(who), after["because"]) for who, after in booked] == [
            (person, "identity.inspector_is_not_of_the_place"), (deputy, "identity.principal_not_there")
        ]  # fmt: skip
    assert [(one.facts["person"], one.facts["node"], one.why) for one in stayed] == [
        (person, gone, "巡查员不能巡查自己任职的社区和律所。"), (deputy, gone, "被代理的人在那里已经没有这个身份。")
    ]  # fmt: skip
    Person.objects.filter(id=person).update(email="wang@example.cn")
    relay.drain({scope.schema: scope for scope in systems()}, clock=lambda: NOW)
    (letter,) = mail.outbox
    assert letter.to == ["wang@example.cn"]
    assert "湖埠村的身份没有恢复：巡查员不能巡查自己任职的社区和律所。" in letter.body
    security = sign_in("security")
    for address in (f"/places/updates/{update}/", f"/places/updates/{update}/report/"):
        text = security.get(address).content.decode()
        assert "王桂英，湖埠村 社区联络员" in text
        assert "巡查员不能巡查自己任职的社区和律所。" in text
    told = security.get(f"/api/v1/places/updates/{update}/").json()["summary"]["stayed"]
    assert [(one["person_id"], one["role"], one["node_id"]) for one in told] == [
        (person, "liaison", gone), (deputy, "liaison", gone)
    ]  # fmt: skip


def deputise(world: World) -> int:
    """Somebody who stands in for the liaison: his number."""
    with shared(read_only=False) as system:
        deputy = create_person(scope=system, username="deputy", name="苏代", password=None, encoded="!", now=NOW)
        number = grant_role(scope=system, person_id=deputy.id, role=Role.LIAISON, node_id=world.node(GONE), reason="代理",
                            now=NOW, valid_to=today() + timedelta(days=90))  # fmt: skip
    Binding.objects.filter(id=number).update(acting_for=Binding.objects.get(person__username="liaison"))
    return deputy.id


def test_who_stands_in_goes_on_standing_in_for_the_same_person(world: World) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    deputise(world)
    update = merged(world)
    for turn in range(2):
        do(second(world), api.apply_update, update)
        own, stand_in = (Binding.objects.get(person__username=name, ended_at=None) for name in ("liaison", "deputy"))
        assert (own.node_id, stand_in.node_id, stand_in.acting_for_id) == (heir, heir, own.id)
        if turn == 0:
            do(second(world), api.undo_update, update, within={}, why="名录有误")
            own, stand_in = (
                Binding.objects.get(person__username=name, ended_at=None) for name in ("liaison", "deputy")
            )
            assert (own.node_id, stand_in.node_id, stand_in.acting_for_id) == (gone, gone, own.id)
            do(second(world), api.confirm_update, update)


def test_who_stands_in_for_somebody_who_holds_the_role_there_already_stands_in_for_that_role(world: World) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    deputise(world)
    with shared(read_only=False) as system:
        grant_role(scope=system, person_id=Person.objects.get(username="liaison").id, role=Role.LIAISON, node_id=heir,
                   reason="两个村", now=NOW)  # fmt: skip
    update = merged(world)
    do(second(world), api.apply_update, update)
    own, stand_in = (Binding.objects.get(person__username=name, ended_at=None) for name in ("liaison", "deputy"))
    assert (own.node_id, stand_in.node_id, stand_in.acting_for_id) == (heir, heir, own.id)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    own = Binding.objects.get(person__username="liaison", ended_at=None, node_id=gone)
    stand_in = Binding.objects.get(person__username="deputy", ended_at=None)
    assert (stand_in.node_id, stand_in.acting_for_id) == (gone, own.id)


@pytest.mark.parametrize("into", [(), (HEIR, "330106109001"), (ELSEWHERE,)], ids=["nowhere", "two", "another county"])
def test_where_not_exactly_one_place_of_the_same_body_took_over_the_role_stays_listed(
    world: World, into: tuple[str, ...]
) -> None:
    gone = world.node(GONE)
    update = merged(world, into)
    do(second(world), api.apply_update, update)
    assert roles("liaison") == [(gone, True)]
    assert left(world, update) == {"人员身份": 1}


def test_a_failure_after_the_roles_went_on_leaves_tree_and_roles_as_they_were(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = merged(world)
    before = roles("liaison")

    def die(*args: Any, **given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(updating.outbox, "put", die)
        with pytest.raises(KeyboardInterrupt):
            do(second(world), api.apply_update, update)
    assert roles("liaison") == before
    assert state(world, update) == UpdateState.CONFIRMED


def test_open_jobs_of_a_body_hang_on_its_seat_and_closed_ones_and_neighbours_do_not(world: World) -> None:
    with inside(night(world, "330106"), read_only=False):
        for number, job_state in enumerate(("queued", "running", "done")):
            Job.objects.create(id=uuid.uuid4(), kind="x", title=f"{number}", person_id=0, scope={}, state=job_state,
                               created_at=NOW)  # fmt: skip
        seats = {world.node("330106"), world.node("330102"), world.node(GONE)}
        assert hanging.counted_within(seats)["jobs"] == {world.node("330106"): 2}
    with inside(night(world, "330102"), read_only=True):
        assert "jobs" not in hanging.counted_within(seats)
