"""The reference pages that are committed say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from falin.kernel.parameters import declared
from falin.runtime.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("platform/falin", "tenants", "services", "tests", "infra", "docs")
# A page is named by its path, or by its name alone; what a drill writes is there once it was run in full.
_PAGE = re.compile(r"(?<![\w*…/.{}-])(?:\.{1,2}/)*\w[\w./-]*\.md\b")
_DECISION = re.compile(r"\b[Dd]ecisions? (\d+)|决定 (\d+)")


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


def _read() -> dict[Path, str]:
    """Whatever of ours is read by people: code, pages, settings of the house."""
    found = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "pyproject.toml"]
    for room in ROOMS:
        found += [
            path
            for path in (ROOT / room).rglob("*")
            if path.suffix in {".py", ".md", ".html", ".toml", ".sh", ".yml"} and "node_modules" not in path.parts
        ]
    return {path: path.read_text(encoding="utf-8") for path in found}


def test_every_page_that_is_named_is_there() -> None:
    texts = _read()
    names = {path.name for path in texts if path.suffix == ".md"}
    wrong = []
    for path, text in texts.items():
        for named in _PAGE.findall(text):
            drill = ROOT / "infra/drills" / f"{Path(named).stem}.py"
            there = (ROOT / named, path.parent / named)
            if "/" not in named:
                ok = named in names or drill.exists()
            else:
                ok = any(one.exists() for one in there) or (named.startswith("docs/measured/") and drill.exists())
            wrong += [] if ok else [f"{path.relative_to(ROOT)}: {named}"]
    assert wrong == []


def test_every_decision_that_is_named_is_there() -> None:
    there = {int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("0*.md")}
    wrong = [
        f"{path.relative_to(ROOT)}: {number}"
        for path, text in _read().items()
        for number in (int(one or other) for one, other in _DECISION.findall(text))
        if number not in there
    ]
    assert wrong == []


def test_every_figure_says_where_it_comes_from() -> None:
    """A rule of rules.md, a law, an alarm, or a decision (which is there: the test above)."""
    assert [one.key for one in declared() if not re.fullmatch(r"R\d\.\d+|PIPL \d+|A\d|decision \d+", one.rule)] == []


@pytest.mark.parametrize("name", ["README", "docs/how-to/operating"])
def test_the_chinese_page_says_what_the_english_one_says(name: str) -> None:
    """As far as it can be counted: the same sections and rows, commands, variables and links."""

    def told(ending: str) -> list[str]:
        text = (ROOT / f"{name}{ending}").read_text(encoding="utf-8").replace(".zh-CN.md", ".md")
        code = " ".join(re.findall(r"`[^`\n]+`|^\./falin.*?(?=  |$)", text, re.MULTILINE))
        return [
            *re.findall(r"^(?:#+|\||\d+\.|-) ", text, re.MULTILINE),
            *re.findall(r"falin [a-z]+(?: [a-z-]+)?|--[a-z]+|[A-Z]+_[A-Z_]+", code),
            *re.findall(r"\]\(([^)]+)\)", text),
        ]

    english, chinese = told(".md"), told(".zh-CN.md")
    assert sorted(chinese) == sorted(english)
