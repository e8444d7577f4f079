"""The advisers' API: the same commands and queries, problems instead of pages."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from services.advisers.models import Seat
from services.advisers.rules.numbers import check_character
from tests.app.advisers.office import Office
from tests.world import NOW, World

HUBU, LINGSHAN, BAOSHI = "330106109200", "330106109201", "330106002001"
ROOT = "/api/v1/advisers/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def send(client: Any, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(ROOT + address, body, content_type="application/json", headers=headers)


def test_the_flow_from_a_firm_to_an_ended_appointment(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    firm = send(client, "firms/", {"name": "浙江湖畔律师事务所"})
    assert firm.status_code == 201
    number = "33010619850101001"
    adviser = send(client, "", {
        "firm_id": firm.json()["id"], "name": "周以宁", "id_number": number + check_character(number),
        "phone": "13800000001", "specialties": ["物业"],
    })  # fmt: skip
    assert adviser.status_code == 201
    assert number not in adviser.content.decode()
    ident = adviser.json()["id"]
    refused = send(
        client, "appointments/", {"adviser_id": ident, "node_id": world.node(HUBU), "begins_on": "2026-11-16"}
    )
    assert (refused.status_code, refused.headers["Content-Type"]) == (409, "application/problem+json")
    assert (refused.json()["code"], refused.json()["field"]) == ("advisers.not_examined", "adviser_id")
    assert send(client, f"{ident}/examination/", {"passed_on": "2026-11-01"}).json()["exam_passed_on"] == "2026-11-01"
    made = send(client, "appointments/", {"adviser_id": ident, "node_id": world.node(HUBU), "begins_on": "2026-11-16"})
    assert (made.status_code, made.json()["ends_on"]) == (201, None)
    assert [row["id"] for row in client.get(ROOT + "appointments/").json()] == [made.json()["id"]]
    page = client.get(ROOT, {"q": "zyn"}).json()
    assert [row["communities"] for row in page["rows"]] == [["湖埠村"]]
    profile = client.get(f"{ROOT}{ident}/").json()
    assert profile["adviser"]["phone_masked"] == "138****0001"
    assert [item["id"] for item in profile["appointments"]] == [made.json()["id"]]
    ended = send(client, f"appointments/{made.json()['id']}/end/", {"on_day": "2026-11-30", "why": "辞任"})
    assert ended.json()["ends_on"] == "2026-11-30"


def test_a_key_used_twice_acts_once_and_gives_the_first_answer(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser()
    client = sign_in("county")
    body = {"adviser_id": str(adviser.id), "node_id": world.node(HUBU), "begins_on": "2026-11-16"}
    first = send(client, "appointments/", body, **{"Idempotency-Key": "k1"})
    again = send(client, "appointments/", body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert Seat.objects.count() == 1
    other = send(client, "appointments/", body | {"node_id": world.node(LINGSHAN)}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "kernel.key_reused")


def test_a_refusal_leaves_its_key_free(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser(examined=None)
    client = sign_in("county")
    body = {"adviser_id": str(adviser.id), "node_id": world.node(HUBU), "begins_on": "2026-11-16"}
    assert send(client, "appointments/", body, **{"Idempotency-Key": "k2"}).status_code == 409
    send(client, f"{adviser.id}/examination/", {"passed_on": "2026-11-01"})
    assert send(client, "appointments/", body, **{"Idempotency-Key": "k2"}).status_code == 201


def test_what_cannot_be_is_a_problem_with_its_fields(world: World, office: Office, sign_in: Any, book: Any) -> None:
    firm = office.firm()
    before = book()
    answer = send(sign_in("county"), "", {"firm_id": str(firm.id), "name": "周以宁", "id_number": "1", "phone": "2"})
    assert (answer.status_code, answer.json()["code"]) == (422, "kernel.invalid")
    assert set(answer.json()["errors"]) == {"id_number", "phone"}
    assert book() == before


def test_coverage_candidates_and_vacancies(world: World, office: Office, sign_in: Any) -> None:
    office.appoint(office.adviser("何叙"), HUBU)
    client = sign_in("county")
    assert [street["name"] for street in client.get(ROOT + "coverage/").json()] == ["双浦镇", "北山街道"]
    found = client.get(f"{ROOT}communities/{world.node(LINGSHAN)}/candidates/").json()
    assert [(row["adviser"]["name"], row["may"]) for row in found] == [("何叙", True)]
    assert send(client, f"vacancies/{world.node(BAOSHI)}/", {"reason": "hiring"}).status_code == 204
    gaps = {gap["node_id"]: gap["reason"] for gap in client.get(ROOT + "vacancies/").json()}
    assert gaps[world.node(BAOSHI)] == "hiring"
    assert world.node(HUBU) not in gaps


def test_a_neighbour_gets_404_and_the_unsigned_401(world: World, office: Office, sign_in: Any) -> None:
    from django.test import Client

    adviser = office.adviser()
    made = office.appoint(adviser, HUBU)
    client = sign_in("county2")
    assert client.get(ROOT).json()["total"] == 0
    assert client.get(f"{ROOT}{adviser.id}/").status_code == 404
    assert send(client, f"appointments/{made.id}/end/", {"on_day": "2026-11-16", "why": "x"}).status_code == 404
    assert client.get(f"{ROOT}communities/{made.node_id}/candidates/").status_code == 404
    assert Client().get(ROOT).status_code == 401
    assert sign_in("street").get(ROOT).status_code == 200
    assert send(sign_in("street"), "firms/", {"name": "某某律师事务所"}).status_code == 403


def test_own_communities_and_own_firm_have_their_doors(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("何叙")
    office.appoint(adviser, HUBU)
    client = sign_in("county")
    account = send(client, f"{adviser.id}/account/", {})
    assert account.status_code == 201
    assert len(account.json()["password"]) == 14
    from tenants.identity.models import Person

    Person.objects.filter(username=account.json()["username"]).update(must_change_password=False)
    mine = sign_in(account.json()["username"]).get(ROOT + "mine/")
    assert [row["name"] for row in mine.json()] == ["湖埠村"]
    assert client.get(ROOT + "firm/").status_code == 403


def test_a_program_corrects_a_name_or_number_after_a_fresh_proof(world: World, office: Office, sign_in: Any) -> None:
    adviser = office.adviser("周以宁")
    body = {"name": "周亦宁", "id_number": "330106198501010036", "why": "核对身份证"}
    unproved = send(sign_in("county", proved=False), f"{adviser.id}/identity/", body)
    assert (unproved.status_code, unproved.json()["code"]) == (403, "kernel.step_up")
    client = sign_in("county")
    wrong = send(client, f"{adviser.id}/identity/", body | {"id_number": "330106198501010031"})
    assert (wrong.status_code, "id_number" in str(wrong.json())) == (422, True)
    made = send(client, f"{adviser.id}/identity/", body)
    assert (made.status_code, made.json()["name"]) == (200, "周亦宁")
    assert "3301061985" not in made.content.decode()
