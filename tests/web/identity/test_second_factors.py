"""Second factors: set up, asked for, kept encrypted, told of; and who must have one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.core import mail
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from falin.kernel.crypto import Unreadable
from falin.kernel.models import AuditEntry
from falin.runtime.demo.making import APP_SECRET
from tenants.identity.models import Person
from tenants.identity.signing.factors import give_app
from tests.web.identity.way_in import (
    browser,
    come_in,
    deliver,
    digits,
    give,
    is_in,
    number,
    require,
    set_up_app,
    text,
)
from tests.world import NOW, PASSWORD, World

AGAIN = "/accounts/second/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


def passed(clock: Any, seconds: int) -> None:
    clock.shift(timedelta(seconds=seconds))


def test_with_an_app_signing_in_asks_for_its_digits(world: World, _today: Any) -> None:
    secret = set_up_app(come_in("county"))
    passed(_today, 31)
    client = browser()
    answer = give(client, "county")
    assert answer.headers["Location"] == "/accounts/second/authenticate/"
    assert not is_in(client)
    wrong = client.post("/accounts/second/authenticate/", {"code": "000000"})
    assert "验证码不对" in text(wrong)
    assert not is_in(client)
    assert client.post("/accounts/second/authenticate/", {"code": digits(secret)}).status_code == 302
    assert is_in(client)
    assert client.session["proof"]["level"] == 2
    assert client.session["proof"]["second_at"]


def test_digits_work_once_in_whatever_process(world: World, _today: Any) -> None:
    secret = set_up_app(come_in("county"))
    passed(_today, 61)
    shown = digits(secret)
    first, second = browser(), browser()
    for client in (first, second):
        give(client, "county")
        client.post("/accounts/second/authenticate/", {"code": shown})
    assert (is_in(first), is_in(second)) == (True, False)


@pytest.mark.parametrize("later", [31, 59])
def test_digits_somebody_saw_are_worth_nothing_for_as_long_as_they_would_be_right(
    world: World, _today: Any, later: int
) -> None:
    secret = set_up_app(come_in("county"))
    _today.move_to(NOW.replace(second=0, microsecond=0) + timedelta(minutes=5))
    ahead = digits(secret, steps=1)  # of a telephone whose clock is half a minute ahead
    owner, thief = browser(), browser("192.0.2.7")
    for client in (owner, thief):
        give(client, "county")
    owner.post("/accounts/second/authenticate/", {"code": ahead})
    passed(_today, later)
    assert is_in(owner)
    again = thief.post("/accounts/second/authenticate/", {"code": f" {ahead[:3]} {ahead[3:]} "})
    assert "验证码不对" in text(again)
    assert not is_in(thief)


def test_digits_given_to_set_the_app_up_are_used(world: World, _today: Any) -> None:
    secret = set_up_app(come_in("county"))
    thief = browser()
    give(thief, "county")
    thief.post("/accounts/second/authenticate/", {"code": digits(secret)})
    assert not is_in(thief)


def test_who_guesses_digits_is_slowed_booked_and_told_of_and_keeps_nobody_out(world: World, _today: Any) -> None:
    Person.objects.filter(username="county").update(email="county@example.cn")
    own = come_in("county")
    secret = set_up_app(own)
    passed(_today, 91)
    own.post("/accounts/logout/")
    guesser = browser("192.0.2.7")
    give(guesser, "county")
    for _ in range(6):
        page = text(guesser.post("/accounts/second/authenticate/", {"code": "000000"}))
    assert "试的次数太多了" in page
    guesser.post("/accounts/second/authenticate/", {"code": digits(secret)})
    assert not is_in(guesser)
    give(own, "county")  # on his own device
    own.post("/accounts/second/authenticate/", {"code": digits(secret)})
    assert is_in(own)
    booked = AuditEntry.objects.filter(act__startswith="identity.digits.").order_by("id").values_list("act", flat=True)
    assert list(booked) == [*["identity.digits.failed"] * 4, "identity.digits.slowed"]
    assert "密码对了，第二步的数字连着输错" in text(own.get("/me/security/"))
    deliver()
    assert any("有人输对了您的密码" in one.body for one in mail.outbox)


def test_all_strangers_together_have_twenty_guesses_a_day(world: World, _today: Any) -> None:
    set_up_app(come_in("county"))
    tried = 0
    for network in range(8):
        guesser = browser(f"198.51.{network}.7")
        give(guesser, "county")
        for _ in range(4):
            page = text(guesser.post("/accounts/second/authenticate/", {"code": "000000"}))
            tried += "验证码不对" in page
    assert tried == 20


def test_a_recovery_code_lets_in_once(world: World) -> None:
    client = come_in("county")
    set_up_app(client)
    page = text(client.get("/accounts/second/codes/"))
    codes = re.findall(r"<li><b>(\d{8})</b></li>", page)
    assert len(codes) == 10
    assert not re.findall(r"<li><b>(\d{8})</b></li>", text(client.get("/accounts/second/codes/")))
    for expected in (True, False):
        other = browser()
        give(other, "county")
        other.post("/accounts/second/authenticate/", {"code": codes[3]})
        assert is_in(other) is expected


def test_who_has_a_second_factor_rises_by_it_and_not_by_the_password(world: World, _today: Any) -> None:
    client = come_in("county")
    secret = set_up_app(client)
    passed(_today, 301)
    address = "/me/security/email/"
    asked = client.post(address, {"email": "county@example.cn"})
    assert asked.headers["Location"] == f"{AGAIN}?next=%2Fme%2Fsecurity%2Femail%2F"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post(address, {"email": "county@example.cn"}).headers["Location"].startswith(AGAIN)
    done = client.post(asked.headers["Location"], {"code": digits(secret)})
    assert done.headers["Location"] == "/me/security/email/code/"


def test_secrets_are_kept_encrypted_and_bound_to_their_person(world: World) -> None:
    client = come_in("county")
    secret = set_up_app(client)
    kept = {row.type: row for row in Authenticator.objects.filter(user_id=number("county"))}
    assert secret not in json.dumps([row.data for row in kept.values()])
    set_up_app(come_in("street"))
    # Somebody who can write to the table gives another person's secret to himself: it is none.
    Authenticator.objects.filter(user_id=number("street"), type="totp").update(data=kept["totp"].data)
    thief = browser()
    give(thief, "street")
    with pytest.raises(Unreadable):
        thief.post("/accounts/second/authenticate/", {"code": digits(secret)})
    assert not is_in(thief)


def test_a_factor_is_removed_only_after_a_fresh_proof_and_the_person_is_told(world: World, _today: Any) -> None:
    Person.objects.filter(username="county").update(email="county@example.cn")
    client = come_in("county")
    secret = set_up_app(client)
    passed(_today, 301)
    asked = client.post("/accounts/second/app/remove/")
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith(AGAIN)
    assert Authenticator.objects.filter(type="totp").count() == 1
    client.post(asked.headers["Location"], {"code": digits(secret)})  # and what was sent is done
    assert not Authenticator.objects.exists()
    deliver()
    told = [one.body for one in mail.outbox]
    assert any("加了一种登录方式：手机验证器" in one for one in told)
    assert any("一种登录方式被删掉了：手机验证器" in one for one in told)
    page = text(client.get("/me/security/"))
    assert "加一种登录方式" in page
    assert "删一种登录方式" in page


def test_a_passkey_page_asks_the_browser_for_one_kept_on_the_device(world: World) -> None:
    client = come_in("county")
    answer = client.get("/accounts/second/keys/add/")
    page = text(client.post(answer.headers["Location"], {"password": PASSWORD}, follow=True))
    assert 'data-passkey="make"' in page
    assert '"creation_options"' in page
    for nonsense in ("{}", "[]", "7", '{"id": "x"}', '{"id": "x", "rawId": "!", "type": "public-key", "response": {}}'):
        assert client.post("/accounts/second/keys/add/", {"credential": nonsense}).status_code == 200
        answer = browser().post("/accounts/second/keys/login/", {"credential": nonsense})
        assert answer.headers["Location"] == "/accounts/login/"
    assert not Authenticator.objects.exists()


# ---- who must have one -----------------------------------------------------------------------------------------------
def test_whose_role_weighs_is_led_to_set_one_up_and_may_put_it_off(world: World) -> None:
    require(world, 1)
    client = browser()
    answer = give(client, "county")
    assert answer.headers["Location"] == "/accounts/second/?next=%2F"
    page = text(client.get(answer.headers["Location"]))
    assert "请在2026年11月30日以前设好" in page
    assert is_in(client)
    assert give(browser(), "street").headers["Location"] == "/"


def test_after_the_days_of_grace_nothing_else_opens_until_it_is_set_up(world: World, _today: Any) -> None:
    require(world, 1)
    come_in("county")
    _today.shift(timedelta(days=15))
    client = browser()
    give(client, "county")
    answer = client.get("/")
    assert answer.headers["Location"] == "/accounts/second/"
    assert "以后再设" not in text(client.get("/accounts/second/"))
    set_up_app(client)
    assert is_in(client)


def test_who_must_have_one_keeps_his_last_one(world: World) -> None:
    require(world, 2)
    client = browser()
    give(client, "street")
    set_up_app(client)
    page = text(client.get("/accounts/second/app/remove/"))
    assert "最后一个不能删掉" in page
    client.post("/accounts/second/app/remove/")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_nobody_is_led_anywhere_where_the_setting_asks_for_none(world: World) -> None:
    for username in ("county", "street", "leader", "operator"):
        assert give(browser(), username).headers["Location"] == "/", username


def test_every_role_that_grants_exports_or_sees_numbers_needs_one_by_the_rule() -> None:
    from tenants.identity.roles import NEEDS_SECOND
    from tenants.identity.types import Role

    assert {Role.COUNTY_TEAM, Role.CITY_OFFICER, Role.PROVINCE_LEADER, Role.AUDITOR, Role.OPERATOR} <= NEEDS_SECOND
    assert {Role.SECURITY_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR} <= NEEDS_SECOND
    assert not {Role.ADVISER, Role.LIAISON, Role.STREET_OFFICER, Role.INSPECTOR} & NEEDS_SECOND


def test_the_square_to_scan_carries_no_style_of_its_own(world: World) -> None:
    client: Client = come_in("county")
    answer = client.get("/accounts/second/app/")
    page = text(client.post(answer.headers["Location"], {"password": PASSWORD}, follow=True))
    square = page[page.index('<svg class="f-qr"') :].split("</svg>")[0]
    assert "style" not in square
    assert square.count("h1v1h-1z") > 200


def test_the_demos_account_with_an_app_comes_in_by_the_digits_of_its_public_secret(world: World) -> None:
    give_app(person_id=number("auditor"), secret=APP_SECRET)
    client = browser()
    asked = give(client, "auditor")
    assert asked.headers["Location"].startswith("/accounts/second/authenticate/")
    assert not is_in(client)
    client.post("/accounts/second/authenticate/", {"code": digits(APP_SECRET)})
    assert is_in(client)
    assert client.session["proof"]["level"] == 2


class Key:
    """A security key somebody may touch without knowing its PIN."""

    def __init__(self, owner: str) -> None:
        self._key, self._id = ec.generate_private_key(ec.SECP256R1()), b"a-key-of-somebody"
        held = AttestedCredentialData.create(Aaguid.NONE, self._id, ES256.from_cryptography_key(self._key.public_key()))
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(b"localhost"), flags, 0, held)
        made = {"clientDataJSON": self._said("webauthn.create", b"0"),
                "attestationObject": websafe_encode(AttestationObject.create("none", data, {}))}  # fmt: skip
        kept = {"name": "钥匙", "passwordless": True, "credential": self._credential(made)}
        Authenticator.objects.create(user_id=number(owner), type="webauthn", data=kept)

    def answer(self, challenge: str, *, owner: str, verified: bool) -> dict[str, Any]:
        flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if verified else 0)
        data = AuthenticatorData.create(sha256(b"localhost"), flags, 1)
        said = self._said("webauthn.get", websafe_decode(challenge))
        signature = self._key.sign(data + sha256(websafe_decode(said)), ec.ECDSA(SHA256()))
        return self._credential({
            "clientDataJSON": said, "authenticatorData": websafe_encode(data), "signature": websafe_encode(signature),
            "userHandle": websafe_encode(user_pk_to_url_str(Person.objects.get(username=owner)).encode()),
        })  # fmt: skip

    def _said(self, kind: str, challenge: bytes) -> str:
        return websafe_encode(CollectedClientData.create(kind, challenge, "http://localhost"))

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self._id)
        return {"type": "public-key", "id": name, "rawId": name, "response": response, "clientExtensionResults": {}}


@pytest.mark.parametrize("verified", [True, False])
def test_a_key_that_was_only_touched_is_no_second_factor(world: World, verified: bool) -> None:
    """Every key was registered with a PIN or a finger, and is asked for it each time."""
    key = Key("county")
    client = browser(SERVER_NAME="localhost")
    asked = give(client, "county").headers["Location"]
    client.get(asked)
    challenge = client.session["mfa.webauthn.state"]["challenge"]
    answer = key.answer(challenge, owner="county", verified=verified)
    client.post(asked, {"credential": json.dumps(answer)})
    assert is_in(client) is verified
