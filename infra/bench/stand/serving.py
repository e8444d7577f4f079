"""Place of whole requests: the WSGI application is called as a server would call it, and the clock runs around it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

ROWS = 12

started: dict[str, WSGIHandler] = {}


def application() -> WSGIHandler:
    """The project's handler with all its middleware, made once."""
    if "handler" not in started:
        django.setup()
        started["handler"] = WSGIHandler()
    return started["handler"]


def environ(path: str, session: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_ACCEPT": "text/html",
        "HTTP_USER_AGENT": "bench",
        "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def ask(path: str, session: str) -> tuple[str, bytes]:
    """One request from the first byte to the closed response, as a server would."""
    status: list[str] = []

    def start_response(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        status.append(line)
        return lambda data: None

    answer = application()(environ(path, session), start_response)
    body = b"".join(answer)
    answer.close()
    return status[0], body


def check(path: str, session: str) -> list[str]:
    """The first cells of the page's rows, so that both sides are seen to answer alike."""
    status, body = ask(path, session)
    rows = body.decode().split("<tr>")[1:]
    if not status.startswith("200") or len(rows) != ROWS:
        raise SystemExit(f"{path}: {status}, {len(rows)} rows\n{body.decode()[:2000]}")
    return [row.split("</td>")[1].split("<td>")[1] for row in rows]


def batch(path: str, session: str, requests: int) -> float:
    """Milliseconds of the request in the middle of a batch."""
    taken = []
    for _ in range(requests):
        began = perf_counter()
        ask(path, session)
        taken.append((perf_counter() - began) * 1000)
    return median(taken)
