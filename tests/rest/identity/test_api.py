"""People's API: the acts of the pages for programs, with the same refusals."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from falin.kernel import clock
from tenants.identity.models import Binding, Person
from tests.app.identity.cast import enter, number, people_the_office, roles_of
from tests.world import World, today

API = "/api/v1/people/"


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


def send(client: Client, path: str, method: str = "POST", /, **body: Any) -> Any:
    return client.generic(method, f"{API}{path}", json.dumps(body), "application/json")


def role(world: World, code: str, name: str = "liaison", **more: Any) -> dict[str, Any]:
    return {"role": name, "node_id": world.node(code), "begins_on": today().isoformat(),
            "ends_on": (today() + timedelta(days=60)).isoformat(), "reason": "双浦镇〔2026〕3号", **more}  # fmt: skip


def test_somebody_is_entered_found_and_explained(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    made = send(county, "", username="kexinyue", name="柯新月", **role(world, "330106002001"))
    assert made.status_code == 201
    body = made.json()
    assert (body["binding"]["standing"], bool(body["password"]), body["token"]) == ("in_force", True, "")
    assert [row["person"]["name"] for row in county.get(API, {"q": "kxy"}).json()["rows"]] == ["柯新月"]
    whom = body["person"]["id"]
    rights = county.get(f"{API}{whom}/rights/", {"at": world.node("330106002001")}).json()["rights"]
    assert [(one["place"], "duty.read" in one["grants"]) for one in rights] == [("宝石社区", True)]
    who = county.get(f"{API}at/{world.node('330106002001')}/").json()
    assert {one["binding"]["person"]["name"] for one in who} == {"叶明远", "吕明镜", "方一诺", "柯新月"}


def test_an_invitation_comes_with_its_secret_and_no_password(world: World, sign_in: Any) -> None:
    body = send(
        sign_in("county"), "", username="kexinyue", name="柯新月", invite=True, **role(world, "330106002001")
    ).json()
    assert (body["password"], len(body["token"]) > 20) == ("", True)


def test_a_refusal_is_a_problem_with_its_field(world: World, sign_in: Any) -> None:
    answer = send(sign_in("county"), "", username="kexinyue", name="柯新月", **role(world, "330102001001"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        422,
        "identity.out_of_reach",
        "place",
    )
    assert not Person.objects.filter(username="kexinyue").exists()


def test_a_proposal_is_confirmed_by_the_second_officer_only(world: World, sign_in: Any) -> None:
    enter("newcomer")
    city, second = sign_in("city"), sign_in("cityb")
    made = send(city, "", username="kexinyue", name="柯新月", **role(world, "330106", "county_team")).json()["binding"]
    assert made["standing"] == "proposed"
    refused = send(city, f"proposals/{made['proposal']}/confirm/")
    assert (refused.status_code, refused.json()["code"]) == (409, "identity.another_second")
    assert [one["id"] for one in second.get(f"{API}proposals/").json()] == [made["id"]]
    assert send(second, f"proposals/{made['proposal']}/confirm/").status_code == 204
    assert roles_of("kexinyue", today()) == {"county_team"}


def test_a_role_is_given_deputised_handed_over_and_ended(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    made = send(county, f"{number('liaison')}/roles/", **role(world, "330106109201")).json()
    first = send(county, "", username="first", name="柯新月", **role(world, "330106002001")).json()["person"]["id"]
    deputy = send(county, f"{first}/roles/", **role(world, "330106109201", acting_for=made["id"]))
    assert deputy.json()["acting_for"] == number("liaison")
    handed = send(county, f"{number('liaison')}/hand-over/", successor_id=number("street2"), role="liaison",
                  on_day=today().isoformat(), reason="调动")  # fmt: skip
    assert {one["node_id"] for one in handed.json()} == {world.node("330106109201"), world.node("330106109200")}
    assert roles_of("liaison", today()) == set()
    ended = county.delete(f"{API}roles/{handed.json()[0]['id']}/?why=换届")
    assert ended.status_code == 204
    without = county.delete(f"{API}roles/{handed.json()[1]['id']}/")
    assert (without.status_code, without.json()["code"]) == (422, "kernel.invalid")


def test_somebody_is_shut_out_let_in_and_given_a_password(sign_in: Any) -> None:
    county, whom = sign_in("county"), number("liaison")
    assert send(county, f"{whom}/suspension/", why="接受调查").status_code == 204
    assert county.get(f"{API}{whom}/").json()["suspended"] is True
    assert county.delete(f"{API}{whom}/suspension/?why=已查清").status_code == 204
    assert len(send(county, f"{whom}/password/").json()["password"]) == 19


def test_the_review_lists_and_keeps(sign_in: Any) -> None:
    Binding.objects.update(created_at=clock.now() - timedelta(days=200))
    county = sign_in("county")
    waiting = county.get(f"{API}review/").json()
    assert {one["person"]["name"] for one in waiting} == {"王桂英", "何淑兰", "方一诺"}
    kept = send(county, "review/", bindings=[waiting[0]["id"]])
    assert kept.json() == {"reviewed": 1}
    assert len(county.get(f"{API}review/").json()) == 2


def test_a_neighbour_is_not_there(sign_in: Any) -> None:
    other = sign_in("county2")
    assert other.get(f"{API}{number('liaison')}/").status_code == 404
    assert send(other, f"{number('liaison')}/suspension/", why="调查").status_code == 404
    assert send(other, f"{number('liaison')}/password/").status_code == 404
