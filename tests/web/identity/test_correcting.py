"""The pages and the API by which a person's name is put right."""

from __future__ import annotations

from typing import Any

from tenants.identity.models import Correction, Person
from tests.app.identity.cast import number
from tests.world import World


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_he_asks_on_his_own_page_and_it_is_done_on_his_page_of_the_register(world: World, sign_in: Any) -> None:
    street, county = sign_in("street"), sign_in("county")
    assert "/me/correction/" in text(street.get("/me/security/"))
    form = text(street.get("/me/correction/"))
    assert 'value="何淑兰"' in form
    assert street.post("/me/correction/", {"name": "何素兰", "username": "street"}).status_code == 302
    whom = number("street")
    page = text(county.get(f"/people/{whom}/"))
    assert "姓名 何素兰" in page
    assert 'value="何素兰"' in text(county.get(f"/people/{whom}/correct/"))
    sent = {"name": "何素兰", "username": "street", "why": "户口簿"}
    assert county.post(f"/people/{whom}/correct/", sent).status_code == 302
    assert Person.objects.get(id=whom).name == "何素兰"
    assert "请求更正：" not in text(county.get(f"/people/{whom}/"))


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    page = county.post(
        f"/people/{number('street')}/correct/", {"name": "何素兰", "username": "liaison", "why": "户口簿"}
    )
    assert page.status_code == 422
    assert "这个登录名已经有人用了" in text(page)
    assert 'value="何素兰"' in text(page)
    own = county.post("/me/correction/", {"name": "叶明远", "username": "county"})
    assert own.status_code == 422
    assert "没有要改的" in text(own)


def test_the_api_does_the_same(world: World, sign_in: Any) -> None:
    street, county = sign_in("street"), sign_in("county")
    asked = street.post(
        "/api/v1/me/correction/", {"name": "何素兰", "username": "street"}, content_type="application/json"
    )
    assert asked.status_code == 204
    assert street.get("/api/v1/me/correction/").json() == {
        "name": "何淑兰", "username": "street", "asked": {"name": "何素兰", "username": "street"}, "declined_at": None,
        "why": None,
    }  # fmt: skip
    address = f"/api/v1/people/{number('street')}/correction/"
    assert county.get(address).json() == {"asked": {"name": "何素兰", "username": "street"}}
    sent = {"name": "何素兰", "username": "hesulan", "why": "户口簿"}
    done = county.post(address, sent, content_type="application/json")
    assert (done.status_code, done.json()["username"]) == (200, "hesulan")
    assert not Correction.objects.filter(done_at__isnull=True).exists()
