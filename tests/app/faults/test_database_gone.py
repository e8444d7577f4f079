"""The database goes away in the middle: a plain sentence, nothing half written, and the next request works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection
from django.test import Client

from falin.kernel import audit
from falin.kernel.models import AuditEntry, IdempotencyKey, OutboxEvent
from falin.kernel.transactions import inside
from services.advisers.models import Firm
from tests.world import World

SENTENCE = "数据库暂时联系不上，这次没有保存。系统会自己恢复；请等一分钟再试。"
NAME = "浙江湖畔律师事务所"


@pytest.fixture
def client(sign_in: Any) -> Client:
    found: Client = sign_in("county", raise_request_exception=False)
    return found


def _traces(world: World) -> tuple[int, int, int, int]:
    close_old_connections()  # as the server does before a request
    with inside(world.scope("county"), read_only=True):
        return (
            Firm.objects.filter(name=NAME).count(),
            AuditEntry.objects.filter(act="advisers.firm.registered").count(),
            OutboxEvent.objects.filter(event="advisers.firm.registered").count(),
            IdempotencyKey.objects.count(),
        )


def _gone_once(monkeypatch: pytest.MonkeyPatch, throw_out: Callable[[], None]) -> None:
    """The session ends once, after the row was saved and before its act is booked."""
    stock, left = audit.record, [1]

    def record(**facts: Any) -> None:
        if left:
            left.pop()
            throw_out()
        stock(**facts)

    monkeypatch.setattr(audit, "record", record)


def test_a_page_says_so_plainly_and_the_same_form_sent_again_acts_once(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, throw_out: Callable[[], None]
) -> None:
    before = _traces(world)
    _gone_once(monkeypatch, throw_out)
    form = {"name": NAME, "_once": uuid4().hex}
    answer = client.post("/advisers/firms/new/", form)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert SENTENCE in answer.content.decode()
    assert _traces(world) == before
    for _twice in range(2):
        assert client.post("/advisers/firms/new/", form).status_code == 302
    assert _traces(world) == tuple(count + 1 for count in before)


def test_the_api_says_so_as_a_problem(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch, throw_out: Callable[[], None]
) -> None:
    before = _traces(world)
    _gone_once(monkeypatch, throw_out)
    answer = client.post("/api/v1/advisers/firms/", {"name": NAME}, content_type="application/json")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "10"
    assert answer.json()["code"] == "kernel.database"
    assert answer.json()["title"] == "暂时不能办理，请稍后再试。"
    assert _traces(world) == before
    again = client.post("/api/v1/advisers/firms/", {"name": NAME}, content_type="application/json")
    assert again.status_code == 201
    assert _traces(world)[:3] == tuple(count + 1 for count in before[:3])


@pytest.mark.parametrize("path", ["/advisers/", "/api/v1/advisers/firms/", "/accounts/login/", "/healthz"])
def test_gone_before_the_session_is_read_is_told_as_plainly(
    client: Client, throw_out: Callable[[], None], path: str
) -> None:
    connection.ensure_connection()
    throw_out()
    answer = client.get(path)
    if path == "/accounts/login/" and answer.status_code == 302:
        pytest.fail("a session was read from a database that was gone")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "10")
    close_old_connections()
    assert client.get(path).status_code in {200, 302}


def test_a_server_that_cannot_be_reached_at_all_is_waited_for(world: World, client: Client) -> None:
    connection.close()
    port, connection.settings_dict["PORT"] = connection.settings_dict["PORT"], "1"
    try:
        answer = client.get("/advisers/")
    finally:
        connection.settings_dict["PORT"] = port
    assert answer.status_code == 503
    assert SENTENCE in answer.content.decode()
    close_old_connections()
    assert client.get("/advisers/").status_code == 200


def test_an_error_of_our_own_stays_a_500(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**facts: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "record", broken)
    answer = client.post("/advisers/firms/new/", {"name": NAME, "_once": uuid4().hex})
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers
