"""
The place that reads a list of codes with their years and successors, and says what became of what, year by year.

A row is one code under one name from a year on; a change counts from 1 January. A row that ended and went whole into
one row that began out of nothing else is the same place under another name or code. A successor on a row that still
stands, beginning in that year, was split off it; one that was there before got a piece of land, and nobody knows how
much.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple

from tenants.divisions.rules.codes import kind_of, padded
from tenants.divisions.types import Committee, Level, LineageKind, Placed, Status

_LEVELS: Final = {"省级": Level.PROVINCE, "地级": Level.CITY, "县级": Level.COUNTY}
_SIGNIFICANT: Final = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6}


class Listed(NamedTuple):
    """One row: a code under a name from one year to the next but one; ``successors`` with their years."""

    level: Level
    code: str
    name: str
    begins: int
    ends: int | None
    successors: tuple[tuple[str, int | None], ...]

    def stands(self, year: int) -> bool:
        return self.begins <= year and (self.ends is None or self.ends > year)


class Succession(NamedTuple):
    year: int
    kind: LineageKind
    source: int
    target: int


class Replay(NamedTuple):
    """Rows, which place each of them is (several rows may be one), and what went over into what."""

    rows: tuple[Listed, ...]
    place: tuple[int, ...]
    successions: tuple[Succession, ...]

    def tree(self, year: int) -> dict[int, Placed]:
        """The places at the end of a year; parents by the code above that stands."""
        there = {self.place[at]: row for at, row in enumerate(self.rows) if row.stands(year)}
        by_code = {(row.level, row.code): place for place, row in there.items()}
        return {place: _placed(row, by_code) for place, row in there.items()}

    def years(self) -> list[int]:
        """The years in which anything begins, ends or goes over."""
        moments = {row.begins for row in self.rows} | {row.ends for row in self.rows if row.ends is not None}
        return sorted(moments | {one.year for one in self.successions})


def read_changes(lines: Iterable[Mapping[str, str]], provinces: Iterable[str]) -> list[Listed]:
    """The rows of some provinces (two digits)."""
    wanted = tuple(provinces)
    return [
        Listed(_LEVELS[line["级别"]], line["代码"], line["名称"], int(line["启用时间"]),
               int(line["变更/弃用时间"]) if line["变更/弃用时间"] else None, _successors(line["新代码"] or ""))
        for line in lines if line["代码"].startswith(wanted)
    ]  # fmt: skip


def _successors(text: str) -> tuple[tuple[str, int | None], ...]:
    found = re.findall(r"(\d{6})(?:\[(\d{4})\])?", text)
    return tuple((code, int(year) if year else None) for code, year in found)


def replay(rows: Iterable[Listed]) -> Replay:
    """What the rows come to."""
    known = tuple(sorted(rows, key=lambda row: (row.begins, row.level, row.code)))
    by_code: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(known):
        by_code[row.code].append(at)

    def standing(code: str, year: int) -> int | None:
        return next((at for at in by_code[code] if known[at].stands(year)), None)

    whole: dict[int, list[int]] = defaultdict(list)  # row → rows it went into when it ended
    parts: list[tuple[int, int, int]] = []  # year, from, to: of rows that went on
    for at, row in enumerate(known):
        for code, year in row.successors:
            when = year or row.ends or known[by_code[code][-1]].begins
            to = standing(code, when)
            if to is None:
                continue
            if when == row.ends:
                whole[at].append(to)
            else:
                parts.append((when, at, to))
    came: dict[int, list[int]] = defaultdict(list)
    for source, targets in whole.items():
        for to in targets:
            came[to].append(source)
    place = list(range(len(known)))
    for source in sorted(whole, key=lambda at: known[at].ends or 0):
        (to, *others) = whole[source]
        if not others and len(came[to]) == 1 and known[to].begins == known[source].ends:
            place[to] = place[source]
    successions = {
        Succession(known[source].ends or 0, LineageKind.MERGE if len(targets) == 1 else LineageKind.SPLIT,
                   place[source], place[to])
        for source, targets in whole.items() for to in targets if place[source] != place[to]
    }  # fmt: skip
    for year, source, to in parts:
        fresh = known[to].begins == year and place[to] == to
        kind = LineageKind.SPLIT if fresh else LineageKind.BOUNDARY
        successions.add(Succession(year, kind, place[source], place[to]))
    return Replay(known, tuple(place), tuple(sorted(successions)))


def _placed(row: Listed, by_code: Mapping[tuple[Level, str], int]) -> Placed:
    above = by_code.get((Level.CITY, f"{row.code[:4]}00")) if row.level == Level.COUNTY else None
    if above is None and row.level != Level.PROVINCE:
        above = by_code[(Level.PROVINCE, f"{row.code[:2]}0000")]
    code = padded(row.level, row.code[: _SIGNIFICANT[row.level]])
    assert code is not None, row
    return Placed(
        level=row.level, code=code, name=row.name, parent=above, parent_code="", parent_level=0,
        kind=kind_of(row.level, code), status=Status.IN_USE, is_county_body=row.level == Level.COUNTY,
        committee=Committee.NONE, urban=None,
    )  # fmt: skip


def first_day(year: int) -> date:
    return date(year, 1, 1)
