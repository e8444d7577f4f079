"""A real server on a test's own database, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.world import PASSWORD, World

FRONTEND = Path(__file__).resolve().parents[2] / "platform" / "falin" / "ui" / "frontend"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--lang=zh-CN"]  # fmt: skip


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built front end: the launcher's (``FALIN_ASSETS``), or built here where Node is at hand."""
    if settings.STATICFILES_DIRS:
        return Path(settings.STATICFILES_DIRS[0])
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules").is_dir():
        pytest.fail("the front end is not built: run the tests by ./falin test, or npm ci in its folder")
    out = tmp_path_factory.mktemp("assets")
    subprocess.run([node, "build.mjs", "--out", str(out)], cwd=FRONTEND, check=True)
    return out


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Says nothing: a failing test prints what matters."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True

    def _close_connections(self) -> None:
        connections.close_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no fault."""


class Site:
    """A running server: its address, and a switch to take it away."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Quiet)
        self._server.set_app(WSGIHandler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def site(world: World, assets: Path) -> Iterator[Site]:
    """The product on the test's own copy of the small world."""
    before = settings.STATICFILES_DIRS
    settings.STATICFILES_DIRS = [assets]
    finders.get_finder.cache_clear()
    running = Site()
    try:
        yield running
    finally:
        running.stop()
        settings.STATICFILES_DIRS = before
        finders.get_finder.cache_clear()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("FALIN_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A phone of its own: 390 pixels wide, in Shanghai, with an empty memory."""
    context = browser.new_context(
        base_url=site.url, locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 390, "height": 844},
        device_scale_factor=2, has_touch=True, is_mobile=True,
    )  # fmt: skip
    context.set_default_timeout(20_000)
    yield context
    context.close()


SignIn = Callable[[Page, str], None]


@pytest.fixture
def sign_in_as() -> SignIn:
    """Sign in through the page, as a person does."""

    def go(page: Page, username: str) -> None:
        if "/accounts/login/" not in page.url:
            page.goto("/accounts/login/")
        page.fill("[name=login]", username)
        page.fill("[name=password]", PASSWORD)
        page.click("main button:not([type=button])")
        page.wait_for_url(lambda url: "/accounts/login/" not in url)

    return go
