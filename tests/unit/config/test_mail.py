"""The address of a mail server: what it may say, and a mail that goes over TLS to a real line."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.mail import get_connection, send_mail

from falin.config import environment
from falin.config.environment import MAIL_PATIENCE, Misconfigured, mail_of
from falin.runtime.lan import authority

SECRET = "a-password-nobody-hears"


_ANSWERS = {
    "EHLO": b"250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS": b"220 go\r\n", "AUTH": b"235 welcome\r\n",
    "DATA": b"354 go\r\n", "QUIT": b"221 bye\r\n",
}  # fmt: skip


class Server:
    """Speaks as much SMTP as one mail takes; from the first byte over TLS, or after STARTTLS, or not at all."""

    def __init__(self, papers: Path, way: str) -> None:
        self.said: list[str] = []  # what came over the bare line
        self.mails: list[str] = []
        self._way, self._context = way, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(papers)
        self._line = socket.create_server(("127.0.0.1", 0))
        self.port = self._line.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as open_lines:
            line: Any = open_lines.enter_context(self._line.accept()[0])
            if self._way == "smtps":
                line = open_lines.enter_context(self._context.wrap_socket(line, server_side=True))
            self._talk(line, open_lines)

    def _talk(self, line: Any, open_lines: contextlib.ExitStack) -> None:
        told = line.makefile("rb")
        line.sendall(b"220 mail\r\n")
        while raw := told.readline():
            if not isinstance(line, ssl.SSLSocket):
                self.said.append(raw.decode())
            word = raw.decode().split()[0].upper()
            line.sendall(_ANSWERS.get(word, b"250 well\r\n"))
            if word == "DATA":
                mail = []
                while (part := told.readline().decode()) != ".\r\n":
                    mail.append(part)
                self.mails.append("".join(mail))
                line.sendall(b"250 taken\r\n")
            if word == "STARTTLS":
                line = open_lines.enter_context(self._context.wrap_socket(line, server_side=True))
                told = line.makefile("rb")

    def close(self) -> None:
        self._line.close()


@pytest.fixture(params=["smtps", "smtp+tls"])
def server(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Server]]:
    papers = authority.keep(tmp_path, addresses=["127.0.0.1"], name="mail.local", now=datetime.now(UTC))
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(x509.load_der_x509_certificate(papers.authority).public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    made = Server(papers.server, request.param)
    yield request.param, made
    made.close()


def send_by(url: str, settings: Any) -> None:
    for name, value in mail_of(url, "falin.zj.gov.cn").items():
        setattr(settings, name, value)
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend")
    send_mail("法邻：您的账号", "验证码 12345678", None, ["county@example.cn"], connection=connection)


def test_a_code_and_the_servers_password_go_over_tls(server: tuple[str, Server], settings: Any) -> None:
    way, there = server
    send_by(f"{way}://falin:{SECRET}@127.0.0.1:{there.port}?from=law@zj.gov.cn", settings)
    assert "From: law@zj.gov.cn" in there.mails[0]
    bare = "\n".join(there.said)
    assert "AUTH" not in bare
    assert "county@example.cn" not in bare


def test_a_server_nobody_vouches_for_gets_nothing(
    server: tuple[str, Server], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    way, there = server
    with pytest.raises(ssl.SSLCertVerificationError):
        send_by(f"{way}://falin:{SECRET}@127.0.0.1:{there.port}", settings)
    assert not there.mails


def test_each_way_has_its_port_its_sender_and_an_end_of_patience() -> None:
    ways = {way: mail_of(f"{way}://mail.example", "falin.zj.gov.cn") for way in ("smtp", "smtp+tls", "smtps")}
    assert {way: one["EMAIL_PORT"] for way, one in ways.items()} == {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    assert {one["DEFAULT_FROM_EMAIL"] for one in ways.values()} == {"falin@falin.zj.gov.cn"}
    assert {one["EMAIL_TIMEOUT"] for one in ways.values()} == {MAIL_PATIENCE}
    given = mail_of("smtps://a%40b:p%2Fw@mail.example:4650")
    assert (given["EMAIL_HOST_USER"], given["EMAIL_HOST_PASSWORD"], given["EMAIL_PORT"]) == ("a@b", "p/w", 4650)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"smtp://falin:{SECRET}@mail.example", "would go over the network in clear"),
        ("imap://mail.example", "not an address of a mail server"),
        ("mail.example:25", "not an address of a mail server"),
    ],
)
def test_an_address_that_gives_the_password_away_stops_the_start(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALIN_MAIL_URL", url)
    with pytest.raises(Misconfigured, match=said) as stopped:
        environment.read()
    assert SECRET not in str(stopped.value)
    monkeypatch.setenv("FALIN_MAIL_URL", f"smtp://falin:{SECRET}@localhost")
    environment.read()
