"""The reference pages that are committed say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from falin.runtime.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_equals_the_made_one(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run ./falin reference"


def test_every_room_of_the_tree_is_in_the_glossary_or_the_readme() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/reference/glossary.md").read_text()
    for service in (ROOT / "services").iterdir():
        if (service / "models.py").exists():
            assert f"services/{service.name}" in text


def test_every_rule_that_is_cited_can_be_looked_up_and_every_one_there_is_cited() -> None:
    sources = [
        path for room in ("platform/falin", "tenants", "services", "tests") for path in (ROOT / room).rglob("*.py")
    ]
    cited = {rule for path in sources for rule in re.findall(r"\bR\d+\.\d+\b", path.read_text(encoding="utf-8"))}
    listed = re.findall(r"^\| (R\d+\.\d+) \|", (ROOT / "docs/reference/rules.md").read_text(encoding="utf-8"), re.M)
    assert sorted(cited) == sorted(listed)
