"""Two web processes on one database, and a real Keycloak that says a session is over: both know within five seconds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection

from falin.kernel.clock import now
from falin.kernel.transactions import shared
from falin.runtime.keycloak import Keycloak, realm_of
from falin.runtime.processes import free_port
from tenants.identity import commands
from tenants.identity.models import Binding
from tenants.identity.oidc.commands import link_account
from tenants.identity.oidc.models import ForeignSession
from tests.app.identity.cast import act, number
from tests.conftest import ROOT, with_name
from tests.oidc.conftest import SECRETS
from tests.oidc.realms import Browser, Realm
from tests.oidc.test_provisioning import deliver
from tests.world import World

WITHIN = 5.0


class Two:
    """Both processes; the load balancer's choice is the test's."""

    def __init__(self, realm: Realm, addresses: list[str]) -> None:
        self.realm, self.addresses = realm, addresses

    def come_in(self, username: str) -> Visitor:
        with shared(read_only=False) as system:
            link_account(scope=system, issuer=self.realm.issuer, subject=self.realm.enter(username),
                         person_id=number(username), now=now())  # fmt: skip
        visitor = Visitor(self.addresses, username)
        visitor.come_in()
        assert visitor.is_in() == [True, True]
        return visitor


class Visitor:
    """A browser that is sent now to one process, now to the other."""

    def __init__(self, addresses: list[str], username: str) -> None:
        self.addresses, self.here, self.there = addresses, requests.Session(), Browser(username=username)

    def come_in(self) -> None:
        """Begun at one process; the issuer's answer comes to the other."""
        first, second = self.addresses
        sent = self.here.get(f"{first}/accounts/oidc/login/", allow_redirects=False, timeout=20)
        back = self.there.visit(sent.headers["Location"], home=first)
        assert back is not None, self.there.page
        self.here.get(back.replace(first, second), headers={"Host": first.removeprefix("http://")}, timeout=20)

    def is_in(self) -> list[bool]:
        return [
            self.here.get(f"{address}/", allow_redirects=False, timeout=20).status_code == 200
            for address in self.addresses
        ]

    def is_out_within(self, seconds: float) -> float:
        began = time.monotonic()
        while any(self.is_in()):
            assert time.monotonic() - began < seconds
            time.sleep(0.05)
        return time.monotonic() - began


@pytest.fixture
def two(keycloak: Keycloak, world: World, tmp_path: Path, settings: Any) -> Iterator[Two]:
    ports = [free_port(), free_port()]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    name = f"falin-{os.getpid()}-{ports[0]}"
    keycloak.make_realm(
        realm_of("realm.json", realm=name, address=addresses[0], keycloak=keycloak.address, secrets=SECRETS)
    )
    realm = Realm(keycloak, name)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT, settings.KEYCLOAK_CLIENT = realm.issuer, "falin", "falin-provisioning"
    settings.OIDC_SECRET, settings.KEYCLOAK_SECRET = SECRETS["oidc"], SECRETS["keycloak"]
    Binding.objects.update(valid_from=date(2020, 1, 1))
    database = with_name(os.environ["DATABASE_URL"], str(connection.settings_dict["NAME"]))
    environ = {**os.environ, "DATABASE_URL": database, "FALIN_OIDC_ISSUER": realm.issuer,
               "FALIN_OIDC_SECRET": SECRETS["oidc"], "FALIN_KEYCLOAK_SECRET": SECRETS["keycloak"]}  # fmt: skip
    with ExitStack() as stack:
        for port in ports:
            log = stack.enter_context((tmp_path / f"web-{port}.log").open("wb"))
            server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "falin.config.wsgi:application", "--worker-class", "gthread",
                 "--threads", "2", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
                cwd=ROOT, env=environ, stdout=log, stderr=log,
            )  # fmt: skip
            stack.callback(server.wait, 20)
            stack.callback(server.terminate)
        for address in addresses:
            _answers(address, tmp_path)
        yield Two(realm, addresses)
    realm.ask("DELETE", "")


def _answers(address: str, logs: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{address}/healthz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("\n".join(log.read_text() for log in logs.glob("web-*.log")))


def test_what_keycloak_ends_is_over_in_both_processes_within_five_seconds(two: Two) -> None:
    ended, other = two.come_in("county"), two.come_in("county2")
    theirs = two.realm.user("county")
    assert theirs is not None
    two.realm.ask("POST", f"/users/{theirs['id']}/logout")
    took = ended.is_out_within(WITHIN)
    assert other.is_in() == [True, True]
    assert ForeignSession.objects.count() == 1
    print(f"ended in {took:.2f} s")


def test_who_is_suspended_here_is_out_here_and_there(two: Two) -> None:
    """Here at once; at Keycloak as soon as a worker has told it."""
    visitor = two.come_in("liaison")
    act("county", commands.suspend_person, person_id=number("liaison"), why="接受调查")
    assert visitor.is_in() == [False, False]
    deliver()
    theirs = two.realm.user("liaison")
    assert theirs is not None
    assert theirs["enabled"] is False
    assert two.realm.ask("GET", f"/users/{theirs['id']}/sessions") == []
    assert not ForeignSession.objects.exists()
