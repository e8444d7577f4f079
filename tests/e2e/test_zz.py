import pytest
from datetime import date, timedelta
from tests.app.duty.cast import *
from falin.kernel.clock import now
from services.duty.commands import remind
from falin.kernel.periods import Month
from axe_playwright_python.sync_playwright import Axe
@pytest.mark.e2e
def test_dbg(world, phone, sign_in_as, browser, site):
    a = engage(world)
    engage(world, "宋书遥", username="songshuyao", number=2)
    for i in range(2,6): log(world, a.scope(world), now=now(), begins_at=at(date(2026,11,i),9), ends_at=at(date(2026,11,i),10,30+i))
    log(world, a.scope(world), now=now(), kind=VisitKind.LECTURE, topic="民法典与邻里", attendees=42, node_id=world.node(GEM), begins_at=at(date(2026,11,9),9), ends_at=at(date(2026,11,9),10,30))
    log(world, a.scope(world), now=now(), begins_at=at(date(2026,10,9),9), ends_at=at(date(2026,10,9),10,30))
    with inside(world.scope("street"), read_only=False):
        remind(scope=world.scope("street"), node_id=world.node(VILLAGE), adviser_id=a.id, month=Month(2026,11), now=now())
    page = phone.new_page()
    page.goto("/duty/")
    sign_in_as(page, a.username)
    def shot(page, name, path):
        page.goto(path)
        page.wait_for_timeout(600)
        page.screenshot(path=f"/tmp/duty_{name}.png", full_page=True)
        r = Axe().run(page)
        for v in r.response["violations"]: print("AXE", name, v["id"], v["help"], [n["html"][:150] for n in v["nodes"]][:3])
    shot(page, "mine", "/duty/"); shot(page, "log", "/duty/log/"); shot(page, "visits", "/duty/visits/")
    page.click("text=更正 >> nth=0"); page.wait_for_timeout(500); page.screenshot(path="/tmp/duty_correct.png", full_page=True)
    shot(page,"void", page.url.replace("correct","void"))
    phone.set_offline(True)
    page.goto("/duty/log/")
    page.check("[name=node_id] >> nth=0", force=True); page.fill("[name=on_day]","2026-11-20"); page.fill("[name=begins_at]","09:00"); page.fill("[name=ends_at]","10:00")
    page.click("form[data-visit] .f-btn--main"); page.wait_for_timeout(800)
    page.screenshot(path="/tmp/duty_logoff.png", full_page=True)
    phone.set_offline(False); page.wait_for_timeout(1500)
    desk = browser.new_context(base_url=site.url, locale="zh-CN", viewport={"width":1280,"height":800})
    p2 = desk.new_page(); p2.goto("/accounts/login/"); sign_in_as(p2, "county")
    shot(p2,"behind","/duty/behind/"); shot(p2,"months","/duty/months/"); shot(p2,"ask","/duty/months/?close=2026-10")
    p3 = phone.new_page(); phone.clear_cookies(); p3.goto("/accounts/login/"); sign_in_as(p3, "street")
    shot(p3,"behindphone","/duty/behind/")
