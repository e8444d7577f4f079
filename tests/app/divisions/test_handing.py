"""Appointments and posted hours at a place that ended go on at the one place that took over, carried out by the county."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside, shared
from falin.portal import places
from services.advisers.api import end_appointment, open_account
from services.advisers.commands import ban_adviser
from services.advisers.models import Appointment, Seat
from services.advisers.types import AdviserInfo
from services.duty.api import post_hours
from services.duty.models import PostedHours
from services.stations.commands import close_station
from services.stations.models import Station
from services.stations.types import StationInfo
from tenants.divisions import api
from tenants.divisions.commands import updating
from tenants.divisions.models import DivisionHandover
from tenants.divisions.types import Decision
from tenants.identity.models import Binding
from tenants.registry.models import Tenant
from tests.app.advisers.office import Office
from tests.app.divisions.test_following import ELSEWHERE, GONE, HEIR, left, merged
from tests.app.divisions.test_update import a_year_later, community, do, maker, prepare, second
from tests.app.indicators.books import deliver, night
from tests.app.stations.cast import opened
from tests.world import NOW, World, today

COUNTY, MADE = "330106", "330106109209"


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def served(office: Office, adviser: AdviserInfo, code: str = GONE, **given: Any) -> uuid.UUID:
    return office.appoint(adviser, code, **{"begins_on": today() - timedelta(days=30), **given}).id


def apply(world: World, into: tuple[str, ...] = (HEIR,)) -> int:
    update = merged(world, into)
    do(second(world), api.apply_update, update)
    return update


def told(world: World, county: str = COUNTY) -> int:
    return deliver(world, county)


def terms(world: World) -> list[tuple[int, date, date | None]]:
    """Where somebody serves in the county, from when to when; in the county's book and in the register alike."""
    with inside(night(world, COUNTY), read_only=True):
        rows = list(Appointment.objects.in_scope(night(world, COUNTY)).order_by("begins_on", "created_at", "node_id"))
        seats = {seat.appointment_id: seat for seat in Seat.objects.all()}
    assert {row.id: (row.node_id, row.begins_on, row.ends_on) for row in rows} == {
        key: (seat.node_id, seat.begins_on, seat.ends_on) for key, seat in seats.items()
    }
    return [(row.node_id, row.begins_on, row.ends_on) for row in rows]


def carried(world: World, update: int) -> dict[str, int]:
    with inside(second(world), read_only=True):
        return {one.label: one.count for one in api.get_update(update, scope=second(world)).carried}


def posted(world: World) -> dict[int, str]:
    with inside(night(world, COUNTY), read_only=True):
        return dict(PostedHours.objects.values_list("node_id", "room"))


def handing(world: World, update: int) -> int:
    with inside(second(world), read_only=True):
        return api.get_update(update, scope=second(world)).handing


def test_an_appointment_goes_on_where_its_place_went_and_comes_back_when_that_is_undone(
    world: World, office: Office
) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    begun, last = today() - timedelta(days=30), today() + timedelta(days=300)
    served(office, office.adviser(), ends_on=last)
    update = apply(world)
    assert (terms(world), handing(world, update)) == ([(gone, begun, last)], 1), (
        "the update's transaction moves nothing"
    )
    told(world)
    yesterday = today() - timedelta(days=1)
    assert terms(world) == [(gone, begun, yesterday), (heir, today(), last)]
    assert (carried(world, update)["顾问聘任"], handing(world, update)) == (1, 0)
    assert "顾问聘任" not in left(world, update)
    with inside(night(world, COUNTY), read_only=True):
        booked = AuditEntry.objects.filter(act__startswith="advisers.a", why__startswith="区划更新").order_by("id")
        assert list(booked.values_list("act", "person_id", "node_id")) == [("advisers.appointment.ended", 0, gone)]
        assert AuditEntry.objects.filter(act="advisers.adviser.appointed", node_id=heir, person_id=0).count() == 1
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert terms(world) == [(gone, begun, yesterday), (gone, today(), last)]
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    told(world)
    assert terms(world) == [(gone, begun, yesterday), (heir, today(), last)]


def test_told_twice_or_late_it_comes_to_the_same(world: World, office: Office) -> None:
    served(office, office.adviser())
    update = apply(world)
    told(world)
    once = terms(world)
    with inside(night(world, COUNTY), read_only=False):
        api.settle(scope=night(world, COUNTY), update_id=update, now=NOW)
    assert terms(world) == once
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    told(world)  # both events at once: undone and applied again in between
    assert terms(world) == once


def test_the_update_and_what_it_tells_the_county_are_one_transaction(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    served(office, office.adviser())
    update = merged(world)

    def die(*args: Any, **given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(updating.outbox, "put", die)
        with pytest.raises(KeyboardInterrupt):
            do(second(world), api.apply_update, update)
    with inside(night(world, COUNTY), read_only=True):
        assert not OutboxEvent.objects.filter(event=api.PLACES_CHANGED).exists()
    assert not DivisionHandover.objects.exists()


def test_a_county_killed_while_carrying_it_out_has_moved_nothing_and_does_it_again(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("周以宁", "林知远"):
        served(office, office.adviser(name))
    update, before = apply(world), terms(world)

    def die(*args: Any, **given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DivisionHandover, "save", die)
        with pytest.raises(KeyboardInterrupt):
            told(world)
    assert (terms(world), handing(world, update)) == (before, 1)
    told(world)
    assert (len(terms(world)), carried(world, update)["顾问聘任"]) == (4, 2)


@pytest.mark.parametrize("into", [(), (HEIR, "330106109001"), (ELSEWHERE,)], ids=["nowhere", "two", "another county"])
def test_where_not_exactly_one_place_of_the_same_body_took_over_the_appointment_stays_listed(
    world: World, office: Office, into: tuple[str, ...]
) -> None:
    served(office, office.adviser())
    before = terms(world)
    update = apply(world, into)
    told(world)
    told(world, "330102")
    assert terms(world) == before
    assert left(world, update)["顾问聘任"] == 1


def test_who_may_not_be_appointed_any_more_stays_listed_with_the_reason_and_the_others_go(
    world: World, office: Office
) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    banned = office.adviser("禁某")
    served(office, banned)
    served(office, office.adviser("周以宁"))
    with inside(world.scope("county"), read_only=False):
        ban_adviser(scope=world.scope("county"), adviser_id=banned.id, until=today() + timedelta(days=90), reason="处罚",
                    now=NOW)  # fmt: skip
    update = apply(world)
    told(world)
    assert sorted(node for node, _begin, end in terms(world) if end is None) == sorted([gone, heir])
    assert left(world, update)["顾问聘任"] == 1
    with inside(second(world), read_only=True):
        ((_change, things),) = api.list_hanging(update, scope=second(world))
    assert next(thing.proposal for thing in things if thing.label == "顾问聘任").startswith("顾问在禁止聘任期内 1 项；")


def test_who_serves_there_already_has_it_once_and_gets_his_old_place_back(world: World, office: Office) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    adviser = office.adviser()
    served(office, adviser)
    served(office, adviser, HEIR)
    update = apply(world)
    told(world)
    assert [node for node, _begin, end in terms(world) if end is None] == [heir]
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert sorted(node for node, _begin, end in terms(world) if end is None) == sorted([gone, heir])


def test_one_that_has_not_begun_is_the_same_one_at_the_other_place(world: World, office: Office) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    begins = today() + timedelta(days=10)
    served(office, office.adviser(), begins_on=begins)
    update = apply(world)
    told(world)
    assert terms(world) == [(heir, begins, None)]
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert terms(world) == [(gone, begins, None)]


def test_one_that_somebody_ended_since_stays_ended_when_the_update_is_undone(world: World, office: Office) -> None:
    served(office, office.adviser())
    update = apply(world)
    told(world)
    with inside(night(world, COUNTY), read_only=True):
        going = Appointment.objects.in_scope(night(world, COUNTY)).get(ends_on=None).id
    with inside(world.scope("county"), read_only=False):
        end_appointment(scope=world.scope("county"), appointment_id=going, on_day=today(), why="辞任", now=NOW)
    once = terms(world)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert terms(world) == once


def test_an_adviser_with_an_account_may_act_at_the_place_that_took_over(world: World, office: Office) -> None:
    adviser = office.adviser()
    served(office, adviser)
    with inside(world.scope("county"), read_only=False):
        person = open_account(scope=world.scope("county"), adviser_id=adviser.id, now=NOW).person_id
    apply(world)
    told(world)
    rows = Binding.objects.filter(person_id=person, ended_at=None)
    assert [(row.node_id, row.valid_from, row.valid_to) for row in rows] == [(world.node(HEIR), today(), None)]


def into_a_new_one(world: World) -> int:
    """Two villages end and go into a new one, MADE; applied, and the county has carried it out."""
    listed = [row for row in a_year_later() if row.code not in {GONE, HEIR}]
    update = prepare(world, [*listed, community(MADE, "湖灵村")])
    with inside(maker(world), read_only=True):
        changes = {one.before_name or one.after_name: one for one in api.list_changes(update, scope=maker(world))}
    for name, change in changes.items():
        do(maker(world), api.decide_change, update, change_id=change.id, decision=Decision.ACCEPTED,
           target=(MADE,) if name != "湖灵村" else ("-",))  # fmt: skip
    do(maker(world), api.submit_update, update)
    do(second(world), api.confirm_update, update)
    do(second(world), api.apply_update, update)
    told(world)
    return update


def test_a_place_made_by_the_update_takes_over_and_the_update_can_still_be_undone(world: World, office: Office) -> None:
    gone = world.node(GONE)
    served(office, office.adviser())
    update = into_a_new_one(world)
    (made,) = [node for node, _begin, end in terms(world) if end is None]
    assert made != gone
    places.undo(scope=second(world), update_id=update, why="名录有误")
    told(world)
    assert [node for node, _begin, end in terms(world) if end is None] == [gone]


def test_a_county_whose_rows_change_hands_is_waited_for(world: World, office: Office) -> None:
    served(office, office.adviser())
    update = merged(world)
    with shared(read_only=False):
        Tenant.objects.filter(node_id=world.node(COUNTY)).update(state="moving")
    with pytest.raises(Refused, match="换库"):
        do(second(world), api.apply_update, update)


def test_posted_hours_go_on_the_other_notice_and_come_back(world: World) -> None:
    gone, heir, team = world.node(GONE), world.node(HEIR), world.scope("county")
    with inside(team, read_only=False):
        post_hours(
            scope=team, node_id=gone, weekdays=[1, 4], begins_at=time(9), ends_at=time(11), room="村委会", now=NOW
        )
    update = apply(world)
    told(world)
    assert posted(world) == {heir: "村委会"}
    assert carried(world, update)["公布的值班时间"] == 1
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert posted(world) == {gone: "村委会"}


def test_a_place_with_hours_of_its_own_keeps_them(world: World) -> None:
    gone, heir, team = world.node(GONE), world.node(HEIR), world.scope("county")
    with inside(team, read_only=False):
        for node, room in ((gone, "湖埠"), (heir, "灵山")):
            post_hours(scope=team, node_id=node, weekdays=[2], begins_at=time(9), ends_at=time(10), room=room, now=NOW)
    update = apply(world)
    told(world)
    assert posted(world) == {heir: "灵山"}
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert posted(world) == {heir: "灵山", gone: "湖埠"}


def stations(world: World) -> dict[str, tuple[int, int | None, str]]:
    with inside(night(world, COUNTY), read_only=True):
        return {row[0]: row[1:] for row in Station.objects.filter(closed_on__isnull=True).values_list(
            "name", "node_id", "street_id", "tier")}  # fmt: skip


def open_one(world: World, code: str, name: str) -> StationInfo:
    return opened(world, code=code, name=name)


def test_a_station_goes_on_at_the_place_that_took_over_and_comes_back(world: World) -> None:
    gone, heir, street = world.node(GONE), world.node(HEIR), world.node("330106109")
    open_one(world, GONE, "湖埠村法律工作室")
    update = apply(world)
    told(world)
    assert stations(world) == {"湖埠村法律工作室": (heir, street, "studio")}
    assert carried(world, update)["服务站点"] == 1
    with inside(night(world, COUNTY), read_only=True):
        entry = AuditEntry.objects.get(act="stations.station.moved")
    assert (entry.before, entry.after, entry.why) == (
        {"node_id": gone},
        {"node_id": heir},
        "区划更新：由接手的地方继续",
    )
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert stations(world) == {"湖埠村法律工作室": (gone, street, "studio")}


def test_a_station_whose_name_stands_there_already_stays_and_is_told_of_and_a_closed_one_is_history(
    world: World,
) -> None:
    gone, heir = world.node(GONE), world.node(HEIR)
    open_one(world, GONE, "法律工作室")
    open_one(world, HEIR, "法律工作室")
    shut = open_one(world, GONE, "老工作室")
    open_one(world, GONE, "湖埠村服务点")  # one that cannot go on keeps no other
    team = world.scope("county")
    with inside(team, read_only=False):
        close_station(scope=team, station_id=shut.id, on_day=NOW.date(), why="不办了", now=NOW)
    update = apply(world)
    told(world)
    with inside(night(world, COUNTY), read_only=True):
        assert set(Station.objects.values_list("name", "node_id")) == {
            ("法律工作室", gone), ("法律工作室", heir), ("老工作室", gone), ("湖埠村服务点", heir),
        }  # fmt: skip
    assert carried(world, update)["服务站点"] == 1
    assert left(world, update)["服务站点"] == 1


def test_a_station_that_was_closed_at_the_new_place_stays_closed_when_the_update_is_undone(world: World) -> None:
    made = open_one(world, GONE, "湖埠村法律工作室")
    update = apply(world)
    told(world)
    team = world.scope("county")
    with inside(team, read_only=False):
        close_station(scope=team, station_id=made.id, on_day=NOW.date(), why="不办了", now=NOW)
    do(second(world), api.undo_update, update, within={}, why="名录有误")
    told(world)
    assert stations(world) == {}
