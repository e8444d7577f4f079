"""
People, as steps: a county enters a liaison, a city proposes a county team and its second officer confirms, a lost password,
a suspension, the review. On a desk and on a phone of 360 pixels; axe on every page.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from falin.kernel import clock
from tenants.identity.models import Binding
from tests.app.identity.cast import number, people_the_office
from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.world import PASSWORD, World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    people_the_office(world)
    with a_screen(browser, site, request.param) as context:
        yield context


def shown(page: Page, path: str) -> None:
    page.goto(path)
    looks_right(page)


def fill_grant(page: Page, role: str, place: str) -> None:
    today = clock.legal_day(clock.now())
    page.select_option("[name=role]", role)
    page.fill("[name=place]", place)
    page.fill("[name=begins_on]", today.isoformat())
    page.fill("[name=ends_on]", (today + timedelta(days=90)).isoformat())
    page.fill("[name=reason]", "双浦镇〔2026〕3号")


def test_a_county_enters_a_liaison_and_looks_after_him(screen: BrowserContext) -> None:
    page = signed_in(screen, "county", proved=False)
    shown(page, "/people/")
    shown(page, "/people/new/")
    page.fill("[name=name]", "柯新月")
    page.fill("[name=username]", "kexinyue")
    fill_grant(page, "liaison", "社区")
    press(page, "下一步")
    expect(page.get_by_role("heading", level=1)).to_have_text("请再输入一次密码")
    looks_right(page)
    page.fill("[name=password]", PASSWORD)
    press(page, "确认")
    expect(page.locator("[name=name]")).to_have_value("柯新月")  # nothing typed is lost
    expect(page.locator("main")).to_contain_text("都叫这个名字，请选一个")
    looks_right(page)
    page.get_by_label("北山街道 · 栖霞社区").check()
    press(page, "下一步")
    expect(page.locator("main")).to_contain_text("还没有办")
    looks_right(page)
    press(page, "没有错，办理")
    expect(page.locator("main")).to_contain_text("密码只显示这一次")
    looks_right(page)
    whom = number("kexinyue")
    for path in ("", "rights/?at=栖霞社区", "grant/", "hand-over/", "suspend/", "password/", "factors/"):
        shown(page, f"/people/{whom}/{path}")
    held = Binding.objects.get(person_id=whom)
    for path in ("deputy/", "end/"):
        shown(page, f"/people/roles/{held.id}/{path}")
    shown(page, "/people/at/?at=栖霞社区")
    shown(page, f"/people/{whom}/suspend/")
    page.fill("[name=why]", "接受调查")
    press(page, "停用")
    expect(page.locator("main")).to_contain_text("他马上就进不来了")
    looks_right(page)
    Binding.objects.update(created_at=clock.now() - timedelta(days=200))
    shown(page, "/")
    shown(page, "/people/review/")


def test_a_city_proposes_and_its_second_officer_confirms(screen: BrowserContext) -> None:
    page = signed_in(screen, "city")
    page.goto("/people/new/")
    page.fill("[name=name]", "柯新月")
    page.fill("[name=username]", "kexinyue")
    fill_grant(page, "county_team", "330106")
    press(page, "下一步")
    press(page, "没有错，办理")
    expect(page.locator("main")).to_contain_text("等第二个人确认")
    page = signed_in(screen, "cityb")
    page.goto("/")
    page.get_by_role("link", name="项授予等您确认").click()
    looks_right(page)
    page.get_by_role("link", name="拒绝").first.click()
    looks_right(page)
    page.goto("/people/proposals/")
    press(page, "确认")
    expect(page.locator("main")).to_contain_text("已确认，现在生效")
    looks_right(page)


def test_the_operator_enters_an_administrator(screen: BrowserContext) -> None:
    page = signed_in(screen, "operator")
    shown(page, "/setup/")
    shown(page, "/setup/people/")
