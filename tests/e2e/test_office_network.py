"""
A phone on the office network: the plain page, then Falin over HTTPS by this machine's name, with the web server, the papers
and the variables of a start with ``--lan``; a service worker and a passkey, which want a secure origin.
"""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect

from falin.runtime.home import Home
from falin.runtime.lan.arranging import Arranged
from falin.runtime.lan.authority import keep
from falin.runtime.lan.porter import Door, Porter
from falin.runtime.launch.programs import find_browser
from falin.runtime.processes import free_port, standard_programs
from tests.app.duty.cast import engage
from tests.conftest import _CHROMIUM, ROOT, with_name
from tests.e2e.conftest import looks_right, through_the_door
from tests.world import PASSWORD, World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NAME, ADDRESS = "pc-7.local", "10.9.8.7"


@pytest.fixture
def arranged(world: World, assets: Path, tmp_path: Path) -> Iterator[Arranged]:
    """The web server as ``--lan`` starts it, and the plain page beside it."""
    folder, port = tmp_path / "lan", free_port()
    papers = keep(folder, addresses=[ADDRESS], name=NAME, now=datetime.now(UTC))
    door = Door(addresses=(ADDRESS,), name=NAME, page_port=0, port=port, papers=papers)
    porter = Porter("127.0.0.1", door)
    door = Door(addresses=(ADDRESS,), name=NAME, page_port=porter.server_address[1], port=port, papers=papers)
    porter.door = door
    found = Arranged(door=door, folder=folder, host="127.0.0.1")
    environ = {**os.environ, "DATABASE_URL": with_name(os.environ["DATABASE_URL"], str(connection.settings_dict["NAME"])),
               "FALIN_ASSETS": str(assets), **found.variables({"FALIN_HOSTS": "localhost"})}  # fmt: skip
    web = standard_programs(home=Home(root=tmp_path).prepare(), host="127.0.0.1", port=port, environ=environ,
                            certificate=papers.server)[0]  # fmt: skip
    serving = threading.Thread(target=porter.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    with (tmp_path / "web.log").open("wb") as log:
        server = subprocess.Popen(web.command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            _until_it_answers(found, tmp_path / "web.log")
            yield found
        finally:
            server.terminate()
            server.wait(20)
            porter.shutdown()
            porter.server_close()
            serving.join(5)


def _until_it_answers(found: Arranged, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            asked = urllib.request.urlopen(
                f"https://localhost:{found.door.port}/healthz", context=found.trusting(), timeout=10
            )
        except OSError:
            time.sleep(0.2)
        else:
            asked.close()
            return
    raise AssertionError(log.read_text())


@pytest.fixture
def phone(browser: Browser, arranged: Arranged, tmp_path: Path) -> Iterator[BrowserContext]:
    """
    A phone that trusts the server's own key and finds the machine by its name. That the certificate holds for who
    installed the authority's is `tests/unit/runtime/test_office_network.py`: this browser has no store to put it in.
    """
    certificate = x509.load_pem_x509_certificate(arranged.door.papers.server.read_bytes())
    signing = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(signing)
    pinned = base64.b64encode(digest.finalize()).decode()
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "phone", executable_path=find_browser(),
        args=[*_CHROMIUM, f"--ignore-certificate-errors-spki-list={pinned}",
              f"--host-resolver-rules=MAP {NAME} 127.0.0.1, MAP {ADDRESS} 127.0.0.1"],
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 360, "height": 740}, has_touch=True,
    )  # fmt: skip
    context.set_default_timeout(20_000)
    yield context
    context.close()


def test_from_the_plain_page_to_a_passkey_and_a_page_that_is_kept(
    world: World, arranged: Arranged, phone: BrowserContext
) -> None:
    engage(world, "陆知微")
    page = phone.new_page()
    page.goto(f"http://{ADDRESS}:{arranged.door.page_port}/")
    assert page.evaluate("isSecureContext") is False
    looks_right(page)
    page.get_by_role("link", name="打开法邻").click()
    page.wait_for_url(lambda url: url.startswith(f"https://{NAME}:"))
    assert page.evaluate("isSecureContext") is True

    _passkey(page)
    _worker(page)
    cookies = {one["name"]: one["secure"] for one in phone.cookies() if NAME in str(one["domain"])}
    assert cookies["sessionid"] is True
    assert cookies["csrftoken"] is True


def _passkey(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    page.goto(f"{_base(page)}/accounts/login/")
    through_the_door(page, "luzhiwei")
    page.goto(f"{_base(page)}/me/security/")
    page.get_by_role("link", name="加通行密钥").click()
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()
    page.get_by_label("给它起个名字").fill("手机")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{_base(page)}/accounts/login/")
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", name="今天")).to_be_visible()


def _worker(page: Page) -> None:
    page.goto(f"{_base(page)}/duty/")
    found = page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.scriptURL)")
    assert found == f"{_base(page)}/sw.js"


def _base(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def test_the_server_keeps_to_its_names_and_asks_no_browser_to_come_back_for_a_year(arranged: Arranged) -> None:
    port = arranged.door.port
    with urllib.request.urlopen(f"https://localhost:{port}/accounts/login/", context=arranged.trusting()) as answer:
        assert answer.headers["Strict-Transport-Security"] is None
    asked = urllib.request.Request(f"https://localhost:{port}/accounts/login/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as wrong:
        urllib.request.urlopen(asked, context=arranged.trusting())
    assert wrong.value.code == 404
    wrong.value.close()
    with pytest.raises(urllib.error.URLError) as refused:
        urllib.request.urlopen(f"https://localhost:{port}/", context=ssl.create_default_context())
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value)
