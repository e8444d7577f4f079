"""The way in, in a browser: a passkey made and used, by a virtual authenticator; a code from an app; the password shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, reads_well, sideways
from tests.web.identity.way_in import digits
from tests.world import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """At localhost: a passkey belongs to a name, never to an address."""
    context = browser.new_context(base_url=site.url.replace("127.0.0.1", "localhost"), locale="zh-CN",
                                  viewport={"width": 360, "height": 740})  # fmt: skip
    opened = context.new_page()
    opened.set_default_timeout(8000)
    opened.on("pageerror", lambda error: pytest.fail(str(error)))
    yield opened
    context.close()


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("county")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def fits(page: Page) -> None:
    assert reads_well(page) == []
    assert sideways(page) <= 0


def test_a_passkey_is_made_and_then_signs_in_alone(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    sign_in(page)
    page.goto("/me/security/")
    fits(page)
    page.get_by_role("link", name="加通行密钥").click()
    fits(page)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()
    page.get_by_label("给它起个名字").fill("办公室电脑")
    fits(page)
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    assert page.locator(".f-codes li").count() == 10
    fits(page)
    page.get_by_role("link", name="已经抄好").click()
    expect(page.get_by_role("rowheader", name="办公室电脑")).to_be_visible()
    fits(page)
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    fits(page)
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("heading", name="今天")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page)
    expect(page.get_by_role("heading", name="再确认一次是您")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="用通行密钥").click()
    expect(page.get_by_role("heading", name="今天")).to_be_visible()


def test_an_app_is_scanned_and_its_digits_let_in(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/second/app/")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()
    square = page.get_by_role("img", name="给验证器扫的方块")
    expect(square).to_be_visible()
    size = square.bounding_box()
    assert size is not None
    assert size["width"] > 200
    page.get_by_text("扫不了").click()
    secret = re.sub(r"\s", "", page.locator(".f-secret").inner_text())
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="设好").click()
    expect(page.locator(".f-err")).to_contain_text("验证码不对")
    fits(page)
    page.locator("[name=code]").fill(digits(secret))
    page.get_by_role("button", name="设好").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()


def test_a_password_can_be_pasted_shown_and_seen_to_be_long_enough(page: Page) -> None:
    sign_in(page)
    page.goto("/accounts/password/change/")
    field = page.locator("[name=password1]")
    enough = page.locator(".f-pw__ok").first
    expect(enough).to_be_hidden()
    field.fill("三棵老樟树 夏天凉")
    expect(enough).to_be_hidden()
    field.fill("西湖边上有三棵老樟树，夏天很凉快。")
    expect(enough).to_be_visible()
    assert field.get_attribute("type") == "password"
    page.get_by_role("button", name="显示").nth(1).click()
    assert field.get_attribute("type") == "text"
    fits(page)
