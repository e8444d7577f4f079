"""
`falin bench pages`: when the largest thing of a page stands (LCP) on a phone six times slower, at 1.6 Mbit/s, nothing kept.

Five pages of the product as its own server serves them; beside them, in the same browser and the same rounds, a list page of
twelve rows made with Element Plus and one made with antd, each served by a plain file server with compressed files.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.lines import Goal, Line, line, show
from stand.product import HOST, product

from falin.runtime.home import Home
from falin.runtime.launch.programs import find_browser
from falin.runtime.sentences import CannotStart, both, say

HERE = Path(__file__).resolve().parent
PEERS = {"Element Plus": "pages_element_plus", "antd": "pages_antd"}
SOON = Goal(words="value ≤ 1,500 ms", reached=lambda value, peer: value <= 1500)
SMALL = Goal(words="value ≤ 60 KB", reached=lambda value, peer: value <= 60)
FIRST = Goal(words="value ≤ 30 KB", reached=lambda value, peer: value <= 30)
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
CPU = 6
_WATCH = """
window.largest = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.largest = entry.startTime; }))
  .observe({ type: "largest-contentful-paint", buffered: true });
"""
_BYTES = """
() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, and the cookies its reader comes with."""

    case: str
    url: str
    cookies: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Milliseconds until the largest thing stood, and kilobytes over the wire."""

    lcp: float
    kilobytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Rounds that count, the pages, the county behind them, and where the page of a peer is built."""

    rounds: int = 7
    cases: tuple[str, ...] = ("home", "advisers", "visit-form", "coverage-map", "public-find")
    streets: int = 12
    advisers: int = 90
    built: Callable[[str], Path] | None = None  # else installed by npm


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench pages`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with ExitStack() as stack:
        running = stack.enter_context(product(home, streets=size.streets, advisers=size.advisers))
        ours = [
            Page(case=case, url=running.url + path, cookies=running.cookies(who))
            for case, (who, path) in running.pages.items()
            if case in size.cases
        ]
        peers = [
            Page(case=name, url=stack.enter_context(_files((size.built or built)(folder))))
            for name, folder in PEERS.items()
        ]
        say("正在量每一页…", "measuring pages…")
        return _lines(_watched([*ours, *peers], size.rounds))


def _lines(seen: dict[str, list[Seen]]) -> list[Line]:
    """Every page beside Element Plus' list, the list itself beside antd's too; then what went over the wire."""

    def of(case: str, what: str, unit: str, peer: str, goal: Goal | None) -> Line:
        theirs = [getattr(one, what) for one in seen[peer]]
        return line(case=f"pages/{case}/{what}", unit=unit, ours=[getattr(one, what) for one in seen[case]],
                    peer=f"list page by {peer}", theirs=theirs, goal=goal)  # fmt: skip

    own = [case for case in seen if case not in PEERS]
    lists = [case for case in own if case == "advisers"]
    lines = [of(case, "lcp", "ms", "Element Plus", SOON) for case in own]
    lines += [of(case, "lcp", "ms", "antd", SOON) for case in lists]
    budgets = {"advisers": SMALL, "public-find": FIRST}  # of a list, and of what a resident opens first
    lines += [of(case, "kilobytes", "KB", "Element Plus", budgets.get(case)) for case in own]
    return [*lines, *(of(case, "kilobytes", "KB", "antd", SMALL) for case in lists)]


def _watched(pages: list[Page], rounds: int) -> dict[str, list[Seen]]:
    """Every page once a round, each time in a browser that has kept nothing."""
    from playwright.sync_api import sync_playwright

    seen: dict[str, list[Seen]] = {page.case: [] for page in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync"],
        )  # fmt: skip
        for number in range(rounds + 1):
            for page in pages if number % 2 else reversed(pages):
                found = _look(browser, page)
                if number:  # the first round warms the servers
                    seen[page.case].append(found)
        browser.close()
    return seen


def _look(browser: Any, page: Page) -> Seen:
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 360, "height": 740}, device_scale_factor=2,
        is_mobile=True, has_touch=True, service_workers="block",
    )  # fmt: skip
    try:
        context.add_cookies([{**cookie, "url": page.url} for cookie in page.cookies])
        tab = context.new_page()
        wire = context.new_cdp_session(tab)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
        tab.add_init_script(_WATCH)
        answer = tab.goto(page.url, wait_until="load", timeout=120_000)
        if answer is None or answer.status != 200 or "/accounts/login/" in tab.url:
            raise CannotStart(both(f"{page.case} 打不开。", f"{page.case} does not open."), tab.url)
        until = time.monotonic() + 60
        while not tab.evaluate(
            "window.largest > 0"
        ):  # wait_for_function evaluates in the page, whose policy forbids it
            if time.monotonic() > until:
                raise CannotStart(both(f"{page.case} 一直是空的。", f"{page.case} stays empty."), tab.url)
            tab.wait_for_timeout(50)
        tab.wait_for_timeout(1500)
        found = Seen(lcp=float(tab.evaluate("window.largest")), kilobytes=float(tab.evaluate(_BYTES)) / 1000)
    finally:
        context.close()
    return found


# ---- theirs ----------------------------------------------------------------------------------------------------------
def built(folder: str) -> Path:
    """A peer's page, installed by its lock and built once for each state of it; every file compressed beside itself."""
    sources = HERE / "peers" / folder
    state = b"".join(path.read_bytes() for path in sorted(sources.iterdir()) if path.is_file())
    place = Path(tempfile.gettempdir()) / f"falin-bench-{folder}-{hashlib.sha256(state).hexdigest()[:12]}"
    out = place / "out"
    if (out / "index.html.gz").exists():
        return out
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sources, place)
    say(f"正在安装 {folder}…", f"installing {folder}…")
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["node", "build.mjs", "--out", str(out)]):
        done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
        if done.returncode:
            raise CannotStart(both(f"{folder} 没有装成。", f"{folder} could not be built."), done.stderr[-2000:])
    for path in list(out.iterdir()):
        (out / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9))
    return out


class _Compressed(SimpleHTTPRequestHandler):
    """Files as a good static server gives them: compressed, over one connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        packed = path.with_name(f"{path.name}.gz")
        if not packed.is_file():
            self.send_error(404)
            return
        body = packed.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Says nothing."""


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer((HOST, 0), partial(_Compressed, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        with contextlib.suppress(OSError):
            server.shutdown()
            server.server_close()
