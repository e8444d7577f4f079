"""The style page and the whole pages beside it show every part there is: a new part is looked at from its first day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.http import Http404
from django.template import Template
from django.test import RequestFactory

from falin import ui
from falin.ui import preferences, views
from falin.ui.specimen_states import PAGES
from tests.fixtures.outlines import lay_out

UI = Path(ui.__file__).parent
TEMPLATES, SHEETS = UI / "templates", UI / "frontend" / "css"
# What stands on none of these pages, and why not.
TEMPLATES_ELSEWHERE = {
    f"{name}.html": "extends the page of the same name, which is shown"
    for name in ("400", "403", "404", "500", "503", "elsewhere", "moving", "other_hat", "refused", "wrong_host")
} | {
    f"ui/sheets/{name}.html": "what a check of somebody's sheet found; tests/web/stations/test_sheet_pages.py has it drawn"
    for name in ("findings", "head")
}
CLASSES_ELSEWHERE = {
    "f-spot": "a station on the public map, which needs outlines; tests/web/portal/test_public_map.py has it drawn",
    "f-bell--help": "the way to the help of a page; the style page has none",
    "f-care-hide": "hides columns of the table of figures in 关怀版, and looks like nothing",
    "f-demo": "the line of a demo, on every page of one and on no other",
    "f-said": "marks the sentence that is read aloud; tests/e2e/test_public.py has it read",
    "f-shell--bare": "a page without a menu has the whole width; no part",
    "f-first": "what paper begins with; tests/e2e/test_narrow_pages.py prints it",
    "f-sheaf": "the same",
    "f-split": "how a page is laid out beside its margin; a part of it looks the same anywhere",
    "f-split--wide": "the same",
    "f-stack-5": "the same",
}


class Shown(NamedTuple):
    templates: frozenset[str]
    classes: frozenset[str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Every template that was drawn, and every class that stands, on the style page and the whole pages beside it."""
    monkeypatch.setattr(settings, "HOME", tmp_path / "home")
    lay_out(tmp_path / "home")
    drawn: set[str] = set()
    before: Any = Template._render  # type: ignore[attr-defined]

    def watched(template: Template, context: Any) -> Any:
        drawn.add(str(template.name))
        return before(template, context)

    monkeypatch.setattr(Template, "_render", watched)
    html = "".join(_page(page) for page in ("", *PAGES))
    words = " ".join(re.findall(r'class="([^"]*)"', html))
    yield Shown(frozenset(drawn), frozenset(words.split()))


def _page(name: str) -> str:
    request = RequestFactory().get(f"/style/{name}")
    request.prefs = preferences.Preferences()  # type: ignore[attr-defined]
    answer = views.style_whole(request, name) if name else views.style_page(request)
    assert answer.status_code == 200, name
    return str(answer.content.decode())


def test_every_template_of_the_design_system_is_on_it(shown: Shown) -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert sorted(there - shown.templates - TEMPLATES_ELSEWHERE.keys()) == []
    assert sorted(set(TEMPLATES_ELSEWHERE) - (there - shown.templates)) == []  # no reason outlives what it excuses


def test_every_class_of_the_style_sheet_is_on_it(shown: Shown) -> None:
    sheets = "".join(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in SHEETS.glob("*.css"))
    there = set(re.findall(r"\.(f-[a-z0-9_-]+)", sheets))
    assert len(there) > 200
    assert sorted(there - shown.classes - CLASSES_ELSEWHERE.keys()) == []
    assert sorted(set(CLASSES_ELSEWHERE) - (there - shown.classes)) == []


def test_both_the_right_role_and_the_wrong_one_are_seen() -> None:
    page = _page("")
    roles = page[page.index('id="f-roles"') : page.index('id="f-days"')]
    right, wrong, second = roles.split('<div class="f-sheet f-stack">')[1:4]
    assert "停止聘任" in right and "导出看到的这些（XLSX）" in right and "选要看的列" in right
    assert "停止聘任" not in wrong and "导出" not in wrong and "您可以看，不能改" in wrong and "选要看的列" in wrong
    assert "导出看到的这些" in second and "XLSX" not in second
    for name in PAGES:
        assert f'href="/style/{name}/"' in roles


@pytest.mark.parametrize("name", PAGES)
def test_a_whole_page_has_one_heading_and_says_what_it_is_about(name: str) -> None:
    page = _page(name)
    assert page.count("<h1") == 1
    assert ("12348" in page) == (name != "wall")  # nobody telephones from across the room


def test_another_name_is_no_page() -> None:
    with pytest.raises(Http404):
        views.style_whole(RequestFactory().get("/style/base/"), "base")
