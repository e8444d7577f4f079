"""Coming in as people do, for tests of the way in: by the page, from somewhere, with what the telephone shows."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from falin.kernel import outbox
from falin.kernel.clock import now
from falin.kernel.transactions import shared
from tenants.identity.models import Person
from tenants.identity.rules import SECOND_FACTOR
from tenants.settings import api as settings
from tenants.settings.models import Setting
from tests.world import NOW, PASSWORD, World

LOGIN = "/accounts/login/"


def text(response: Any) -> str:
    return str(response.content.decode())


def browser(
    address: str = "10.1.1.1", agent: str = "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0", **more: Any
) -> Client:
    return Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent, **more)


def give(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": username, "password": password})


def come_in(username: str, **more: Any) -> Client:
    client = browser(**more)
    assert give(client, username).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def number(username: str) -> int:
    return int(Person.objects.get(username=username).pk)


def digits(secret: str, steps: int = 0) -> str:
    """What the authenticator app shows."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up_app(client: Client) -> str:
    """Give the password again, scan, type the digits; the app's secret."""
    answer = client.get("/accounts/second/app/")
    if answer.status_code == 302:
        answer = client.post(answer.headers["Location"], {"password": PASSWORD}, follow=True)
    (secret,) = re.findall(r'<p class="f-secret">([A-Z2-7]+)</p>', text(answer))
    done = client.post("/accounts/second/app/", {"code": digits(secret)})
    assert done.status_code == 302, text(done)
    return str(secret)


def require(world: World, value: int) -> None:
    """Say who must have a second factor, in force today."""
    Setting.objects.create(key=SECOND_FACTOR.key, node_id=world.node("33"), value=value, locked=False,
                           valid_from=date(2026, 1, 2), person_id=0, why="测试", recorded_at=NOW)  # fmt: skip
    settings.forget()


def deliver() -> int:
    """What the relay does for the shared schema."""
    dealt = 0
    while True:
        with shared(read_only=False) as system:
            batch = outbox.deliver_batch(system, now=now())
        dealt += batch
        if not batch:
            return dealt
