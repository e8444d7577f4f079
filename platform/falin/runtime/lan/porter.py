"""
Place of the process that stands at the door of the office network: the plain page by which a phone comes to trust this
machine, the machine's name on the network, and papers made anew when addresses change or an end is near.

It serves three things and reads no file of the papers' folder to anybody: what is given out is the authority's
certificate alone.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from string import Template

from falin.kernel.clock import legal_day
from falin.kernel.squares import square_svg
from falin.runtime.lan.authority import Papers, keep
from falin.runtime.lan.network import Told, own_addresses, own_name

DOOR = "door.json"
LOOK_EVERY = 30.0
PATIENCE = 10.0  # seconds for a request to be said
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How this machine is reached: the page where a phone begins, Falin by number and by name."""

    addresses: tuple[str, ...]
    name: str
    page_port: int
    port: int
    papers: Papers

    @property
    def page(self) -> str:
        return f"http://{self.addresses[0]}:{self.page_port}/"

    @property
    def by_number(self) -> str:
        return f"https://{self.addresses[0]}:{self.port}/"

    @property
    def by_name(self) -> str:
        return f"https://{self.name}:{self.port}/"


def find_door(*, folder: Path, page_port: int, port: int) -> Door | None:
    """The door as it is now, its papers renewed where they must be; none where the machine is on no office network."""
    addresses, name = own_addresses(), own_name()
    if not addresses:
        return None
    papers = keep(folder, addresses=addresses, name=name, now=datetime.now(UTC))
    door = Door(addresses=tuple(addresses), name=name, page_port=page_port, port=port, papers=papers)
    _tell_pages(folder, door)
    return door


def _tell_pages(folder: Path, door: Door) -> None:
    """What the operator's page shows; nothing in it is secret."""
    draft = folder / f"{DOOR}.{os.getpid()}"
    draft.write_text(json.dumps({"page": door.page, "by_number": door.by_number, "by_name": door.by_name,
                                 "fingerprint": door.papers.fingerprint, "until": door.papers.until.isoformat()}))  # fmt: skip
    draft.replace(folder / DOOR)


@lru_cache(maxsize=4)
def _source(name: str) -> str:
    return (files("falin.runtime.lan") / name).read_text(encoding="utf-8")


def page_of(door: Door) -> str:
    """The page, in Chinese with a summary in English; everything in it is our own, nothing the request's."""
    until = legal_day(door.papers.until)
    grouped = [door.papers.fingerprint[start : start + 24].strip(":") for start in range(0, 96, 24)]
    return Template(_source("page.html")).substitute(
        by_number=door.by_number, by_name=door.by_name, page=door.page, until=f"{until.day} {until:%B} {until.year}",
        day=f"{until.year}年{until.month}月{until.day}日",
        fingerprint="<br>".join(grouped), square=square_svg(door.page, label="这一页的网址"),
    )  # fmt: skip


class Porter(ThreadingHTTPServer):
    """The plain page; `door` is exchanged whole when addresses change."""

    daemon_threads = True

    def __init__(self, host: str, door: Door) -> None:
        self.door = door
        super().__init__((host, door.page_port), _Answer)


class _Answer(BaseHTTPRequestHandler):
    timeout = PATIENCE
    server_version = "Falin"
    sys_version = ""
    server: Porter

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0]
        if path == "/":
            self._say(200, "text/html; charset=utf-8", page_of(self.server.door).encode())
        elif path == "/page.css":
            self._say(200, "text/css; charset=utf-8", _source("page.css").encode())
        elif path == "/falin.crt":
            self._say(200, "application/x-x509-ca-cert", self.server.door.papers.authority)
        else:
            self._say(404, "text/plain; charset=utf-8", "没有这一页 · No such page\n".encode())

    do_HEAD = do_GET  # noqa: N815 -- the base's own name

    def _say(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's own name
        """Who came is nobody's business."""


def main() -> None:
    """Until it is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--page-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    ports = {"folder": given.folder, "page_port": given.page_port, "port": given.port}
    door = find_door(**ports)
    if door is None:
        raise SystemExit("no address on an office network")
    porter = Porter(given.host, door)
    threading.Thread(target=porter.serve_forever, daemon=True).start()
    told = Told(name=door.name, addresses=door.addresses, port=given.port)
    waiting = threading.Event()
    while not waiting.wait(LOOK_EVERY):
        newest = find_door(**ports)
        if newest is None:  # the cable is out
            continue
        if (newest.addresses, newest.name) != (porter.door.addresses, porter.door.name):
            told.end()
            told = Told(name=newest.name, addresses=newest.addresses, port=given.port)
        porter.door = newest


if __name__ == "__main__":
    main()
