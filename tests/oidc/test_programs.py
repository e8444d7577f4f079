"""Programs that prove themselves to the other home: its client credentials open what the service account may, and no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client

from falin.kernel import clock
from falin.kernel.transactions import inside
from falin.runtime.keycloak import realm_of
from tenants.identity import commands, queries
from tenants.identity.oidc import provider
from tenants.identity.roles import NOT_BY_TOKEN
from tenants.identity.types import Role
from tests.app.identity.cast import number, people_the_office, scope
from tests.oidc.conftest import SECRETS
from tests.oidc.issuer import CURVE, OTHER_KEY, Issuer, running, signed, unsigned, with_public_key_as_secret
from tests.oidc.realms import Realm
from tests.world import World, today


def open_program(world: World) -> None:
    """A program of a street, under the name its client has over there."""
    people_the_office(world)
    team = scope("county", on=today())
    with inside(team, read_only=False):
        commands.open_account(
            scope=team, username="svc", name="市大数据局", owner_id=number("street"), purpose="取数", client_id="bigdata",
            role=Role.STREET_OFFICER, node_id=world.node("330106109"), begins_on=today(), reason="测试", now=clock.now(),
            ends_on=today() + timedelta(days=60), review_by=today() + timedelta(days=60),
        )  # fmt: skip


@pytest.fixture
def issuer(world: World, settings: Any) -> Iterator[Issuer]:
    """An issuer with the client ``bigdata``, which is a program of a street here."""
    open_program(world)
    provider.provider_of.cache_clear()
    with running() as one:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT = one.address, "falin"
        yield one
    provider.provider_of.cache_clear()


def claims(issuer: Issuer, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    right = {"iss": issuer.address, "aud": ["falin", "account"], "azp": "bigdata", "client_id": "bigdata", "sub": "s-9",
             "iat": now, "exp": now + 60, "typ": "Bearer", "scope": "everything"}  # fmt: skip
    return {name: value for name, value in {**right, **more}.items() if value is not None}


def ask(token: str, path: str = "/api/v1/duty/behind/", method: str = "get") -> Any:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    return getattr(client, method)(path)


@pytest.mark.parametrize("key", [None, CURVE])
def test_a_client_is_the_program_that_names_it(issuer: Issuer, key: Any) -> None:
    token = signed(claims(issuer), *([key] if key else []))
    assert ask(token).status_code == 200
    assert ask(token, "/api/v1/audit/").status_code == 403
    found = commands.use_token(text=token, address="127.0.0.1", request_id="r", now=clock.now())
    assert (found.role, found.hat) == ("street_officer", "client:bigdata")
    assert not found.grants & NOT_BY_TOKEN
    assert found.request_id == f"c{found.person_id}:r"
    again = queries.scope_in_force(found.person_id, found.hat)
    assert again is not None
    assert again.grants == found.grants


@pytest.mark.parametrize(
    "bent",
    [
        {"iss": "https://elsewhere.example"}, {"aud": "somebody"}, {"aud": None}, {"azp": "other"}, {"azp": None},
        {"client_id": None}, {"client_id": "other"}, {"azp": "falin", "client_id": "falin"}, {"exp": 1}, {"exp": None},
        {"iat": 2**33}, {"nbf": 2**33}, {"typ": "ID"}, {"typ": "Refresh"}, {"sid": "a-persons"},
        {"session_state": "a-persons"}, {"nonce": "a-sign-in"}, {"azp": "nobody", "client_id": "nobody"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_a_programs_own_opens_nothing(issuer: Issuer, bent: dict[str, Any]) -> None:
    answer = ask(signed(claims(issuer, **bent)))
    assert (answer.status_code, answer.json()["code"]) == (401, "kernel.bad_token")


def test_a_signature_that_is_not_our_issuers_opens_nothing(issuer: Issuer) -> None:
    said = claims(issuer)
    for token in (unsigned(said), with_public_key_as_secret(said), signed(said, OTHER_KEY), signed(said, kid="three"),
                  signed(said) + "x", "a.b.c"):  # fmt: skip
        assert ask(token).status_code == 401


def test_it_ends_here_at_once_whatever_its_token_says(issuer: Issuer) -> None:
    token = signed(claims(issuer))
    assert ask(token).status_code == 200
    team = scope("county", on=today())
    with inside(team, read_only=False):
        commands.suspend_person(scope=team, person_id=number("street"), why="停职", now=clock.now())
    assert ask(token).status_code == 401


def test_without_another_home_no_such_token_is_read(issuer: Issuer, settings: Any) -> None:
    token = signed(claims(issuer))
    settings.OIDC_ISSUER = ""
    assert ask(token).status_code == 401


def test_it_makes_no_tokens_and_gives_no_roles(issuer: Issuer) -> None:
    token = signed(claims(issuer))
    for path in ("/api/v1/me/tokens/", "/api/v1/people/"):
        assert ask(token, path, "post").status_code == 403


# ---- a real Keycloak -------------------------------------------------------------------------------------------------
def token_of(realm: Realm, client: str, secret: str) -> str:
    answer = requests.post(f"{realm.issuer}/protocol/openid-connect/token", timeout=20, data={
        "grant_type": "client_credentials", "client_id": client, "client_secret": secret})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_a_program_comes_in_by_its_client_at_a_real_keycloak(realm: Realm, world: World) -> None:
    """The client of ``infra/keycloak/program.json``, as its README says."""
    open_program(world)
    provider.provider_of.cache_clear()
    client = realm_of(
        "program.json", realm=realm.name, address="", keycloak="", secrets={"program": "a-secret-of-its-own"}
    )
    where = realm.ask("POST", "/clients", client).rpartition("/")[2]
    try:
        token = token_of(realm, "bigdata", "a-secret-of-its-own")
        assert ask(token).status_code == 200
        assert ask(token, "/api/v1/audit/").status_code == 403  # not a street officer's
        # the client of our own workers has a token too, made for nobody here
        assert ask(token_of(realm, "falin-provisioning", SECRETS["keycloak"])).status_code == 401
        # without its audience the same program's is none of ours
        mapper = realm.ask("GET", f"/clients/{where}/protocol-mappers/models")[0]
        realm.ask("DELETE", f"/clients/{where}/protocol-mappers/models/{mapper['id']}")
        assert ask(token_of(realm, "bigdata", "a-secret-of-its-own")).status_code == 401
        team = scope("county", on=today())
        with inside(team, read_only=False):
            commands.suspend_person(scope=team, person_id=number("street"), why="停职", now=clock.now())
        assert ask(token).status_code == 401  # here it ends at once, whatever Keycloak still says
    finally:
        realm.ask("DELETE", f"/clients/{where}")
