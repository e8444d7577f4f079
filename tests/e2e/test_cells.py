"""The directory of cells, the night's backups and a choice of settings, as steps. Desk and phone, axe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, expect

from falin.kernel.transactions import inside
from tenants.registry import commands
from tenants.registry.models import Backup, Cell
from tenants.registry.types import CellInfo
from tests.app.registry.cast import tenant_of
from tests.e2e.conftest import Site, a_screen, looks_right, press, signed_in
from tests.world import NOW, World

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    operator, kept = world.scope("operator"), settings.CELL
    settings.CELL = "a"
    with inside(operator, read_only=False):
        commands.replace_cells(scope=operator, now=NOW, cells=[
            CellInfo(code="a", name="平台一", address="https://a.falin.example", places=("33",)),
            CellInfo(code="b", name="平台二", address="https://b.falin.example", places=("44", "4403")),
        ])  # fmt: skip
    with a_screen(browser, site, request.param) as context:
        yield context
    settings.CELL = kept


def test_an_operator_replaces_the_directory_after_looking_at_what_changes(screen: BrowserContext, world: World) -> None:
    page = signed_in(screen, "operator")
    page.goto("/tenants/cells/")
    expect(page.locator("main")).to_contain_text("就是这个库")
    looks_right(page)
    page.get_by_role("link", name="换一份名录").click()
    looks_right(page)
    page.fill("[name=form-1-address]", "b.falin.example")
    press(page, "下一步：看会变什么")
    expect(page.locator("main")).to_contain_text("平台二 的地址不对")
    looks_right(page)
    page.fill("[name=form-1-address]", "https://b2.falin.example")
    press(page, "下一步：看会变什么")
    expect(page.locator("main")).to_contain_text("https://b.falin.example → https://b2.falin.example")
    looks_right(page)
    press(page, "确认更换")
    expect(page.locator("body")).to_contain_text("名录已更换")
    assert Cell.objects.get(code="b").address == "https://b2.falin.example"


def test_the_page_says_how_the_nights_backups_stand(screen: BrowserContext, world: World) -> None:
    west, upper = tenant_of(world, "330106"), tenant_of(world, "330102")
    Backup.objects.create(tenant_id=west, night=NOW.date(), count=3, made_at=NOW, size=5_300_000,
                          verified_at=NOW + timedelta(hours=1))  # fmt: skip
    Backup.objects.create(
        tenant_id=upper, trying=NOW.date(), tries=2, tried_at=NOW, error="系统出错（OSError），详情在日志里。"
    )
    page = signed_in(screen, "operator")
    page.goto("/tenants/")
    expect(page.locator("main")).to_contain_text("夜间备份没有在做")
    expect(page.locator("main")).to_contain_text("没有做成")
    looks_right(page)
    for tenant in (west, upper):
        page.goto(f"/tenants/{tenant}/")
        looks_right(page)


def test_a_choice_is_made_by_its_words(screen: BrowserContext, world: World) -> None:
    page = signed_in(screen, "county")
    page.goto(f"/settings/identity.sign_on/?place={world.node('330106')}")
    looks_right(page)
    page.get_by_label("平台账号").check()
    page.fill("[name=why]", "按规定")
    press(page, "下一步：核对")
    expect(page.get_by_label("平台账号")).to_be_checked()
    looks_right(page)
