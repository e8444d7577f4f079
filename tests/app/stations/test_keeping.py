"""The register of stations is kept by the county and its streets, each for its own places; everybody reads it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.refusals import Forbidden, Invalid, Missing, Refused
from falin.kernel.transactions import inside
from services.stations.commands import close_station, correct_station, open_many, reopen_station
from services.stations.models import Station
from services.stations.queries import list_open_stations
from services.stations.types import Position, Tier
from tests.app.stations.cast import (
    COUNTY,
    DOOR,
    GEM,
    SPRING,
    TOWN,
    VILLAGE,
    content,
    opened,
    public_scope,
    rows,
    written,
)
from tests.world import NOW, TODAY, World


def _correct(world: World, station: uuid.UUID, who: str = "county", code: str = TOWN, **changes: Any) -> None:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        correct_station(scope=scope, station_id=station, content=content(world, code, **changes), now=NOW)


def _close(world: World, station: uuid.UUID, who: str = "county", on_day: date = TODAY, why: str = "搬到新址") -> None:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        close_station(scope=scope, station_id=station, on_day=on_day, why=why, now=NOW)


# ---- opening ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "code", "tier"),
    [("county", COUNTY, Tier.CENTRE), ("county", TOWN, Tier.STATION), ("county", GEM, Tier.STUDIO),
     ("street", TOWN, Tier.STATION), ("street", VILLAGE, Tier.STUDIO)],
)  # fmt: skip
def test_county_and_street_open_stations_of_their_own_places_and_everybody_reads_them(
    who: str, code: str, tier: Tier, world: World
) -> None:
    made = opened(world, who, code, position=DOOR)
    with inside(public_scope(world), read_only=True):
        (read,) = list_open_stations(scope=public_scope(world))
    assert read == made
    assert (read.tier, read.content.node_id, read.content.position) == (tier, world.node(code), DOOR)
    assert written(world) == (1, 1)


@pytest.mark.parametrize(
    ("who", "code", "refusal"),
    [("county", SPRING, Invalid), ("street", COUNTY, Invalid), ("street", GEM, Invalid), ("county", "3301", Invalid),
     ("liaison", VILLAGE, Forbidden), ("leader", TOWN, Forbidden), ("city", TOWN, Forbidden), ("auditor3", TOWN, Forbidden)],
)  # fmt: skip
def test_nobody_opens_a_station_at_a_place_that_is_not_his(
    who: str, code: str, refusal: type[Exception], world: World
) -> None:
    with pytest.raises(refusal):
        opened(world, who, code)
    assert (rows(world), rows(world, "county2"), written(world)) == ({}, {}, (0, 0))


def test_above_the_county_there_are_no_stations(world: World) -> None:
    """The rule itself, for whoever might be given the grant there."""
    scope = replace(world.scope("city"), grants=frozenset({"stations.keep"}))
    from services.stations.commands import open_station

    with pytest.raises(Invalid, match="不设在省、市") as refused, inside(scope, read_only=False):
        open_station(scope=scope, content=content(world, "3301"), now=NOW)
    assert refused.value.field == "node_id"
    assert (rows(world), written(world)) == ({}, (0, 0))


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": " "}, "name"), ({"address": ""}, "address"), ({"phone": "13812341234"}, "phone"), ({"opening": ()}, "opening"),
     ({"opened_on": TODAY + timedelta(days=1)}, "opened_on"),
     ({"position": Position(longitude=30.2, latitude=120.1)}, "longitude"), ({"name": "找李调解 13812341234"}, None)],
)  # fmt: skip
def test_what_cannot_stand_in_the_register_is_refused_at_its_field(
    changes: dict[str, Any], field: str | None, world: World
) -> None:
    with pytest.raises(Invalid) as refused:
        opened(world, **changes)
    assert refused.value.field == field
    assert (rows(world), written(world)) == ({}, (0, 0))


def test_a_place_has_one_open_station_of_a_name(world: World) -> None:
    first = opened(world)
    with pytest.raises(Refused, match="已经有同名的站点"):
        opened(world)
    assert written(world) == (1, 1)
    _close(world, first.id)
    again = opened(world)
    assert set(rows(world)) == {first.id, again.id}


def test_postgresql_itself_keeps_a_place_from_two_open_stations_of_a_name_and_a_position_whole(world: World) -> None:
    made = opened(world)
    scope = world.scope("county")
    with inside(scope, read_only=False):
        row = Station.objects.get(id=made.id)
        for name, changes in (
            ("an_open_station_is_registered_once", {"id": uuid.uuid4()}), ("a_position_is_whole", {"longitude": 120.1}),
            ("a_station_closes_after_it_opens", {"closed_on": date(2025, 1, 1)}),
        ):  # fmt: skip
            broken = Station(**{field.name: getattr(row, field.name) for field in Station._meta.fields} | changes)
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                broken.save(force_insert="id" in changes)


def test_postgresql_itself_keeps_a_county_from_writing_a_station_of_its_neighbour(world: World) -> None:
    theirs = Station(
        node_id=world.node(SPRING), province_id=world.node("33"), city_id=world.node("3301"), county_id=world.node("330102"),
        street_id=world.node("330102001"), tier="studio", name="x", pinyin="x", initials="x", address="x", opening=[],
        wheelchair=False, opened_on=TODAY, person_id=1, recorded_at=NOW,
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="row-level security"), inside(world.scope("county"), read_only=False):
        theirs.save(force_insert=True)


def test_of_many_one_that_is_refused_stops_no_other_and_each_is_booked(world: World) -> None:
    scope = world.scope("county")
    several = [content(world, TOWN), content(world, VILLAGE, name="湖埠村法律工作室"), content(world, SPRING),
               content(world, TOWN), content(world, GEM, phone="13812341234")]  # fmt: skip
    with inside(scope, read_only=False):
        outcomes = open_many(scope=scope, contents=several, now=NOW)
    assert [(one.station is not None, one.field) for one in outcomes] == [
        (True, ""), (True, ""), (False, "node_id"), (False, "name"), (False, "phone"),
    ]  # fmt: skip
    assert {row[2] for row in rows(world).values()} == {"双浦镇公共法律服务工作站", "湖埠村法律工作室"}
    assert written(world) == (2, 2)
    with inside(scope, read_only=False):
        (again, *_rest) = open_many(scope=scope, contents=several, now=NOW)
    assert again.code == "stations.registered"
    assert written(world) == (2, 2)


# ---- correcting ------------------------------------------------------------------------------------------------------
def test_what_is_corrected_stands_at_once_and_what_it_said_stands_in_the_log(world: World) -> None:
    made = opened(world)
    _correct(world, made.id, "street", address="湖埠街 10 号", wheelchair=True)
    with inside(public_scope(world), read_only=True):
        (read,) = list_open_stations(scope=public_scope(world))
    assert (read.content.address, read.content.wheelchair) == ("湖埠街 10 号", True)
    with inside(world.scope("county"), read_only=True):
        entry = AuditEntry.objects.get(act="stations.station.corrected")
        event = OutboxEvent.objects.get(event="stations.station.corrected")
    assert (entry.before, entry.after) == (
        {"address": "湖埠街 8 号一楼", "wheelchair": False}, {"address": "湖埠街 10 号", "wheelchair": True},
    )  # fmt: skip
    assert (entry.subject_kind, entry.subject_id, entry.node_id) == ("station", str(made.id), world.node(TOWN))
    assert event.payload["station"] == str(made.id)


def test_a_station_that_was_entered_at_the_wrong_place_goes_to_the_right_one_with_its_tier(world: World) -> None:
    made = opened(world)
    _correct(world, made.id, code=VILLAGE)
    (row,) = rows(world).values()
    assert row[:2] == (world.node(VILLAGE), "studio")


@pytest.mark.parametrize(
    ("who", "code", "changes", "refusal"),
    [("county", TOWN, {}, Invalid), ("county", TOWN, {"phone": "13812341234"}, Invalid),
     ("county", SPRING, {"address": "别处"}, Invalid), ("street", GEM, {"address": "别处"}, Invalid),
     ("street2", TOWN, {"address": "别处"}, Missing), ("county2", TOWN, {"address": "别处"}, Missing),
     ("liaison", TOWN, {"address": "别处"}, Forbidden), ("city", TOWN, {"address": "别处"}, Forbidden)],
)  # fmt: skip
def test_a_correction_that_is_refused_changes_nothing(
    who: str, code: str, changes: dict[str, Any], refusal: type[Exception], world: World
) -> None:
    made = opened(world)
    before = rows(world)
    with pytest.raises(refusal):
        _correct(world, made.id, who, code, **changes)
    assert (rows(world), written(world)) == (before, (1, 1))


def test_a_correction_takes_no_name_that_another_open_station_there_has(world: World) -> None:
    opened(world)
    other = opened(world, name="双浦镇第二工作站")
    before = rows(world)
    with pytest.raises(Refused) as refused:
        _correct(world, other.id)
    assert refused.value.field == "name"
    assert (rows(world), written(world)) == (before, (2, 2))


# ---- closing ---------------------------------------------------------------------------------------------------------
def test_a_closed_station_is_on_no_public_page_and_its_row_and_reason_stay(world: World) -> None:
    made = opened(world)
    _close(world, made.id, "street", why=" 搬到  新址 ")
    with inside(public_scope(world), read_only=True):
        assert list_open_stations(scope=public_scope(world)) == []
    (row,) = rows(world).values()
    assert row[-2:] == (TODAY, "搬到 新址")
    with inside(world.scope("county"), read_only=True):
        entry = AuditEntry.objects.get(act="stations.station.closed")
    assert (entry.why, entry.after) == ("搬到 新址", {"closed_on": "2026-11-16"})
    assert written(world) == (2, 2)


@pytest.mark.parametrize(
    ("who", "given", "refusal", "field"),
    [("county", {"why": " "}, Invalid, "why"), ("county", {"why": "打 13812341234 问"}, Invalid, None),
     ("county", {"why": "长" * 201}, Invalid, "why"),
     ("county", {"on_day": TODAY + timedelta(days=1)}, Invalid, "on_day"),
     ("county", {"on_day": date(2025, 12, 31)}, Invalid, "on_day"),
     ("street2", {}, Missing, None), ("county2", {}, Missing, None), ("liaison", {}, Forbidden, None)],
)  # fmt: skip
def test_a_closing_that_is_refused_changes_nothing(
    who: str, given: dict[str, Any], refusal: type[Refused], field: str | None, world: World
) -> None:
    made = opened(world)
    before = rows(world)
    with pytest.raises(refusal) as refused:
        _close(world, made.id, who, **given)
    assert refused.value.field == field
    assert (rows(world), written(world)) == (before, (1, 1))


def test_what_is_closed_is_neither_corrected_nor_closed_again(world: World) -> None:
    made = opened(world)
    _close(world, made.id)
    before = rows(world)
    with pytest.raises(Refused, match="已经关闭"):
        _correct(world, made.id, address="别处")
    with pytest.raises(Refused, match="已经关闭"):
        _close(world, made.id)
    assert (rows(world), written(world)) == (before, (2, 2))


# ---- closing, taken back ---------------------------------------------------------------------------------------------
def _reopen(world: World, station: uuid.UUID, who: str = "county", now: datetime = NOW) -> None:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        reopen_station(scope=scope, station_id=station, now=now)


def _stays(world: World, station: uuid.UUID, who: str = "county", now: datetime = NOW) -> str:
    """What refuses the taking back; nothing was changed or written of it."""
    before = rows(world), written(world)
    with pytest.raises(Refused) as refused:
        _reopen(world, station, who, now)
    assert (rows(world), written(world)) == before
    return refused.value.code


def test_closing_taken_back_leaves_the_station_as_it_was_and_the_book_says_both(world: World) -> None:
    made = opened(world)
    before = rows(world)
    _close(world, made.id)
    _reopen(world, made.id, now=NOW + timedelta(minutes=9))
    assert rows(world) == before
    with inside(public_scope(world), read_only=True):
        assert [one.id for one in list_open_stations(scope=public_scope(world))] == [made.id]
    with inside(world.scope("county"), read_only=True):
        entry = AuditEntry.objects.get(act="stations.station.reopened")
        assert OutboxEvent.objects.filter(event="stations.station.reopened").count() == 1
    assert (entry.before, entry.after) == ({"closed_on": "2026-11-16"}, {})
    assert written(world) == (3, 3)


def test_after_ten_minutes_or_by_somebody_else_a_station_stays_closed(world: World) -> None:
    made = opened(world)
    assert _stays(world, made.id) == "stations.too_late_to_reopen"  # it was never closed
    _close(world, made.id)
    assert _stays(world, made.id, now=NOW + timedelta(minutes=10)) == "stations.too_late_to_reopen"
    assert _stays(world, made.id, "street") == "stations.too_late_to_reopen"
    _reopen(world, made.id)
    assert _stays(world, made.id) == "stations.too_late_to_reopen"  # it is open


def test_where_another_of_its_name_was_opened_meanwhile_a_station_stays_closed(world: World) -> None:
    made = opened(world)
    _close(world, made.id)
    opened(world)
    assert _stays(world, made.id) == "stations.registered"


@pytest.mark.parametrize(("who", "refusal"), [("street2", Missing), ("county2", Missing), ("liaison", Forbidden)])
def test_nobody_opens_anew_what_is_not_in_his_charge(who: str, refusal: type[Refused], world: World) -> None:
    made = opened(world)
    _close(world, made.id)
    before = rows(world), written(world)
    with pytest.raises(refusal):
        _reopen(world, made.id, who)
    assert (rows(world), written(world)) == before
