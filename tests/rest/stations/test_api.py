"""Stations for programs: the same register, by the same commands and refusals as the pages'."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.app.stations.cast import COUNTY, SPRING, TOWN, VILLAGE, opened, rows, written
from tests.world import World

STATIONS = "/api/v1/stations/"


def _body(world: World, code: str = TOWN, **changes: Any) -> dict[str, Any]:
    return {"node_id": world.node(code), "name": "双浦镇公共法律服务工作站", "address": "湖埠街 8 号一楼",
            "phone": "0571-87654321", "opening": [{"weekday": 1, "begins_at": "09:00", "ends_at": "12:00"}],
            "wheelchair": True, "position": {"longitude": 120.13026, "latitude": 30.25919}, "opened_on": "2026-01-05",
            **changes}  # fmt: skip


def _send(client: Client, method: str, address: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


def test_a_station_is_opened_read_corrected_and_closed(world: World, sign_in: Any) -> None:
    client = sign_in("street")
    made = _send(client, "post", STATIONS, _body(world))
    assert made.status_code == 201
    assert (made.json()["tier"], made.json()["position"]) == ("station", {"longitude": 120.13026, "latitude": 30.25919})
    one = f"{STATIONS}{made.json()['id']}/"
    assert client.get(one).json()["place"] == "双浦镇"
    mended = _send(client, "put", one, _body(world, address="湖埠街 10 号", position=None))
    assert (mended.json()["address"], mended.json()["position"]) == ("湖埠街 10 号", None)
    closed = _send(client, "post", f"{one}close/", {"on_day": "2026-11-16", "why": "搬到新址"})
    assert (closed.status_code, closed.json()["closed_on"]) == (200, "2026-11-16")
    assert client.get(STATIONS).json()["total"] == 0
    assert [row["station"]["id"] for row in client.get(STATIONS, {"view": "closed"}).json()["rows"]] == [
        made.json()["id"]
    ]
    assert written(world) == (3, 3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"phone": "13812341234"}, "phone"), ({"opening": []}, "opening"), ({"opened_on": "2200-01-01"}, "opened_on"),
     ({"position": {"longitude": 30.1, "latitude": 60.1}}, "longitude"), ({"name": ""}, "name")],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_at_its_field(
    changes: dict[str, Any], field: str, world: World, sign_in: Any
) -> None:
    answer = _send(sign_in("county"), "post", STATIONS, _body(world, **changes))
    assert answer.status_code in {400, 422} and field in answer.content.decode()
    assert (rows(world), written(world)) == ({}, (0, 0))


@pytest.mark.parametrize(("who", "code", "status"), [("county", SPRING, {400, 404, 422}), ("street", COUNTY, {400, 404, 422}),
                                                     ("liaison", VILLAGE, {403}), ("leader", TOWN, {403})])  # fmt: skip
def test_nobody_opens_one_at_a_place_that_is_not_his(
    who: str, code: str, status: set[int], world: World, sign_in: Any
) -> None:
    assert _send(sign_in(who), "post", STATIONS, _body(world, code)).status_code in status
    assert (rows(world), rows(world, "county2"), written(world)) == ({}, {}, (0, 0))


def test_the_list_takes_what_the_page_takes(world: World, sign_in: Any) -> None:
    opened(world)
    opened(world, code=VILLAGE, name="湖埠村法律工作室")
    client = sign_in("county")

    def names(**asked: str) -> list[str]:
        return [row["station"]["name"] for row in client.get(STATIONS, asked).json()["rows"]]

    assert names(sort="-tier")[0] == "湖埠村法律工作室"
    assert names(tier="studio") == names(q="hbcf") == ["湖埠村法律工作室"]
    assert names(street=str(world.node(TOWN))) == ["双浦镇公共法律服务工作站", "湖埠村法律工作室"]
    first = client.get(STATIONS, {"size": "1"}).json()
    assert names(size="1", after=first["after"]) == ["湖埠村法律工作室"]
    assert client.get(f"{STATIONS}counts/").json() == {"open": 2, "no_position": 2, "closed": 0, "communities": 1}


def test_a_neighbours_station_is_not_there(world: World, sign_in: Any) -> None:
    made = opened(world)
    client = sign_in("county2")
    one = f"{STATIONS}{made.id}/"
    assert client.get(one).status_code == 404
    assert _send(client, "put", one, _body(world)).status_code == 404
    assert _send(client, "post", f"{one}close/", {"on_day": "2026-11-16", "why": "不是我的"}).status_code == 404
    assert written(world) == (1, 1)
