"""
Places, as steps: somebody finds a place by one character and looks at its past; a list is sent, checked group by group,
confirmed by a second person, applied, printed and undone. On a desk and on a phone with the largest letters; axe on every
page.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from falin.kernel.transactions import inside
from services.duty.models import Visit
from tenants.divisions import api, policies
from tests.app.identity.cast import people_the_office, scope
from tests.app.indicators.books import night, visit
from tests.e2e.conftest import Site, a_screen, a_worker, looks_right, press, says, signed_in
from tests.world import NOW, PLACES, World, rows

pytestmark = pytest.mark.e2e

LATER = {**PLACES, "330106002001": "宝石山社区", "330106109202": "湖埠东村", "330106002009": "曙光社区",
         "330102001003": "全新里社区"}  # fmt: skip
RING = [[120.0, 30.2], [120.06, 30.18], [120.1, 30.2], [120.12, 30.27], [120.05, 30.3], [120.01, 30.26], [120.0, 30.2]]


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site, world: World) -> Iterator[BrowserContext]:
    people_the_office(world)
    narrow = {"viewport": {"width": 360, "height": 740}} if request.param == "phone" else {}
    with a_screen(browser, site, request.param, **narrow) as context, a_worker():
        yield context


def shown(page: Page, path: str, name: str = "") -> None:
    page.goto(path)
    looks_right(page)
    picture(page, name)


def picture(page: Page, name: str) -> None:
    """Where somebody wants to look himself, each page as a picture."""
    if name and (folder := os.environ.get("FALIN_PICTURES")):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def list_file(folder: Path) -> Path:
    path = folder / "list.csv"
    lines = "".join(f"{code},{name}\n" for code, name in LATER.items() if code != "330106109201")
    path.write_text(f"代码,名称\n{lines}", encoding="gb18030")
    return path


def drawn(world: World) -> None:
    scope = replace(world.scope("leader"), grants=frozenset({policies.DESCRIBE}))
    outline = {"properties": {"code": "330106"}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    with inside(scope, read_only=False):
        api.bring_boundaries(scope=scope, data=json.dumps({"features": [outline]}).encode(), source="测绘院", now=NOW,
                             valid_from=date(2023, 6, 30))  # fmt: skip
        api.bring_facts(scope=scope, data="代码,人口,户数,面积\n330106,1118500,402300,309410000\n".encode(),
                        on_day=date(2023, 6, 30), source="统计年鉴", now=NOW)  # fmt: skip


def test_a_liaison_finds_a_place_and_its_past(screen: BrowserContext, world: World) -> None:
    drawn(world)
    page = signed_in(screen, "liaison")
    shown(page, "/places/", "places")
    page.fill("main [name=q]", "湖")
    press(page, "查找")
    says(page, "湖滨街道")
    looks_right(page)
    picture(page, "places-found")
    page.goto("/places/?q=没有这里")
    looks_right(page)
    shown(page, f"/places/{world.node('330106')}/", "place")
    says(page, "1,118,500")
    page.goto(f"/places/{world.node('330106')}/?on=2001-01-01")
    says(page, "那一天没有这个地方")
    looks_right(page)
    page.goto("/places/")
    page.context.add_cookies([{"name": "falin_prefs", "value": "size=24&care=on", "url": page.url}])
    shown(page, f"/places/{world.node('330106109')}/", "place-care")


def test_a_list_becomes_the_tree_and_is_taken_back(screen: BrowserContext, world: World, tmp_path: Path) -> None:
    page = signed_in(screen, "system")
    shown(page, "/places/updates/")
    shown(page, "/places/updates/boundary/", "update-boundary")
    shown(page, "/places/updates/new/", "update-new")
    page.get_by_label("上传一份").check()
    page.fill("[name=source]", "浙民区〔2024〕3号")
    page.fill("[name=day]", "2020-01-01")
    page.set_input_files("[name=file]", list_file(tmp_path))
    press(page, "开始比对")
    says(page, "生效日期要晚于")
    looks_right(page)
    page.fill("[name=day]", "2024-07-01")
    page.set_input_files("[name=file]", list_file(tmp_path))
    press(page, "开始比对")
    expect(page.locator("main")).to_contain_text("做完了", timeout=30_000)
    shown(page, "/places/updates/", "updates")
    page.locator("main").get_by_role("link", name="浙民区").click()
    looks_right(page)
    picture(page, "update")
    while page.get_by_role("button", name="整组接受").count():
        press(page, "整组接受")
    page.get_by_role("link", name="看这一处").first.click()
    looks_right(page)
    picture(page, "decide")
    press(page, "就这样定")
    says(page, "请选一个")
    page.get_by_label("不是同一个地方").check()
    press(page, "就这样定")
    says(page, "提交给第二个人确认")
    press(page, "提交给第二个人确认")
    says(page, "已提交")
    looks_right(page)

    page = signed_in(screen, "security")
    page.goto("/places/updates/")
    page.locator("main").get_by_role("link", name="浙民区").click()
    looks_right(page)
    picture(page, "update-confirm")
    press(page, "确认并应用")
    page.wait_for_url("**/places/updates/*/")
    for _turn in range(20):
        if page.get_by_text("正在应用").count() == 0:
            break
        page.reload()
    says(page, "已应用")
    looks_right(page)
    page.get_by_role("link", name="打印报告").click()
    looks_right(page)
    picture(page, "report")
    shown(page, "/places/?q=灵山", "place-ended-found")
    shown(page, f"/places/{world.node('330106109200')}/", "place-history")
    page.goto("/places/updates/")
    page.locator("main").get_by_role("link", name="浙民区").click()
    page.get_by_role("link", name="撤回").click()
    looks_right(page)
    picture(page, "undo")
    page.fill("[name=why]", "名录有误")
    visit(world, "330106002009", date(2026, 11, 12), 60)
    undo = page.url
    press(page, "撤回")
    expect(page.locator("main")).to_contain_text("新设的地方已经有了到访 1，不能再撤回", timeout=30_000)
    looks_right(page)
    picture(page, "undo-refused")
    with inside(night(world, "330106"), read_only=False):
        Visit.objects.unscoped(reason="a test").update(voided_at=NOW)
    page.goto(undo)
    page.fill("[name=why]", "名录有误")
    press(page, "撤回")
    expect(page.locator("main")).to_contain_text("区划回到原来的样子", timeout=30_000)
    picture(page, "undone")
    page.goto(undo.replace("undo/", ""))
    says(page, "已撤回")
    looks_right(page)


def test_a_place_that_ended_is_found_again_among_the_new_ones(screen: BrowserContext, world: World) -> None:
    maker = scope("system")
    listed = [row for row in rows() if row.code != "330106109200"]
    listed += [row._replace(code="330106002009", name="湖畔社区") for row in rows() if row.code == "330106002001"]
    with inside(maker, read_only=False):
        update = api.prepare_update(
            scope=maker, rows=listed, province="33", day=date(2026, 12, 1), source="名录", now=NOW
        )
        (gone,) = [one.id for one in api.list_changes(update, scope=maker) if one.before_name == "湖埠村"]
    page = signed_in(screen, "system")
    shown(page, f"/places/updates/{update}/changes/{gone}/", "decide-same")
    page.get_by_label("就是新名录里的另一个地方").check()
    page.fill("[name=target]", "330106109201")
    press(page, "就这样定")
    says(page, "没有代码是 330106109201 的新地方")
    looks_right(page)
    picture(page, "decide-same-refused")
    page.fill("[name=target]", "330106002009")
    press(page, "就这样定")
    says(page, "就是新名录里的 湖畔社区 330106002009，同一个地方")
    looks_right(page)
    picture(page, "update-same")
    shown(page, f"/places/updates/{update}/report/", "report-same")
    with page.expect_download() as download:
        page.get_by_role("link", name="全部变化（CSV）").click()
    assert "认定为同一个地方" in download.value.path().read_text(encoding="utf-8-sig")
    page.context.add_cookies([{"name": "falin_prefs", "value": "size=24&care=on", "url": page.url}])
    shown(page, f"/places/updates/{update}/changes/{gone}/", "decide-same-care")
    shown(page, f"/places/updates/{update}/report/", "report-same-care")
