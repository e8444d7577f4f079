"""What the register may say of a station, its tier by R1.6, and how far it is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from falin.kernel.refusals import Invalid
from services.stations.rules import check_content, metres_between, nearest_first, tidy, tier_of
from services.stations.types import Opening, Position, StationContent, StationInfo, Tier
from tenants.divisions.types import Level

TODAY = date(2026, 11, 16)
HOURS = (Opening(weekday=1, begins_at=time(9), ends_at=time(12)),)
PLAIN = StationContent(
    node_id=1, name="北山街道公共法律服务工作站", address="北山路 8 号", opening=HOURS, opened_on=TODAY
)
WEST_LAKE = Position(longitude=120.13026, latitude=30.25919)


@pytest.mark.parametrize(
    ("level", "is_county_body", "tier"),
    [(Level.COUNTY, True, Tier.CENTRE), (Level.CITY, True, Tier.CENTRE), (Level.STREET, False, Tier.STATION),
     (Level.COMMUNITY, False, Tier.STUDIO), (Level.CITY, False, None), (Level.PROVINCE, False, None)],
)  # fmt: skip
def test_the_tier_follows_from_the_place(level: Level, is_county_body: bool, tier: Tier | None) -> None:
    """R1.6; a city without counties has a centre of its own."""
    assert tier_of(level, is_county_body=is_county_body) == tier


@pytest.mark.parametrize(
    "phone",
    ["", "12348", "0571-87654321", "057187654321", "010-62345678", "87654321", "0571-87654321-803",
     "400-820-1234"],
)  # fmt: skip
def test_an_offices_telephone_may_stand_there(phone: str) -> None:
    assert check_content(replace(PLAIN, phone=phone), today=TODAY).phone == phone


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"), ({"name": "站" * 61}, "name"), ({"address": ""}, "address"),
        ({"address": "路" * 121}, "address"),
        ({"phone": "13812341234"}, "phone"), ({"phone": "110x"}, "phone"), ({"phone": "1234567"}, "phone"),
        ({"opening": ()}, "opening"), ({"opened_on": date(2026, 11, 17)}, "opened_on"),
        ({"opened_on": date(1979, 12, 31)}, "opened_on"),
        ({"position": Position(longitude=30.25, latitude=120.13)}, "longitude"),
        ({"position": Position(longitude=120.13, latitude=math.nan)}, "latitude"),
        ({"position": Position(longitude=math.inf, latitude=30.0)}, "longitude"),
        ({"opening": (Opening(weekday=8, begins_at=time(9), ends_at=time(12)),)}, "opening"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_content(replace(PLAIN, **changes), today=TODAY)
    assert refused.value.field == field


def test_stray_spaces_are_taken_out_and_a_position_says_no_more_than_a_metre() -> None:
    written = replace(PLAIN, name=" 北山 工作站 ", address=" 北山路  8 号 ", phone=" 0571 — 87654321 ",
                      position=Position(longitude=120.130264999, latitude=30.259191))  # fmt: skip
    kept = tidy(written)
    assert (kept.name, kept.address, kept.phone) == ("北山工作站", "北山路 8 号", "0571-87654321")
    assert kept.position == Position(longitude=120.13026, latitude=30.25919)


@pytest.mark.parametrize(
    ("other", "metres"),
    [(WEST_LAKE, 0), (Position(longitude=120.13026, latitude=31.25919), 111_195),
     (Position(longitude=121.13026, latitude=30.25919), 96_044), (Position(longitude=120.13126, latitude=30.25919), 96)],
)  # fmt: skip
def test_distances_are_those_of_the_earth(other: Position, metres: float) -> None:
    assert metres_between(WEST_LAKE, other) == pytest.approx(metres, rel=0.002, abs=0.5)
    assert metres_between(WEST_LAKE, other) == pytest.approx(metres_between(other, WEST_LAKE))


def _station(position: Position | None) -> StationInfo:
    import uuid

    return StationInfo(
        id=uuid.uuid4(), tier=Tier.STUDIO, county_id=1, street_id=2, content=replace(PLAIN, position=position)
    )


def test_the_nearest_stands_first_and_who_has_no_position_behind() -> None:
    far, unknown, close = _station(Position(longitude=120.3, latitude=30.3)), _station(None), _station(WEST_LAKE)
    found = nearest_first([far, unknown, close], WEST_LAKE)
    assert [one.station.id for one in found] == [close.id, far.id, unknown.id]
    assert (found[0].metres, found[2].metres) == (0, None)


def test_without_a_position_of_ones_own_they_stay_as_they_came() -> None:
    stations = [_station(None), _station(WEST_LAKE)]
    assert [(one.station.id, one.metres) for one in nearest_first(stations, None)] == [
        (one.id, None) for one in stations
    ]
