"""A real server on a test's own database, and a real browser in front of it."""

from __future__ import annotations

import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connection, connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from falin.kernel import jobs
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema
from tests import leaks
from tests.conftest import ADMIN, with_name
from tests.world import PASSWORD, World

FRONTEND = Path(__file__).resolve().parents[2] / "platform" / "falin" / "ui" / "frontend"


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


class _Watched(WSGIHandler):
    """The product, with an eye on every error page and every file it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == AXE_ADDRESS:
            start_response("200 OK", [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=3600")])
            return [AXE_SCRIPT.encode()]
        return super().__call__(environ, start_response)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        kind = response.headers.get("Content-Disposition", "")
        if kind or response.status_code >= 400:
            if isinstance(response, StreamingHttpResponse):  # a stored file: read here, and sent from memory
                content = b"".join(response.streaming_content)
                response.streaming_content = [content]
            else:
                content = response.content
            names = leaks.names_of_people(with_name(ADMIN, str(connection.settings_dict["NAME"])))
            own = getattr(getattr(request, "user", None), "name", "")  # at the head of every page of his
            self.seen += leaks.numbers_in_answer(
                request.path, response.status_code, kind, content, {name for name in names if name not in own}
            )
        return response


class Site:
    """A running server: its address, and a switch to take it away."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Quiet)
        self.product = _Watched()
        self._server.set_app(self.product)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def open_site(assets: Path) -> Iterator[Site]:
    """The product on the database the test points at."""
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
    assert running.product.seen == [], "numbers or names of people on error pages or in files that leave"


@pytest.fixture
def site(world: World, assets: Path) -> Iterator[Site]:
    """The product on the test's own copy of the small world."""
    with open_site(assets) as running:
        yield running


@contextmanager
def a_worker() -> Iterator[None]:
    """A worker that takes a job as soon as it is committed; the broker has its own tests."""
    running: list[threading.Thread] = []

    def work(schema: str, job_id: str, _lane: jobs.Lane) -> None:
        def do() -> None:
            try:
                jobs.work(system=system_of(find_by_schema(schema)), job_id=uuid.UUID(job_id))
            finally:
                connection.close()

        running.append(threading.Thread(target=do))
        running[-1].start()

    before = list(jobs._sender)
    jobs.send_with(work)
    try:
        yield
    finally:
        for thread in running:
            thread.join(20)
        jobs._sender[:] = before


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


expect.set_options(timeout=20_000)  # the machine may be busy with other tests
SignIn = Callable[[Page, str], None]
SCREENS = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}


@contextmanager
def a_screen(browser: Browser, site: Site, kind: str, **more: Any) -> Iterator[BrowserContext]:
    """A wide screen, or a small one that is touched; each with an empty memory."""
    context = browser.new_context(
        base_url=site.url, locale="zh-CN", timezone_id="Asia/Shanghai", **{**SCREENS[kind], **more}
    )
    context.set_default_timeout(20_000)
    try:
        yield context
    finally:
        context.close()


def through_the_door(page: Page, username: str, password: str = PASSWORD) -> None:
    """Sign in through the page, as a person does."""
    if "/accounts/login/" not in page.url:
        page.goto("/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.click("main button:not([type=button])")
    page.wait_for_url(lambda url: "/accounts/login/" not in url, wait_until="domcontentloaded")


@pytest.fixture
def sign_in_as() -> SignIn:
    return through_the_door


def signed_in(screen: BrowserContext, username: str, password: str = PASSWORD, *, proved: bool = True) -> Page:
    """A page of this person's, who has proved himself anew; whoever was at the screen before has closed his."""
    for left in screen.pages:
        left.close()
    screen.clear_cookies()
    page = screen.new_page()
    page.goto("/accounts/login/")
    through_the_door(page, username, password)
    if proved:
        proves_himself(page, password)
    return page


def proves_himself(page: Page, password: str = PASSWORD) -> None:
    """Give the password again, as before a weighty act; it counts for five minutes."""
    page.goto("/accounts/reauthenticate/")
    page.fill("[name=password]", password)
    page.click("main button:not([type=button])")
    page.wait_for_url(lambda url: "/accounts/reauthenticate/" not in url, wait_until="domcontentloaded")


# None of these rules wants style sheets or media loaded ahead.
_AXE = """
(where) => axe.run(where || document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], preload: false,
  })
  .then((found) => found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))
"""
# From the site, as its own scripts come: read into every page by the driver it takes three times as long.
AXE_ADDRESS = "/axe.js"
_FETCH_AXE = """
(address) => typeof axe !== "undefined" || new Promise((done) => {
  const script = document.createElement("script");
  const end = (there) => { script.remove(); done(there); };
  script.addEventListener("load", () => end(true));
  script.addEventListener("error", () => end(false));
  script.src = address;
  document.head.append(script);
})
"""


# What a page is to axe: its elements, their classes and roles, whether there are words in them, and the state it is shown in.
# A row more or less in a list is nothing new, nor are other words, addresses and values.
_SHAPE = """
() => {
  const own = ["id", "for", "href", "value", "name", "action", "src", "content", "title", "d", "points", "datetime", "style",
    "aria-current", "min", "max", "minlength", "maxlength", "pattern", "placeholder", "step"];
  const empty = ["alt", "aria-label", "aria-labelledby", "aria-describedby", "aria-controls"];  // or not, is what counts
  const unseen = (node) => node.hidden || ["SCRIPT", "TEMPLATE", "STYLE", "LINK", "MAIN"].includes(node.tagName);
  const shape = (node) => {
    if (unseen(node)) return "";
    const said = [...node.attributes].filter(one => !own.includes(one.name) && !one.name.startsWith("data-"))
      .map(one => one.name + (empty.includes(one.name) ? !one.value : "=" + one.value)).sort();
    const words = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    const inner = [...node.children].map(shape).filter(Boolean).filter((one, at, all) => one !== all[at - 1]);
    return `<${node.tagName} ${said}${words ? " +" : ""}>${inner.join("")}`;
  };
  const main = document.querySelector("main");
  const state = [...document.documentElement.attributes].map(one => one.name + "=" + one.value).sort().join()
    + ["print", "(prefers-color-scheme: dark)", "(prefers-contrast: more)"].map(one => matchMedia(one).matches);
  return [state, main ? [...main.children].map(shape).join("") : "", shape(document.body)];
}
"""
_seen: set[tuple[object, ...]] = set()  # shapes in which axe found nothing


def reads_well(page: Page) -> list[Any]:
    """
    What axe finds against the page; nothing, if it is as it should be, or came before in this shape on such a screen. A
    click that leads elsewhere returns before the next page is there: axe, caught on the page that is going, is asked again
    on the one that came.
    """
    for _ in range(2):
        with suppress(PlaywrightError):
            return _by_axe(page)
        page.wait_for_load_state()
    return _by_axe(page)


def _by_axe(page: Page) -> list[Any]:
    state, main, around = page.evaluate(_SHAPE)
    width = page.evaluate("innerWidth")
    shapes = {("main", state, width, main), ("around", state, width, around)}
    if shapes <= _seen:
        return []
    fresh = {kind for kind, *_ in shapes - _seen}
    found = _all_by_axe(page, {"include": ["main"]} if fresh == {"main"} and main else None)
    if not found:
        _seen.update(shapes)
    return found


def _all_by_axe(page: Page, where: dict[str, list[str]] | None = None) -> list[Any]:
    if not page.evaluate(_FETCH_AXE, AXE_ADDRESS):  # another server's page, or the network is cut
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(_AXE, where))  # what passed stays in the browser: it is megabytes


def looks_right(page: Page) -> None:
    """No accessibility violation, one h1, nothing to scroll sideways."""
    assert reads_well(page) == [], page.url
    assert page.locator("h1").count() == 1, page.url
    assert sideways(page) <= 0, page.url


# Out of 关怀版 by attribute, as the style sheet chooses: the templates are the same, so the page need not be asked for again.
AS_IT_IS = "() => Object.assign(document.documentElement.dataset, { size: '16', care: 'off' })"


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def says(page: Page, text: str) -> None:
    """The sentence stands on the page, for the eye (screen readers are told in a place of their own)."""
    expect(page.locator("main").get_by_text(text).first).to_be_visible(timeout=30_000)


def press(page: Page, text: str) -> None:
    page.locator("main").get_by_role("button", name=text).first.click()
