"""A server with more to do than it can turns people away at once, in words, and is itself again right after."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from falin.runtime.processes import free_port, wait_until_listening

ROOT = Path(__file__).resolve().parents[3]
Got = tuple[int, dict[str, str], bytes, float]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    found = free_port()
    paths = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "tests.fixtures.busy_server:application", "--worker-class",
         "tests.fixtures.busy_server.Worker", "--threads", "1", "--bind", f"127.0.0.1:{found}", "--no-control-socket",
         "--log-level", "warning"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    try:
        wait_until_listening("127.0.0.1", found, seconds=30)
        yield found
    finally:
        server.terminate()
        server.wait()


def ask(port: int, path: str, method: str = "GET", body: bytes | None = None) -> Got:
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, body)
        answer = line.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(), time.monotonic() - began
    finally:
        line.close()


def together(port: int, many: int, path: str, **more: object) -> list[Got]:
    found: list[Got] = []
    threads = [threading.Thread(target=lambda: found.append(ask(port, path, **more))) for _ in range(many)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert len(found) == many  # everybody was answered
    return found


def test_who_finds_no_room_is_told_at_once_and_the_others_are_served(port: int) -> None:
    found = together(port, 20, "/")
    counted = Counter(status for status, *_rest in found)
    assert set(counted) == {200, 503}
    assert 4 <= counted[200] <= 8  # one at work, three who wait, and who came when somebody had left
    for status, headers, body, seconds in found:
        if status == 503:
            assert headers["retry-after"] == "5"
            assert "请过几秒钟再试" in body.decode()
            assert seconds < 1


def test_a_program_is_told_as_a_problem(port: int) -> None:
    turned_away = [
        one for one in together(port, 12, "/api/v1/advisers/", method="POST", body=b"{}" * 4000) if one[0] == 503
    ]
    assert turned_away
    for _status, headers, body, _seconds in turned_away:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["code"] == "kernel.busy"


def test_who_asks_after_the_servers_health_is_let_in_even_so(port: int) -> None:
    others = threading.Thread(target=together, args=(port, 12, "/"))
    others.start()
    time.sleep(0.1)
    assert ask(port, "/healthz")[0] == 200
    others.join()


def test_afterwards_it_is_as_before(port: int) -> None:
    together(port, 12, "/")
    assert [ask(port, "/quick")[0] for _time in range(5)] == [200] * 5
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)  # kept alive, many requests on one line
    for _time in range(3):
        line.request("GET", "/quick")
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (200, b"done")
    line.close()


def test_who_hangs_up_takes_nobodys_place(port: int) -> None:
    lines = [http.client.HTTPConnection("127.0.0.1", port, timeout=20) for _time in range(6)]
    for line in lines:
        line.request("GET", "/quick")
        line.getresponse().read()
    at_work = threading.Thread(target=ask, args=(port, "/"))
    at_work.start()
    time.sleep(0.1)
    for line in lines:
        line.close()
    time.sleep(0.05)
    assert ask(port, "/quick")[0] == 200
    at_work.join()
