"""Numbers in clear: with a reason and the password, booked before they are shown, told to the person, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings as installation
from django.db import DatabaseError, connection

from falin.kernel.models import AuditEntry, IdempotencyKey, OutboxEvent
from falin.kernel.transactions import inside
from services.advisers.commands import open_account
from services.advisers.models import Adviser, ClearView, Firm
from tests.app.advisers.office import Office
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.slow

HUBU = "330106109200"
ID_NUMBER, PHONE = "330106198501010001", "13812340001"  # of the office's first adviser
WHY = "核对聘任合同"
AGAIN = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def adviser(world: World, office: Office) -> Any:
    made = office.adviser("何叙")
    office.appoint(made, HUBU, begins_on=date(2026, 11, 1))
    return made


@pytest.fixture
def proved(sign_in: Any) -> Callable[..., Any]:
    """``proved("county")``: a client whose person has just given his password again."""

    def make(username: str) -> Any:
        client = sign_in(username, proved=False)
        assert client.post(AGAIN, {"password": PASSWORD}).status_code == 302
        return client

    return make


def text(response: Any) -> str:
    return str(response.content.decode())


def holds(page: str, number: str) -> bool:
    """In one piece or in groups."""
    return number in "".join(page.split())


def booked(world: World) -> tuple[int, int, int]:
    with inside(world.scope("county"), read_only=True):
        rows = AuditEntry.objects.filter(act="advisers.numbers.shown").count()
        events = OutboxEvent.objects.filter(event="advisers.numbers.shown").count()
        return rows, events, ClearView.objects.count()


def test_a_profile_shows_no_number_in_clear(adviser: Any, sign_in: Any) -> None:
    Firm.objects.update(phone="0571-88880001")
    for username in ("county", "street", "liaison"):
        page = text(sign_in(username).get(f"/advisers/{adviser.id}/"))
        assert ("138****0001" in page) == ("****" in page) == (username != "liaison")
        assert 'href="tel:0571-88880001"' in page
        assert not holds(page, ID_NUMBER)
        assert not holds(page, PHONE)
        assert ("看完整号码" in page) == (username == "county")


def test_whoever_gave_a_reason_and_the_password_sees_both_numbers_once(world: World, adviser: Any, proved: Any) -> None:
    client = proved("county")
    page = client.post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    assert page.status_code == 200
    assert ">330106 19850101 0001<" in text(page)  # as people read it out
    assert ">138 1234 0001<" in text(page)
    assert "您今天看了 1 次" in text(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert booked(world) == (1, 1, 1)
    with inside(world.scope("county"), read_only=True):
        row = AuditEntry.objects.get(act="advisers.numbers.shown")
        assert (row.why, row.after) == (WHY, {"fields": ["id_number", "phone"], "seen_today": 1})
    assert not holds(text(client.get(f"/advisers/{adviser.id}/numbers/")), ID_NUMBER)


def test_without_the_password_nothing_is_shown_and_what_was_written_is_done_afterwards(
    world: World, adviser: Any, sign_in: Any
) -> None:
    client = sign_in("county", proved=False)
    answer = client.post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(AGAIN)
    assert booked(world) == (0, 0, 0)
    wrong = client.post(answer.headers["Location"], {"password": "not-my-password"})
    assert not holds(text(wrong), ID_NUMBER)
    assert booked(world) == (0, 0, 0)
    assert "请再输入一次密码" in text(client.get(answer.headers["Location"]))
    shown = client.post(answer.headers["Location"], {"password": PASSWORD})
    assert holds(text(shown), ID_NUMBER)
    assert booked(world) == (1, 1, 1)


def test_what_was_sent_to_an_address_with_a_question_is_done_afterwards_too(
    world: World, adviser: Any, sign_in: Any
) -> None:
    client = sign_in("county", proved=False)
    answer = client.post(f"/advisers/{adviser.id}/numbers/?from=list", {"reason": WHY})
    shown = client.post(answer.headers["Location"], {"password": PASSWORD})
    assert holds(text(shown), ID_NUMBER)
    assert booked(world) == (1, 1, 1)


def test_signing_in_is_not_enough_and_five_minutes_are(world: World, adviser: Any) -> None:
    from django.test import Client

    client = Client()
    client.post("/accounts/login/", {"login": "county", "password": PASSWORD})
    address = f"/advisers/{adviser.id}/numbers/"
    assert client.post(address, {"reason": WHY}).status_code == 302
    client.post(AGAIN, {"password": PASSWORD})
    assert client.post(address, {"reason": WHY}).status_code == 200
    with time_machine.travel(NOW.replace(minute=6), tick=True):
        assert client.post(address, {"reason": WHY}).status_code == 302


@pytest.mark.parametrize(
    ("reason", "sentence"), [("  ", "请填写这一项。"), (f"电话 {PHONE}", "这里不要写身份证号或手机号")]
)
def test_a_reason_that_is_none_is_refused_at_the_field(
    world: World, adviser: Any, proved: Any, reason: str, sentence: str
) -> None:
    page = proved("county").post(f"/advisers/{adviser.id}/numbers/", {"reason": reason})
    assert page.status_code == 422
    assert sentence in text(page)
    assert not holds(text(page), ID_NUMBER)
    assert booked(world) == (0, 0, 0)


@pytest.mark.parametrize(("username", "status"), [("county2", 404), ("street", 403), ("auditor", 403)])
def test_who_may_not_sees_nothing(world: World, adviser: Any, proved: Any, username: str, status: int) -> None:
    page = proved(username).post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    assert page.status_code == status
    assert not holds(text(page), ID_NUMBER)
    assert booked(world) == (0, 0, 0)


@pytest.mark.parametrize("api", [False, True])
def test_no_number_leaves_when_the_booking_cannot_be_committed(
    world: World, adviser: Any, proved: Any, api: bool
) -> None:
    """The commit itself fails: the page was made by then, and must not be sent."""
    with psycopg.connect(installation.DATABASE_OWNER_URL, autocommit=True) as own:
        own.execute("create function stop() returns trigger language plpgsql as $$ begin raise 'full'; end $$")
        own.execute("create constraint trigger stop after insert on advisers_clearview deferrable initially deferred"
                    " for each row execute function stop()")  # fmt: skip
    client = proved("county")
    client.raise_request_exception = False
    path = f"/api/v1/advisers/{adviser.id}/numbers/" if api else f"/advisers/{adviser.id}/numbers/"
    page = (
        client.post(path, {"reason": WHY}, content_type="application/json")
        if api
        else client.post(path, {"reason": WHY})
    )
    assert page.status_code == 500
    assert not holds(text(page), ID_NUMBER)
    assert booked(world) == (0, 0, 0)


@pytest.mark.parametrize("api", [False, True])
def test_the_answer_is_kept_for_nobody_who_sends_again(world: World, adviser: Any, proved: Any, api: bool) -> None:
    """A page sent again is another look, booked as such; a program is told that it has had its answer."""
    client = proved("county")
    path = f"/api/v1/advisers/{adviser.id}/numbers/" if api else f"/advisers/{adviser.id}/numbers/"
    sent: Any = {"reason": WHY} if api else {"reason": WHY, "_once": "k1"}
    kind: Any = {"content_type": "application/json"} if api else {}
    first, again = (client.post(path, sent, headers={"Idempotency-Key": "k1"}, **kind) for _twice in range(2))
    assert holds(text(first), ID_NUMBER)
    assert holds(text(again), ID_NUMBER) is not api
    assert not api or again.json()["code"] == "kernel.done_before"
    assert booked(world) == ((1, 1, 1) if api else (2, 2, 2))
    with inside(world.scope("county"), read_only=True):
        assert not IdempotencyKey.objects.exclude(body="").exists()


def test_a_program_is_told_to_prove_itself_first(world: World, adviser: Any, sign_in: Any) -> None:
    answer = sign_in("county", proved=False).post(
        f"/api/v1/advisers/{adviser.id}/numbers/", {"reason": WHY}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "kernel.step_up")
    assert booked(world) == (0, 0, 0)


def test_a_program_gets_both_numbers_and_the_count(world: World, adviser: Any, proved: Any) -> None:
    client = proved("county")
    address = f"/api/v1/advisers/{adviser.id}/numbers/"
    client.post(address, {"reason": WHY}, content_type="application/json")
    assert client.post(address, {"reason": WHY}, content_type="application/json").json() == {
        "adviser_id": str(adviser.id), "name": "何叙", "id_number": ID_NUMBER, "phone": PHONE, "seen_today": 2,
    }  # fmt: skip


def test_numbers_that_cannot_be_read_are_said_to_be_so(world: World, adviser: Any, proved: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update advisers_adviser set id_sealed = %s where id = %s", [b"\x03" + b"\0" * 60, adviser.id])
    page = proved("county").post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    assert page.status_code == 422
    assert "这两个号码现在读不出来" in text(page)
    assert not holds(text(page), PHONE)
    assert booked(world) == (0, 0, 0)


# ---- who saw me ----------------------------------------------------------------------------------------------------
def test_the_adviser_sees_who_saw_his_numbers_and_why(
    world: World, office: Office, adviser: Any, proved: Any, sign_in: Any
) -> None:
    with inside(world.scope("county"), read_only=False):
        from tenants.identity.commands import password_was_changed

        account = open_account(scope=world.scope("county"), adviser_id=adviser.id, now=NOW)
    password_was_changed(person_id=account.person_id)
    client = sign_in(account.username)
    assert "没有人看过您的完整号码" in text(client.get("/advisers/me/"))
    proved("county").post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    page = text(client.get("/advisers/me/"))
    assert "叶明远" in page
    assert "西湖区" in page
    assert WHY in page
    assert not holds(page, ID_NUMBER)
    assert not holds(page, PHONE)
    (seen,) = client.get("/api/v1/advisers/mine/seen/").json()
    assert (seen["person"], seen["body"], seen["reason"]) == ("叶明远", "西湖区", WHY)


def test_nobody_can_change_who_saw_what(world: World, adviser: Any, proved: Any) -> None:
    proved("county").post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    for act in (lambda: ClearView.objects.update(reason="别的"), lambda: ClearView.objects.all().delete()):
        with pytest.raises(DatabaseError, match="permission denied"):
            act()
    assert ClearView.objects.get().reason == WHY


def test_numbers_that_cannot_be_read_are_said_to_be_so_and_none_is_shown(
    world: World, adviser: Any, proved: Any
) -> None:
    Adviser.objects.filter(id=adviser.id).update(phone_sealed=bytes(40))
    answer = proved("county").post(f"/advisers/{adviser.id}/numbers/", {"reason": WHY})
    assert answer.status_code in {409, 422}
    assert "这两个号码现在读不出来" in text(answer)
    assert not holds(text(answer), ID_NUMBER)
