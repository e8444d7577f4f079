"""In a real browser, with Keycloak's own pages: what content policy, cookies and redirects make of the way there and back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, expect

from falin.runtime.keycloak import Keycloak, realm_of
from tenants.identity.models import Binding
from tenants.identity.oidc.models import Link
from tenants.identity.oidc.provider import provider_of
from tests.e2e.conftest import Site, a_screen, assets, looks_right, open_site  # noqa: F401 -- fixtures
from tests.oidc.conftest import SECRETS
from tests.oidc.realms import PASSWORD, Realm, one_time
from tests.oidc.test_homes import link
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture
def ours(keycloak: Keycloak, world: World, assets: Path, settings: Any) -> Iterator[tuple[Site, Realm]]:  # noqa: F811
    with open_site(assets) as site:
        name = f"falin-{os.getpid()}-{site.url.rpartition(':')[2]}"  # a realm of its own: keys are kept for a while
        keycloak.make_realm(realm_of("realm.json", realm=name, address=site.url, keycloak=keycloak.address,
                                     secrets=SECRETS))  # fmt: skip
        realm = Realm(keycloak, name)
        settings.OIDC_ISSUER, settings.OIDC_CLIENT, settings.OIDC_SECRET = realm.issuer, "falin", SECRETS["oidc"]
        Binding.objects.update(valid_from=date(2020, 1, 1))
        yield site, realm
        realm.ask("DELETE", "")


def give_password(page: Page) -> None:
    expect(page.locator("[name=password]")).to_be_visible()
    if page.locator("input[name=username]:visible").count():
        page.fill("[name=username]", "county2")
    page.fill("[name=password]", PASSWORD)
    page.click("[name=login]")


def test_a_day_with_keycloak(ours: tuple[Site, Realm], browser: Chromium) -> None:
    """Sign in, do something that asks again (what was sent is done afterwards), sign out: out in both places."""
    site, realm = ours
    link("county2", realm.issuer, realm.enter("county2", otp=True))
    with a_screen(browser, site, "phone") as screen:
        page = screen.new_page()
        page.goto("/people/")
        page.get_by_role("link", name="统一身份登录").click()
        give_password(page)
        page.wait_for_url(f"{site.url}/people/")

        page.goto("/me/sign-on/")
        page.get_by_role("button", name="解除关联").click()
        page.wait_for_url(re.compile(re.escape(realm.issuer)))  # over our own page: no form leads to another host
        give_password(page)
        page.fill("[name=otp]", one_time())
        page.click("[name=login]")
        page.wait_for_url(re.compile("/accounts/login/"))  # he parted from the account he had come in with
        assert not Link.objects.exists()

        link("county2", realm.issuer, str(realm.user("county2")["id"]))  # type: ignore[index]
        page.goto("/people/")
        page.get_by_role("link", name="统一身份登录").click()
        page.wait_for_url(f"{site.url}/people/")  # he is still signed in over there
        page.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').submit()")
        page.wait_for_url(re.compile("/accounts/login/"))
        page.get_by_role("link", name="统一身份登录").click()
        expect(page.locator("[name=password]")).to_be_visible()  # and is asked again


@pytest.mark.parametrize("kind", ["desk", "phone"])
def test_the_pages_read_well(ours: tuple[Site, Realm], browser: Chromium, kind: str) -> None:
    site, realm = ours
    narrow = {"viewport": {"width": 360, "height": 780}} if kind == "phone" else {}
    with a_screen(browser, site, kind, **narrow) as screen:
        page = screen.new_page()
        page.goto("/accounts/login/")
        expect(page.get_by_role("link", name="统一身份登录")).to_be_visible()
        looks_right(page)
        page.goto(f"/accounts/oidc/callback/?state=planted&iss={realm.issuer}&code=c")
        expect(page.get_by_role("heading", name="没有登录成功")).to_be_visible()
        looks_right(page)
        link("county2", realm.issuer, realm.enter("county2", otp=True))
        page.goto("/accounts/oidc/login/?next=/me/sign-on/")
        give_password(page)
        page.wait_for_url(f"{site.url}/me/sign-on/")
        looks_right(page)
        page.route("**/accounts/oidc/again/**", stays)
        page.goto("/accounts/oidc/again/2/?next=/people/")
        looks_right(page)
        provider_of.cache_clear()
        provider_of(realm.issuer)._read = provider_of(realm.issuer)._description._read = away  # type: ignore[assignment]
        page.goto("/accounts/oidc/login/")
        expect(page.get_by_role("heading", name="统一身份暂时联系不上")).to_be_visible()
        looks_right(page)
        page.goto("/me/sign-on/")
        looks_right(page)
        provider_of.cache_clear()


def stays(route: Route) -> None:
    """The page on the way, without what sends the browser on."""
    answer = route.fetch()
    route.fulfill(response=answer, headers={name: value for name, value in answer.headers.items() if name != "refresh"})


def away(*_: Any) -> Any:
    from tenants.identity.oidc.provider import Unreachable

    raise Unreachable("away")
