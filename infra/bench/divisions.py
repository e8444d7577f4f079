"""
`falin bench divisions`: the national list of 664,000 places brought in, searched, and compared with the next year's.

`import` fills an empty tree, the parts of names for search with it, beside the same rows by Django's `bulk_create`.
`search/…` is the 95th percentile of what the search field does (former names and all), beside trigrams and `LIKE` over
the same table. `compare` says what a year changes, beside a comparison by code; `alone` is the share of changes that a
person decides one by one. In turns, in one process.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the stand and the peers lie beside this file

from stand.children import Child
from stand.ground import Database, ground
from stand.lines import Goal, Line, line, show

from falin.runtime.home import Home
from falin.runtime.sentences import say

IMPORT = Goal(words="value ≤ 30 s", reached=lambda value, peer: value <= 30)
SEARCH = Goal(words="p95 ≤ 20 ms", reached=lambda value, peer: value <= 20)
COMPARE = Goal(words="value ≤ 60 s", reached=lambda value, peer: value <= 60)
ALONE = Goal(words="value ≤ 5 %", reached=lambda value, peer: value <= 5)
TABLES = "divisions_divisionversion, divisions_namepart, divisions_node, divisions_divisionimport"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Which editions; how often each is done; how many words of each kind. Without an edition: a made list."""

    edition: str = "2.7.0"
    before: str = "2.6.1"
    counties: int = 20
    rounds: int = 3
    words: int = 60


def run(home: Home, as_json: bool, size: Size | None = None) -> int:  # noqa: FBT001 (the command line's own shape)
    """`falin bench divisions`."""
    return show(measure(home, size or Size()), as_json=as_json)


def measure(home: Home, size: Size) -> list[Line]:
    with (
        ground(home) as base,
        base.database("divisions") as database,
        Child("ours.divisions", settings="falin.config.settings", environ={
            "FALIN_HOME": str(base.home.root), "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
        }) as child,
    ):  # fmt: skip
        say("正在读名录…", "reading the lists…")
        child("make", home=str(home.root), edition=size.edition, before=size.before, counties=size.counties)
        return [_import(child, database, size), *_compare(child, size), *_search(child, database, size)]


def _import(child: Child, database: Database, size: Size) -> Line:
    say("正在量导入…", "measuring the import…")
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _round in range(size.rounds):
        for side in ("theirs", "ours"):
            database.said_by_admin(f"truncate {TABLES} cascade")
            times[side].append(child(f"import_{side}"))
    return line(case="divisions/import", unit="s", ours=times["ours"], peer="Django bulk_create",
                theirs=times["theirs"], goal=IMPORT)  # fmt: skip


def _compare(child: Child, size: Size) -> list[Line]:
    say("正在量比对…", "measuring the comparison…")
    ours, theirs = [], []
    for _round in range(size.rounds):
        ours.append(child("compare_ours"))
        theirs.append(child("compare_theirs"))
    return [
        line(case="divisions/compare", unit="s", ours=[one[0] for one in ours], peer="by code and name",
             theirs=[one[0] for one in theirs], goal=COMPARE),
        line(case="divisions/alone", unit="%", ours=[one[1] for one in ours], peer="by code and name",
             theirs=[one[1] for one in theirs], goal=ALONE),
    ]  # fmt: skip


def _search(child: Child, database: Database, size: Size) -> list[Line]:
    say("正在量查找…", "measuring the search…")
    database.said_by_admin(
        "create index bench_trigrams on divisions_divisionversion using gin (name gin_trgm_ops)",
        "create index bench_pinyin on divisions_divisionversion (pinyin)",
        "create index bench_initials on divisions_divisionversion (initials)",
    )
    found: dict[str, list[str]] = child("words", count=size.words)
    database.said_by_admin("vacuum analyze divisions_divisionversion", "vacuum analyze divisions_namepart")
    lines = []
    for kind, texts in found.items():
        rounds: dict[str, list[float]] = {"ours": [], "theirs": []}
        for number in range(size.rounds + 1):
            for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                rounds[side].append(_p95(child(f"search_{side}", texts=texts)))
        lines.append(line(case=f"divisions/search/{kind}", unit="ms", ours=rounds["ours"][1:], peer="pg_trgm and LIKE",
                          theirs=rounds["theirs"][1:], goal=SEARCH))  # fmt: skip
    return lines


def _p95(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
