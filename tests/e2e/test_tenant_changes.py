"""Merges, moves and restores, as steps of an operator: asked for, confirmed by another, seen. Desk and phone, axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, expect

from falin.kernel.transactions import inside
from tenants.registry import commands
from tenants.registry.models import Deed, Tenant
from tenants.registry.types import CellInfo
from tests.app.registry.cast import second_operator, tenant_of
from tests.app.registry.changed_places import merge_into_west
from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.world import NOW, World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    second_operator(world)
    kept = settings.CELL, settings.CELL_RECEIVERS
    settings.CELL, settings.CELL_RECEIVERS = "a", {"b": "false"}
    operator = world.scope("operator")
    with inside(operator, read_only=False):
        commands.replace_cells(scope=operator, now=NOW, cells=[
            CellInfo(code="a", name="省平台一", address="https://a.falin.example", places=("33",)),
            CellInfo(code="b", name="省平台二", address="https://b.falin.example", places=()),
        ])  # fmt: skip
    with a_screen(browser, site, request.param) as context:
        context.kind = request.param
        yield context
    settings.CELL, settings.CELL_RECEIVERS = kept


def _shot(page: Any, context: Any, name: str) -> None:
    looks_right(page)
    if folder := os.environ.get("SHOTS_B"):
        page.screenshot(path=f"{folder}/{context.kind}-{name}.png", full_page=True)


def test_a_merge_is_asked_for_confirmed_and_seen(screen: BrowserContext, world: World) -> None:
    upper = tenant_of(world, "330102")
    merge_into_west(world)
    page = signed_in(screen, "operator")
    page.goto("/tenants/")
    _shot(page, screen, "list")
    page.goto("/tenants/restore/")
    _shot(page, screen, "restore")
    page.goto(f"/tenants/{upper}/")
    _shot(page, screen, "one")
    page.goto(f"/tenants/{upper}/move/")
    _shot(page, screen, "move")
    page.goto(f"/tenants/{upper}/merge/")
    press(page, "提出并入")
    expect(page.locator("main")).to_contain_text("原因")
    _shot(page, screen, "merge-empty")
    page.select_option("[name=target]", label="西湖区")
    page.fill("[name=why]", "浙政函〔2026〕1号")
    press(page, "提出并入")
    expect(page.locator("main")).to_contain_text("并入上城区 → 西湖区")
    _shot(page, screen, "asked")
    deed = Deed.objects.get()
    Deed.objects.filter(id=deed.id).update(outcome="confirmed", decided_by=deed.asked_by + 1)
    page.goto("/tenants/")
    expect(page.locator("main")).to_contain_text("已确认，还没有办成")
    _shot(page, screen, "again")
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="elsewhere", cell="b", state_why="换到新机房")
    page.goto(f"/tenants/{tenant_of(world, '330106')}/")
    expect(page.locator("main")).to_contain_text("省平台二")
    _shot(page, screen, "elsewhere")


def test_people_of_a_body_that_moved_or_is_moving_read_what_to_do(screen: BrowserContext, world: World) -> None:
    page = signed_in(screen, "county")
    page.goto("/advisers/firms/new/")
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="moving")
    page.fill("[name=name]", "浙江新来律师事务所")
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("等几秒再提交一次")
    _shot(page, screen, "moving")
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="open")
    page.get_by_role("button", name="再提交一次").click()
    expect(page.locator("body")).to_contain_text("浙江新来律师事务所")
    Tenant.objects.filter(id=tenant_of(world, "330106")).update(state="elsewhere", cell="b")
    page.goto("/")
    expect(page.locator("main")).to_contain_text("在另一台服务器上")
    _shot(page, screen, "people-elsewhere")
