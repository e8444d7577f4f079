"""Steps of proof: what a session has shown, how long it holds, and that its key changes as it rises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from falin.kernel.stepup import Proof
from tenants.identity.models import Binding, Person
from tenants.registry.models import Tenant
from tests.world import NOW, PASSWORD, World

AGAIN = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def come_in(username: str) -> Client:
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_a_second_factor_counts_eight_hours_and_a_new_proof_five_minutes() -> None:
    at = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
    proof = Proof(level=2, signed_at=at, second_at=at, fresh_at=at)
    only = Proof(level=1, signed_at=at, fresh_at=at)  # the password again, of somebody who has no second factor
    for level, holds in ((2, timedelta(hours=8)), (3, timedelta(minutes=5))):
        assert only.reaches(level, at + holds - timedelta(seconds=1))
        assert not only.reaches(level, at + holds)
        assert proof.reaches(level, at + holds - timedelta(seconds=1))
        assert not proof.reaches(level, at + holds)
        assert not proof.reaches(level, at - timedelta(seconds=1))  # a clock that was set back gives nothing
        assert not Proof(level=1, signed_at=at).reaches(level, at)
    assert Proof(level=1, signed_at=at).reaches(1, at + timedelta(days=9))


def test_signing_in_is_the_first_step_and_writes_who_was_asked(world: World) -> None:
    client = come_in("county")
    proof = client.session["proof"]
    assert (proof["level"], proof["second_at"], proof["fresh_at"], proof["home"]) == (1, None, None, "builtin")
    assert abs(proof["signed_at"] - NOW.timestamp()) < 60


def test_a_copy_of_the_database_opens_no_session(world: World) -> None:
    """Whatever stands in a table, word for word or as anybody would try it, is no key."""
    owner = come_in("county")
    assert is_in(owner)
    with connection.cursor() as cursor:
        for table in ("identity_session", "identity_foreignsession"):
            cursor.execute(f"select to_jsonb(t) from public.{table} t")
            for (row,) in cursor.fetchall():
                for value in map(str, json.loads(row).values() if isinstance(row, str) else row.values()):
                    thief = Client()
                    thief.cookies["sessionid"] = value
                    assert not is_in(thief), value
                    assert key_of(owner) not in value


def test_a_session_gets_a_new_key_at_sign_in(world: World) -> None:
    client = Client()
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    assert key_of(client) != planted
    assert client.get("/").status_code == 200
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/").status_code == 302


def test_a_session_gets_a_new_key_when_it_rises(world: World) -> None:
    client = come_in("county")
    before = key_of(client)
    assert client.post(AGAIN, {"password": PASSWORD}).status_code == 302
    assert key_of(client) != before
    assert client.session["proof"]["fresh_at"]
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/api/v1/desk/notices/unread/", "/", "/accounts/login/", "/api/v1/duty/token/"])
def test_a_request_that_set_out_before_the_key_changed_does_not_sign_the_person_out(path: str, world: World) -> None:
    """A page asks for its unread notices while the password is given again: its answer comes last, to the same browser."""
    client = come_in("county")
    late = Client()
    late.cookies["sessionid"] = key_of(client)
    client.post(AGAIN, {"password": PASSWORD})
    answer = late.get(path)
    assert "sessionid" not in answer.cookies
    assert "Cookie" in answer.headers["Vary"]  # no store on the way may hand it to somebody else
    client.post("/accounts/logout/")
    assert key_of(client) == ""  # who signs out keeps none


def test_a_request_that_set_out_before_somebody_signed_in_does_not_bring_the_old_form_key_back(world: World) -> None:
    client = come_in("county")
    late = Client()
    for name in ("sessionid", "csrftoken"):
        late.cookies[name] = client.cookies[name].value
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "street", "password": PASSWORD})
    assert client.cookies["csrftoken"].value != late.cookies["csrftoken"].value  # each sign-in has its own
    answer = late.get("/accounts/login/")
    assert "csrfmiddlewaretoken" in answer.content.decode()
    assert "csrftoken" not in answer.cookies
    assert "Cookie" in answer.headers["Vary"]


def test_a_password_that_is_hashed_anew_at_a_higher_price_is_the_same_password(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = come_in("county")
    before = Person.objects.get(username="county").password
    monkeypatch.setattr(ScryptPasswordHasher, "work_factor", 2 * ScryptPasswordHasher.work_factor)
    client.post(AGAIN, {"password": PASSWORD})
    assert Person.objects.get(username="county").password != before
    assert client.get("/").status_code == 200


def test_a_wrong_password_raises_nothing(world: World) -> None:
    client = come_in("county")
    before = key_of(client)
    client.post(AGAIN, {"password": "not-my-password"})
    assert client.session["proof"]["fresh_at"] is None
    assert key_of(client) == before


def days() -> dict[str, str]:
    return {"begins_on": NOW.date().isoformat(), "ends_on": (NOW.date() + timedelta(days=60)).isoformat()}


def test_a_role_is_given_after_the_password_and_nothing_typed_is_lost(world: World) -> None:
    """Both steps of the form: the page that has it checked is shown by the proof's page, and leads on by itself."""
    client = come_in("county")
    whom = Person.objects.get(username="liaison").pk
    path = f"/people/{whom}/grant/"
    typed = {"role": "liaison", "place": "灵山村", "reason": "双浦镇〔2026〕3号", **days()}
    asked = client.post(path, typed)
    assert (asked.status_code, asked.headers["Location"].startswith(AGAIN)) == (302, True)
    assert "双浦镇" not in str(client.session.items())  # sealed while it waits
    assert Binding.objects.filter(person=whom).count() == 1
    checked = client.post(asked.headers["Location"], {"password": PASSWORD})
    page = checked.content.decode()
    assert f'action="{path}"' in page
    assert all(f'value="{value}"' in page for value in typed.values())
    done = client.post(path, {**typed, "checked": "1"})
    assert (done.status_code, done.headers["Location"]) == (302, f"/people/{whom}/")
    assert Binding.objects.filter(person=whom).count() == 2
    with time_machine.travel(NOW + timedelta(minutes=6), tick=True):
        assert client.post(path, {**typed, "checked": "1"}).headers["Location"].startswith(AGAIN)


def test_what_one_person_sent_is_done_for_nobody_else_who_comes_to_the_browser(world: World) -> None:
    client = come_in("county")
    asked = client.post(f"/people/{Person.objects.get(username='liaison').pk}/suspend/", {"why": "接受调查"})
    kept = client.session["asked"]
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "county2", "password": PASSWORD})
    session = client.session
    session["asked"] = kept
    session.save()
    assert client.post(asked.headers["Location"], {"password": PASSWORD}).status_code == 302
    assert Person.objects.get(username="liaison").is_active


def test_the_second_level_is_asked_once_in_eight_hours(world: World) -> None:
    """By the password, of somebody who has no second factor and need not have one."""
    client = come_in("county")
    path = f"/people/{Person.objects.get(username='liaison').pk}/suspend/"
    asked = client.post(path, {"why": "接受调查"})
    assert asked.headers["Location"].startswith(AGAIN)
    assert Person.objects.get(username="liaison").is_active
    client.post(asked.headers["Location"], {"password": PASSWORD})
    assert not Person.objects.get(username="liaison").is_active
    with time_machine.travel(NOW + timedelta(hours=7, minutes=50), tick=True):
        assert client.post(path, {"why": "接受调查"}).status_code != 302
    with time_machine.travel(NOW + timedelta(hours=8, minutes=10), tick=True):
        assert client.post(path, {"why": "接受调查"}).headers["Location"].startswith(AGAIN)


def test_a_file_is_not_kept_over_the_proof_and_the_page_says_so(world: World, sign_in: Any) -> None:
    client = sign_in("operator", proved=False)
    tenant = Tenant.objects.get(schema_name=world.schema("330106")).pk
    path = f"/tenants/{tenant}/archive/"
    sent = {"recipient": SimpleUploadedFile("a.pem", b"none")}
    asked = client.post(path, sent, headers={"Referer": f"http://testserver{path}"})
    assert "文件没有留下" in client.get(asked.headers["Location"]).content.decode()
    back = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert back.headers["Location"] == path


def test_nobody_is_led_to_another_host_after_the_proof(world: World, sign_in: Any) -> None:
    asked = sign_in("county", proved=False).post("/figures/1/export.csv", headers={"Referer": "https://evil.example/"})
    assert "evil" not in asked.headers.get("Location", "")


def test_a_program_is_told_which_level_and_where(world: World, sign_in: Any) -> None:
    answer = sign_in("county", proved=False).post(
        "/api/v1/advisers/00000000-0000-0000-0000-000000000005/numbers/", {"reason": "核对合同"},
        content_type="application/json",
    )  # fmt: skip
    told = answer.json()
    assert (answer.status_code, told["code"], told["level"], told["where"]) == (403, "kernel.step_up", 3, AGAIN)
    assert AGAIN in told["title"]
