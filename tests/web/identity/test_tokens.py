"""The pages of tokens and of programs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tenants.identity.models import AccessToken, Binding, ServiceAccount
from tests.app.identity.cast import number, people_the_office
from tests.world import World, today


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


@pytest.fixture
def county(sign_in: Any) -> Client:
    """The county's team, who has just given his password again."""
    client: Client = sign_in("county")
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def sent(**more: Any) -> dict[str, Any]:
    return {"name": "取数程序", "binding": Binding.objects.get(person=number("county")).id, "scopes": ["duty.read"],
            "expires_on": (today() + timedelta(days=10)).isoformat(), "origins": "", **more}  # fmt: skip


def test_a_token_is_shown_once_and_then_never_again(county: Client) -> None:
    page = text(county.post("/me/tokens/new/", sent()))
    (secret,) = re.findall(r"flk_[0-9A-Za-z]{61}", page)
    assert "只显示这一次" in page
    listed = text(county.get("/me/tokens/"))
    assert "取数程序" in listed
    assert "还没用过" in listed
    assert secret not in listed


def test_a_token_is_stopped_by_one_tap(county: Client) -> None:
    county.post("/me/tokens/new/", sent())
    row = AccessToken.objects.get()
    assert "令牌已停用" in text(county.post(f"/me/tokens/{row.id}/revoke/", follow=True))
    assert AccessToken.objects.get().revoked_at is not None


def test_making_a_token_asks_for_the_password_again(sign_in: Any) -> None:
    answer = sign_in("county", proved=False).post("/me/tokens/new/", sent())
    assert (answer.status_code, "reauthenticate" in answer.headers["Location"]) == (302, True)
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "请写名称"),
        ({"scopes": []}, "请勾选这个令牌能做什么"),
        ({"scopes": ["people.grant"]}, "people.grant"),
        ({"expires_on": "2199-01-01"}, "有效期要从今天起"),
        ({"origins": "10.20.0.0/99"}, "看不懂这个网络地址"),
        ({"binding": 1}, "1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(county: Client, changed: Any, said: str) -> None:
    answer = county.post("/me/tokens/new/", sent(**changed))
    assert answer.status_code == 422
    assert said in text(answer)
    if "name" not in changed:
        assert 'value="取数程序"' in text(answer)
    assert AccessToken.objects.count() == 0


def test_a_program_is_opened_in_two_steps_and_its_owner_sees_it_where_he_makes_tokens(
    county: Client, sign_in: Any
) -> None:
    entry = {"name": "市大数据局取数", "username": "svc-data", "owner": "street", "purpose": "每晚取到访数",
             "role": "street_officer", "place": "双浦镇", "begins_on": today().isoformat(), "reason": "双浦镇〔2026〕3号",
             "ends_on": (today() + timedelta(days=60)).isoformat(),
             "review_by": (today() + timedelta(days=60)).isoformat()}  # fmt: skip
    assert "请核对" in text(county.post("/people/accounts/new/", entry))
    assert ServiceAccount.objects.count() == 0
    done = text(county.post("/people/accounts/new/", {**entry, "checked": "1"}, follow=True))
    assert "市大数据局取数（服务账号）" in done
    assert "何淑兰" in done
    assert "市大数据局取数（服务账号）" in text(county.get("/people/accounts/"))
    assert "市大数据局取数（服务账号）" in text(sign_in("street").get("/me/tokens/new/"))
    refused = county.post("/people/accounts/new/", {**entry, "username": "svc2", "owner": "liaison"})
    assert refused.status_code == 422
    assert "不能比他多" in text(refused)


def test_the_neighbour_neither_sees_a_program_nor_its_owner(county: Client, sign_in: Any) -> None:
    program = number("street")
    assert sign_in("county2").get(f"/people/accounts/{program}/").status_code == 404
    assert county.get(f"/people/accounts/{program}/").status_code == 404  # a person is no program
