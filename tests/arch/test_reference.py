"""The reference pages that are committed say what the code says."""

from __future__ import annotations

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
