"""
Programs and double entries, as steps: a county opens a program, its owner makes a token with his password given again and
stops it; two records become one person; somebody leaves. On a desk and on a phone of 360 pixels; axe on every page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from falin.kernel import clock
from tenants.identity.models import AccessToken, Person
from tenants.identity.types import Role
from tests.app.identity.cast import enter, hold, number, people_the_office
from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.world import PASSWORD, World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    people_the_office(world)
    for username, code in (("fang1", "330106002001"), ("fang2", "330106002002")):
        enter(username, "方小满")
        hold(world, username, Role.LIAISON, code)
    with a_screen(browser, site, request.param) as context:
        yield context


def shown(page: Page, path: str) -> None:
    page.goto(path)
    looks_right(page)


def test_a_county_opens_a_program_and_its_owner_makes_a_token_and_stops_it(screen: BrowserContext) -> None:
    page, today = signed_in(screen, "county"), clock.legal_day(clock.now())
    shown(page, "/people/accounts/")
    shown(page, "/people/accounts/new/")
    for name, value in {
        "name": "市大数据局取数", "username": "svc-data", "purpose": "每晚取到访数", "owner": "street", "place": "双浦镇",
        "begins_on": today.isoformat(), "ends_on": (today + timedelta(days=90)).isoformat(),
        "review_by": (today + timedelta(days=90)).isoformat(), "reason": "双浦镇〔2026〕3号",
    }.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    page.select_option("[name=role]", "street_officer")
    press(page, "下一步")
    looks_right(page)
    press(page, "没有错，办理")
    expect(page.locator("main")).to_contain_text("市大数据局取数（服务账号）")
    looks_right(page)
    shown(page, "/people/accounts/")
    page.context.clear_cookies()
    page = signed_in(screen, "street", proved=False)
    shown(page, "/me/tokens/")
    shown(page, "/me/tokens/new/")
    page.get_by_label("市大数据局取数（服务账号）").check()
    page.fill("[name=name]", "夜间任务")
    page.get_by_label("看到点时长").check()
    page.fill("[name=origins]", "10.20.0.0/16")
    press(page, "生成令牌")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.locator("#token")).to_have_value(re.compile("^flk_[0-9A-Za-z]{61}$"))
    looks_right(page)
    page.get_by_role("link", name="已经抄好").click()
    looks_right(page)
    press(page, "停用")
    expect(page.locator("main")).to_contain_text("已停用")
    assert AccessToken.objects.get().revoked_at is not None


def test_two_records_become_one_person_and_somebody_leaves(screen: BrowserContext) -> None:
    page = signed_in(screen, "county")
    shown(page, "/people/same/")
    page.get_by_role("link", name="看一看").click()
    looks_right(page)
    page.locator("[name=kept]").first.check()
    page.fill("[name=reason]", "已电话核实")
    press(page, "提议合并")
    looks_right(page)
    page.context.clear_cookies()
    page = signed_in(screen, "city")
    shown(page, "/people/same/")
    press(page, "确认合并")
    expect(page.locator("main")).to_contain_text("没有看着像重复的人")
    assert Person.objects.get(username="fang2").merged_into is not None
    page.context.clear_cookies()
    page = signed_in(screen, "county")
    shown(page, f"/people/{number('fang1')}/leave/")
    page.fill("[name=why]", "退休")
    press(page, "办理离任")
    expect(page.locator("main")).to_contain_text("现在没有身份")
