"""A receiver of webhooks that does as a test wishes: well, badly, slowly, or not at all."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came in."""

    id: str
    body: dict[str, Any]
    signatures: tuple[str, ...]
    signed: bytes

    def signed_with(self, secret: str) -> bool:
        """Checked by the words of the specification, not by our signing code."""
        key = base64.b64decode(secret.split("_", 1)[1])
        return "v1," + base64.b64encode(hmac.new(key, self.signed, sha256).digest()).decode() in self.signatures


@dataclass
class Receiver:
    url: str = ""
    got: list[Got] = field(default_factory=list)
    behave: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answer(handler, 204)

    @property
    def events(self) -> list[str]:
        return [one.body["type"] for one in self.got]


def answer(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte of an endless header now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(200):
        try:
            handler.wfile.write(b"a")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.02)


@contextmanager
def listening() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            message, stamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
            made.got.append(
                Got(message, json.loads(raw), tuple(self.headers["webhook-signature"].split(" ")),
                    f"{message}.{stamp}.".encode() + raw)
            )  # fmt: skip
            made.behave(self)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
