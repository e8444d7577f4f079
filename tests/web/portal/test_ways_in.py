"""Signing in, changing hats, and what each role is greeted by."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.world import PASSWORD, PEOPLE, World


def test_without_a_session_every_door_leads_to_the_sign_in_page_and_back(world: World) -> None:
    answer = Client().get("/history/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=%2Fhistory%2F")


def test_somebody_signs_in_with_name_and_password(world: World) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    assert answer.status_code == 302
    assert "叶明远" in client.get("/").content.decode()


def test_a_wrong_password_says_so_and_keeps_the_name(world: World) -> None:
    answer = Client().post("/accounts/login/", {"login": "county", "password": "wrong"})
    assert answer.status_code == 200
    assert 'value="county"' in answer.content.decode()


@pytest.mark.parametrize("username", [*PEOPLE, "operator"])
def test_every_role_has_a_home(sign_in: Any, username: str) -> None:
    answer = sign_in(username).get("/", follow=True)
    assert answer.status_code == 200


def test_a_role_without_the_grant_gets_403(sign_in: Any) -> None:
    assert sign_in("street").get("/history/").status_code == 403


def test_a_hat_one_does_not_hold_cannot_be_put_on(sign_in: Any) -> None:
    client = sign_in("street")
    client.post("/hat/", {"hat": "operator@0"})
    assert client.get("/setup/").status_code == 403
