"""
Somebody writes while everything goes wrong around him, in an order made by chance: the network goes and comes, pages are
loaded again, other tabs are opened, the session ends, buttons are pressed twice. No input is lost, no act done twice.

A few orders here; `falin drill interleave` runs a thousand, and writes down how it went.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from falin.kernel.clock import legal_day, now
from falin.kernel.models import AuditEntry
from falin.kernel.transactions import inside
from services.duty.models import Visit
from tenants.identity.models import Person, Session
from tests.app.duty.cast import GEM, engage
from tests.e2e.conftest import Site, a_screen, through_the_door
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COUNT = int(os.environ.get("FALIN_INTERLEAVINGS", "6"))
FIRST = int(os.environ.get("FALIN_INTERLEAVINGS_FROM", "0"))
SLOTS = 26  # half hours of a day, from seven in the morning


@dataclass(slots=True)
class Hand:
    """Who writes, in which browser, and what went wrong around him."""

    screen: BrowserContext
    world: World
    username: str
    path: str
    form: str
    words: str  # the field for some
    page: Page
    met: list[str] = field(default_factory=list)
    offline: bool = False

    def away(self) -> None:
        self.screen.set_offline(True)
        self.offline = True

    def back(self) -> None:
        self.screen.set_offline(False)
        self.offline = False

    def again(self) -> None:
        """Load the page again; where the way in or nothing at all comes instead, do as a person does."""
        with suppress(Error):  # no network and nothing kept: the browser's own page
            self.page.reload()
        self.at_the_form()

    def at_the_form(self) -> None:
        for _try in range(6):
            with suppress(Error):
                if "/accounts/login/" in self.page.url:
                    through_the_door(self.page, self.username)
                if self.page.url.split("#")[0].endswith(self.path) and self.page.locator(self.form).count():
                    return
                self.page.goto(self.path)
                if self.page.locator(self.form).count():
                    return
            if self.offline:
                self.back()
        pytest.fail(f"{self.met}: no way back to the form, but {self.page.url}")

    def at_home(self, path: str) -> None:
        """Leave the form for the list, also where what was pressed still loads a page of its own."""
        for _try in range(6):
            with suppress(Error):
                self.page.goto(path)
                if "/accounts/login/" in self.page.url:
                    through_the_door(self.page, self.username)
                elif urlsplit(self.page.url).path == path:
                    return
        pytest.fail(f"{self.met}: no way home, but {self.page.url}")

    def another_tab(self) -> None:
        """He begins something else in another tab, thinks better of it and closes it."""
        tab = self.screen.new_page()
        with suppress(Error):
            tab.goto(self.path)
            tab.locator(f"{self.form} [name={self.words}]").fill("另一页里写的", timeout=2000)
            tab.wait_for_timeout(400)
        tab.close()

    def back_from_another_tab(self) -> None:
        self.another_tab()
        self.again()

    def session_over(self) -> None:
        person = Person.objects.get(username=self.username)
        Session.objects.filter(person_id=person.pk).delete()


TROUBLE: dict[str, Callable[[Hand], None]] = {
    "offline": Hand.away,
    "online": Hand.back,
    "reload": Hand.again,
    "another tab": Hand.another_tab,
    "another tab, and reload": Hand.back_from_another_tab,
    "session over": Hand.session_over,
    "nothing": lambda hand: None,
}


def _troubled(hand: Hand, chance: Random) -> None:
    name = chance.choice(list(TROUBLE))
    hand.met.append(name)
    TROUBLE[name](hand)


def _write(hand: Hand, chance: Random, fields: dict[str, str]) -> None:
    """Field by field in any order, with something going wrong between; what was written is there when it comes to sending."""
    order = list(fields)
    chance.shuffle(order)
    for name in order:
        hand.at_the_form()
        _enter(hand.page, hand.form, name, fields[name])
        _troubled(hand, chance)
    hand.at_the_form()
    _still_there(hand, fields)


def _enter(page: Page, form: str, name: str, value: str) -> None:
    control = page.locator(f"{form} [name={name}]")
    if control.first.get_attribute("type") in {"radio", "checkbox"}:
        page.locator(f"{form} [name={name}][value='{value}']").check(force=True)
    else:
        control.fill(value)


def _still_there(hand: Hand, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        control = hand.page.locator(f"{hand.form} [name={name}]")
        if control.first.get_attribute("type") in {"radio", "checkbox"}:
            held = hand.page.locator(f"{hand.form} [name={name}][value='{value}']").is_checked()
        else:
            held = control.input_value() == value
        assert held, f"{hand.met}: {name} is lost"


def _send(hand: Hand, chance: Random) -> None:
    how = chance.choice(["press", "press twice", "press and reload", "press without a network"])
    hand.met.append(how)
    if how == "press without a network":
        hand.away()
    button = hand.page.locator(f"{hand.form} .f-btn--main")
    with suppress(Error):
        (button.dblclick if how == "press twice" else button.click)(no_wait_after=True, timeout=5000)
    if how == "press and reload":
        with suppress(Error):
            hand.page.reload()
    with suppress(Error):
        hand.page.wait_for_load_state("load", timeout=10_000)
    hand.page.wait_for_timeout(700)
    hand.back()


def _settled(hand: Hand, home: str, done: Callable[[], int], fields: dict[str, str]) -> None:
    """He looks whether it arrived; what did not waits on the phone to be sent, or is still in the form and is sent again."""
    for _try in range(4):
        hand.at_home(home)
        for _wait in range(10):
            if done():
                return
            hand.page.wait_for_timeout(200)
        if _sent_by_the_phone(hand, done):
            return
        hand.at_the_form()
        _still_there(hand, fields)
        hand.page.locator(f"{hand.form} .f-btn--main").click(no_wait_after=True)
        hand.page.wait_for_timeout(1000)
    pytest.fail(f"{hand.met}: it never arrived")


def _sent_by_the_phone(hand: Hand, done: Callable[[], int]) -> bool:
    """What the page says is waiting on the phone goes by itself, within two minutes on the busiest machine."""
    if hand.page.locator("[data-duty]").count():
        hand.page.wait_for_selector("[data-duty][data-ready]")
    for _wait in range(240):
        if not hand.page.locator("[data-queue-list] > *").count():
            return done() > 0
        hand.page.wait_for_timeout(500)
        if done():
            return True
    return False


@pytest.fixture
def writers(world: World, site: Site, browser: Browser) -> Iterator[list[Hand]]:
    """An adviser on his phone, and a street's officer at her desk."""
    adviser = engage(world)
    street_page = f"/duty/hours/{world.node(GEM)}/"
    with a_screen(browser, site, "phone") as phone, a_screen(browser, site, "desk") as desk:
        hands = [
            Hand(phone, world, adviser.username, "/duty/log/", "form[data-visit]", "note", phone.new_page()),
            Hand(desk, world, "street2", street_page, "form[data-draft]", "room", desk.new_page()),
        ]
        for hand in hands:
            hand.page.goto(hand.path)
            hand.at_the_form()
        yield hands


def test_whatever_goes_wrong_in_whatever_order_nothing_is_lost_and_nothing_done_twice(
    writers: list[Hand], world: World
) -> None:
    met: Counter[str] = Counter()
    for number in range(FIRST, FIRST + COUNT):
        hand, chance = writers[number % 2], Random(number)
        hand.met = [f"order {number}"]
        hand.back()
        hand.page.goto(hand.path)
        hand.at_the_form()
        visit = number % 2 == 0
        fields = _visit_fields(number, hand) if visit else _notice_fields(number)
        _write(hand, chance, fields)
        _send(hand, chance)
        done = (lambda n=number: _visits(world, n)) if visit else (lambda n=number: _notices(world, n))
        _settled(hand, "/duty/" if visit else "/duty/hours/", done, fields)
        hand.page.wait_for_timeout(300)
        assert done() == 1, hand.met
        met.update(hand.met[1:])
    report = os.environ.get("FALIN_INTERLEAVINGS_REPORT")
    if report:
        Path(report).write_text(json.dumps({"orders": COUNT, "met": met}))


def _visit_fields(number: int, hand: Hand) -> dict[str, str]:
    slot, day = number // 2 % SLOTS, legal_day(now()) - timedelta(days=1 + number // 2 // SLOTS)
    begins = 7 * 60 + slot * 30
    node = hand.page.locator("form[data-visit] [name=node_id]").first.get_attribute("value") or ""
    return {
        "node_id": node, "on_day": str(day), "begins_at": f"{begins // 60:02}:{begins % 60:02}",
        "ends_at": f"{(begins + 30) // 60:02}:{(begins + 30) % 60:02}", "note": f"第{number}次交错",
    }  # fmt: skip


def _notice_fields(number: int) -> dict[str, str]:
    return {"weekdays": str(1 + number % 7), "begins_at": "09:00", "ends_at": "11:00", "room": f"{number}号楼"}


def _visits(world: World, number: int) -> int:
    scope = world.scope("county")
    with inside(scope, read_only=True):
        return int(Visit.objects.in_scope(scope).filter(note=f"第{number}次交错").count())


def _notices(world: World, number: int) -> int:
    with inside(world.scope("county"), read_only=True):
        return AuditEntry.objects.filter(act="duty.hours.posted", after__room=f"{number}号楼").count()
