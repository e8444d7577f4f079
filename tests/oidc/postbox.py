"""A mail server that keeps every letter, for an issuer that mails."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import cast


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 here")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(_text_of(letter))  # type: ignore[attr-defined]
            self._say("221 bye" if word == b"QUIT" else "250 good")
            if word == b"QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def _text_of(letter: bytes) -> str:
    body = cast("EmailMessage", email.message_from_bytes(letter, policy=policy.default)).get_body(("plain", "html"))
    return str(body.get_content()) if body else ""


@contextmanager
def postbox() -> Iterator[tuple[int, list[str]]]:
    """A port to send to, and what came."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        server.letters = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1], server.letters  # type: ignore[attr-defined]
        server.shutdown()
