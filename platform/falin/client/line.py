"""The line to a server: sends, waits where it is told to, sends again after silence, and reads the answer."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")
_NEXT = re.compile(r'<([^>]*)>;\s*rel="next"')
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Generic[T]):
    """
    What was read, as it stood: every reading act answers with it.

    :param etag: its mark, for ``match=`` of a write that shall change it only as it was seen.
    :param next: the address of the page after it; empty on the last page, and of what is no list.
    """

    body: T
    etag: str = ""
    next: str = ""


Send = Callable[[str, str, Mapping[str, str], "bytes | None"], Answer]


class Unreached(Exception):
    """Nobody answered, however often it was sent."""


class Problem(Exception):
    """The server said no (RFC 9457): ``code`` for programs, ``title`` for people."""

    def __init__(self, answer: Answer) -> None:
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = {}
        self.status = answer.status
        self.code: str = told.get("code", "")
        self.title: str = told.get("title", "") or f"HTTP {answer.status}"
        self.field: str = told.get("field", "")
        self.errors: Mapping[str, Any] = told.get("errors", {})
        super().__init__(f"{self.status} {self.code}: {self.title}")


class Line:
    """
    Closes by itself at the end of a ``with``. Nothing of one answer stays in it, and each thread has a connection of its own.

    :param server: ``https://host``; plain HTTP to this very machine only, unless ``plain``: a token is a password.
    :param patience: seconds spent at most on sending one request again.
    :param send: how a request is sent and answered; over the network where it is left out.
    """

    def __init__(
        self, server: str, token: str, *, language: str = "zh-hans", patience: float = 60.0, plain: bool = False,
        send: Send | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        parts = urlsplit(server)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not the address of a server: {server}")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not plain:
            raise ValueError("a token goes over HTTPS")
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self._patience, self._sleep = patience, sleep
        self._send = send or _Connection(parts.scheme, parts.hostname, parts.port)

    def close(self) -> None:
        """Hang up, for this thread. A call after it opens the line again."""
        if isinstance(self._send, _Connection):
            self._send.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def all(self, first: Seen[T]) -> Iterator[T]:
        """What was read, and every page after it."""
        page = first
        yield page.body
        while page.next:
            page = self.see(page.next)
            yield page.body

    def see(self, path: str, *, query: Mapping[str, Any] | None = None) -> Seen[Any]:
        """
        One reading: what its JSON says, its bytes where it is a file.

        :raises Problem: the server said no. :raises Unreached:
        """
        answer = self._answered("GET", _address(path, query), {}, None)
        found = _NEXT.search(answer.headers.get("link", ""))
        return Seen(
            body=_told(answer), etag=answer.headers.get("etag", ""), next=_without_host(found[1]) if found else ""
        )

    def call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None,
        files: Mapping[str, bytes] | None = None, once: str = "", match: str = "",
    ) -> Any:  # fmt: skip
        """
        One write and its answer: what its JSON says, its bytes where it is a file, ``None`` where it is empty.

        :param once: the key it goes under; one of its own where it is left out.
        :param match: the ``ETag`` the thing had; 412 where it has another by now.
        :raises Problem: the server said no. :raises Unreached:
        """
        headers = {"Idempotency-Key": once or uuid.uuid4().hex, **({"If-Match": match} if match else {})}
        content: bytes | None = None
        if files is not None:
            headers["Content-Type"], content = _form(files)
        elif body is not None:
            headers["Content-Type"], content = "application/json", json.dumps(body).encode()
        return _told(self._answered(method, _address(path, query), headers, content))

    def _answered(self, method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        answer = self._sent(method, address, {**self._headers, **headers}, content)
        if answer.status >= 400:
            raise Problem(answer)
        return answer

    def _sent(self, method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        """Sent until it is answered by something else than "later"; a write is safe to send again by its key."""
        left, pause = self._patience, 0.2
        while True:
            try:
                answer = self._send(method, address, headers, content)
                if not _later(answer):
                    return answer
                wait = float(answer.headers.get("retry-after") or pause)
            except (OSError, http.client.HTTPException) as error:
                answer, wait, trouble = None, pause, error
            if wait > left:
                if answer is not None:
                    return answer
                raise Unreached(str(trouble)) from trouble
            self._sleep(wait)
            left, pause = left - wait, min(pause * 2, 10.0)


def _later(answer: Answer) -> bool:
    """Whether it is to be sent again: too often, not now, or the first one, never answered, is being worked on still."""
    return answer.status in {429, 503} or (answer.status == 409 and Problem(answer).code == "kernel.twin")


def _told(answer: Answer) -> Any:
    if not answer.body:
        return None
    return json.loads(answer.body) if "json" in answer.headers.get("content-type", "") else answer.body


def _address(path: str, query: Mapping[str, Any] | None) -> str:
    asked = {name: value for name, value in (query or {}).items() if value is not None}
    return path + (f"?{urlencode(asked, doseq=True)}" if asked else "")


def quoted(part: object) -> str:
    """A part of an address."""
    return quote(str(part), safe="")


def _without_host(address: str) -> str:
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _form(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Files as ``multipart/form-data``."""
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in files.items()
    ]
    return f"multipart/form-data; boundary={mark}", b"".join(parts) + f"--{mark}--\r\n".encode()


class _Connection(threading.local):
    """One connection for each thread, opened when it is wanted and again when it broke."""

    def __init__(self, scheme: str, host: str, port: int | None) -> None:
        self._where = (scheme, host, port)
        self._line: http.client.HTTPConnection | None = None

    def __call__(self, method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        self._line = self._line or self._opened()
        try:
            self._line.request(method, address, content, dict(headers))
            got = self._line.getresponse()
            body = got.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        return Answer(status=got.status, headers={name.lower(): text for name, text in got.getheaders()}, body=body)

    def _opened(self) -> http.client.HTTPConnection:
        scheme, host, port = self._where
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=30, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=30)

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
