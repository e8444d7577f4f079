"""The Host header as an attacker writes it, byte by byte, to the web server that serves in production."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from falin.runtime.processes import free_port
from tests.conftest import ROOT, with_name
from tests.world import World

PAGE = b"GET /accounts/login/ HTTP/1.1\r\n"
END = b"Connection: close\r\n\r\n"


@pytest.fixture
def port(world: World, tmp_path: Path) -> Iterator[int]:
    number = free_port()
    environ = {**os.environ, "DATABASE_URL": with_name(os.environ["DATABASE_URL"], str(connection.settings_dict["NAME"])),
               "FALIN_HOSTS": "falin.example,localhost"}  # fmt: skip
    with (tmp_path / "web.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "falin.config.wsgi:application", "--worker-class", "gthread",
             "--threads", "2", "--bind", f"127.0.0.1:{number}", "--no-control-socket"],
            cwd=ROOT, env=environ, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _until_it_listens(number, tmp_path / "web.log")
            yield number
        finally:
            server.terminate()
            server.wait(20)


def _until_it_listens(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if said(port, PAGE + b"Host: localhost\r\n" + END)[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def said(port: int, request: bytes) -> tuple[int, bytes]:
    """The status and the whole answer; 0 where the server hung up without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(request)
        answer = b""
        while part := line.recv(65_536):
            answer += part
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0, answer


GOOD = {
    "a name given at start": PAGE + b"Host: falin.example\r\n",
    "in capitals, with a port": PAGE + b"Host: FALIN.example:8443\r\n",
    "a proxy's header that nobody reads": PAGE + b"Host: falin.example\r\nX-Forwarded-Host: evil.example\r\n",
    "no header, as HTTP/1.0 has it": b"GET /accounts/login/ HTTP/1.0\r\n",
    "an absolute address of the same host": b"GET http://falin.example/accounts/login/ HTTP/1.1\r\nHost: falin.example\r\n",
}
BAD = {
    "another name": (PAGE + b"Host: evil.example\r\n", {404}),
    "a name that ends in ours": (PAGE + b"Host: evil-falin.example\r\n", {404}),
    "a name that begins with ours": (PAGE + b"Host: falin.example.evil.example\r\n", {404}),
    "a dot at the end": (PAGE + b"Host: falin.example.\r\n", {400, 404}),
    "a user before it": (PAGE + b"Host: falin.example@evil.example\r\n", {400}),
    "a path after it": (PAGE + b"Host: falin.example/evil.example\r\n", {400}),
    "a port that is none": (PAGE + b"Host: falin.example:evil\r\n", {400}),
    "two headers": (PAGE + b"Host: falin.example\r\nHost: evil.example\r\n", {400}),
    "the same header twice": (PAGE + b"Host: falin.example\r\nhost: falin.example\r\n", {400}),
    "two names in one": (PAGE + b"Host: falin.example, evil.example\r\n", {400}),
    "an empty header": (PAGE + b"Host: \r\n", {400}),
    "letters beyond ASCII": (PAGE + b"Host: falin\xef\xbc\x8eexample\r\n", {400}),
    "a name that looks like ours, in punycode": (PAGE + b"Host: xn--fain-0wf.example\r\n", {404}),
    "an underscore for a dash in the header's name": (PAGE + b"Host: evil.example\r\nHTTP_HOST: falin.example\r\n", {400, 404}),
    "a space before the colon": (PAGE + b"Host : falin.example\r\n", {400}),
    "a folded line": (PAGE + b"Host: falin.example\r\n evil.example\r\n", {400}),
    "an absolute address of another host": (
        b"GET http://evil.example/accounts/login/ HTTP/1.1\r\nHost: falin.example\r\n", {400},
    ),
    "an absolute address with a user": (
        b"GET http://falin.example@evil.example/ HTTP/1.1\r\nHost: falin.example\r\n", {400},
    ),
    "a very long name": (PAGE + b"Host: " + b"a" * 4_000 + b".example\r\n", {400}),
}  # fmt: skip


def test_what_is_ours_is_served_and_nothing_else(port: int) -> None:
    """In one test: the server takes longer to start than to answer."""
    for words, request in GOOD.items():
        status, answer = said(port, request + END)
        assert status == 200, words
        assert b"evil.example" not in answer, words
    for words, (request, statuses) in BAD.items():
        status, answer = said(port, request + END)
        assert status in statuses, (words, answer[:300])
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"evil" not in head, words  # no Location, no cookie's domain
        assert b'href="//evil' not in body and b"http://evil" not in body, words
        assert b"Set-Cookie" not in head, words
