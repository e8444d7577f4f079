"""
The first flow, as steps: a sheet comes in, an adviser is appointed, he logs his visits, the street reminds, the county
publishes, the province goes from the map down to the visit behind the figure. On a desk and on a phone; axe on every page.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect

from falin.kernel import jobs, relay
from falin.kernel.clock import SHANGHAI, now
from tenants.identity.api import system_of
from tenants.registry.api import find_by_schema, list_tenants
from tests.e2e.conftest import Site
from tests.fixtures.adviser_sheets import identity, name, person, write
from tests.world import World

pytestmark = pytest.mark.e2e

FIRST, SECOND, UNEXAMINED = name(1), name(2), name(3)
NEW_PASSWORD = "bamboo-over-quiet-water"


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A wide screen, or a small one that is touched."""
    sizes = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
    context = browser.new_context(base_url=site.url, locale="zh-CN", timezone_id="Asia/Shanghai",
                                  viewport=sizes[request.param], has_touch=request.param == "phone")  # type: ignore[arg-type]  # fmt: skip
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture(autouse=True)
def worker(world: World) -> Iterator[None]:
    """A worker that takes a job as soon as it is committed; the broker has its own tests."""
    running: list[threading.Thread] = []

    def work(schema: str, job_id: str) -> None:
        import uuid

        def do() -> None:
            try:
                jobs.work(system=system_of(find_by_schema(schema)), job_id=uuid.UUID(job_id))
            finally:
                connection.close()

        running.append(threading.Thread(target=do))
        running[-1].start()

    before = list(jobs._sender)
    jobs.send_with(work)
    yield
    for thread in running:
        thread.join(20)
    jobs._sender[:] = before


def looks_right(page: Page) -> None:
    """No accessibility violation, one h1, nothing to scroll sideways, nothing said on the console."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == [], page.url
    assert page.locator("h1").count() == 1, page.url
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url


def signed_in(screen: BrowserContext, sign_in_as: Any, username: str) -> Page:
    screen.clear_cookies()
    page = screen.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto("/accounts/login/")
    sign_in_as(page, username)
    return page


def press(page: Page, text: str) -> None:
    page.locator("main").get_by_role("button", name=text).first.click()


def deliver() -> None:
    """What the relay does all day."""
    relay.drain({tenant.schema: system_of(tenant) for tenant in list_tenants()}, clock=now)


def import_a_sheet(page: Page, sheet: Path) -> None:
    page.goto("/advisers/import/")
    looks_right(page)
    page.set_input_files("[name=file]", str(sheet))
    press(page, "上传并检查")
    expect(page.get_by_text("把 3 行登记进来？")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("另有 1 行要改")).to_be_visible()
    looks_right(page)
    press(page, "确认导入 3 行")
    expect(page.get_by_text("导入完成：登记了 3 名顾问")).to_be_visible(timeout=30_000)


def appoint(page: Page, node: int, who: str) -> None:
    page.goto(f"/advisers/appoint/?community={node}")
    looks_right(page)
    page.get_by_role("article").filter(has_text=who).get_by_role("link", name=re.compile("选中")).click()
    page.fill("[name=begins_on]", f"{now().astimezone(SHANGHAI):%Y-%m}-01")
    looks_right(page)
    press(page, "聘任")
    expect(page.get_by_text(who).first).to_be_visible()


def open_account(page: Page, who: str) -> tuple[str, str]:
    page.goto(f"/advisers/?q={who}")
    page.get_by_role("link", name=who).first.click()
    looks_right(page)
    page.get_by_role("link", name=re.compile("开通账号")).click()
    press(page, "开通")
    shown = page.locator("dl.f-kv dd b")
    return shown.nth(0).inner_text(), shown.nth(1).inner_text()


def first_sign_in(screen: BrowserContext, username: str, password: str) -> Page:
    screen.clear_cookies()
    page = screen.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    press(page, "登录")
    page.wait_for_url("**/accounts/password/change/")  # the first password must go before anything else is shown
    looks_right(page)
    for field, text in (("oldpassword", password), ("password1", NEW_PASSWORD), ("password2", NEW_PASSWORD)):
        page.fill(f"[name={field}]", text)
    press(page, "改好")
    page.wait_for_url(lambda url: "change" not in url)
    return page


def write_visit(page: Page, begins: str, ends: str) -> None:
    page.goto("/duty/log/")
    page.check("[name=node_id] >> nth=0", force=True)
    page.fill("[name=on_day]", f"{now().astimezone(SHANGHAI):%Y-%m}-01")
    page.fill("[name=begins_at]", begins)
    page.fill("[name=ends_at]", ends)
    page.click("form[data-visit] .f-btn--main")


def test_the_first_flow(screen: BrowserContext, world: World, sign_in_as: Any, tmp_path: Path) -> None:
    node = world.node("330106109200")
    sheet = write(tmp_path / "顾问.xlsx", [
        person(1), person(2), person(3, 考试通过日期=None), person(4, 身份证号=identity(4)[:-1] + "x1"),
    ])  # fmt: skip

    county = signed_in(screen, sign_in_as, "county")
    looks_right(county)
    import_a_sheet(county, sheet)

    # who has not passed the examination cannot be chosen, and the page says why
    county.goto(f"/advisers/appoint/?community={node}&q={UNEXAMINED}")
    expect(county.locator(".f-pick.is-no").filter(has_text=UNEXAMINED)).to_contain_text("考试")
    appoint(county, node, FIRST)
    county.goto("/advisers/")
    looks_right(county)
    county.goto("/advisers/vacancies/")
    looks_right(county)
    username, password = open_account(county, FIRST)

    adviser = first_sign_in(screen, username, password)
    adviser.goto("/duty/")
    looks_right(adviser)
    expect(adviser.get_by_text("湖埠村").first).to_be_visible()
    write_visit(adviser, "09:00", "12:00")
    expect(adviser.get_by_text("已记下，也已上传。").first).to_be_visible()
    adviser.goto("/duty/visits/")
    looks_right(adviser)
    expect(adviser.get_by_text("3 小时").first).to_be_visible()
    # the same morning again: he cannot be there twice
    write_visit(adviser, "11:00", "13:00")
    expect(adviser.get_by_text("同一时间只能在一处").first).to_be_visible()

    street = signed_in(screen, sign_in_as, "street")
    street.goto("/duty/behind/")
    looks_right(street)
    row = street.get_by_role("row").filter(has_text=FIRST)
    expect(row).to_contain_text("湖埠村")
    row.get_by_role("button").click()
    expect(street.get_by_text("今天已提醒").first).to_be_visible()

    county = signed_in(screen, sign_in_as, "county")
    county.goto("/figures/")
    looks_right(county)
    press(county, "重新汇总并发布")
    deliver()
    county.goto("/figures/")
    looks_right(county)

    leader = signed_in(screen, sign_in_as, "leader")
    looks_right(leader)
    leader.goto("/figures/")
    looks_right(leader)
    for place in ("杭州市", "西湖区", "双浦镇", "湖埠村"):
        leader.locator("main table").get_by_role("link", name=place).first.click()
        looks_right(leader)
        expect(leader.get_by_role("heading", level=1)).to_contain_text(place)
    expect(leader.locator("main table").filter(has_text=FIRST).first).to_contain_text("3 小时")
    with leader.expect_download() as got:
        leader.get_by_role("link", name="CSV").click()
    text = Path(got.value.path()).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert FIRST in text.decode("utf-8-sig")
