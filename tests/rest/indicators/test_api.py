"""The API answers what the pages show, and refuses what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.indicators import books
from tests.app.indicators.books import deliver, publish
from tests.world import World

BASE = "/api/v1/figures"


@pytest.fixture
def published(world: World) -> World:
    books.small_book(world)
    for county in ("330106", "330102", "330203"):
        publish(world, county)
    return world


def test_a_place_with_its_children_and_months(published: World, sign_in: Any) -> None:
    answer = sign_in("leader").get(f"{BASE}/{published.node('3301')}/?month=2026-10")
    assert answer.status_code == 200
    body = answer.json()
    assert body["place"]["name"] == "杭州市"
    assert body["tally"]["coverage"] == {"part": 4, "whole": 10, "percent": "40.0"}
    assert [child["place"]["name"] for child in body["children"]] == ["上城区", "西湖区"]
    assert sum(child["tally"]["minutes"] for child in body["children"]) == body["tally"]["minutes"]
    assert (body["month"], body["months"], body["expected"], body["reported"]) == ("2026-10", ["2026-10"], 2, 2)


def test_the_lines_behind_a_figure(published: World, sign_in: Any) -> None:
    body = sign_in("leader").get(f"{BASE}/{published.node('330106109200')}/visits/").json()
    assert (body["total"], body["minutes"], body["lectures"]) == (2, 500, 1)
    assert {key for row in body["rows"] for key in row} == {
        "visit_id", "place", "on_day", "minutes", "kind", "adviser_name"
    }  # fmt: skip


def test_months_counties_ranking_and_home(published: World, sign_in: Any) -> None:
    client, node = sign_in("leader"), published.node("33")
    assert client.get(f"{BASE}/{node}/months/").json() == {"months": ["2026-10"]}
    counties = client.get(f"{BASE}/{node}/counties/").json()["counties"]
    assert {row["place"]["name"]: row["tally"] is None for row in counties} == {
        "上城区": False, "西湖区": False, "海曙区": False, "江北区": True
    }  # fmt: skip
    ranking = client.get(f"{BASE}/{node}/ranking/?month=2026-10&level=2").json()
    assert [(row["place"]["name"], row["rank"]) for row in ranking["rows"]] == [("宁波市", 2), ("杭州市", 1)]
    assert [place["name"] for place in client.get(f"{BASE}/").json()["places"]] == ["浙江省"]


@pytest.mark.parametrize("tail", ["", "months/", "visits/", "counties/", "ranking/?month=2026-10&level=5"])
def test_a_neighbours_place_is_not_there(published: World, sign_in: Any, tail: str) -> None:
    answer = sign_in("city2").get(f"{BASE}/{published.node('330106109200')}/{tail}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_nobody_without_a_session(published: World, client: Any) -> None:
    assert client.get(f"{BASE}/{published.node('33')}/").status_code == 401


def test_lines_ask_for_their_grant(published: World, sign_in: Any) -> None:
    answer = sign_in("liaison").get(f"{BASE}/{published.node('330106109200')}/visits/")
    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["month=2026-13", "month=x"])
def test_a_month_that_is_none_is_invalid(published: World, sign_in: Any, query: str) -> None:
    assert sign_in("leader").get(f"{BASE}/{published.node('33')}/?{query}").status_code == 422


def test_a_ranking_of_a_level_that_is_not_below_is_refused(published: World, sign_in: Any) -> None:
    answer = sign_in("leader").get(f"{BASE}/{published.node('33')}/ranking/?month=2026-10&level=5")
    assert answer.status_code == 422
    assert answer.json()["code"] == "indicators.no_such_ranking"


def test_the_county_publishes(world: World, sign_in: Any) -> None:
    books.small_book(world)
    client, node = sign_in("county"), world.node("330106")
    body = {"month": "2026-10"}
    first = client.post(f"{BASE}/{node}/publish/", body, content_type="application/json")
    assert (first.status_code, first.json()["fresh"]) == (202, True)
    again = client.post(f"{BASE}/{node}/publish/", body, content_type="application/json")
    assert (again.json()["id"], again.json()["fresh"]) == (first.json()["id"], False)
    assert deliver(world, "330106") == 1
    assert client.get(f"{BASE}/{node}/").json()["tally"]["visits"] == 4


@pytest.mark.parametrize(("username", "status"), [("leader", 403), ("county2", 404)])
def test_others_do_not_publish(world: World, sign_in: Any, username: str, status: int) -> None:
    answer = sign_in(username).post(
        f"{BASE}/{world.node('330106')}/publish/", {"month": "2026-10"}, content_type="application/json"
    )
    assert answer.status_code == status
