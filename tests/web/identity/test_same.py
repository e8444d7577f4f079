"""The pages of records that may be one person, and of leaving."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tenants.identity.models import Person, PersonMerge
from tenants.identity.types import Role
from tests.app.identity.cast import enter, hold, number, people_the_office
from tests.world import World


@pytest.fixture(autouse=True)
def _twice(world: World) -> None:
    people_the_office(world)
    for username, code in (("fang1", "330106002001"), ("fang2", "330106002002")):
        enter(username, "方小满")
        hold(world, username, Role.LIAISON, code)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_pair_is_looked_at_proposed_by_one_and_confirmed_by_another(sign_in: Any) -> None:
    county: Client = sign_in("county")
    page = text(county.get("/people/same/"))
    assert "同单位同名" in page
    address = f"/people/same/{number('fang1')}/{number('fang2')}/"
    assert address in page
    assert text(county.get(address)).count("社区联络员") >= 2
    sent = county.post(address, {"kept": number("fang1"), "reason": "已电话核实"}, follow=True)
    assert "等另一个人确认" in text(sent)
    made = PersonMerge.objects.get()
    refused = county.post(f"/people/same/{made.id}/confirm/")
    assert (refused.status_code, "另一个人" in text(refused)) == (422, True)
    done = sign_in("city").post(f"/people/same/{made.id}/confirm/", follow=True)
    assert "已合并成一个人" in text(done)
    assert Person.objects.get(username="fang2").merged_into_id == number("fang1")


def test_two_people_are_told_apart_and_not_listed_again(sign_in: Any) -> None:
    county: Client = sign_in("county")
    address = f"/people/same/{number('fang1')}/{number('fang2')}/"
    county.post(address, {"kept": number("fang1"), "reason": "两个人，都来过", "apart": "1"})
    assert address not in text(county.get("/people/same/"))


def test_what_is_missing_is_said_at_its_field(sign_in: Any) -> None:
    answer = sign_in("county").post(f"/people/same/{number('fang1')}/{number('fang2')}/", {})
    assert answer.status_code == 422
    assert "请选保留哪一条" in text(answer)
    assert "请写怎样核实的" in text(answer)


def test_the_neighbour_and_the_auditor_merge_nobody(sign_in: Any) -> None:
    address = f"/people/same/{number('fang1')}/{number('fang2')}/"
    assert sign_in("county2").get(address).status_code == 404
    assert sign_in("auditor").get(address).status_code == 403


def test_leaving_says_first_what_ends_and_who_is_missing_then(sign_in: Any) -> None:
    county: Client = sign_in("county")
    page = text(county.get(f"/people/{number('fang1')}/leave/"))
    assert "没人接手" in page
    done = text(county.post(f"/people/{number('fang1')}/leave/", {"why": "退休"}, follow=True))
    assert "已办理离任" in done
    assert "现在没有身份" in done


def test_who_left_is_asked_no_more_where_he_can_be_reached(sign_in: Any) -> None:
    county, one = sign_in("county"), number("fang1")
    Person.objects.filter(id=one).update(email="fang@example.cn")
    button = f'href="/people/{one}/erase/"'
    assert button not in text(county.get(f"/people/{one}/"))  # he works here
    still = county.post(f"/people/{one}/erase/", {"why": "本人要求"})
    assert (still.status_code, "先办离任" in text(still), "本人要求" in text(still)) == (422, True, True)
    county.post(f"/people/{one}/leave/", {"why": "退休"})
    assert button in text(county.get(f"/people/{one}/"))
    done = text(county.post(f"/people/{one}/erase/", {"why": "本人要求"}, follow=True))
    assert "已删除方小满账号里的手机号和邮箱" in done
    assert button not in done
    assert Person.objects.get(id=one).email == ""


def test_a_program_erases_by_the_same_command(sign_in: Any) -> None:
    county, one = sign_in("county"), number("fang1")
    Person.objects.filter(id=one).update(email="fang@example.cn")
    county.post(f"/people/{one}/leave/", {"why": "退休"})
    where = f"/api/v1/people/{one}/contacts/"
    assert county.delete(where).status_code == 422  # the reason is asked for
    assert county.delete(f"{where}?why=本人要求").status_code == 204
    again = county.delete(f"{where}?why=本人要求")
    assert (again.status_code, again.json()["code"]) == (409, "identity.nothing_to_erase")


def test_programs_merge_and_let_go_by_the_same_commands(sign_in: Any) -> None:
    county, city = sign_in("county"), sign_in("city")
    (found,) = county.get("/api/v1/people/same/").json()
    body = {"kept_id": found["one"]["person"]["id"], "gone_id": found["other"]["person"]["id"], "reason": "已核实"}
    made = county.post("/api/v1/people/merges/", json.dumps(body), "application/json")
    assert made.status_code == 201, made.content
    assert [one["id"] for one in city.get("/api/v1/people/merges/").json()] == [made.json()["id"]]
    assert city.post(f"/api/v1/people/merges/{made.json()['id']}/confirm/").status_code == 204
    seen = county.get(f"/api/v1/people/{body['kept_id']}/leaving/").json()
    assert (len(seen["ends"]), len(seen["alone"])) == (2, 2)
    left = county.post(f"/api/v1/people/{body['kept_id']}/leaving/", json.dumps({"why": "退休"}), "application/json")
    assert left.json() == seen
