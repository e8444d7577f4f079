"""Steps of proof: what a session has shown, how long it holds, and that its key changes as it rises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from falin.kernel.stepup import Proof
from tests.world import NOW, PASSWORD, World

AGAIN = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def come_in(username: str) -> Client:
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    return client


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_a_second_factor_counts_eight_hours_and_a_new_proof_five_minutes() -> None:
    at = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    proof = Proof(level=2, signed_at=at, second_at=at, fresh_at=at)
    for level, holds in ((2, timedelta(hours=8)), (3, timedelta(minutes=5))):
        assert proof.reaches(level, at + holds - timedelta(seconds=1))
        assert not proof.reaches(level, at + holds)
        assert not proof.reaches(level, at - timedelta(seconds=1))  # a clock that was set back gives nothing
        assert not Proof(level=1, signed_at=at).reaches(level, at)
    assert Proof(level=1, signed_at=at).reaches(1, at + timedelta(days=9))


def test_signing_in_is_the_first_step_and_writes_who_was_asked(world: World) -> None:
    client = come_in("county")
    proof = client.session["proof"]
    assert (proof["level"], proof["second_at"], proof["fresh_at"], proof["home"]) == (1, None, None, "builtin")
    assert abs(proof["signed_at"] - NOW.timestamp()) < 60


def test_a_session_gets_a_new_key_at_sign_in(world: World) -> None:
    client = Client()
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    assert key_of(client) != planted
    assert client.get("/").status_code == 200
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/").status_code == 302


def test_a_session_gets_a_new_key_when_it_rises(world: World) -> None:
    client = come_in("county")
    before = key_of(client)
    assert client.post(AGAIN, {"password": PASSWORD}).status_code == 302
    assert key_of(client) != before
    assert client.session["proof"]["fresh_at"]
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/").status_code == 302


def test_a_wrong_password_raises_nothing(world: World) -> None:
    client = come_in("county")
    before = key_of(client)
    client.post(AGAIN, {"password": "not-my-password"})
    assert client.session["proof"]["fresh_at"] is None
    assert key_of(client) == before


def test_a_program_is_told_which_level_and_where(world: World, sign_in: Any) -> None:
    answer = sign_in("county").post(
        "/api/v1/advisers/00000000-0000-0000-0000-000000000005/numbers/", {"reason": "核对合同"},
        content_type="application/json",
    )  # fmt: skip
    told = answer.json()
    assert (answer.status_code, told["code"], told["level"], told["where"]) == (403, "kernel.step_up", 3, AGAIN)
    assert AGAIN in told["title"]
