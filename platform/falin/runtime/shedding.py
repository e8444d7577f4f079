"""
Place of the web server's worker: gunicorn's threads, with a queue that has an end.

Who comes when the queue is full is told at once that it is full (503, Retry-After), instead of waiting for an answer that
nobody waits for any more. It costs a comparison where it is not full, and one thread of its own where it is.
"""

from __future__ import annotations

import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import ThreadWorker

WAITING = 24  # requests that may wait for a thread, in each process: about half a second's worth
TURNED_AWAY = 200  # connections that may wait to be told; further ones are closed without a word
RETRY_AFTER = 5
PATIENCE = 1.0  # seconds for somebody who is turned away to say what he wants, and to take the answer
ALWAYS = (b"GET /healthz", b"HEAD /healthz")  # a server that is busy is well

_PAGE = (
    "<!doctype html><html lang=zh-Hans><meta charset=utf-8><title>忙 · Busy</title>"
    "<meta name=viewport content='width=device-width'>"
    "<h1>现在人太多</h1><p>您的请求没有办，请过几秒钟再试一次。填的内容按浏览器的“返回”还在。</p>"
    "<p lang=en>Too many people at once. Nothing was done; please try again in a few seconds.</p></html>"
).encode()
_PROBLEM = (
    '{"type":"urn:falin:problem:kernel.busy","title":"现在太忙，没有办，请稍后再试。Too busy; nothing was done.",'
    '"status":503,"code":"kernel.busy"}'
).encode()


def _answer(kind: str, body: bytes) -> bytes:
    return (
        f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Retry-After: {RETRY_AFTER}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode() + body


BUSY_PAGE = _answer("text/html; charset=utf-8", _PAGE)
BUSY_API = _answer("application/problem+json", _PROBLEM)


class SheddingWorker(ThreadWorker):  # type: ignore[misc]
    """``--worker-class falin.runtime.shedding.SheddingWorker``."""

    waiting = WAITING

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under_way = 0
        self.turning_away = 0
        self.most = self.cfg.threads + self.waiting
        self.porter: ThreadPoolExecutor | None = None

    def enqueue_req(self, conn: Any) -> None:
        """On the accepting thread: to a thread of the pool, or away."""
        if self.under_way < self.most:
            self.under_way += 1
            super().enqueue_req(conn)
        else:
            self._turn_away(conn)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """A line that was kept open is asked something more; one that was hung up takes nobody's place in the queue."""
        if self.cfg.is_ssl or not _hung_up(client):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        self.under_way -= 1
        super().finish_request(conn, fs)

    def _turn_away(self, conn: Any) -> None:
        if self.cfg.is_ssl or self.turning_away >= TURNED_AWAY:  # a handshake would cost more than the answer
            self.nr_conns -= 1
            conn.close()
            return
        self.turning_away += 1
        self.porter = self.porter or ThreadPoolExecutor(max_workers=1, thread_name_prefix="porter")
        said = self.porter.submit(_tell, conn.sock)
        said.add_done_callback(lambda told: self.method_queue.defer(self._turned_away, conn, told))

    def _turned_away(self, conn: Any, told: Future[bool]) -> None:
        self.turning_away -= 1
        if told.exception() is None and told.result():  # asks after our health: he waits his turn like anybody
            self.under_way += 1
            super().enqueue_req(conn)
            return
        self.nr_conns -= 1
        conn.close()


def _hung_up(line: socket.socket) -> bool:
    try:
        return not line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _tell(line: socket.socket) -> bool:
    """Say that it is full, in the form that was asked for; whether this is somebody to be let in all the same."""
    with suppress(OSError):
        line.settimeout(PATIENCE)
        asked = line.recv(4096, socket.MSG_PEEK)
        if asked.startswith(ALWAYS):
            line.settimeout(None)
            return True
        path = asked.split(b" ", 2)[1] if asked.count(b" ") > 1 else b""
        line.sendall(BUSY_API if path.startswith(b"/api/") else BUSY_PAGE)
        util.close_graceful(line, timeout=PATIENCE)
    return False
