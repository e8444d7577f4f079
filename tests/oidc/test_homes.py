"""One suite for both homes of sign-on: the built-in one, and a real Keycloak."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

import pytest
import requests
import time_machine
from django.core.cache import cache
from django.test import Client
from joserfc import jws

from falin.kernel import parameters, stepup
from falin.kernel.clock import now
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import shared
from tenants.identity import commands
from tenants.identity.models import Binding, Person
from tenants.identity.oidc.commands import link_account
from tenants.identity.oidc.models import ForeignSession, Link
from tests.app.identity.cast import act, number
from tests.oidc.realms import Browser, Realm, query_of
from tests.web.identity.way_in import set_up_app
from tests.world import PASSWORD, World

AGAIN = "/accounts/reauthenticate/?next=/"


def link(username: str, issuer: str, subject: str) -> None:
    """As if he had proved both."""
    with shared(read_only=False) as system:
        scope = replace(system, person_id=number(username))
        link_account(scope=scope, issuer=issuer, subject=subject, person_id=number(username), now=now())


class Home(Protocol):
    """A person's way in and out, wherever he proves who he is."""

    name: str

    def browser(self, username: str) -> Browser: ...

    def come_in(self, browser: Browser, wanted: str = "/") -> Any: ...

    def prove(self, browser: Browser, asked: Any) -> Any:
        """Follow where a step led: the answer in the end."""

    def second(self, browser: Browser) -> None:
        """Show the second factor."""


class BuiltIn:
    name = "builtin"

    def browser(self, username: str) -> Browser:
        return Browser(username=username, password=PASSWORD)

    def come_in(self, browser: Browser, wanted: str = "/") -> Any:
        sent = {"login": browser.username, "password": browser.password, "next": wanted}
        return browser.follow(browser.falin.post("/accounts/login/", sent))

    def prove(self, browser: Browser, asked: Any) -> Any:
        return browser.follow(browser.falin.post(asked.headers.get("Location", AGAIN), {"password": browser.password}))

    def second(self, browser: Browser) -> None:
        """Set one up, and come in anew by one of its recovery codes: they do not hang on the half minute."""
        set_up_app(browser.falin)
        codes = re.findall(r"<li><b>(\d{8})</b></li>", browser.falin.get("/accounts/second/codes/").content.decode())
        browser.falin.post("/accounts/logout/")
        self.come_in(browser)
        browser.falin.post("/accounts/second/authenticate/", {"code": codes[0]})


class AtKeycloak:
    name = "keycloak"

    def __init__(self, realm: Realm) -> None:
        self.realm = realm

    def browser(self, username: str) -> Browser:
        link(username, self.realm.issuer, self.realm.enter(username, otp=True))
        return Browser(username=username)

    def come_in(self, browser: Browser, wanted: str = "/") -> Any:
        return browser.open(f"/accounts/oidc/login/?next={wanted}")

    def prove(self, browser: Browser, asked: Any) -> Any:
        return browser.follow(asked)

    def second(self, browser: Browser) -> None:
        browser.open("/accounts/oidc/again/2/?next=/")


@pytest.fixture(params=["builtin", "keycloak"])
def home(request: pytest.FixtureRequest, world: World) -> Iterator[Home]:
    cache.clear()
    if request.param == "keycloak":
        yield AtKeycloak(request.getfixturevalue("realm"))
    else:
        Binding.objects.update(valid_from=date(2020, 1, 1))
        yield BuiltIn()


def is_in(browser: Browser) -> bool:
    return bool(browser.falin.get("/people/").status_code == 200)


def proof(browser: Browser) -> Any:
    return browser.falin.session[stepup.KEY]


def age(browser: Browser, **moments: timedelta) -> None:
    session = browser.falin.session
    session[stepup.KEY] = {
        **session[stepup.KEY],
        **{name: (now() - past).timestamp() for name, past in moments.items()},
    }
    session.save()


def test_who_signs_in_comes_to_where_he_wanted_with_the_first_level(home: Home) -> None:
    browser = home.browser("county")
    answer = home.come_in(browser, "/people/")
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/people/")
    kept = proof(browser)
    assert (kept["level"], kept["second_at"], kept["fresh_at"], kept["home"]) == (1, None, None, home.name)


def test_a_wrong_password_opens_nothing(home: Home) -> None:
    browser = home.browser("county")
    browser.password = "twelve-green-bottles-on-the-wall"
    home.come_in(browser)
    assert not is_in(browser)


def test_the_key_of_a_session_changes_with_every_step(home: Home) -> None:
    browser = home.browser("county")
    browser.falin.get("/accounts/oidc/login/" if home.name == "keycloak" else "/accounts/login/")
    keys = [browser.falin.session.session_key]
    home.come_in(browser)
    keys.append(browser.falin.session.session_key)
    home.prove(browser, browser.falin.post("/me/sign-on/", {"act": "unlink"}))
    if "_auth_user_id" in browser.falin.session:
        keys.append(browser.falin.session.session_key)
    assert len(set(keys)) == len(keys)


def test_an_act_that_asks_for_fresh_proof_is_done_after_it(home: Home) -> None:
    """What was sent is kept meanwhile: the act is not asked for twice."""
    browser = home.browser("county2")
    home.come_in(browser)
    if home.name == "builtin":
        link("county2", "https://sso.example", "s")
    asked = browser.falin.post("/me/sign-on/", {"act": "unlink"})
    assert Link.objects.filter(person__username="county2").exists()
    answer = home.prove(browser, asked)
    assert not Link.objects.filter(person__username="county2").exists()
    assert answer.status_code == 200
    assert ("_auth_user_id" in browser.falin.session) is (home.name == "builtin")  # the account he came in with is gone


def test_fresh_proof_holds_five_minutes(home: Home) -> None:
    browser = home.browser("county")
    home.come_in(browser)
    home.prove(browser, browser.falin.get(again_at(browser, home)))
    assert proof(browser)["fresh_at"] is not None
    age(browser, fresh_at=timedelta(minutes=5))
    asked = browser.falin.post("/me/sign-on/", {"act": "unlink"})
    assert asked.headers["Location"].startswith(again_at(browser, home).partition("?")[0])


def again_at(browser: Browser, home: Home) -> str:
    return "/accounts/oidc/again/3/?next=/" if home.name == "keycloak" else AGAIN


def test_a_suspended_person_loses_his_sessions_at_once_and_does_not_come_back(home: Home) -> None:
    browser = home.browser("liaison")
    home.come_in(browser)
    assert browser.falin.get("/").status_code == 200
    act("county", commands.suspend_person, person_id=number("liaison"), why="接受调查")
    assert browser.falin.get("/").status_code == 302
    home.come_in(browser)
    assert browser.falin.get("/").status_code == 302
    act("county", commands.reinstate_person, person_id=number("liaison"), why="已查清")
    home.come_in(browser)
    assert browser.falin.get("/").status_code == 200


def test_who_signs_out_is_out_in_both_places(home: Home) -> None:
    browser = home.browser("county")
    home.come_in(browser)
    answer = browser.follow(browser.falin.post("/accounts/logout/"))
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/accounts/login/")
    assert not is_in(browser)
    browser.password = "he-would-have-to-know-it-again"
    home.come_in(browser)
    assert not is_in(browser)  # their session is over, too: nobody comes in without the password


def test_a_changed_password_ends_the_sessions_opened_before(home: Home) -> None:
    browser = home.browser("county")
    home.come_in(browser)
    person = Person.objects.get(username="county")
    person.session_epoch += 1
    person.save()
    assert not is_in(browser)


def test_a_session_ends_by_its_age_however_much_it_is_used(home: Home) -> None:
    browser = home.browser("county")
    home.come_in(browser)
    began = now()
    for hours in (4, 8, 11.9):
        with time_machine.travel(began + timedelta(hours=hours)):
            assert is_in(browser)
    with time_machine.travel(began + timedelta(hours=12, minutes=1)):
        assert not is_in(browser)


def test_who_signs_out_everywhere_is_out_on_every_device_but_this(home: Home) -> None:
    here = home.browser("county")
    there = [Browser(username="county", password=here.password) for _device in range(2)]
    for browser in (here, *there):
        home.come_in(browser)
    assert [is_in(browser) for browser in (here, *there)] == [True, True, True]
    here.falin.post("/me/security/sessions/end/")
    assert [is_in(browser) for browser in (here, *there)] == [True, False, False]


def test_the_second_level_is_reached_by_the_second_factor_and_holds_eight_hours(home: Home) -> None:
    browser, suspend = home.browser("county"), f"/people/{number('liaison')}/suspend/"
    home.come_in(browser)
    assert proof(browser)["level"] == 1
    assert browser.falin.post(suspend, {"why": "停职"}).status_code == 302
    assert Person.objects.get(username="liaison").is_active  # the first level is not enough
    home.second(browser)
    assert proof(browser)["level"] == 2
    assert abs(proof(browser)["second_at"] - now().timestamp()) < 30
    age(browser, second_at=timedelta(hours=8))
    browser.falin.post(suspend, {"why": "停职"})
    assert Person.objects.get(username="liaison").is_active  # nor is one that was shown too long ago
    age(browser, second_at=timedelta(hours=7, minutes=50))
    browser.falin.post(suspend, {"why": "停职"})
    assert not Person.objects.get(username="liaison").is_active


def test_an_account_is_linked_by_who_proves_both_and_a_second_one_is_refused(home: Home, realm: Realm) -> None:
    browser = home.browser("county")
    home.come_in(browser)
    subject = realm.enter("another", otp=True)
    before = set(Link.objects.filter(person__username="county").values_list("subject", flat=True))
    link_it = browser.falin.post("/me/sign-on/", {"act": "link"})
    answer = home.prove(browser, link_it)  # here anew; what was sent goes on to the other home
    browser.there, browser.username, browser.password = requests.Session(), "another", Browser().password
    answer = browser.follow(browser.falin.post("/me/sign-on/", {"act": "link"}))
    held = set(Link.objects.filter(person__username="county").values_list("subject", flat=True))
    if home.name == "builtin":
        assert held == {subject}
        later = Browser(username="another")
        AtKeycloak(realm).come_in(later)
        assert is_in(later)
        assert later.falin.session["_auth_user_id"] == str(number("county"))
    else:
        assert (held, answer.status_code) == (before, 409)
        assert "另一个统一身份账号" in answer.content.decode()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example"])
def test_a_link_that_leads_on_to_another_host_is_not_followed_and_booked(home: Home, wanted: str) -> None:
    browser = home.browser("county")
    answer = home.come_in(browser, wanted)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/")
    with shared(read_only=True):
        booked = AuditEntry.objects.filter(act="identity.sign_on.refused").values_list("after", flat=True)
        assert list(booked) == [{"why": "foreign_address"}]


# ---- which home a tenant takes ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("chosen", "others"), [(1, "keycloak"), (2, "builtin")])
def test_a_tenant_that_chose_a_home_takes_nobody_from_the_other(
    realm: Realm, monkeypatch: pytest.MonkeyPatch, chosen: int, others: str
) -> None:
    homes: dict[str, Home] = {"keycloak": AtKeycloak(realm), "builtin": BuiltIn()}
    right, wrong = homes.pop("builtin" if chosen == 1 else "keycloak"), homes[others]
    monkeypatch.setattr(
        parameters,
        "_resolver",
        [lambda key, node, on: {"identity.sign_on": chosen, "identity.second_factor": 0}.get(key)],
    )
    cache.clear()
    welcome, other = right.browser("county"), wrong.browser("county2")
    right.come_in(welcome)
    wrong.come_in(other)
    assert is_in(welcome)
    assert not is_in(other)
    operator = BuiltIn().browser("operator")
    BuiltIn().come_in(operator)
    assert operator.falin.get("/setup/").status_code == 200  # somebody must come in when the issuer is down


def test_the_sign_in_page_offers_what_some_tenant_takes(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Browser().falin.get("/accounts/login/").content.decode()
    assert "统一身份登录" in page
    monkeypatch.setattr(parameters, "_resolver", [lambda key, node, on: 1 if key == "identity.sign_on" else None])
    assert "统一身份登录" not in Browser().falin.get("/accounts/login/").content.decode()


def test_who_must_have_a_second_factor_shows_it_before_anything_else(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He who grants roles; by the default setting, and without days of grace: Keycloak itself leads him to set one up."""
    monkeypatch.setattr(parameters, "_resolver", [])
    home = AtKeycloak(realm)
    browser = home.browser("county")
    sent = browser.falin.get("/accounts/oidc/login/")
    back = browser.visit(sent.headers["Location"])
    assert back is not None
    browser.falin.get(back)
    assert proof(browser)["level"] == 1
    assert browser.falin.get("/people/").headers["Location"] == "/accounts/second/"
    answer = browser.open("/people/")
    assert answer.status_code == 200
    assert proof(browser)["level"] == 2


# ---- levels at Keycloak ----------------------------------------------------------------------------------------------
def test_keycloak_asks_for_the_second_factor_and_says_so(realm: Realm) -> None:
    home = AtKeycloak(realm)
    browser = home.browser("county")
    home.come_in(browser)
    browser.open("/accounts/oidc/again/2/?next=/people/")
    kept = proof(browser)
    assert (kept["level"], kept["fresh_at"]) == (2, None)
    assert abs(kept["second_at"] - now().timestamp()) < 30


def test_keycloak_asks_for_both_anew_for_fresh_proof(realm: Realm) -> None:
    home = AtKeycloak(realm)
    browser = home.browser("county")
    home.come_in(browser)
    browser.password = "no-longer-known"
    browser.open("/accounts/oidc/again/3/?next=/people/")
    assert "password" in browser.page
    assert proof(browser)["fresh_at"] is None
    browser.password = Browser().password
    browser.open("/accounts/oidc/again/3/?next=/people/")
    assert proof(browser)["fresh_at"] is not None
    assert proof(browser)["second_at"] is not None


def test_keycloak_itself_refuses_a_request_without_a_challenge_or_with_a_plain_one(realm: Realm) -> None:
    """Somebody on the way takes PKCE out of the address, to use the code he will see himself."""
    client = Client()
    address, _mark, _query = client.get("/accounts/oidc/login/").headers["Location"].partition("?")
    right = query_of(client.get("/accounts/oidc/login/").headers["Location"])
    assert requests.get(address, params=right, allow_redirects=False, timeout=20).status_code == 200  # its sign-in page
    for method in (None, "plain"):
        right = query_of(client.get("/accounts/oidc/login/").headers["Location"])
        bare = {name: value for name, value in right.items() if not name.startswith("code_challenge")}
        bent = bare if method is None else {**right, "code_challenge_method": method}
        answer = requests.get(address, params=bent, allow_redirects=False, timeout=20)
        told = query_of(answer.headers["Location"])
        assert (answer.status_code, told["error"]) == (302, "invalid_request")
        assert "code" not in told
        assert client.get(answer.headers["Location"].removeprefix("http://testserver")).status_code == 403
    with shared(read_only=True):
        booked = AuditEntry.objects.filter(act="identity.sign_on.refused").values_list("after", flat=True)
        assert list(booked) == [{"why": "issuer_error"}] * 2


def test_the_realm_is_as_strict_as_it_says(realm: Realm) -> None:
    told = realm.ask("GET", "")
    assert told["bruteForceProtected"]
    assert told["eventsEnabled"]
    assert told["adminEventsEnabled"]
    assert not told["adminEventsDetailsEnabled"]  # names of people are not written into its log
    assert not told["registrationAllowed"]
    client = realm.ask("GET", "/clients?clientId=falin")[0]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert client["redirectUris"] == ["http://testserver/accounts/oidc/callback/"]
    assert not (client["fullScopeAllowed"] or client["directAccessGrantsEnabled"] or client["implicitFlowEnabled"])
    assert sorted(client["defaultClientScopes"]) == ["acr", "basic"]


def test_a_token_of_keycloak_says_who_and_how_strongly_and_nothing_else(realm: Realm) -> None:
    home = AtKeycloak(realm)
    browser = home.browser("county")
    home.come_in(browser)
    token = jws.extract_compact(ForeignSession.objects.get().id_token.encode())
    said = json.loads(token.payload)
    allowed = {"exp", "iat", "auth_time", "jti", "iss", "aud", "sub", "typ", "azp", "nonce", "sid", "at_hash", "acr"}
    assert set(said) <= allowed
