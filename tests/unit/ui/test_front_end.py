"""What the sources of the front end promise, read from the sources."""

import json
import re
from pathlib import Path

import falin.ui
from falin.ui import icons

UI = Path(falin.ui.__file__).parent
CSS = sorted((UI / "frontend" / "css").glob("*.css"))
TEMPLATES = sorted((UI / "templates").rglob("*.html"))


def test_no_template_carries_style_or_script() -> None:
    forbidden = re.compile(r'\sstyle="|\son[a-z]+="|<style|<script(?![^>]*\ssrc=)|javascript:')
    assert [page.name for page in TEMPLATES if forbidden.search(page.read_text(encoding="utf-8"))] == []


def test_every_icon_asked_for_is_on_the_sheet() -> None:
    asked = {
        name for page in TEMPLATES for name in re.findall(r'{% icon "([a-z-]+)"', page.read_text(encoding="utf-8"))
    }
    assert asked - set(icons.names()) == set()


def test_the_style_sheets_use_nothing_an_old_browser_lacks() -> None:
    """Chromium 78 and Firefox 72: no gap in flex boxes, no newer selectors, functions or units."""
    too_new = re.compile(
        r":is\(|:where\(|:has\(|@container|@layer|\b(?:clamp|min|max)\(|aspect-ratio|\binset:|color-mix|\d(?:dvh|svh|lvh)\b"
    )
    found = {}
    for sheet in CSS:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        new = too_new.findall(text.replace("minmax(", ""))
        flex_gap = [
            rule for rule in re.findall(r"{([^{}]*)}", text) if "flex" in rule and re.search(r"(?<!-)\bgap:", rule)
        ]
        if new or flex_gap:
            found[sheet.name] = (new, flex_gap)
    assert found == {}


def test_every_variable_used_is_declared() -> None:
    whole = "".join(sheet.read_text(encoding="utf-8") for sheet in CSS)
    declared = set(re.findall(r"(--[a-z0-9-]+)\s*:", whole))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", whole)) - declared == set()


def test_the_lock_carries_no_addresses() -> None:
    lock = (UI / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in packages.items() if name)
