"""
The first flow, as steps: a sheet comes in, the examination is recorded, advisers are appointed, replaced and ended, the
adviser logs, corrects and voids, the street reminds, the county closes a month and publishes, the province goes from the
map down to the visit behind the figure and takes the figures home. On a desk and on a phone; axe on every page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from falin.kernel import relay
from falin.kernel.clock import now
from falin.kernel.periods import Month
from services.advisers.rules.sheet import COLUMNS
from tenants.identity.api import system_of
from tenants.registry.api import list_tenants
from tests.e2e.conftest import Site, a_screen, a_worker, looks_right, press, says, signed_in, through_the_door
from tests.fixtures.adviser_sheets import identity, name, person, write
from tests.fixtures.outlines import lay_out
from tests.world import World

pytestmark = pytest.mark.e2e

FIRST, SECOND, UNEXAMINED = name(1), name(2), name(3)
VILLAGE, HAMLET = "330106109200", "330106109201"  # 湖埠村, 灵山村
NEW_PASSWORD = "bamboo-over-quiet-water"


@pytest.fixture(params=["desk", "phone"])
def screen(request: Any, browser: Browser, site: Site) -> Iterator[BrowserContext]:
    with a_screen(browser, site, request.param) as context:
        yield context


@pytest.fixture(autouse=True)
def _worker(world: World) -> Iterator[None]:
    with a_worker():
        yield


@dataclass(frozen=True, slots=True)
class Days:
    """The month the flow is in is that of yesterday, so that its visits lie in the past on the first of a month too."""

    month: Month
    before: Month

    @classmethod
    def of_now(cls) -> Days:
        month = Month.of(now() - timedelta(days=1))
        return cls(month, month.plus(-1))

    @property
    def visit(self) -> date:
        return self.month.first_day


def deliver() -> None:
    """What the relay does all day."""
    relay.drain({tenant.schema: system_of(tenant) for tenant in list_tenants()}, clock=now)


def downloaded(page: Page, link: Locator) -> Path:
    with page.expect_download() as got:
        link.click()
    return Path(got.value.path())


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    with path.open("rb") as file:  # a download has no suffix for openpyxl to go by
        return list(load_workbook(file).worksheets[0].iter_rows(values_only=True))


# ---- the county team ------------------------------------------------------------------------------------------------
def import_a_sheet(page: Page, sheet: Path) -> None:
    page.goto("/advisers/import/")
    looks_right(page)
    template = rows_of(downloaded(page, page.get_by_role("link", name="下载模板")))
    assert [str(cell).split("（")[0].strip(" *") for cell in template[0]] == [column.name for column in COLUMNS]
    page.set_input_files("[name=file]", str(sheet))
    press(page, "上传并检查")
    says(page, "把 3 行登记进来？")
    says(page, "另有 1 行要改")
    expect(page.get_by_role("rowheader", name="第 5 行")).to_be_visible()
    looks_right(page)
    head, bad = rows_of(downloaded(page, page.get_by_role("link", name="下载要修改的行")))
    told = dict(zip(head, bad, strict=True))
    assert (told["姓名"], told["原行号"]) == (name(4), 5)
    assert "身份证号" in str(told["问题"])
    press(page, "确认导入 3 行")
    says(page, "导入完成：登记了 3 名顾问")
    looks_right(page)


def profile(page: Page, who: str) -> None:
    page.goto(f"/advisers/?q={who}")
    page.get_by_role("link", name=who).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(who)


def record_the_examination(page: Page, node: int) -> None:
    """Who has not passed cannot be chosen, and the page says why; once it is recorded he can."""
    chooser = f"/advisers/appoint/?community={node}&q={UNEXAMINED}"
    page.goto(chooser)
    expect(page.locator(".f-pick.is-no").filter(has_text=UNEXAMINED)).to_contain_text("考试")
    profile(page, UNEXAMINED)
    page.get_by_role("link", name="登记统一考试").click()
    looks_right(page)
    page.fill("[name=passed_on]", "2025-12-01")
    press(page, "登记")
    says(page, "通过统一考试，可以聘任了")
    page.goto(chooser)
    expect(page.locator(".f-pick:not(.is-no)").filter(has_text=UNEXAMINED)).to_be_visible()


def appoint(page: Page, node: int, who: str, begins_on: date) -> None:
    page.goto(f"/advisers/appoint/?community={node}")
    looks_right(page)
    page.get_by_role("article").filter(has_text=who).get_by_role("link", name=re.compile("选中")).click()
    page.fill("[name=begins_on]", str(begins_on))
    looks_right(page)
    press(page, "聘任")
    says(page, f"已聘{who}为")
    looks_right(page)


def replace_and_end(page: Page, node: int, days: Days) -> None:
    """The hamlet's adviser is replaced, his successor leaves, and the gap gets its reason."""
    page.goto(f"/advisers/communities/{node}/")
    page.get_by_role("link", name=re.compile("更换")).click()
    page.select_option("[name=new_adviser_id]", label=f"{SECOND}（{person(2)['执业机构']}）")
    page.fill("[name=on_day]", str(days.before.first_day + timedelta(days=9)))
    page.fill("[name=why]", "本人申请调整")
    looks_right(page)
    press(page, "更换")
    says(page, f"由{SECOND}接任")
    page.get_by_role("row").filter(has_text=SECOND).get_by_role("link", name=re.compile("结束")).click()
    page.fill("[name=on_day]", str(days.before.first_day + timedelta(days=19)))
    page.fill("[name=why]", "工作调动")
    looks_right(page)
    press(page, "结束聘任")
    says(page, "的聘任到")
    expect(page.get_by_role("row").filter(has_text=SECOND)).to_contain_text("工作调动")
    looks_right(page)


def explain_the_vacancy(page: Page) -> None:
    page.goto("/advisers/vacancies/")
    looks_right(page)
    gap = page.get_by_role("row").filter(has_text="灵山村")
    expect(gap).to_contain_text("没有写明")
    gap.get_by_role("link", name=re.compile("写原因")).click()
    page.check("[name=reason] >> nth=0", force=True)
    page.fill("[name=note]", "下月初补上")
    looks_right(page)
    press(page, "保存")
    expect(page.get_by_role("row").filter(has_text="灵山村")).to_contain_text("下月初补上")


def open_account(page: Page, who: str) -> tuple[str, str]:
    profile(page, who)
    looks_right(page)
    page.get_by_role("link", name=re.compile("开通账号")).click()
    looks_right(page)
    press(page, "开通")
    shown = page.locator("dl.f-kv dd b")
    return shown.nth(0).inner_text(), shown.nth(1).inner_text()


def close_the_month_before(page: Page) -> str:
    """The oldest month that is over; the page asks twice."""
    page.goto("/duty/months/")
    looks_right(page)
    page.locator("main").get_by_role("link", name=re.compile("结账")).click()
    looks_right(page)
    month = page.locator("[name=month]").get_attribute("value") or ""
    press(page, "结账")
    says(page, "的账已结。")
    return month


# ---- the adviser ----------------------------------------------------------------------------------------------------
def first_sign_in(screen: BrowserContext, username: str, password: str) -> Page:
    screen.clear_cookies()
    page = screen.new_page()
    page.goto("/accounts/login/")
    through_the_door(page, username, password)
    page.wait_for_url("**/accounts/password/change/")  # the first password must go before anything else is shown
    looks_right(page)
    for field, text in (("oldpassword", password), ("password1", NEW_PASSWORD), ("password2", NEW_PASSWORD)):
        page.fill(f"[name={field}]", text)
    press(page, "改好")
    page.wait_for_url(lambda url: "change" not in url)
    return page


def write_visit(page: Page, day: date, begins: str, ends: str) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    page.check("[name=node_id] >> nth=0", force=True)
    page.fill("[name=on_day]", str(day))
    page.fill("[name=begins_at]", begins)
    page.fill("[name=ends_at]", ends)


def send(page: Page) -> None:
    page.click("form[data-visit] .f-btn--main")


def log_visits_and_a_lecture(page: Page, days: Days, photo: Path) -> None:
    page.goto("/duty/")
    looks_right(page)
    says(page, "湖埠村")
    last_month = days.before.first_day
    for day, begins, ends in (
        (last_month, "09:00", "10:00"), (days.visit, "09:00", "12:00"), (days.visit, "13:00", "14:00"),
    ):  # fmt: skip
        write_visit(page, day, begins, ends)
        send(page)
        says(page, "已记下，也已上传。")
    write_visit(page, days.visit, "15:00", "16:30")
    page.check("[name=kind][value=lecture]", force=True)
    page.fill("[name=topic]", "宅基地纠纷怎么办")
    page.fill("[name=attendees]", "36")
    page.set_input_files("[name=photo]", str(photo))
    looks_right(page)
    send(page)
    says(page, "已记下，也已上传。")


def correct_and_void(page: Page, days: Days) -> None:
    page.goto(f"/duty/visits/?month={days.month}")
    looks_right(page)
    expect(page.get_by_role("row").filter(has_text="宅基地纠纷怎么办")).to_contain_text("36 人到场")
    page.get_by_role("row").filter(has_text="09:00").get_by_role("link", name=re.compile("更正")).click()
    page.fill("[name=ends_at]", "12:30")
    page.fill("[name=why]", "走的时间记错了")
    looks_right(page)
    press(page, "更正")
    expect(page.get_by_role("row").filter(has_text="09:00–12:30")).to_contain_text("更正过")
    page.get_by_role("row").filter(has_text="13:00").get_by_role("link", name=re.compile("作废")).click()
    page.fill("[name=why]", "记重了")
    looks_right(page)
    press(page, "作废")
    expect(page.get_by_role("row").filter(has_text="13:00")).to_contain_text("已作废")
    expect(page.locator(".f-head__sub")).to_contain_text("5 小时")
    looks_right(page)


def a_closed_month_takes_nothing(page: Page, closed: str) -> None:
    page.goto(f"/duty/visits/?month={closed}")
    says(page, "这个月的账已经结了")
    write_visit(page, Month.parse(closed).last_day, "09:00", "10:00")
    send(page)
    expect(page.locator(".f-err[data-fault]")).to_contain_text("账已经结了")
    page.once("dialog", lambda asked: asked.accept())
    page.click("[data-q-drop]")
    expect(page.locator("[data-queue]")).to_be_hidden()


# ---- the street and the province ------------------------------------------------------------------------------------
def remind(page: Page, days: Days) -> None:
    page.goto(f"/duty/behind/?month={days.month}")
    looks_right(page)
    row = page.get_by_role("row").filter(has_text=FIRST)
    expect(row).to_contain_text("湖埠村")
    expect(row).to_contain_text("3 小时")
    row.get_by_role("button").click()
    says(page, "今天已提醒")


def go_down_to_the_visit(page: Page) -> None:
    looks_right(page)
    page.goto("/figures/")
    looks_right(page)
    expect(page.locator("svg.f-map")).to_be_visible()
    ranking = page.get_by_role("table", name="谁落后，谁在追")
    published = ranking.get_by_role("row").filter(has_text="杭州市")
    expect(published).to_contain_text("20.0%")  # one of the five communities of the one county that has published
    expect(ranking.get_by_role("row").filter(has_text="宁波市")).to_contain_text("没有发布")
    for place in ("杭州市", "西湖区", "双浦镇", "湖埠村"):
        page.locator("main table").get_by_role("link", name=place).first.click()
        looks_right(page)
        expect(page.get_by_role("heading", level=1)).to_contain_text(place)
    lines = page.locator("main table").filter(has_text=FIRST).first
    expect(lines).to_contain_text("3 小时 30 分")
    expect(lines).to_contain_text("讲座")
    expect(lines.locator("tfoot")).to_contain_text("5 小时")


def take_it_home(page: Page) -> None:
    """The sums as CSV that a spreadsheet reads in Chinese and as XLSX; visits on paper alone (decision 42)."""
    expect(page.get_by_role("button", name="CSV")).to_have_count(0)
    visits = page.url
    page.locator(".f-crumb").get_by_role("link", name="双浦镇").first.click()
    text = downloaded(page, page.get_by_role("button", name="CSV")).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    lines = text.decode("utf-8-sig").splitlines()
    sheet = rows_of(downloaded(page, page.get_by_role("button", name="XLSX")))
    assert len(sheet) == len(lines) > 1
    assert any("湖埠村" in line for line in lines) and any("湖埠村" in row for row in sheet)
    page.goto(visits)
    page.emulate_media(media="print")
    expect(page.locator("main table").filter(has_text=FIRST).first).to_be_visible()
    for gone in (".f-strip", ".f-nav", ".f-head__acts"):
        expect(page.locator(gone).first).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")


def test_the_first_flow(screen: BrowserContext, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HOME", tmp_path / "home")
    lay_out(settings.HOME)
    days = Days.of_now()
    photo = tmp_path / "现场.jpg"
    Image.effect_noise((800, 600), 60).convert("RGB").save(photo)
    sheet = write(tmp_path / "顾问.xlsx", [
        person(1), person(2), person(3, 考试通过日期=None), person(4, 身份证号=identity(4)[:-1] + "x1"),
    ])  # fmt: skip

    county = signed_in(screen, "county")
    looks_right(county)
    import_a_sheet(county, sheet)
    record_the_examination(county, world.node(HAMLET))
    appoint(county, world.node(VILLAGE), FIRST, days.before.first_day)
    appoint(county, world.node(HAMLET), UNEXAMINED, days.before.first_day)
    replace_and_end(county, world.node(HAMLET), days)
    explain_the_vacancy(county)
    county.goto("/advisers/")
    looks_right(county)
    username, password = open_account(county, FIRST)

    adviser = first_sign_in(screen, username, password)
    log_visits_and_a_lecture(adviser, days, photo)
    correct_and_void(adviser, days)

    remind(signed_in(screen, "street"), days)

    adviser = signed_in(screen, username, NEW_PASSWORD)
    adviser.goto("/duty/")
    expect(adviser.locator(".f-note--watch").filter(has_text="湖埠村")).to_contain_text("3 小时")
    press(adviser, "知道了")
    expect(adviser.locator(".f-note--watch").filter(has_text="湖埠村")).to_have_count(0)

    county = signed_in(screen, "county")
    closed = close_the_month_before(county)
    county.goto("/figures/")
    looks_right(county)
    press(county, "重新汇总并发布")
    deliver()
    county.goto("/figures/")
    looks_right(county)

    a_closed_month_takes_nothing(signed_in(screen, username, NEW_PASSWORD), closed)

    leader = signed_in(screen, "leader")
    go_down_to_the_visit(leader)
    take_it_home(leader)
