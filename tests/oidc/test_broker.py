"""A government platform behind Keycloak: a second realm plays it, and people come in through it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from falin.runtime.keycloak import realm_of
from tenants.identity.models import Person
from tenants.identity.oidc.models import Link
from tests.oidc.conftest import SECRETS
from tests.oidc.realms import Browser, Realm
from tests.world import PASSWORD


@pytest.fixture
def upstream(realm: Realm) -> Iterator[Realm]:
    blanks: Any = {"realm": realm.name, "address": "http://testserver", "keycloak": realm.keycloak.address,
                   "secrets": {**SECRETS, "broker": "the-broker's-own-secret"}}  # fmt: skip
    realm.keycloak.make_realm(realm_of("upstream.json", **blanks))
    realm.ask("POST", "/identity-provider/instances", realm_of("government.json", **blanks))
    government = Realm(realm.keycloak, f"{realm.name}-government")
    government.enter("gov-0012", firstName="范青禾", lastName="范", email="gov-0012@example.cn")
    yield government
    government.ask("DELETE", "")
    realm.ask("DELETE", "/identity-provider/instances/government")


def test_nobody_comes_in_by_a_government_account_that_he_has_not_linked(upstream: Realm) -> None:
    browser = Browser(username="gov-0012", via="government")
    answer = browser.open("/accounts/oidc/login/")
    assert answer.status_code == 403
    assert "还没有和平台上的人关联" in answer.content.decode()


def test_who_linked_his_government_account_comes_in_by_it(realm: Realm, upstream: Realm) -> None:
    cache.clear()
    browser = Browser(username="gov-0012", via="government")
    browser.falin.post("/accounts/login/", {"login": "county2", "password": PASSWORD})
    browser.falin.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answer = browser.follow(browser.falin.post("/me/sign-on/", {"act": "link"}))
    assert answer.request["PATH_INFO"] == "/me/sign-on/"
    link = Link.objects.get(issuer=realm.issuer)
    assert link.person.username == "county2"
    later = Browser(username="gov-0012", via="government")
    assert later.open("/accounts/oidc/login/?next=/people/").status_code == 200
    assert later.falin.session["_auth_user_id"] == str(Person.objects.get(username="county2").id)
    assert later.falin.session["proof"]["level"] == 1  # what the platform proved is not what our Keycloak asked
