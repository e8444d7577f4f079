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
from django.db import connection
from django.test import Client

from falin.kernel import crypto
from falin.kernel.models import AuditEntry, OutboxEvent
from tenants.identity.models import Code, Person
from tenants.identity.queries.account import PHONE, phone_index
from tenants.identity.signing import sending
from tenants.identity.signing.codes import A_DAY, A_DAY_FROM_ONE, KNOWN_FOR, TRIES
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


def test_a_code_of_a_clock_that_was_ahead_lasts_no_longer_and_counts_for_nothing(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    _today.shift(timedelta(days=30))
    ahead = [ask(address=f"10.{turn}.1.1") for turn in range(A_DAY + 1)]
    deliver()
    _today.shift(-timedelta(days=30))
    early = code_in(sent[0][1])
    assert "验证码不对，或者已经过期" in text(ahead[0].post(CODE, {"code": early, "password": NEW}))
    client, before = ask(), len(sent)
    deliver()
    assert client.post(CODE, {"code": code_in(sent[before][1]), "password": NEW}).status_code == 302


def test_the_right_code_sent_ten_times_at_once_sets_one_password(
    reachable: World, sent: list[tuple[str, str]]
) -> None:  # fmt: skip
    client = ask()
    deliver()
    code = code_in(sent[0][1])
    answers = _at_once([(_same_browser(client), {"code": code, "password": f"{NEW} {turn}"}) for turn in range(10)])
    assert [one.status_code for one in answers].count(302) == 1
    assert AuditEntry.objects.filter(act="identity.password.recovered").count() == 1


def test_thirty_guesses_at_once_are_five_at_most(reachable: World, sent: list[tuple[str, str]]) -> None:
    client = ask()
    deliver()
    code = code_in(sent[0][1])
    wrongs = [f"{(int(code) + turn) % 1_000_000:06}" for turn in range(1, 31)]
    _at_once([(_same_browser(client), {"code": one, "password": NEW}) for one in wrongs])
    assert Code.objects.get().tries <= TRIES
    assert Code.objects.get().used_at is None


def _same_browser(client: Client) -> Client:
    """The same cookies, for a request of its own beside the others."""
    twin = browser()
    twin.cookies.load({name: one.value for name, one in client.cookies.items()})
    return twin


def _at_once(asked: list[tuple[Client, dict[str, str]]]) -> list[Any]:
    """Each in a thread of its own, all let go together."""
    gate, answers = threading.Barrier(len(asked)), list[Any]()

    def post(client: Client, given: dict[str, str]) -> None:
        gate.wait()
        try:
            answers.append(client.post(CODE, given))
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_five_wrong_codes_and_the_right_one_is_worth_nothing(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    client = ask()
    deliver()
    code = code_in(sent[0][1])
    for _turn in range(5):
        client.post(CODE, {"code": wrong(code), "password": NEW})
    _today.shift(timedelta(minutes=2))  # nothing waits any more: what is counted is the code
    assert "验证码不对" in text(client.post(CODE, {"code": code, "password": NEW}))
    give(desk := browser(), "county")
    assert is_in(desk)


def test_a_code_is_good_in_the_browser_that_asked_for_it_alone(reachable: World, sent: list[tuple[str, str]]) -> None:
    client, other = ask(), ask(address="10.2.2.2")
    deliver()
    mine = code_in(sent[0][1])
    assert "验证码不对" in text(other.post(CODE, {"code": mine, "password": NEW}))
    assert client.post(CODE, {"code": mine, "password": NEW}).status_code == 302


def test_others_neither_void_nor_burn_the_code_somebody_waits_for(
    reachable: World, sent: list[tuple[str, str]]
) -> None:  # fmt: skip
    client = ask()
    deliver()
    mine = code_in(sent[0][1])
    for turn in (1, 1, 2):
        stranger = ask(address=f"10.{turn}.1.1")  # two of them in the same office
        deliver()
        for _try in range(4):
            stranger.post(CODE, {"code": wrong(mine), "password": NEW})
    assert len(sent) == 4
    assert client.post(CODE, {"code": mine, "password": NEW}).status_code == 302


def test_a_code_that_cannot_be_sent_to_one_browser_holds_up_no_other(
    reachable: World, sent: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    ask(address="10.2.2.2")
    with monkeypatch.context() as away:

        def fail(*_: Any) -> None:
            raise sending.NotSent("away")

        away.setattr(sending.LogSms, "send", fail)
        deliver()
    ask()
    deliver()
    assert len(sent) == 1


def test_asked_for_again_in_one_browser_the_last_code_counts(reachable: World, sent: list[tuple[str, str]]) -> None:
    client = ask()
    deliver()
    client.post(ASK, {"login": "county"})
    deliver()
    first, last = (code_in(words) for _to, words in sent)
    if first != last:
        assert "验证码不对" in text(client.post(CODE, {"code": first, "password": NEW}))
    assert client.post(CODE, {"code": last, "password": NEW}).status_code == 302


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


def flood(clock: Any, networks: int = A_DAY + 3) -> None:
    """A stranger who knows the sign-in name asks and asks, from networks of his own."""
    for turn in range(networks):
        ask(address=f"172.{turn}.1.1")
        deliver()
        clock.shift(timedelta(minutes=1))


def test_strangers_together_get_so_many_codes_a_day_for_one_person(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    flood(_today)
    assert len(sent) == A_DAY
    _today.shift(timedelta(days=1))
    flood(_today, 1)
    assert len(sent) == A_DAY + 1


def test_one_network_of_strangers_does_not_get_them_all(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    for _turn in range(A_DAY):
        ask()
        deliver()
        _today.shift(timedelta(minutes=61))
    assert len(sent) == A_DAY_FROM_ONE
    ask(address="10.2.2.2")
    deliver()
    assert len(sent) == A_DAY_FROM_ONE + 1


def test_strangers_take_no_code_from_a_device_or_network_its_person_has_signed_in_on(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    desk = come_in("county", address="10.9.8.7")
    desk.post("/accounts/logout/")
    flood(_today)
    del sent[:]
    new = ask(address="10.9.8.30")  # in his office, on a machine he never sat at
    deliver()
    assert new.post(CODE, {"code": code_in(sent[-1][1]), "password": NEW}).status_code == 302
    again = come_in_with_new(desk)
    del sent[:]
    again.post("/accounts/logout/")
    again.defaults["REMOTE_ADDR"] = "10.77.1.1"  # his own machine, somewhere else
    again.post(ASK, {"login": "county"})
    deliver()
    assert len(sent) == 1


def come_in_with_new(client: Any) -> Any:
    give(client, "county", NEW)
    assert is_in(client)
    deliver()
    return client


def test_a_stranger_in_the_same_office_takes_no_code_from_a_known_device(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    desk = come_in("county", address="10.9.8.7")
    desk.post("/accounts/logout/")
    for _turn in range(A_DAY + 2):
        ask(address="10.9.8.66")
        deliver()
        _today.shift(timedelta(minutes=61))
    assert len(sent) == A_DAY
    for _turn in range(6):
        last = browser("10.9.8.66").post(ASK, {"login": "county"})
    assert "要了太多次验证码" in text(last)
    assert desk.post(ASK, {"login": "county"}).status_code == 302
    deliver()
    assert desk.post(CODE, {"code": code_in(sent[-1][1]), "password": NEW}).status_code == 302
    assert len([words for _to, words in sent if "验证码 " in words]) == A_DAY + 1


def test_a_known_device_has_an_end_too(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    desk = come_in("county", address="10.9.8.7")
    desk.post("/accounts/logout/")
    for _turn in range(A_DAY + 2):
        desk.post(ASK, {"login": "county"})
        deliver()
        _today.shift(timedelta(minutes=61))
    assert len(sent) == A_DAY


def test_a_network_is_known_by_its_own_person_and_not_for_ever(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    come_in("street", address="10.9.8.7")
    come_in("county", address="10.9.9.7")
    flood(_today)
    del sent[:]
    ask(address="10.9.8.7")
    deliver()
    assert sent == []
    _today.shift(KNOWN_FOR)
    flood(_today)
    del sent[:]
    ask(address="10.9.9.7")
    deliver()
    assert sent == []


def prove(client: Any, phone: str) -> Any:
    answer = client.post("/me/security/phone/", {"phone": phone})
    if "/security/" not in answer.headers["Location"]:
        answer = client.post(answer.headers["Location"], {"password": PASSWORD})
    assert answer.headers["Location"] == "/me/security/phone/code/"
    deliver()
    return answer


def test_what_strangers_ask_for_leaves_a_new_number_to_be_proved(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    flood(_today)
    del sent[:]
    client = come_in("county")
    prove(client, "13912345678")
    ask(address="10.3.3.3")  # whoever asks on meanwhile
    deliver()
    assert [to for to, _words in sent] == ["13912345678"]
    client.post("/me/security/phone/code/", {"code": code_in(sent[0][1])})
    assert bytes(Person.objects.get(pk=number("county")).phone_index) == phone_index("13912345678")


def test_one_person_proves_so_often_a_day(
    reachable: World, sent: list[tuple[str, str]], _today: Any
) -> None:  # fmt: skip
    for turn in range(A_DAY + 2):
        prove(come_in("county"), f"139000000{turn:02}")
        _today.shift(timedelta(minutes=61))
    assert len(sent) == A_DAY
    ask()
    deliver()
    assert len(sent) == A_DAY + 1  # and the forgotten password is counted for itself


def test_one_number_is_proved_so_often_a_day(reachable: World, sent: list[tuple[str, str]], _today: Any) -> None:
    for turn in range(A_DAY + 2):
        prove(come_in("street" if turn % 2 else "county"), "13900000000")
        _today.shift(timedelta(minutes=61))
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
