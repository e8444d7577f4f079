"""
A real Keycloak for the run, with the realm of ``infra/keycloak`` in it; each test begins without accounts.

``./falin test`` starts one while the checks run and names it in ``FALIN_TEST_KEYCLOAK``; a single file run by hand starts
its own.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from falin.runtime.home import Home
from falin.runtime.keycloak import Keycloak, realm_of
from tenants.identity.models import Binding
from tests.oidc.realms import Realm
from tests.world import World

SECRETS = {"oidc": secrets.token_urlsafe(24), "keycloak": secrets.token_urlsafe(24)}


@pytest.fixture(scope="session")
def keycloak() -> Iterator[Keycloak]:
    home = Home(root=Path(settings.HOME)).prepare()
    given = os.environ.get("FALIN_TEST_KEYCLOAK", "")
    place = Path(given) if given else home.root / "keycloak"
    server = Keycloak(place=place, cache=home.cache, log=home.logs / "keycloak.log", memory=True)
    server.start()
    yield server
    if not given:
        server.stop()


@pytest.fixture(scope="session")
def shared_realm(keycloak: Keycloak) -> Realm:
    name = f"falin-{os.getpid()}"
    keycloak.make_realm(realm_of("realm.json", realm=name, address="http://testserver", keycloak=keycloak.address,
                                 secrets=SECRETS))  # fmt: skip
    return Realm(keycloak, name)


@pytest.fixture
def realm(shared_realm: Realm, world: World, settings: Any) -> Realm:
    """The realm without anybody in it, trusted by this installation; roles of the small world hold today."""
    shared_realm.empty()
    settings.OIDC_ISSUER = shared_realm.issuer
    settings.OIDC_CLIENT, settings.KEYCLOAK_CLIENT = "falin", "falin-provisioning"
    settings.OIDC_SECRET, settings.KEYCLOAK_SECRET = SECRETS["oidc"], SECRETS["keycloak"]
    Binding.objects.update(valid_from=date(2020, 1, 1))
    return shared_realm
