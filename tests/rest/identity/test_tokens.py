"""Programs that come by a token: the API opens, pages do not, a session is never mixed in, what asks for proof stays shut."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from falin.kernel import clock
from falin.kernel.checks import walk
from falin.kernel.models import AuditEntry
from falin.kernel.rest import DoorView
from falin.kernel.transactions import inside
from tenants.identity import commands
from tenants.identity.models import AccessToken, Binding
from tests.app.identity.cast import number, people_the_office, scope
from tests.world import World, today

SOMETHING = {"uuid": "00000000-0000-0000-0000-000000000005", "int": "5", "slug": "five", "str": "five"}


@pytest.fixture(autouse=True)
def _office(world: World) -> None:
    people_the_office(world)


def token(username: str = "county", *scopes: str, **more: Any) -> str:
    """A working token, by the real clock."""
    own = scope(username, on=today())
    binding = Binding.objects.get(person=number(username))
    with inside(own, read_only=False):
        return commands.make_token(
            scope=own, binding_id=binding.id, name="测试", scopes=scopes or ("advisers.read", "duty.read"), now=clock.now(),
            **{"origins": [], "expires_on": today() + timedelta(days=7), **more},
        ).secret  # fmt: skip


def program(text: str, **more: Any) -> Client:
    """A program: no browser, so nothing adds a form token for it."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"}, **more)


def test_a_program_reads_what_its_token_was_made_for(world: World) -> None:
    seen = program(token())
    assert seen.get("/api/v1/advisers/").status_code == 200
    assert AccessToken.objects.get().last_used_at is not None
    refused = seen.get("/api/v1/audit/")
    assert (refused.status_code, refused.json()["code"]) == (403, "kernel.not_granted")


def test_a_program_writes_without_a_form_token_and_is_told_apart_in_the_log(world: World) -> None:
    text = token("county", "advisers.register", "advisers.read")
    body = json.dumps({"name": "浙江新来律师事务所"})
    made = program(text).post("/api/v1/advisers/firms/", body, "application/json")
    assert made.status_code == 201, made.content
    with inside(scope("county", on=today()), read_only=True):
        booked = AuditEntry.objects.get(act="advisers.firm.registered")
    assert booked.request_id.startswith(f"t{AccessToken.objects.get().id}:")


@pytest.mark.parametrize("given", ["t12:0af76519", "330102199001011234", "13800000000", "a" * 41, "用户一二三四五六"])
def test_nobody_writes_what_he_likes_into_the_log_by_the_number_of_his_request(world: World, given: str) -> None:
    """Neither that a token did it, nor anybody's papers; and one that is too long is no error."""
    text = token("county", "advisers.register", "advisers.read")
    sent = {"X-Request-ID": given.encode().decode("latin-1")}
    body = json.dumps({"name": "浙江新来律师事务所"})
    made = program(text).post("/api/v1/advisers/firms/", body, "application/json", headers=sent)
    assert made.status_code == 201, made.content
    with inside(scope("county", on=today()), read_only=True):
        booked = AuditEntry.objects.get(act="advisers.firm.registered").request_id
    assert re.fullmatch(rf"t{AccessToken.objects.get().id}:[0-9a-f]{{32}}", booked)


def test_the_proxys_number_of_a_request_is_booked(world: World) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    text = token("county", "advisers.register", "advisers.read")
    body = json.dumps({"name": "浙江新来律师事务所"})
    program(text).post("/api/v1/advisers/firms/", body, "application/json", headers={"X-Request-ID": trace})
    with inside(scope("county", on=today()), read_only=True):
        assert AuditEntry.objects.get(act="advisers.firm.registered").request_id.endswith(f":{trace}")


def test_a_session_and_a_token_together_are_refused(world: World, sign_in: Any) -> None:
    both = sign_in("county")
    answer = both.get("/api/v1/advisers/", headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "kernel.two_ways_in")
    assert AccessToken.objects.get().last_used_at is None


@pytest.mark.parametrize("text", ["flk_", "flk_" + "a" * 61, "eyJhbGciOiJub25lIn0.e30.", "", "秘密"])
def test_what_is_no_token_is_401_with_the_way_named(world: World, text: str) -> None:
    answer = program(text.encode().decode("latin-1")).get("/api/v1/advisers/")
    assert (answer.status_code, answer.json()["code"]) == (401, "kernel.bad_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_opens_no_page(world: World) -> None:
    seen = program(token())
    for page in ("/", "/advisers/", "/me/tokens/", "/people/"):
        answer = seen.get(page)
        assert (answer.status_code, answer.headers.get("Location", "").startswith("/accounts/login/")) == (302, True), (
            page
        )


def test_a_token_neither_gives_roles_nor_makes_tokens_nor_passes_where_a_proof_is_asked(world: World) -> None:
    text = token()
    AccessToken.objects.update(scopes=["people.grant", "people.confirm", "tokens.own", "advisers.clear", "people.read"])
    seen = program(text)
    for path in ("/api/v1/people/", "/api/v1/me/tokens/"):
        answer = seen.post(path, "{}", "application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "kernel.not_granted"), path
    assert AccessToken.objects.count() == 1


def test_no_door_that_asks_for_a_proof_opens_to_a_token_whatever_its_scopes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard of the door alone: even a token that had every grant there is."""
    from dataclasses import replace

    from falin.kernel.rest import ways_in
    from tenants.identity.roles import GRANTS

    own = replace(scope("county", on=today()), grants=frozenset().union(*GRANTS.values()))
    monkeypatch.setattr(ways_in, "_token_reader", [lambda text, address, request_id: own])
    asked = 0
    for route, _name, view in walk():
        owner = getattr(view, "cls", None)
        if isinstance(owner, type) and issubclass(owner, DoorView):
            for method in sorted(owner.door_step_up):
                path = "/" + re.sub(r"<(uuid|int|slug|str):\w+>", lambda part: SOMETHING[part[1]], route)
                assert "<" not in path, path
                answer = program("any").generic(method, path, "{}", "application/json")
                assert (answer.status_code, answer.json()["code"]) == (403, "kernel.not_by_token"), path
                asked += 1
    assert asked >= 3


def test_a_token_is_made_listed_and_stopped_by_the_api(world: World, sign_in: Any) -> None:
    county = sign_in("county", proved=False)
    held = county.get("/api/v1/me/tokens/bindings/").json()
    body = {"binding_id": held[0]["id"], "name": "取数", "scopes": ["duty.read"], "origins": ["127.0.0.0/8"],
            "expires_on": (today() + timedelta(days=5)).isoformat()}  # fmt: skip
    asked = county.post("/api/v1/me/tokens/", json.dumps(body), "application/json")
    assert (asked.status_code, asked.json()["code"]) == (403, "kernel.step_up")
    _proved(county)
    made = county.post("/api/v1/me/tokens/", json.dumps(body), "application/json")
    assert made.status_code == 201, made.content
    text = made.json()["secret"]
    assert text not in county.get("/api/v1/me/tokens/").content.decode()
    assert program(text).get("/api/v1/duty/behind/").status_code == 200
    away = program(text, REMOTE_ADDR="203.0.113.9").get("/api/v1/duty/behind/")
    assert (away.status_code, away.json()["code"]) == (403, "identity.token_origin")
    assert county.delete(f"/api/v1/me/tokens/{made.json()['token']['id']}/").status_code == 204
    assert program(text).get("/api/v1/duty/behind/").status_code == 401


def _proved(client: Client) -> None:
    """As after the page that asks for the password again."""
    import time

    session = client.session
    session["proof"] = {**session["proof"], "fresh_at": time.time()}
    session.save()


def test_a_program_is_opened_handed_over_reviewed_and_ended_by_the_api(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    body = {"username": "svc", "name": "取数", "owner_id": number("street"), "purpose": "每晚取到访数",
            "role": "street_officer", "node_id": world.node("330106109"), "begins_on": today().isoformat(),
            "ends_on": (today() + timedelta(days=60)).isoformat(), "reason": "双浦镇〔2026〕3号",
            "review_by": (today() + timedelta(days=60)).isoformat()}  # fmt: skip
    made = county.post("/api/v1/people/accounts/", json.dumps(body), "application/json")
    assert made.status_code == 201, made.content
    one = f"/api/v1/people/accounts/{made.json()['person']['id']}/"
    assert [row["owner"]["username"] for row in county.get("/api/v1/people/accounts/").json()] == ["street"]
    later = {"review_by": (today() + timedelta(days=90)).isoformat()}
    assert county.post(f"{one}review/", json.dumps(later), "application/json").status_code == 204
    assert county.get(one).json()["review_by"] == later["review_by"]
    other = {"owner_id": number("liaison"), "reason": "交接"}
    refused = county.post(f"{one}owner/", json.dumps(other), "application/json")
    assert (refused.status_code, refused.json()["field"]) == (422, "owner")
    assert sign_in("county2").get(one).status_code == 404
    assert county.delete(f"{one}?why=下线").status_code == 204
    assert county.get(one).json()["stopped_by"] == "suspended"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "let_in"),
    [
        (0, "10.9.9.9", False),  # nobody's word but the line's own: the caller wrote it himself
        (1, "203.0.113.9, 10.9.9.9", True),
        (1, "10.9.9.9, 203.0.113.9", False),
        (2, "203.0.113.9, 10.9.9.9, 192.0.2.1", True),
        (2, "10.9.9.9, 203.0.113.9, 10.0.0.2", False),  # the inner proxy lies in the network, the caller does not
        (2, "10.9.9.9", False),  # came round the outer proxy
    ],
)
def test_the_network_of_a_token_is_that_of_who_stood_before_our_proxies(
    world: World, sign_in: Any, settings: Any, proxies: int, forwarded: str, let_in: bool
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    county = sign_in("county")
    held = county.get("/api/v1/me/tokens/bindings/").json()
    body = {"binding_id": held[0]["id"], "name": "取数", "scopes": ["duty.read"], "origins": ["10.0.0.0/8"],
            "expires_on": (today() + timedelta(days=5)).isoformat()}  # fmt: skip
    text = county.post("/api/v1/me/tokens/", json.dumps(body), "application/json").json()["secret"]
    asked = program(text, REMOTE_ADDR="203.0.113.1", HTTP_X_FORWARDED_FOR=forwarded).get("/api/v1/duty/behind/")
    assert (asked.status_code == 200) is let_in, asked.content
