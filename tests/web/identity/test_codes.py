"""One-time codes by SMS and mail: sent by the relay, kept as a keyed hash, good once and not for long, counted."""

from __future__ import annotations

import http.server
import logging
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from falin.kernel import crypto
from falin.kernel.models import AuditEntry, OutboxEvent
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import PHONE, phone_index
from tenants.identity.signing import sending
from tenants.identity.signing.codes import A_DAY
from tests.web.identity.way_in import browser, come_in, deliver, give, is_in, number, text
from tests.world import NOW, PASSWORD, World

ASK, CODE = "/accounts/password/reset/", "/accounts/password/reset/code/"
NEW = "the heron stands in the shallow water"
MOBILE = "13812345678"


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Numbers and texts that went out by SMS."""
    out: list[tuple[str, str]] = []
    monkeypatch.setattr(sending.LogSms, "send", lambda self, number, text: out.append((number, text)))
    return out


@pytest.fixture
def reachable(world: World) -> World:
    person = Person.objects.get(username="county")
    person.phone_sealed = crypto.encrypt(MOBILE, PHONE.place("public", person.pk))
    person.phone_index = phone_index(MOBILE)
    person.save()
    return world


def code_in(text: str) -> str:
    return re.findall(r"\d{6}", text)[0]


def ask(username: str = "county", address: str = "10.1.1.1") -> Any:
    client = browser(address)
    answer = client.post(ASK, {"login": username})
    assert (answer.status_code, answer.headers["Location"]) == (302, CODE)
    return client


def test_a_forgotten_password_is_replaced_by_a_code_sent_to_the_telephone(
    reachable: World, sent: list[tuple[str, str]]
) -> None:  # fmt: skip
    desk = come_in("county")
    client = ask()
    assert sent == []  # the request sends nothing itself
    deliver()
    ((to, words),) = sent
    assert to == MOBILE
    answer = client.post(CODE, {"code": code_in(words), "password": NEW})
    assert answer.headers["Location"] == "/accounts/login/"
    assert not is_in(desk)
    other = browser()
    assert "登录名或密码不对" in text(give(other, "county", PASSWORD))
    give(other, "county", NEW)
    assert is_in(other)
    deliver()
    assert "用验证码重设过" in sent[-1][1]


def test_a_code_works_once_and_only_for_ten_minutes(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    client = ask()
    deliver()
    code = code_in(sent[0][1])
    client.post(CODE, {"code": code, "password": NEW})
    again = ask(address="10.2.2.2")
    assert "验证码不对，或者已经过期" in text(again.post(CODE, {"code": code, "password": NEW + "!"}))
    deliver()
    late = code_in(sent[-1][1])
    _today.shift(timedelta(minutes=11))
    assert "验证码不对，或者已经过期" in text(again.post(CODE, {"code": late, "password": NEW + "!"}))


def test_five_wrong_codes_and_the_right_one_is_worth_nothing(reachable: World, sent: list[tuple[str, str]]) -> None:
    ask()
    deliver()
    code = code_in(sent[0][1])
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for turn in range(5):
        client = ask(address=f"10.{turn}.1.1")  # from everywhere: what is counted is the code
        client.post(CODE, {"code": wrong, "password": NEW})
    last = ask(address="10.99.1.1")
    assert "验证码不对" in text(last.post(CODE, {"code": code, "password": NEW}))
    give(desk := browser(), "county")
    assert is_in(desk)


def test_a_password_that_will_not_do_leaves_the_code_good(reachable: World, sent: list[tuple[str, str]]) -> None:
    client = ask()
    deliver()
    code = code_in(sent[0][1])
    for bad, said in (("short", "密码太短"), ("叶明远在西湖区yemingyuan", "主要是您的姓名")):
        answer = client.post(CODE, {"code": code, "password": bad})
        assert answer.status_code == 422
        assert said in text(answer)
    assert client.post(CODE, {"code": code, "password": NEW}).status_code == 302


def test_asking_for_somebody_who_is_not_there_gets_the_same_answer_and_sends_nothing(
    reachable: World, sent: list[tuple[str, str]]
) -> None:  # fmt: skip
    pages = []
    for username in ("county", "nobody-of-that-name", "street"):  # the last has no number
        client = ask(username)
        page = text(client.get(CODE))
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page))
    assert len(set(pages)) == 1
    assert OutboxEvent.objects.filter(event="identity.code.wanted").count() == 3
    deliver()
    assert len(sent) == 1


def test_what_is_kept_tells_neither_code_nor_number(
    reachable: World, sent: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        ask()
        deliver()
    code = code_in(sent[0][1])
    kept = [str(vars(row)) for model in (Code, OutboxEvent, AuditEntry) for row in model.objects.all()]  # type: ignore[attr-defined]
    assert not [row for row in kept if MOBILE in row or re.search(rf"(?<!\d){code}(?!\d)", row)]
    assert MOBILE not in caplog.text


def test_the_log_driver_writes_no_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="falin.messages"):
        sending.LogSms().send(MOBILE, "验证码 123456")
    assert "123456" in caplog.text
    assert MOBILE not in caplog.text


def test_one_number_and_one_person_get_so_many_codes_a_day(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    for turn in range(A_DAY + 3):
        ask(address=f"10.{turn}.1.1")
        deliver()
        _today.shift(timedelta(minutes=1))
    assert len(sent) == A_DAY


def test_asking_again_and_again_is_slowed_in_every_process(reachable: World, sent: list[tuple[str, str]]) -> None:
    for _turn in range(5):
        ask()
    answer = browser("10.1.1.1").post(ASK, {"login": "county"})
    assert answer.status_code == 422
    assert "要了太多次验证码" in text(answer)


def test_a_new_mail_address_is_taken_over_only_when_its_code_came_back(world: World) -> None:
    client = come_in("county")
    first = client.post("/me/security/email/", {"email": "ye@example.cn"})
    answer = client.post(first.headers["Location"], {"password": PASSWORD})
    assert answer.headers["Location"] == "/me/security/email/code/"
    deliver()
    assert mail.outbox[0].to == ["ye@example.cn"]
    wrong = client.post("/me/security/email/code/", {"code": "000000"})
    assert "验证码不对" in text(wrong)
    assert Person.objects.get(username="county").email == ""
    assert Code.objects.get().tries == 1
    client.post("/me/security/email/code/", {"code": code_in(mail.outbox[0].body)})
    assert Person.objects.get(username="county").email == "ye@example.cn"


def test_a_number_is_kept_encrypted_and_shown_with_stars(world: World, sent: list[tuple[str, str]]) -> None:
    client = come_in("county")
    first = client.post("/me/security/phone/", {"phone": "138 1234 5678"})
    client.post(first.headers["Location"], {"password": PASSWORD})
    deliver()
    client.post("/me/security/phone/code/", {"code": code_in(sent[0][1])})
    person = Person.objects.get(pk=number("county"))
    assert MOBILE.encode() not in bytes(person.phone_sealed)
    assert bytes(person.phone_index) == phone_index(MOBILE)
    page = text(client.get("/me/security/"))
    assert "138****5678" in page
    assert MOBILE not in page


# ---- the HTTP driver -------------------------------------------------------------------------------------------------
class Gateway(http.server.BaseHTTPRequestHandler):
    answers: list[int] = []
    heard: list[tuple[str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.headers["Authorization"], body))
        self.send_response(self.answers.pop(0))
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def gateway(settings: Any) -> Iterator[type[Gateway]]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Gateway)
    Gateway.heard, Gateway.answers = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_ADDRESS, settings.SMS_SECRET = f"http://127.0.0.1:{server.server_port}/", "secret"
    yield Gateway
    server.shutdown()
    server.server_close()


def test_a_gateway_that_stumbles_is_tried_again(gateway: type[Gateway]) -> None:
    gateway.answers = [503, 429, 200]
    waited: list[float] = []
    sending.GatewaySms(sleep=waited.append).send(MOBILE, "您好")
    assert len(gateway.heard) == 3
    assert gateway.heard[0][0] == "Bearer secret"
    assert waited == [0.2, 0.4]


def test_a_gateway_that_refuses_for_good_is_not_asked_again(gateway: type[Gateway]) -> None:
    gateway.answers = [403, 200]
    with pytest.raises(sending.NotSent, match="HTTP 403") as refused:
        sending.GatewaySms(sleep=lambda _: None).send(MOBILE, "您好")
    assert len(gateway.heard) == 1
    assert MOBILE not in str(refused.value)


def test_a_gateway_that_is_away_is_an_error_without_the_number(settings: Any) -> None:
    settings.SMS_ADDRESS, settings.SMS_SECRET = "http://127.0.0.1:9/", "secret"
    with pytest.raises(sending.NotSent) as refused:
        sending.GatewaySms(sleep=lambda _: None).send(MOBILE, "您好")
    assert MOBILE not in str(refused.value)
