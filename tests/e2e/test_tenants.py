"""Tenants, as steps: an operator suspends a county, everybody there reads why, two operators close it. Desk and phone, axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.app.registry.cast import second_operator, tenant_of
from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    second_operator(world)
    with a_screen(browser, site, request.param) as context:
        yield context


def test_an_operator_suspends_a_county_and_asks_to_close_it(screen: BrowserContext, world: World) -> None:
    west = tenant_of(world, "330106")
    page = signed_in(screen, "operator")
    page.goto("/tenants/")
    looks_right(page)
    page.goto(f"/tenants/{west}/")
    looks_right(page)
    page.goto(f"/tenants/{west}/archive/")
    looks_right(page)
    page.goto(f"/tenants/{west}/suspend/")
    press(page, "停用")
    expect(page.locator("main")).to_contain_text("原因")
    looks_right(page)
    page.fill("[name=why]", "机房搬迁，11月20日恢复")
    press(page, "停用")
    expect(page.locator("main")).to_contain_text("机房搬迁")
    looks_right(page)
    page.goto(f"/tenants/{west}/close/")
    page.fill("[name=why]", "撤销县级机构")
    press(page, "提出关闭")
    expect(page.locator("main")).to_contain_text("要由另一名运维人员确认")
    looks_right(page)
    page.goto("/tenants/")
    looks_right(page)


def test_people_of_a_suspended_county_read_so_on_their_page(screen: BrowserContext, world: World) -> None:
    from tenants.registry.models import Tenant

    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="suspended")
    page = signed_in(screen, "county")
    page.goto("/")
    expect(page.locator("body")).to_contain_text("西湖区已停用：现在只能查看，不能办理。")
    looks_right(page)


def test_an_operator_opens_a_county_that_is_prepared_from_its_checklist(screen: BrowserContext, world: World) -> None:
    from tenants.registry.models import Tenant

    west = tenant_of(world, "330106")
    Tenant.objects.filter(id=west).update(state="preparing")
    page = signed_in(screen, "operator")
    page.goto("/tenants/")
    expect(page.locator("main")).to_contain_text("准备中")
    page.goto(f"/tenants/{west}/")
    looks_right(page)
    page.goto(f"/tenants/{west}/checklist/")
    looks_right(page)
    press(page, "开通")
    expect(page.locator("body")).to_contain_text("已开通")
    assert Tenant.objects.get(id=west).state == "open"


def test_people_of_a_county_that_is_prepared_read_so_on_their_page(screen: BrowserContext, world: World) -> None:
    from tenants.registry.models import Tenant

    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="preparing")
    page = signed_in(screen, "county")
    page.goto("/")
    expect(page.locator("body")).to_contain_text("西湖区还在准备")
    looks_right(page)
