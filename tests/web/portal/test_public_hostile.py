"""Strangers at the public pages and the register of stations: nonsense is answered, markup is words, no page is another's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from falin.portal.web import public as pages
from tests.app.stations.cast import DOOR, GEM, SPRING, opened, rows
from tests.world import NOW, World

NO_POSITIONS = [
    "nan",
    "inf",
    "-inf",
    "1e309",
    "1e400",
    "9" * 400,
    "0x10",
    "1_2",
    "北纬30",
    "",
    "null",
    "１２０",
    "30;drop",
]
MARKUP = "</h3><svg onload=alert(1)>“&<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def a_clock() -> Iterator[None]:
    pages._kept.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    pages._kept.clear()


@pytest.mark.parametrize("path", ["here/", "stations/here/"])
@pytest.mark.parametrize("field", ["longitude", "latitude", "accuracy"])
def test_no_position_a_browser_can_send_breaks_a_page(world: World, path: str, field: str) -> None:
    opened(world, code=GEM, position=DOOR)
    for wrong in NO_POSITIONS:
        given = {"longitude": "120.1", "latitude": "30.2", "accuracy": "20", field: wrong}
        assert Client().post(f"/public/330106/{path}", given).status_code in {200, 422}, wrong


@pytest.mark.parametrize("path", ["near/", "stations/near/"])
@pytest.mark.parametrize("field", ["longitude", "latitude", "accuracy"])
def test_no_position_a_program_can_send_breaks_the_api(world: World, path: str, field: str) -> None:
    opened(world, code=GEM, position=DOOR)
    raw = [json.dumps(one) for one in NO_POSITIONS] + [
        "1e309",
        "-1e309",
        "NaN",
        "Infinity",
        "[]",
        "{}",
        "true",
        "9" * 400,
    ]
    for wrong in raw:
        body = {"longitude": "120.1", "latitude": "30.2", "accuracy": "20", field: wrong}
        text = "{" + ", ".join(f'"{name}": {value}' for name, value in body.items()) + "}"
        answer = Client().post(f"/api/v1/public/330106/{path}", text, "application/json")
        assert answer.status_code in {200, 400, 422}, (wrong, answer.content)


def test_markup_in_a_station_is_words_on_every_page(world: World, sign_in: Any) -> None:
    made = opened(world, code=GEM, name=MARKUP[:60], address=MARKUP, phone="")
    read = [Client().get(path) for path in ("/public/330106/stations/", "/public/330106/places/330106002001/")]
    read += [
        sign_in("county").get(path) for path in ("/stations/", f"/stations/{made.id}/", f"/stations/{made.id}/correct/")
    ]
    for page in read:
        text = page.content.decode()
        assert page.status_code == 200
        assert "<svg onload" not in text and "<script>alert" not in text
    assert "&lt;svg onload" in read[0].content.decode()


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver:80@evil.example", "330102.testserver", "a b", "testserver/x"]
)
def test_no_name_of_a_host_makes_a_page_that_another_is_given(world: World, host: str) -> None:
    opened(world, code=GEM, name="宝石社区法律工作室")
    opened(world, "county2", SPRING, name="清波门社区法律工作室")
    for path in ("/public/330106/stations/", "/public/330102/stations/"):
        assert Client().get(path, headers={"host": host}).status_code in {400, 404, 421}, host
    ours, theirs = (Client().get(f"/public/{code}/stations/").content.decode() for code in ("330106", "330102"))
    assert "清波门" not in ours and "宝石社区" not in theirs
    assert "evil.example" not in ours + theirs


def test_of_two_corrections_of_one_state_the_second_is_refused(world: World, sign_in: Any) -> None:
    """Both saw the same station; both send If-Match, at the same moment."""
    made = opened(world, code=GEM, name="宝石社区法律工作室")
    address, clients = f"/api/v1/stations/{made.id}/", [sign_in("county"), sign_in("street2")]
    seen = clients[0].get(address)
    content = {
        name: seen.json()["station"][name]
        for name in ("node_id", "name", "address", "phone", "opening", "position", "opened_on")
    }
    gate, answers = threading.Barrier(2), list[int]()

    def correct(client: Any, number: int) -> None:
        tag = client.get(address).headers["ETag"]
        gate.wait()
        try:
            answers.append(client.put(address, {**content, "address": f"宝石一路 {number} 号"}, "application/json",
                                      headers={"If-Match": tag}).status_code)  # fmt: skip
        finally:
            connection.close()

    threads = [threading.Thread(target=correct, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) in ([200, 409], [200, 412]), answers
    assert next(iter(rows(world).values()))[3] in {"宝石一路 0 号", "宝石一路 1 号"}


@pytest.mark.parametrize(
    "hours", [("24:00", "25:00"), ("09:00", "24:00"), ("25:61", "26:00"), ("09:00", "09:00"), ("09:00:10", "09:00:50"),
              ("12:00", "09:00"), ("-1:00", "09:00"), ("09:00+08:00", "09:00+00:00"), (9, 17), ("nan", "17:00")],
)  # fmt: skip
def test_hours_that_are_none_are_refused(world: World, sign_in: Any, hours: tuple[Any, Any]) -> None:
    begins_at, ends_at = hours
    given = {"node_id": world.node(GEM), "name": "宝石社区法律工作室", "address": "宝石一路 3 号", "opened_on": "2026-01-05",
             "opening": [{"weekday": 1, "begins_at": begins_at, "ends_at": ends_at}]}  # fmt: skip
    answer = sign_in("county").post("/api/v1/stations/", given, "application/json")
    assert answer.status_code in {400, 422}, answer.content
    assert rows(world) == {}
