"""An adviser on the road: no network, session over, another person at the same phone. Nothing is lost, nothing doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from falin.kernel.clock import SHANGHAI, now
from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.periods import Month
from falin.kernel.transactions import inside
from services.duty.commands import close_month
from services.duty.models import Visit
from tenants.identity.api import reinstate_person, suspend_person
from tenants.identity.models import Session
from tests.app.duty.cast import GEM, Adviser, engage
from tests.app.identity.cast import act, number
from tests.e2e.conftest import through_the_door
from tests.world import World

pytestmark = pytest.mark.e2e


@pytest.fixture
def adviser(world: World) -> Adviser:
    return engage(world)


@pytest.fixture
def page(phone: BrowserContext, adviser: Adviser, sign_in_as: Any) -> Iterator[Page]:
    """The phone, signed in, with the adviser's pages kept by the service worker."""
    page = phone.new_page()
    page.goto("/duty/")
    sign_in_as(page, adviser.username)
    page.goto("/duty/")
    _pages_are_kept(page)
    yield page


def _until(page: Page, script: str) -> None:
    """Ask again and again; Playwright's own waiting needs ``eval``, which the site's content policy forbids."""
    for _try in range(100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"never came true: {script}")


def _pages_are_kept(page: Page) -> None:
    _until(
        page,
        """async () => {
        const held = async (path) => Boolean(await caches.match(path, { ignoreVary: true }));
        return navigator.serviceWorker.controller !== null && await held("/duty/") && await held("/duty/log/")
            && await held("/static/duty.js") && held("/offline/");
    }""",
    )


_KEPT_AT = """async (at) => {
    for (const name of await caches.keys()) if (name.startsWith("falin-pages:")) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            const stored = await cache.match(request);
            const headers = new Headers(stored.headers);
            if (!headers.has("X-Falin-Kept-At")) throw new Error("no word of when");
            headers.set("X-Falin-Kept-At", at);
            await cache.put(request, new Response(await stored.arrayBuffer(), { headers }));
        }
    }
}"""


def _kept_at(page: Page, moment: datetime) -> None:
    """As if the pages in the phone had been put away at that moment."""
    page.evaluate(_KEPT_AT, moment.isoformat())


def _yesterday() -> str:
    return f"{now().astimezone(SHANGHAI) - timedelta(days=1):%Y-%m-%d}"


def _write(page: Page, begins: str, ends: str, note: str = "", day: str = "") -> None:
    expect(page.locator("form[data-visit]:not([data-busy])")).to_be_visible()  # the one before is put away
    page.check("[name=node_id] >> nth=0", force=True)
    page.fill("[name=on_day]", day or _yesterday())
    page.fill("[name=begins_at]", begins)
    page.fill("[name=ends_at]", ends)
    page.fill("[name=note]", note)
    page.click("form[data-visit] .f-btn--main")


def _bar(page: Page) -> Any:
    return page.locator("[data-bar-line]")


def _rows(world: World) -> list[tuple[str, str]]:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        rows = list(Visit.objects.in_scope(scope).order_by("begins_at"))
        booked = AuditEntry.objects.filter(act="duty.visit.logged").count()
        told = OutboxEvent.objects.filter(event="duty.visit.logged").count()
    assert (booked, told) == (len(rows), len(rows))
    return [(f"{row.begins_at.astimezone(SHANGHAI):%H:%M}", row.note) for row in rows]


def test_three_visits_written_without_a_network_arrive_exactly_once(
    phone: BrowserContext, page: Page, world: World
) -> None:
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    phone.set_offline(True)
    page.goto("/duty/")  # from the phone's own memory
    expect(_bar(page)).to_have_text("没有网络")
    page.click("text=记一次到访 >> nth=-1")
    for count, (begins, ends) in enumerate([("09:00", "10:00"), ("10:30", "11:30"), ("14:00", "16:00")], start=1):
        _write(page, begins, ends, f"第{count}次")
        expect(_bar(page)).to_have_text(f"没有网络，{count} 条待上传")
    assert _rows(world) == []
    page.reload()
    expect(_bar(page)).to_have_text("没有网络，3 条待上传")
    assert page.locator("[data-queue-list] li").count() == 3
    phone.set_offline(False)
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    wanted = [("09:00", "第1次"), ("10:30", "第2次"), ("14:00", "第3次")]
    assert _rows(world) == wanted
    page.reload()
    page.wait_for_selector("[data-duty][data-ready]")
    assert _rows(world) == wanted


def test_a_page_from_the_phones_memory_says_from_when_it_is(phone: BrowserContext, page: Page) -> None:
    told = page.locator("[data-bar-more]")
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    expect(told).to_have_text("")  # it came just now, from the server
    _kept_at(page, now() - timedelta(hours=3))
    phone.set_offline(True)
    for address in ("/duty/", "/duty/log/"):
        page.goto(address)
        then = (now() - timedelta(hours=3)).astimezone(SHANGHAI)
        expect(told).to_contain_text(re.compile(rf"这页是 {then.month}月{then.day}日 ?{then:%H}:\d\d 的；照常记"))
    phone.set_offline(False)
    page.goto("/duty/")
    expect(told).to_have_text("")


def test_the_moment_a_page_is_from_is_written_as_its_reader_writes_it(
    phone: BrowserContext, page: Page, site: Any
) -> None:
    phone.add_cookies([{"name": "falin_prefs", "value": "language=en", "url": site.url}])
    page.goto("/duty/")  # and is kept anew
    page.wait_for_selector("[data-duty][data-ready]")
    page.wait_for_timeout(500)
    phone.set_offline(True)
    page.goto("/duty/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[data-bar-more]")).to_contain_text(f"{now().astimezone(SHANGHAI):%B}")


def test_an_answer_that_is_lost_on_the_way_makes_no_second_visit(
    phone: BrowserContext, page: Page, world: World
) -> None:
    lost = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())  # it reaches the server; the answer never reaches the phone
            route.abort("connectionreset")
        else:
            route.continue_()

    phone.route("**/api/v1/duty/visits/", lose)
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    _write(page, "09:00", "10:00", "一次")
    expect(page.locator("[data-kept-words]")).to_have_text("已存在手机里，有网自动上传。")
    assert [answer.status for answer in lost] == [201]
    page.reload()
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    assert _rows(world) == [("09:00", "一次")]


def test_a_session_that_ended_meanwhile_loses_nothing(
    phone: BrowserContext, page: Page, world: World, adviser: Adviser, sign_in_as: Any
) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "路上记的")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    Session.objects.all().delete()
    phone.set_offline(False)
    expect(_bar(page)).to_have_text("1 条待上传，请重新登录后上传")
    assert _rows(world) == []
    page.click("[data-again]")
    sign_in_as(page, adviser.username)
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    assert _rows(world) == [("09:00", "路上记的")]


def test_another_person_at_the_same_phone_neither_sees_nor_sends_the_firsts(
    phone: BrowserContext, page: Page, world: World, adviser: Adviser, sign_in_as: Any
) -> None:
    other = engage(world, "宋书遥", username="songshuyao", number=2)
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "陆的")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    phone.clear_cookies()
    page.goto("about:blank")
    phone.set_offline(False)
    second = phone.new_page()
    second.goto("/duty/")
    sign_in_as(second, other.username)
    second.goto("/duty/log/")
    expect(_bar(second)).to_have_text("有网络，没有待上传的记录")
    assert "陆" not in second.locator("main").inner_text()
    _pages_are_kept(second)
    held = second.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('falin-pages:'))")
    assert len(held) == 1
    assert _rows(world) == []
    phone.clear_cookies()
    second.goto("/duty/")
    sign_in_as(second, adviser.username)
    expect(_bar(second)).to_have_text("有网络，没有待上传的记录")
    assert _rows(world) == [("09:00", "陆的")]


_HELD = """async ([turn, signedIn]) => {
    const db = await new Promise((done, failed) => {
        const asked = indexedDB.open("falin-duty");
        asked.onsuccess = () => done(asked.result);
        asked.onerror = failed;
    });
    const all = (store, mode) => new Promise((done) => {
        const asked = db.transaction(store, mode).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
    });
    const keys = await all("keys", "readonly"), visits = await all("visits", "readonly");
    if (turn || signedIn) {
        const work = db.transaction("keys", "readwrite");
        keys.forEach((one) => work.objectStore("keys").put(
            { ...one, at: one.at + turn, until: one.until + signedIn }));
        await new Promise((done) => { work.oncomplete = done; });
    }
    db.close();
    return { keys: keys.map((one) => [one.person, one.key.extractable]), plain: visits.map((one) => JSON.stringify(one)),
             sealed: visits.map((one) => one.sealed && one.sealed.length > 40) };
}"""


def _held(page: Page, turn: timedelta = timedelta(), signed_in: timedelta = timedelta()) -> dict[str, Any]:
    """
    What lies in the phone's database; ``turn`` moves the server's last answer, as if the clock had moved the other way, and
    ``signed_in`` the moment at which the sign-in runs out.
    """
    found: dict[str, Any] = page.evaluate(_HELD, [one.total_seconds() * 1000 for one in (turn, signed_in)])
    return found


_PAGES_AS_THEY_LIE = """async () => {
    const found = [];
    for (const name of await caches.keys()) if (name.startsWith("falin-pages:")) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) found.push(await (await cache.match(request)).text());
    }
    return found;
}"""


def test_what_lies_in_the_phone_is_read_by_nobody_who_has_only_the_phone(
    phone: BrowserContext, page: Page, adviser: Adviser
) -> None:
    """Visits with their photos, and the pages that open without a network; the key itself is handed to no script."""
    phone.set_offline(True)
    page.goto("/duty/log/")
    _write(page, "09:00", "10:00", "机密的记事")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    found = _held(page)
    assert found["keys"] == [[str(number(adviser.username)), False]]
    assert found["sealed"] == [True]
    assert not any("机密" in one or "湖埠" in one or "宝石" in one for one in found["plain"])
    pages = page.evaluate(_PAGES_AS_THEY_LIE)
    assert len(pages) == 2
    assert not any("<" + "html" in one or "社区" in one for one in pages)


@pytest.mark.parametrize("turn", [timedelta(hours=-24, minutes=-1), timedelta(hours=1)])
def test_a_day_without_the_server_locks_the_phone_and_signing_in_opens_it_again(
    phone: BrowserContext, page: Page, world: World, adviser: Adviser, sign_in_as: Any, turn: timedelta
) -> None:
    """Or a clock that was set back. What waits is still counted, and goes out as it was written."""
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "上锁前记的")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    _held(page, turn)
    _write(page, "11:00", "12:00", "锁着记不进")
    expect(page.locator(".f-err[data-fault]")).to_contain_text("手机里的内容锁着")
    expect(page.locator("[name=note]")).to_have_value("锁着记不进")  # not taken away
    expect(page.locator("[data-bar-more]")).to_contain_text("锁上了")
    assert _held(page)["keys"] == []
    page.goto("/duty/")
    expect(page.locator("h1")).to_have_text("现在没有网络")  # the kept page does not open either
    Session.objects.all().delete()
    phone.set_offline(False)
    page.goto("/duty/")
    sign_in_as(page, adviser.username)
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    assert _rows(world) == [("09:00", "上锁前记的")]


def test_who_was_shut_out_loses_the_key_at_the_phones_next_contact_and_gets_it_back_when_he_is_let_in(
    phone: BrowserContext, page: Page, world: World, adviser: Adviser, sign_in_as: Any
) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "停用前记的")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    act("county", suspend_person, person_id=number(adviser.username), why="接受调查")
    phone.set_offline(False)
    expect(_bar(page)).to_have_text("1 条待上传，请重新登录后上传")
    _until(page, "async () => !(await caches.keys()).some((name) => name.startsWith('falin-pages:'))")
    assert _held(page)["keys"] == []
    expect(page.locator("[data-queue-list] li")).to_contain_text("已锁上的一条记录")
    act("county", reinstate_person, person_id=number(adviser.username), why="已查清")
    page.click("[data-again]")
    sign_in_as(page, adviser.username)
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    assert _rows(world) == [("09:00", "停用前记的")]


@pytest.mark.parametrize("why", ["ended", "ran out"])
def test_a_session_the_server_ended_takes_the_key_along_and_one_that_ran_out_leaves_it(
    phone: BrowserContext, page: Page, why: str
) -> None:
    """Whose session ran out is on the road: what he writes next must be kept, too."""
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "一")
    Session.objects.all().delete()
    if why == "ran out":
        _held(page, signed_in=timedelta(hours=-12))
    phone.set_offline(False)
    expect(_bar(page)).to_have_text("1 条待上传，请重新登录后上传")
    assert len(_held(page)["keys"]) == (1 if why == "ran out" else 0)
    phone.set_offline(True)
    _write(page, "11:00", "12:00", "二")
    if why == "ran out":
        expect(_bar(page)).to_have_text("没有网络，2 条待上传")
    else:
        expect(page.locator(".f-err[data-fault]")).to_contain_text("手机里的内容锁着")


def test_a_page_without_https_keeps_nothing_and_says_so(
    browser: Any, site: Any, adviser: Adviser, world: World
) -> None:
    """127.0.0.1 counts as safe; any other name over http does not."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    lan = site.url.replace("127.0.0.1", "localhost")
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(f"{lan}/accounts/login/")
    through_the_door(page, adviser.username)
    page.goto(f"{lan}/duty/log/")
    expect(page.locator("[data-bare]")).to_contain_text("这里不在手机里存任何东西")
    _write(page, "09:00", "10:00", "直接交的")
    page.wait_for_url("**/duty/visits/*")
    assert _rows(world) == [("09:00", "直接交的")]
    assert page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)") == []
    context.close()


def test_signing_out_takes_the_kept_pages_along(phone: BrowserContext, page: Page) -> None:
    page.evaluate("document.querySelector('form[action=\"/accounts/logout/\"]').requestSubmit()")
    page.wait_for_url(lambda url: "/accounts/login/" in url)
    _until(page, "async () => !(await caches.keys()).some((name) => name.startsWith('falin-pages:'))")
    phone.set_offline(True)
    page.goto("/duty/")
    expect(page.locator("h1")).to_have_text("现在没有网络")


def test_what_the_server_refuses_stays_with_its_sentence_until_it_is_mended(
    phone: BrowserContext, page: Page, world: World, adviser: Adviser
) -> None:
    last = Month.of(now()).plus(-1)
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    _write(page, "09:00", "10:00", "上个月的", day=str(last.first_day))
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    with inside(world.scope("county"), read_only=False):
        close_month(scope=world.scope("county"), month=last, now=now())
    phone.set_offline(False)
    row = page.locator("[data-queue-list] li")
    expect(row).to_contain_text("账已经结了")
    page.goto("/duty/")
    page.click("[data-q-edit]")
    page.wait_for_url("**/duty/log/*")
    expect(page.locator("[name=note]")).to_have_value("上个月的")
    page.fill("[name=on_day]", _yesterday())
    page.click("form[data-visit] .f-btn--main")
    page.wait_for_url("**/duty/?sent=1")
    expect(page.locator("main .f-note--ok")).to_contain_text("已记下，也已上传。")
    assert _rows(world) == [("09:00", "上个月的")]
    expect(page.locator("[data-queue]")).to_be_hidden()


def test_a_refused_one_can_be_dropped_after_being_asked(phone: BrowserContext, page: Page, world: World) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    _write(page, "09:00", "10:00", "明天的", day=f"{now().astimezone(SHANGHAI) + timedelta(days=1):%Y-%m-%d}")
    expect(page.locator(".f-err[data-fault]")).to_have_text("开始时间还没有到。到访结束以后再记。")
    page.once("dialog", lambda asked: asked.accept())
    page.click("[data-q-drop]")
    expect(page.locator("[data-queue]")).to_be_hidden()
    assert _rows(world) == []


def test_a_photo_taken_without_a_network_arrives_smaller(
    phone: BrowserContext, page: Page, world: World, tmp_path: Path
) -> None:
    from PIL import Image

    picture = tmp_path / "现场.jpg"
    Image.effect_noise((3200, 2400), 90).convert("RGB").save(picture, quality=95)
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    phone.set_offline(True)
    page.set_input_files("[name=photo]", str(picture))
    _write(page, "09:00", "10:00", "有照片")
    expect(_bar(page)).to_have_text("没有网络，1 条待上传")
    phone.set_offline(False)
    expect(_bar(page)).to_have_text("有网络，没有待上传的记录")
    from falin.kernel.models import StoredFile

    with inside(world.scope("county"), read_only=True):
        stored = StoredFile.objects.get()
    assert stored.content_type == "image/jpeg" and stored.size < picture.stat().st_size / 2
    assert stored.node_id == world.node(GEM)  # the first on the form


def test_what_is_half_written_survives_a_reload_for_the_same_person_only(page: Page) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    page.fill("[name=note]", "写到一半")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("[name=note]")).to_have_value("写到一半")
    keys = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('falin-draft:'))")
    assert all("visit-" in key for key in keys) and keys


def test_half_written_words_lie_in_the_browser_sealed_and_open_on_their_own_persons_page_alone(page: Page) -> None:
    page.goto("/duty/log/")
    page.wait_for_selector("[data-duty][data-ready]")
    page.fill("[name=note]", "secret-advice")
    page.wait_for_timeout(500)
    kept = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert "falin-draft:" in kept and "secret-advice" not in kept
    # what was sealed for one form does not open in another, nor what somebody bent
    page.evaluate("""() => [localStorage, sessionStorage].forEach((store) => {
        Object.keys(store).filter((key) => key.startsWith('falin-draft:')).forEach((key) => {
            const value = store.getItem(key), at = value.indexOf('.') + 9;
            store.setItem(key, value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1));
        });
    })""")
    page.reload()
    page.wait_for_selector("[data-duty][data-ready]")
    expect(page.locator("[name=note]")).to_have_value("")
    expect(page.locator("[data-draft-note]")).to_be_hidden()


def test_the_form_works_without_scripts(
    browser: Any, site: Any, adviser: Adviser, world: World, sign_in_as: Any
) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/duty/log/")
    sign_in_as(page, adviser.username)
    page.goto("/duty/log/")
    _write(page, "09:00", "10:00", "没有脚本")
    page.wait_for_url("**/duty/visits/*")
    assert _rows(world) == [("09:00", "没有脚本")]
    context.close()
