"""
No page of the first flow is wider than the phone it is read on, 360 pixels, as it is and in 关怀版 with large type: whoever
needs the large letters does not also have to push the page from side to side. What is pressed has room for a finger there,
nothing of the masthead is out of reach in 关怀版, and paper begins with the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, expect

from falin.kernel import jobs, relay
from falin.kernel.clock import legal_day, now
from falin.kernel.periods import Month
from services.advisers.commands.importing import take_sheet
from services.indicators.commands import publish_month
from tenants.identity.api import system_of
from tenants.registry.api import list_tenants
from tests.app.duty.cast import GEM, VILLAGE
from tests.conftest import small_world
from tests.e2e.conftest import AS_IT_IS, Site, a_screen, a_worker, open_site, sideways, through_the_door
from tests.e2e.ground import HAMLET, YUANPU, Ground, stage
from tests.fixtures.adviser_sheets import WITH_ERRORS
from tests.fixtures.outlines import lay_out
from tests.world import World

pytestmark = pytest.mark.e2e

PROVINCE, CITY, COUNTY, STREET = "33", "3301", "330106", "330106109"
LARGE = "size=24&care=on"


@pytest.fixture(scope="module")
def ground(template: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The ground with a sheet full of mistakes, a month published, and outlines for the map."""
    from django.core.files.base import ContentFile

    folder = tmp_path_factory.mktemp("narrow")
    home, before = settings.HOME, list(jobs._sender)
    with small_world(template, django_db_blocker, folder):
        made = stage(World(now=now(), today=legal_day(now())), folder)
        with a_worker():
            sheet = ContentFile(WITH_ERRORS.read_bytes(), "西湖区 2026 年度村（社区）法律顾问报名汇总表.xlsx")
            made.sheet = str(made.act("county", take_sheet, upload=sheet).id)
        for months_ago in (4, 3, 1, 0):
            made.act("county", publish_month, month=Month.of(made.first(months_ago)))
        made.act("county2", publish_month, month=Month.of(made.today))
        relay.drain({tenant.schema: system_of(tenant) for tenant in list_tenants()}, clock=now)
        settings.HOME = folder / "home"
        lay_out(settings.HOME)
        yield made
        settings.HOME, jobs._sender[:] = home, before


@pytest.fixture(scope="module")
def site(ground: Ground, assets: Path) -> Iterator[Site]:
    with open_site(assets) as running:
        yield running


def _figures(code: str) -> Callable[[Ground], str]:
    return lambda g: f"/figures/{g.node(code)}/"


PAGES: dict[str, tuple[tuple[str, Callable[[Ground], str]], ...]] = {
    "county": (
        ("today", lambda g: "/"),
        ("advisers", lambda g: "/advisers/"),
        ("advisers-none", lambda g: "/advisers/?q=zzz"),
        ("adviser-new", lambda g: "/advisers/new/"),
        ("firms", lambda g: "/advisers/firms/"),
        ("firm-new", lambda g: "/advisers/firms/new/"),
        ("vacancies", lambda g: "/advisers/vacancies/"),
        ("vacancy", lambda g: f"/advisers/vacancies/{g.node('330106002001')}/"),
        ("community", lambda g: f"/advisers/communities/{g.node(HAMLET)}/"),
        ("choose", lambda g: f"/advisers/appoint/?community={g.node(VILLAGE)}"),
        ("choose-named", lambda g: f"/advisers/appoint/?community={g.node(VILLAGE)}&q=lu"),
        ("appoint", lambda g: f"/advisers/appoint/{g.node(GEM)}/{g.adviser('free')}/"),
        ("end", lambda g: f"/advisers/appointments/{g.appointment('steady', HAMLET)}/end/"),
        ("replace", lambda g: f"/advisers/appointments/{g.appointment('steady', HAMLET)}/replace/"),
        ("adviser", lambda g: f"/advisers/{g.adviser('full')}/"),
        ("adviser-banned", lambda g: f"/advisers/{g.adviser('banned')}/"),
        ("correct", lambda g: f"/advisers/{g.adviser('free')}/correct/"),
        ("examination", lambda g: f"/advisers/{g.adviser('unexamined')}/examination/"),
        ("by-number", lambda g: "/advisers/number/"),
        ("identity", lambda g: f"/advisers/{g.adviser('free')}/identity/"),
        ("ban", lambda g: f"/advisers/{g.adviser('free')}/ban/"),
        ("allow", lambda g: f"/advisers/{g.adviser('banned')}/allow/"),
        ("account", lambda g: f"/advisers/{g.adviser('free')}/account/"),
        ("import", lambda g: "/advisers/import/"),
        ("import-sheet", lambda g: f"/advisers/import/{g.sheet}/"),
        ("stations", lambda g: "/stations/"),
        ("stations-sheets", lambda g: "/stations/sheets/"),
        ("stations-sheet", lambda g: f"/stations/sheets/{g.station_sheet}/"),
        ("station-new", lambda g: "/stations/new/"),
        ("station", lambda g: f"/stations/{g.station}/"),
        ("station-correct", lambda g: f"/stations/{g.station}/correct/"),
        ("station-close", lambda g: f"/stations/{g.station}/close/"),
        ("stations-public", lambda g: f"/public/{COUNTY}/stations/?community={YUANPU}"),
        ("behind", lambda g: "/duty/behind/"),
        ("months", lambda g: "/duty/months/"),
        ("months-ask", lambda g: f"/duty/months/?close={Month.of(g.first(4))}"),
        ("county-figures", _figures(COUNTY)),
    ),
    "street": (("street-today", lambda g: "/"), ("street-behind", lambda g: "/duty/behind/")),
    "logger": (
        ("mine", lambda g: "/duty/"),
        ("log", lambda g: "/duty/log/"),
        ("visits", lambda g: f"/duty/visits/?month={Month.of(g.yesterday)}"),
        ("visit-correct", lambda g: f"/duty/visits/{g.visits['held']}/correct/"),
        ("visit-void", lambda g: f"/duty/visits/{g.visits['held']}/void/"),
        ("published", lambda g: "/figures/visits/"),
    ),
    "leader": (
        ("leader-today", lambda g: "/"),
        ("province", _figures(PROVINCE)),
        ("city", _figures(CITY)),
        ("county-read", _figures(COUNTY)),
        ("street-read", _figures(STREET)),
        ("village-read", lambda g: f"/figures/{g.node(HAMLET)}/?month={Month.of(g.first(3))}"),
        ("unpublished", lambda g: f"/figures/{g.node(PROVINCE)}/?month={Month.of(g.first(7))}"),
    ),
}


def preferring(screen: BrowserContext, site: Site, wishes: str) -> None:
    screen.add_cookies([{"name": "falin_prefs", "value": wishes, "url": site.url}])


# What is pressed, by its own box or by the label that takes the press. Words within a sentence are as high as the sentence.
_SMALL = """
(least) => [...document.querySelectorAll(
  "button, summary, select, .f-btn, .f-nav a, .f-pubnav a, .f-tabs > a, .f-pop__i, a.f-bell, .f-opt, "
  + "input:not([type=hidden]):not([type=checkbox]):not([type=radio])"
)].filter((one) => one.getClientRects().length && !one.closest(".f-sr, [data-specimen]"))
  .map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width > 1 && (box.height < least - 0.5 || box.width < least / 2))
  .map(([box, one]) => `${one.outerHTML.slice(0, 90)} ${Math.round(box.width)} × ${Math.round(box.height)}`)
"""
FINGER, SHAKY_FINGER = 44, 60


@pytest.mark.parametrize("who", PAGES)
def test_every_page_fits_a_small_phone_and_a_finger_as_it_is_and_in_large_type(
    who: str, ground: Ground, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "phone", viewport={"width": 360, "height": 740}) as screen:
        page = screen.new_page()
        through_the_door(page, who)
        preferring(screen, site, LARGE)
        wrong: dict[str, list[object]] = {}
        for name, address in PAGES[who]:
            answer = page.goto(address(ground))
            assert answer is not None and answer.status == 200, name
            assert page.locator("html").get_attribute("data-care") == "on"
            found: list[object] = [*page.evaluate(_SMALL, SHAKY_FINGER)]
            if sideways(page) > 0:
                found.append(f"关怀版: {sideways(page)} pixels too wide")
            page.evaluate(AS_IT_IS)
            found += page.evaluate(_SMALL, FINGER)
            if sideways(page) > 0:
                found.append(f"{sideways(page)} pixels too wide")
            if found:
                wrong[name] = found
    assert wrong == {}


# Where each part of the masthead leads or what it sends; a switch is there whichever way it stands.
_WAYS = """
(where) => [...document.querySelectorAll(where)].filter((one) => one.getClientRects().length).map((one) => {
  if (one.matches("a[href]")) return one.dataset.nav === undefined ? one.getAttribute("href") : "the menu";
  const form = one.form && one.form.getAttribute("action");
  return form && `${form} ${one.name} ${one.name === "care" || one.name === "contrast" ? "" : one.value}`;
}).filter(Boolean)
"""
_PRESSED = "a[href], button:not([type=button]), input:not([type=hidden])"


@pytest.mark.parametrize("who", ["county", "leader", "logger"])
@pytest.mark.parametrize("kind", ["desk", "phone"])
def test_every_way_of_the_masthead_is_there_in_large_type_too(
    who: str, kind: str, ground: Ground, site: Site, browser: Browser
) -> None:
    narrow = {"viewport": {"width": 360, "height": 740}} if kind == "phone" else {}
    with a_screen(browser, site, kind, **narrow) as screen:
        page = screen.new_page()
        through_the_door(page, who)
        page.evaluate("document.querySelectorAll('header details').forEach((one) => { one.open = true; })")
        above = ", ".join(f"{part} {one}" for part in ("header", ".f-strip") for one in _PRESSED.split(", "))
        ways = set(page.evaluate(_WAYS, above))
        assert "/search/ q " in ways
        preferring(screen, site, LARGE)
        page.reload()
        page.evaluate("document.querySelectorAll('header details').forEach((one) => { one.open = true; })")
        assert (
            ways - set(page.evaluate(_WAYS, _PRESSED)) - {"the menu"} == set()
        )  # the menu itself is where there is room
        page.evaluate("document.querySelectorAll('header details').forEach((one) => { one.open = false; })")
        page.keyboard.press("/")
        expect(page.locator("#f-q")).to_be_focused()
        page.keyboard.type("shuang")
        page.locator(".f-search button").click()
        page.wait_for_url("**/search/?q=shuang")


A4 = {"width": 688, "height": 970}  # the print area of a page, in the pixels by which layouts are chosen


def test_paper_gets_whole_tables_whatever_the_reader_chose_for_the_screen(
    ground: Ground, site: Site, browser: Browser
) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        through_the_door(page, "county")
        preferring(screen, site, f"{LARGE}&contrast=high")
        page.set_viewport_size(A4)  # type: ignore[arg-type]
        page.emulate_media(media="print")
        for address in ("/advisers/", "/duty/behind/", _figures(COUNTY)(ground)):
            page.goto(address)
            table = page.locator("main .f-table").first
            if address == "/advisers/":
                table = page.get_by_role("table", name="法律顾问")
            assert table.evaluate("one => getComputedStyle(one).display") == "table", address
            assert table.evaluate("one => getComputedStyle(one.tHead).position") == "static", address
            assert table.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)", address
            heads = table.locator("thead th:not(.f-no-print)")
            assert (
                heads.evaluate_all("all => all.map(one => getComputedStyle(one).display)")
                == ["table-cell"] * heads.count()
            ), address
            for gone in (".f-strip", ".f-nav", ".f-head__acts"):
                expect(page.locator(gone).first).to_be_hidden()
            assert sideways(page) <= 0, address


_TABLES = """
() => [...document.querySelectorAll("main .f-table")].filter((one) => one.offsetParent).map((one) => [
  getComputedStyle(one).display, getComputedStyle(one).color, one.tHead ? getComputedStyle(one.tHead).position : "static",
  ...[...one.querySelectorAll("tbody tr")].slice(0, 3).map((row) => getComputedStyle(row).display),
])
"""


# What one sees of a page before its first table, besides its head and what must be known before reading it.
_BEFORE_THE_TABLE = """
() => {
  const seen = (one) => one.getClientRects().length && getComputedStyle(one).visibility !== "hidden";
  const tables = [...document.querySelectorAll("main .f-table")].filter(seen);
  if (!tables.length) return ["no table"];
  const top = Math.min(...tables.map((one) => one.getBoundingClientRect().top));
  const first = tables.find((one) => one.getBoundingClientRect().top === top);
  return [...document.querySelectorAll("main svg:not(.f-i):not(.f-lv), main img, main .f-figs, main .f-tiles, main .f-sheet")]
    .filter((one) => seen(one) && !one.closest(".f-head, .f-crumb, .f-note") && !one.contains(first))
    .filter((one) => one.getBoundingClientRect().top < top).map((one) => one.outerHTML.slice(0, 90));
}
"""
TABLES_FIRST = {
    "county": ("advisers", "behind", "months", "firms", "stations", "county-figures"),
    "street": ("street-behind",), "logger": ("visits", "published"),
    "leader": ("province", "city", "county-read", "street-read", "village-read"),
}  # fmt: skip


@pytest.mark.parametrize("who", TABLES_FIRST)
def test_the_first_thing_on_paper_is_the_table(who: str, ground: Ground, site: Site, browser: Browser) -> None:
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        through_the_door(page, who)
        page.set_viewport_size(A4)  # type: ignore[arg-type]
        page.emulate_media(media="print")
        wrong = {}
        for name, address in PAGES[who]:
            if name in TABLES_FIRST[who]:
                page.goto(address(ground))
                wrong[name] = page.evaluate(_BEFORE_THE_TABLE)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert len(wrong) == len(TABLES_FIRST[who])


@pytest.mark.parametrize("who", PAGES)
def test_every_list_and_figure_is_a_table_on_paper_and_as_wide_as_it(
    who: str, ground: Ground, site: Site, browser: Browser
) -> None:
    """Each page that has a table, whoever's; what stands folded up is unfolded before it is printed."""
    with a_screen(browser, site, "desk") as screen:
        page = screen.new_page()
        through_the_door(page, who)
        preferring(screen, site, LARGE)
        page.set_viewport_size(A4)  # type: ignore[arg-type]
        page.emulate_media(media="print")
        wrong, tables = {}, 0
        for name, address in PAGES[who]:
            page.goto(address(ground))
            page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
            found = page.evaluate(_TABLES)
            tables += len(found)
            plain = ["table", "rgb(0, 0, 0)", "static"]
            bad = [one for one in found if one[:3] != plain or set(one[3:]) - {"table-row"}]
            if bad or sideways(page) > 0 or page.locator(".f-strip:visible, .f-nav:visible").count():
                wrong[name] = (bad, sideways(page))
    assert wrong == {}
    assert tables >= {"county": 8, "street": 1, "logger": 2, "leader": 6}[who]
