"""What an attacker, a mixed-up issuer or a broken one may send: refused each time, booked without a word of it, never a 500."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client

from falin.kernel.clock import now
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import shared
from falin.runtime.demo.making import APP_SECRET
from tenants.identity.models import AccessToken, Binding, Person, Session
from tenants.identity.oidc import commands
from tenants.identity.oidc.commands import BOOKED_SINGLY, sum_up_refusals
from tenants.identity.oidc.models import ForeignSession, Link, Refusals
from tenants.identity.oidc.provider import FRESH, PATIENCE, PAUSE, Provider, Unreachable, fetch, provider_of
from tenants.identity.signing.factors import give_app
from tenants.identity.tokens import kept, new_token
from tests.oidc import issuer as at
from tests.oidc.issuer import CURVE, KEY, OTHER_KEY, Issuer, answer, claims, logout_claims, signed, unsigned
from tests.oidc.realms import query_of
from tests.web.identity.way_in import digits, set_up_app
from tests.world import PASSWORD, World


@pytest.fixture
def issuer(world: World, settings: Any) -> Iterator[Issuer]:
    with at.running() as one:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT, settings.OIDC_SECRET = one.address, "falin", at.SECRET
        Binding.objects.update(valid_from=date(2020, 1, 1))
        county = Person.objects.get(username="county")
        Link.objects.create(issuer=one.address, subject="s-1", person=county, made_at=now(), made_by=0)
        yield one


def set_out(issuer: Issuer, client: Client, address: str = "/accounts/oidc/login/") -> None:
    sent = client.get(address)
    where = sent.headers.get("Location") or sent.headers["Refresh"].partition("url=")[2]
    assert where.startswith(f"{issuer.address}/auth?")
    issuer.asked = query_of(where)


def come_back(issuer: Issuer, client: Client, token: str, **more: str | None) -> Any:
    issuer.tokens = {"access_token": "an-access-token", "token_type": "Bearer", "id_token": token}
    return client.get(answer(issuer, **more))


def come_in(issuer: Issuer) -> Client:
    client = Client()
    set_out(issuer, client)
    assert come_back(issuer, client, signed(claims(issuer))).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/people/").status_code == 200)


def booked() -> list[str]:
    rows = AuditEntry.objects.filter(act="identity.sign_on.refused").order_by("id")
    return [row.after["why"] for row in rows]


def refused(answer: Any, why: str) -> None:
    """Told in a sentence, booked in one word, and nothing of what was sent is kept."""
    assert answer.status_code == 403
    assert "没有登录成功" in answer.content.decode()
    assert booked()[-1] == why
    row = AuditEntry.objects.filter(act="identity.sign_on.refused").latest("id")
    assert (row.before, set(row.after), row.why, row.person_id) == ({}, {"why"}, "", 0)


def test_a_right_answer_signs_in(issuer: Issuer) -> None:
    client = come_in(issuer)
    assert is_in(client)
    assert booked() == []
    assert client.session["proof"]["home"] == "keycloak"


def test_an_answer_signed_on_a_curve_signs_in_too(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    come_back(issuer, client, signed(claims(issuer), CURVE))
    assert is_in(client)


def _bent(**more: Any) -> Callable[[Issuer], str]:
    return lambda issuer: signed(claims(issuer, **more))


def _headed(**header: Any) -> Callable[[Issuer], str]:
    return lambda issuer: signed(claims(issuer), **header)


LONG_AGO, SOON = int(time.time()) - 3600, int(time.time()) + 36_000
TOKENS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "alg none": (lambda issuer: unsigned(claims(issuer)), "bad_alg"),
    "alg NONE": (lambda issuer: unsigned(claims(issuer), "NONE"), "bad_alg"),
    "HS256 with the public key": (lambda issuer: at.with_public_key_as_secret(claims(issuer)), "bad_alg"),
    "RS256 said over an unsigned token": (lambda issuer: unsigned(claims(issuer), "RS256"), "bad_signature"),
    "an algorithm that is not on the list": (_headed(alg="RS512"), "bad_alg"),
    "a key of somebody else under our key's name": (lambda issuer: signed(claims(issuer), OTHER_KEY), "bad_signature"),
    "a key nobody knows": (_headed(kid="nobody"), "bad_kid"),
    "no name of a key": (lambda issuer: without_kid(claims(issuer)), "bad_kid"),
    "an extension that must be understood": (lambda issuer: crit(claims(issuer)), "bad_kid"),
    "another issuer": (_bent(iss="https://evil.example"), "bad_iss"),
    "our issuer with a slash": (lambda issuer: signed(claims(issuer, iss=issuer.address + "/")), "bad_iss"),
    "no issuer": (_bent(iss=None), "bad_iss"),
    "for another client": (_bent(aud="another", azp="another"), "bad_aud"),
    "for nobody": (_bent(aud=None), "bad_aud"),
    "for us and another, asked for by the other": (_bent(aud=["falin", "another"], azp="another"), "bad_azp"),
    "for two, asked for by nobody": (_bent(aud=["falin", "another"], azp=None), "bad_azp"),
    "asked for by another": (_bent(azp="another"), "bad_azp"),
    "another nonce": (_bent(nonce="planted"), "bad_nonce"),
    "no nonce": (_bent(nonce=None), "bad_nonce"),
    "a logout token": (lambda issuer: signed(logout_claims(issuer), typ="logout+jwt"), "bad_typ"),
    "an access token": (_bent(typ="Bearer"), "bad_typ"),
    "an access token of RFC 9068": (_headed(typ="at+jwt"), "bad_typ"),
    "an event": (_bent(events={at.LOGOUT: {}}), "bad_typ"),
    "another access token's hash": (_bent(at_hash=at.at_hash("another")), "bad_at_hash"),
    "expired": (_bent(exp=LONG_AGO, iat=LONG_AGO - 60), "expired"),
    "never expiring": (_bent(exp=None), "malformed"),
    "expiring in words": (_bent(exp="tomorrow"), "malformed"),
    "true as a time": (_bent(exp=True), "malformed"),
    "from the future": (_bent(iat=SOON, exp=SOON + 60), "not_yet"),
    "not yet valid": (_bent(nbf=SOON, exp=SOON + 60), "not_yet"),
    "proved in the future": (_bent(auth_time=SOON), "bad_auth_time"),
    "nobody": (_bent(sub=None), "bad_sub"),
    "an empty name": (_bent(sub=""), "bad_sub"),
    "a name that is a number": (_bent(sub=7), "malformed"),
    "a name with a zero byte": (_bent(sub="s-1\0"), "malformed"),
    "a name of 300 letters": (_bent(sub="s" * 300), "malformed"),
    "no token at all": (lambda issuer: "hello", "malformed"),
    "a list for claims": (lambda issuer: signed([1]), "bad_signature"),  # type: ignore[arg-type]
    "a very long one": (_bent(more="x" * 20_000), "malformed"),
}  # fmt: skip


def without_kid(said: dict[str, Any]) -> str:
    from joserfc import jws

    return jws.serialize_compact({"alg": "RS256"}, json.dumps(said).encode(), KEY, algorithms=["RS256"])


def crit(said: dict[str, Any]) -> str:
    head, body, signature = signed(said).split(".")
    header = {**json.loads(base64.urlsafe_b64decode(head + "==")), "crit": ["exp"], "exp": 1}
    return ".".join((base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode(), body, signature))


def test_no_bent_token_signs_anybody_in(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "BOOKED_SINGLY", len(TOKENS))  # else those of one minute are counted together
    for name, (make, why) in TOKENS.items():
        client = Client()
        set_out(issuer, client)
        answered = come_back(issuer, client, make(issuer))
        assert answered.status_code == 403, name
        assert booked()[-1] == why, name
        refused(answered, why)
        assert "_auth_user_id" not in client.session, name


def test_a_hash_of_our_access_token_is_right(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    come_back(issuer, client, signed(claims(issuer, at_hash=at.at_hash("an-access-token"))))
    assert is_in(client)


def test_a_subject_nobody_linked_comes_in_as_nobody_whatever_name_or_address_it_bears(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    county = Person.objects.get(username="county")
    said = claims(issuer, sub="s-2", preferred_username="county", name=county.name, email=county.email)
    answered = come_back(issuer, client, signed(said))
    refused(answered, "not_linked")
    assert "还没有和平台上的人关联" in answered.content.decode()
    assert not is_in(client)


def test_the_same_subject_of_another_issuer_is_nobody(issuer: Issuer, settings: Any) -> None:
    Link.objects.all().update(issuer="https://another.example")
    client = Client()
    set_out(issuer, client)
    refused(come_back(issuer, client, signed(claims(issuer))), "not_linked")


def test_an_answer_this_browser_did_not_ask_for_is_refused(issuer: Issuer) -> None:
    """Signing a victim in as the attacker (CSRF on login), or planting a code."""
    set_out(issuer, Client())
    victim = Client()
    refused(come_back(issuer, victim, signed(claims(issuer))), "bad_state")
    assert not is_in(victim)


def test_an_answer_without_a_state_is_refused(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    refused(come_back(issuer, client, signed(claims(issuer)), state=None), "bad_state")


def test_an_answer_counts_once(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    address = answer(issuer, code="c-once")
    issuer.tokens = {"access_token": "a", "token_type": "Bearer", "id_token": signed(claims(issuer))}
    assert client.get(address).status_code == 302
    refused(client.get(address), "bad_state")


def test_a_code_that_was_used_is_refused_by_the_issuer_and_said_plainly(issuer: Issuer) -> None:
    client = Client()
    issuer.spent.add("c-used")
    set_out(issuer, client)
    refused(come_back(issuer, client, signed(claims(issuer)), code="c-used"), "bad_code")


def test_a_stolen_code_is_worth_nothing_without_the_verifier_of_its_browser(issuer: Issuer) -> None:
    thief = Client()
    set_out(issuer, Client())
    victims = issuer.asked
    set_out(issuer, thief)
    thiefs, issuer.asked = issuer.asked, victims
    issuer.tokens = {"access_token": "a", "token_type": "Bearer", "id_token": signed(claims(issuer))}
    refused(thief.get(answer(issuer, state=thiefs["state"])), "bad_code")


def test_pkce_is_always_asked_for_with_s256(issuer: Issuer) -> None:
    for address in ("/accounts/oidc/login/", "/accounts/oidc/login/?code_challenge_method=plain"):
        set_out(issuer, Client(), address)
        assert issuer.asked["code_challenge_method"] == "S256"
        assert len(issuer.asked["code_challenge"]) == 43
        assert issuer.asked["response_type"] == "code"
        assert issuer.asked["redirect_uri"] == "http://testserver/accounts/oidc/callback/"


def test_state_and_nonce_are_never_the_same_twice(issuer: Issuer) -> None:
    seen = set()
    client = Client()
    for _time in range(4):
        set_out(issuer, client)
        seen |= {issuer.asked["state"], issuer.asked["nonce"]}
    assert len(seen) == 8


def test_an_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere(issuer: Issuer) -> None:
    """Mix-up (RFC 9207)."""
    for said in ("https://evil.example", None, ""):
        client = Client()
        set_out(issuer, client)
        refused(come_back(issuer, client, signed(claims(issuer)), iss=said, code="c-mixed"), "bad_iss")
    assert "c-mixed" not in issuer.spent


def test_an_issuer_that_describes_another_one_is_not_ours(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    right = issuer.described()
    monkeypatch.setattr(issuer, "described", lambda: {**right, "issuer": "https://evil.example"})
    assert Client().get("/accounts/oidc/login/").status_code == 503


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil.example"]
)
def test_nobody_is_sent_to_another_host_after_signing_in(issuer: Issuer, wanted: str) -> None:
    client = Client()
    sent = client.get("/accounts/oidc/login/", {"next": wanted})
    issuer.asked = query_of(sent.headers["Location"])
    answered = come_back(issuer, client, signed(claims(issuer)))
    assert (answered.status_code, answered.headers["Location"]) == (302, "/")
    assert booked() == ["foreign_address"]


def test_a_planted_session_does_not_rise_with_who_signs_in(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    planted = client.cookies["sessionid"].value
    come_back(issuer, client, signed(claims(issuer)))
    assert is_in(client)
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert not is_in(thief)


def test_what_took_too_long_is_asked_for_again(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    session = client.session
    session["oidc"][issuer.asked["state"]]["asked"] -= 3600
    session.save()
    refused(come_back(issuer, client, signed(claims(issuer))), "expired")


def test_who_gives_up_over_there_reads_so_and_nothing_is_booked(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    answered = client.get(answer(issuer, code=None, error="access_denied"))
    assert answered.status_code == 403
    assert "没有完成登录" in answered.content.decode()
    assert booked() == []


@pytest.mark.parametrize("error", ["login_required", "temporarily_unavailable"])
def test_an_issuer_that_cannot_serve_him_now_is_no_attack(issuer: Issuer, error: str) -> None:
    client = Client()
    set_out(issuer, client)
    assert client.get(answer(issuer, code=None, error=error)).status_code == 403
    assert booked() == []


@pytest.mark.parametrize("error", ["invalid_request", "invalid_scope", "unauthorized_client", "server_error", "", "x"])
def test_an_issuer_that_refuses_what_we_asked_for_is_booked(issuer: Issuer, error: str) -> None:
    """As Keycloak does where somebody on the way took the challenge of PKCE out of the address."""
    client = Client()
    set_out(issuer, client)
    refused(client.get(answer(issuer, code=None, error=error)), "issuer_error")


def test_an_answer_without_code_or_token_is_refused(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    refused(come_back(issuer, client, signed(claims(issuer)), code=None), "no_code")
    set_out(issuer, client)
    issuer.tokens = {"access_token": "a", "token_type": "Bearer"}
    refused(client.get(answer(issuer)), "no_token")


# ---- proof given again -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("level", "said", "why"),
    [
        (2, {"acr": "1"}, "bad_acr"),
        (2, {"acr": None}, "bad_acr"),
        (2, {"acr": 2}, "bad_acr"),
        (2, {"acr": "2", "auth_time": None}, "bad_auth_time"),
        (3, {"acr": "1"}, "bad_acr"),
        (3, {"acr": "2", "auth_time": int(time.time()) - 3600}, "bad_auth_time"),
        (3, {"acr": "2", "auth_time": None}, "bad_auth_time"),
    ],
)
def test_a_weaker_or_older_proof_than_was_asked_for_raises_nothing(
    issuer: Issuer, level: int, said: dict[str, Any], why: str
) -> None:
    client = come_in(issuer)
    set_out(issuer, client, f"/accounts/oidc/again/{level}/?next=/people/")
    assert issuer.asked["acr_values"] == "2"
    refused(come_back(issuer, client, signed(claims(issuer, **said))), why)
    assert (client.session["proof"]["second_at"], client.session["proof"]["fresh_at"]) == (None, None)


def test_level_three_asks_for_everything_anew(issuer: Issuer) -> None:
    client = come_in(issuer)
    before = client.session.session_key
    set_out(issuer, client, "/accounts/oidc/again/3/?next=/people/")
    assert (issuer.asked["prompt"], issuer.asked["max_age"]) == ("login", "300")
    come_back(issuer, client, signed(claims(issuer, acr="2")))
    assert client.session["proof"]["fresh_at"] is not None
    assert client.session.session_key != before


def test_another_persons_account_does_not_raise_ones_session(issuer: Issuer) -> None:
    other = Person.objects.get(username="county2")
    Link.objects.create(issuer=issuer.address, subject="s-9", person=other, made_at=now(), made_by=0)
    client = come_in(issuer)
    set_out(issuer, client, "/accounts/oidc/again/3/")
    refused(come_back(issuer, client, signed(claims(issuer, acr="2", sub="s-9"))), "somebody_else")
    assert client.session["proof"]["fresh_at"] is None


def test_who_signed_in_with_a_password_is_not_raised_by_the_issuer(issuer: Issuer) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    set_out(issuer, client, "/accounts/oidc/again/3/")
    refused(come_back(issuer, client, signed(claims(issuer, acr="2"))), "somebody_else")


@pytest.mark.parametrize("app", [False, True])
def test_who_signed_in_at_the_issuer_is_not_raised_by_the_password_or_the_app_he_has_here(
    issuer: Issuer, app: bool
) -> None:
    """A password of ours is worth one factor; what asks for a proof sends him back to where he came from."""
    client, county = come_in(issuer), Person.objects.get(username="county")
    if app:
        give_app(person_id=county.id, secret=APP_SECRET)
    before, key = client.session["proof"], client.session.session_key
    address, given = (
        ("/accounts/second/reauthenticate/", {"code": digits(APP_SECRET)}) if app
        else ("/accounts/reauthenticate/", {"password": PASSWORD})
    )  # fmt: skip
    assert client.post(address, given).status_code == 302
    assert client.session["account_authentication_methods"][-1]["reauthenticated"]  # it was right
    assert client.session["proof"] == before
    assert client.session.session_key != key
    whom = Person.objects.get(username="liaison")
    for act, level in (("suspend", 2), ("reinstate", 3)):
        asked = client.post(f"/people/{whom.id}/{act}/", {"why": "接受调查"})
        assert asked.headers["Location"].startswith(f"/accounts/oidc/again/{level}/")
    whom.refresh_from_db()
    assert whom.is_active


def test_a_factor_set_up_here_does_not_stand_for_the_one_that_is_due_at_the_issuer(issuer: Issuer) -> None:
    client = come_in(issuer)
    session = client.session
    session["second_due"] = True
    session.save()
    set_up_app(client)
    assert client.get("/people/").headers["Location"] == "/accounts/second/"


# ---- linking ---------------------------------------------------------------------------------------------------------
def prove(client: Client) -> None:
    client.post("/accounts/login/", {"login": "county2", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def ask_link(issuer: Issuer, client: Client) -> None:
    sent = client.post("/me/sign-on/", {"act": "link"})
    issuer.asked = query_of(sent.headers["Refresh"].partition("url=")[2])


def test_linking_asks_for_the_password_first(issuer: Issuer) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "county2", "password": PASSWORD})
    sent = client.post("/me/sign-on/", {"act": "link"})
    assert sent.headers["Location"].startswith("/accounts/reauthenticate/")


def test_who_proves_both_is_linked_and_comes_in_by_it(issuer: Issuer) -> None:
    client = Client()
    prove(client)
    ask_link(issuer, client)
    assert come_back(issuer, client, signed(claims(issuer, sub="s-2"))).headers["Location"] == "/me/sign-on/"
    assert Link.objects.get(subject="s-2").person.username == "county2"
    again = Client()
    set_out(issuer, again)
    come_back(issuer, again, signed(claims(issuer, sub="s-2")))
    assert again.session["_auth_user_id"] == str(Person.objects.get(username="county2").id)


def test_an_old_session_over_there_does_not_link(issuer: Issuer) -> None:
    client = Client()
    prove(client)
    ask_link(issuer, client)
    assert issuer.asked["prompt"] == "login"
    stale = claims(issuer, sub="s-2", auth_time=int(time.time()) - 600)
    refused(come_back(issuer, client, signed(stale)), "bad_auth_time")
    assert not Link.objects.filter(subject="s-2").exists()


def test_an_account_that_is_somebody_elses_is_not_taken_over(issuer: Issuer) -> None:
    client = Client()
    prove(client)
    ask_link(issuer, client)
    answered = come_back(issuer, client, signed(claims(issuer, sub="s-1")))
    assert answered.status_code == 409
    assert "已经属于另一个人" in answered.content.decode()
    assert Link.objects.get(subject="s-1").person.username == "county"


def test_a_link_begun_by_one_person_is_not_finished_by_another(issuer: Issuer) -> None:
    client = Client()
    prove(client)
    ask_link(issuer, client)
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "city", "password": PASSWORD})
    come_back(issuer, client, signed(claims(issuer, sub="s-2")))
    assert not Link.objects.filter(subject="s-2").exists()


# ---- the issuer's word that a session is over ------------------------------------------------------------------------
def tell(token: str) -> Any:
    return Client(enforce_csrf_checks=True).post("/accounts/oidc/backchannel-logout/", {"logout_token": token})


def test_the_issuer_ends_a_session(issuer: Issuer) -> None:
    one, other = come_in(issuer), Client()
    set_out(issuer, other)
    come_back(issuer, other, signed(claims(issuer, sid="theirs-2")))
    assert tell(signed(logout_claims(issuer), typ="logout+jwt")).status_code == 200
    assert not is_in(one)
    assert is_in(other)


def test_the_issuer_ends_all_sessions_of_a_person(issuer: Issuer) -> None:
    one, builtin = come_in(issuer), Client()
    builtin.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    assert tell(signed(logout_claims(issuer, sid=None), typ="logout+jwt")).status_code == 200
    assert not is_in(one)
    assert is_in(builtin)  # he came in by another door; suspending shuts both


def token_of(username: str) -> str:
    """A token that works, as ``make_token`` leaves it."""
    secret, lookup = new_token()
    held = Binding.objects.select_related("person").get(person__username=username)
    AccessToken.objects.create(
        lookup=lookup, secret_hash=kept(secret), name="取数", binding=held, epoch=held.person.session_epoch,
        scopes=["people.read"], made_by=held.person_id, made_at=now(), expires_at=now() + timedelta(days=1),
    )  # fmt: skip
    return secret


def opens(token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return bool(Client().get("/api/v1/people/", headers=headers).status_code == 200)


@pytest.mark.parametrize("whole", [False, True])
def test_with_a_session_that_the_issuer_ends_the_persons_own_tokens_are_over(issuer: Issuer, whole: bool) -> None:
    """And nobody else's; where all of him is over, without a session of his as well."""
    his, others = token_of("county"), token_of("county2")
    if not whole:
        come_in(issuer)
    assert (opens(his), opens(others)) == (True, True)
    assert tell(signed(logout_claims(issuer, sid="theirs-2"), typ="logout+jwt")).status_code == 200
    assert opens(his)  # a session we never had
    more = {"sid": None} if whole else {}
    assert tell(signed(logout_claims(issuer, **more), typ="logout+jwt")).status_code == 200
    assert (opens(his), opens(others)) == (False, True)
    assert AuditEntry.objects.filter(act="identity.token.revoked").count() == 1


def test_tokens_outlive_a_session_that_its_person_ended_here_and_the_issuer_after_him(issuer: Issuer) -> None:
    """He asked for his other devices to be signed out, not for his night's script to stop (decision 46)."""
    ended, his = come_in(issuer), token_of("county")
    here = Client()
    set_out(issuer, here)
    come_back(issuer, here, signed(claims(issuer, sid="theirs-2")))
    here.post("/me/security/sessions/end/")
    assert (is_in(ended), is_in(here)) == (False, True)
    assert list(ForeignSession.objects.filter(over_at__isnull=False).values_list("sid", flat=True)) == ["theirs-1"]
    assert tell(signed(logout_claims(issuer), typ="logout+jwt")).status_code == 200  # what our worker's call leads to
    assert opens(his)


def new_password(client: Client) -> str:
    """Change the password of this platform, as who is linked still may; the new one."""
    made = "nine-paper-boats-down-the-canal"
    given = {"oldpassword": PASSWORD, "password1": made, "password2": made}
    assert client.post("/accounts/password/change/", given).status_code == 302
    return made


def test_a_session_whose_key_changed_is_ended_by_the_issuer_all_the_same(issuer: Issuer) -> None:
    client = come_in(issuer)
    before = client.session.session_key
    new_password(client)
    assert client.session.session_key != before
    assert (is_in(client), client.session["proof"]["home"]) == (True, "keycloak")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert tell(signed(logout_claims(issuer), typ="logout+jwt")).status_code == 200
    assert not is_in(client)
    assert not ForeignSession.objects.exists()


def test_who_signs_out_after_his_key_changed_is_signed_out_at_the_issuer_too(issuer: Issuer) -> None:
    client = come_in(issuer)
    told = ForeignSession.objects.get().id_token
    new_password(client)
    sent = client.get(client.post("/accounts/logout/").headers["Location"])
    address = sent.headers["Refresh"].partition("url=")[2]
    assert address.startswith(f"{issuer.address}/end?")
    assert query_of(address)["id_token_hint"] == told


LOGOUTS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "alg none": (lambda issuer: unsigned(logout_claims(issuer)), "bad_alg"),
    "HS256 with the public key": (lambda issuer: at.with_public_key_as_secret(logout_claims(issuer)), "bad_alg"),
    "an ID token": (lambda issuer: signed(claims(issuer)), "bad_typ"),
    "an ID token that calls itself logout": (lambda issuer: signed(claims(issuer), typ="logout+jwt"), "bad_events"),
    "another issuer": (lambda issuer: _logout(issuer, iss="https://evil.example"), "bad_iss"),
    "another client": (lambda issuer: _logout(issuer, aud="another"), "bad_aud"),
    "with a nonce": (lambda issuer: _logout(issuer, nonce="n"), "bad_nonce"),
    "without the event": (lambda issuer: _logout(issuer, events={}), "bad_events"),
    "an event in words": (lambda issuer: _logout(issuer, events="logout"), "bad_events"),
    "about nobody": (lambda issuer: _logout(issuer, sub=None, sid=None), "bad_sub"),
    "without a number": (lambda issuer: _logout(issuer, jti=None), "bad_jti"),
    "expired": (lambda issuer: _logout(issuer, exp=LONG_AGO, iat=LONG_AGO), "expired"),
    "an old one that never ends": (lambda issuer: _logout(issuer, exp=SOON, iat=LONG_AGO), "expired"),
    "from the future": (lambda issuer: _logout(issuer, iat=SOON, exp=SOON + 9), "not_yet"),
    "nothing": (lambda issuer: "", "malformed"),
}  # fmt: skip


def _logout(issuer: Issuer, **more: Any) -> str:
    return signed(logout_claims(issuer, **more), typ="logout+jwt")


def test_no_bent_logout_token_ends_a_session(issuer: Issuer) -> None:
    client = come_in(issuer)
    for name, (make, why) in LOGOUTS.items():
        answered = tell(make(issuer))
        assert (answered.status_code, booked()[-1]) == (400, why), name
        assert answered.headers["Cache-Control"] == "no-store"
    assert len(booked()) == len(LOGOUTS)
    assert is_in(client)


def test_a_logout_token_counts_once(issuer: Issuer) -> None:
    token = _logout(issuer)
    assert tell(token).status_code == 200
    later = come_in(issuer)
    assert tell(token).status_code == 400
    assert booked() == ["replayed"]
    assert is_in(later)


# ---- the issuer away -------------------------------------------------------------------------------------------------
def test_who_is_in_goes_on_while_the_issuer_is_away_and_nobody_new_gets_in(issuer: Issuer) -> None:
    client = come_in(issuer)
    issuer.up = False
    provider_of.cache_clear()
    assert is_in(client)
    answered = Client().get("/accounts/oidc/login/")
    assert (answered.status_code, answered.headers["Retry-After"]) == (503, "60")
    assert "统一身份暂时联系不上" in answered.content.decode()
    assert "统一身份暂时联系不上" in Client().get("/accounts/login/").content.decode()
    builtin = Client()
    builtin.post("/accounts/login/", {"login": "county2", "password": PASSWORD})
    assert is_in(builtin)


def test_a_sign_on_lasts_twelve_hours_and_twenty_four_while_the_issuer_is_away(issuer: Issuer) -> None:
    client = come_in(issuer)

    def age(hours: float) -> None:
        session = client.session
        session["proof"] = {**session["proof"], "signed_at": now().timestamp() - hours * 3600}
        session.save()

    for away, hours, stays in (
        (False, 11.9, True),
        (False, 12.1, False),
        (True, 12.1, True),
        (True, 23.9, True),
        (True, 24.1, False),
    ):
        issuer.up = not away
        provider_of.cache_clear()
        age(hours)
        assert is_in(client) is stays, (away, hours)


def test_the_issuer_goes_away_in_the_middle(issuer: Issuer) -> None:
    client = Client()
    set_out(issuer, client)
    issuer.up = False
    answered = come_back(issuer, client, signed(claims(issuer)))
    assert answered.status_code == 503
    assert not is_in(client)


# ---- what is known of the issuer -------------------------------------------------------------------------------------
def test_keys_are_kept_ten_minutes_used_stale_for_a_day_and_asked_for_once_a_minute(issuer: Issuer) -> None:
    hours = [0.0]
    one = Provider(issuer.address, clock=lambda: hours[0])
    assert one.key("one") is not None
    asked = len(issuer.fetched)
    assert one.key("one") is not None
    assert len(issuer.fetched) == asked  # fresh
    for _time in range(5):
        assert one.key("planted") is None
    assert issuer.fetched.count("/keys") == 1  # they were asked for a moment ago
    hours[0] += 61
    for _time in range(5):
        assert one.key("planted") is None
    assert issuer.fetched.count("/keys") == 2
    issuer.up = False
    hours[0] += 3600
    assert one.key("one") is not None  # stale
    hours[0] += 24 * 3600
    with pytest.raises(Unreachable):
        one.key("one")


def test_where_nothing_is_known_one_thread_waits_for_an_issuer_that_is_away_and_no_other(issuer: Issuer) -> None:
    seconds, asked, answers = [0.0], [], threading.Event()

    def silent(url: str) -> Any:
        asked.append(url)
        answers.wait(20)
        raise Unreachable("timeout")

    one = Provider(issuer.address, read=silent, clock=lambda: seconds[0])

    def refused_at_once(name: str = "authorization_endpoint") -> None:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            one.address(name)
        assert time.monotonic() - began < 0.5

    with ThreadPoolExecutor(1) as first:
        waits = first.submit(one.address, "token_endpoint")
        while not asked:
            time.sleep(0.01)
        seconds[0] += PATIENCE  # it was asked a second ago
        for _stranger in range(20):
            refused_at_once()
        answers.set()
        with pytest.raises(Unreachable):
            waits.result(20)
    seconds[0] += PAUSE - 0.1
    for _stranger in range(20):
        refused_at_once()
        with pytest.raises(Unreachable):
            one.key("one")
    assert len(asked) == 1
    seconds[0] += 0.2
    refused_at_once()
    assert len(asked) == 2


def test_who_comes_while_the_first_question_is_answered_waits_for_it(issuer: Issuer) -> None:
    """Two sign-ins at a process that has just started."""

    def slow(url: str) -> Any:
        time.sleep(0.3)
        return fetch(url)

    one = Provider(issuer.address, read=slow)
    with ThreadPoolExecutor(4) as several:
        found = set(several.map(lambda _one: one.address("token_endpoint"), range(4)))
    assert (found, len(issuer.fetched)) == ({f"{issuer.address}/token"}, 1)


def test_while_one_thread_asks_again_the_others_go_by_what_is_known(issuer: Issuer) -> None:
    seconds, answers, held = [0.0], threading.Event(), threading.Event()

    def slow(url: str) -> Any:
        if seconds[0]:
            held.set()
            answers.wait(20)
        return fetch(url)

    one = Provider(issuer.address, read=slow, clock=lambda: seconds[0])
    assert one.address("token_endpoint")
    seconds[0] += FRESH
    with ThreadPoolExecutor(1) as first:
        waits = first.submit(one.address, "token_endpoint")
        assert held.wait(20)
        began = time.monotonic()
        assert one.address("token_endpoint") == f"{issuer.address}/token"
        assert time.monotonic() - began < 0.5
        answers.set()
        waits.result(20)


def test_a_new_key_is_found_when_it_is_first_used(issuer: Issuer) -> None:
    hours = [0.0]
    one = Provider(issuer.address, clock=lambda: hours[0])
    issuer.keys = [KEY]
    assert one.key("one") is not None
    issuer.keys = [KEY, CURVE]
    hours[0] += 61
    assert one.key("two") is not None


def test_a_key_for_encrypting_signs_nothing(issuer: Issuer) -> None:
    issuer.keys = [type(KEY).import_key(KEY.as_dict(private=False), {"kid": "one", "use": "enc"})]
    assert Provider(issuer.address).key("one") is None


def test_nobody_is_asked_about_a_second_home_where_there_is_none(world: World) -> None:
    assert django_settings.OIDC_ISSUER == ""
    for address in ("login/", "callback/", "again/3/", "logout/"):
        assert Client().get(f"/accounts/oidc/{address}").status_code in {302, 404}
    assert tell("x").status_code == 404
    assert "统一身份" not in Client().get("/accounts/login/").content.decode()
    assert Session.objects.count() == 0


# ---- a flood ---------------------------------------------------------------------------------------------------------
def test_a_flood_of_garbage_fills_a_bounded_part_of_the_log_and_is_summed_up_in_one_row(issuer: Issuer) -> None:
    with time_machine.travel(now().replace(second=0), tick=False) as clock:
        for turn in range(30):
            Client(REMOTE_ADDR="203.0.113.7").get(f"/accounts/oidc/callback/?state=planted{turn}&code=c")
            answered = Client(REMOTE_ADDR="203.0.113.8").post(
                "/accounts/oidc/backchannel-logout/", {"logout_token": "x"}
            )
            assert answered.status_code == 400  # each is still refused
        Client(REMOTE_ADDR="198.51.100.1").get(
            "/accounts/oidc/callback/?state=planted&code=c"
        )  # a neighbour's is booked
        assert len(booked()) == BOOKED_SINGLY + 1
        with shared(read_only=False) as system:
            assert sum_up_refusals(scope=system, now=now()) == 0  # the minute is not over
        clock.shift(121)
        with shared(read_only=False) as system:
            assert sum_up_refusals(scope=system, now=now()) == 1
            assert sum_up_refusals(scope=system, now=now()) == 0
        row = AuditEntry.objects.get(act="identity.sign_on.refused_often")
        assert (row.after["network"], row.after["count"]) == ("203.0.113.0/24", 60)
        Client(REMOTE_ADDR="203.0.113.7").get("/accounts/oidc/callback/?state=planted&code=c")
        assert len(booked()) == BOOKED_SINGLY + 2  # the next minute begins anew
        assert not Refusals.objects.exclude(network="203.0.113.0/24").exists()
