"""
The place that turns the rows of a list into places.

A list always has five levels; the country has not. Rows that only fill a level ("市辖区", a county row that repeats a
city without counties, a street numbered 000) are no places: what hangs on them moves up to what they stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from tenants.divisions.rules.codes import CODE_LENGTH, SIGNIFICANT, committee_of, kind_of, padded, urban_of
from tenants.divisions.types import (
    PLACEHOLDER_REASONS,
    Committee,
    Kind,
    Level,
    ListedRow,
    RefusalReason,
    RefusedRow,
    Standing,
    Status,
    Tree,
)

PLACEHOLDER_NAMES: Final = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_BODY_LEVELS: Final = frozenset({Level.CITY, Level.COUNTY})
_OWN: Final = {
    level: SIGNIFICANT[Level(level - 1)] if level > 1 else 0 for level in Level
}  # where its own digits begin
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f]"
)  # characters for private use pass: the place is real, its font is not


def collapse(rows: Iterable[ListedRow]) -> Tree:
    """
    The tree a list comes to. Rows may come in any order; places come out by level and code, ancestors first.

    Codes are keyed with their level: a city without counties shares its twelve digits with its own county row.
    """
    builder = _Builder(sorted(rows))
    for row in builder.rows:
        builder.take(row)
    return Tree(places=tuple(builder.places), refused=tuple(builder.refused))


class _Builder:
    def __init__(self, rows: list[ListedRow]) -> None:
        self.rows = rows
        self.places: list[Standing] = []
        self.refused: list[RefusedRow] = []
        self._positions: dict[tuple[int, str], int] = {}  # a collapsed row leads to the place it stands for
        self._stand_ins = _stand_ins(rows)
        self._bodies = {row.parent_code for row in rows if row.code in self._stand_ins and row.level == Level.COUNTY}
        self._peopled = _peopled_counties(rows)

    def take(self, row: ListedRow) -> None:
        key = (row.level, row.code)
        parent = self._positions.get((row.level - 1, row.parent_code))
        full = padded(row.level, row.code)
        reason = RefusalReason.BAD_CODE if full is None else self._objection(row, full, parent)
        if full is not None and reason is None:
            self._positions[key] = len(self.places)
            self.places.append(self._place(row, full, parent))
        elif reason is not None:
            self.refused.append(RefusedRow(row.level, row.code, row.name, reason))
            if parent is not None and reason in PLACEHOLDER_REASONS:
                self._positions[key] = parent

    def _objection(self, row: ListedRow, full: str, parent: int | None) -> RefusalReason | None:
        """Why the row is no place of its own; the first reason found."""
        name = row.name  # of signs and digits alone, as most are, nothing is to be looked for
        if not name.isalnum() and (not name or _CONTROL.search(name) or name != name.strip()):
            return RefusalReason.BAD_NAME
        if parent is None and row.level != Level.PROVINCE:
            return RefusalReason.ORPHAN
        if (row.level, row.code) in self._positions:
            return RefusalReason.DOUBLE
        return self._standing_in(row, full)

    def _standing_in(self, row: ListedRow, full: str) -> RefusalReason | None:
        if row.level in (Level.CITY, Level.COUNTY) and row.name in PLACEHOLDER_NAMES:
            return RefusalReason.PLACEHOLDER
        if row.level == Level.COUNTY and row.code in self._stand_ins:
            return RefusalReason.STANDS_FOR_CITY
        if _numbered_nought(row.level, full):
            return RefusalReason.STANDS_FOR_PARENT
        return None

    def _place(self, row: ListedRow, code: str, parent: int | None) -> Standing:
        position, level = len(self.places), row.level
        above = self.places[parent] if parent is not None else None
        is_body = level in _BODY_LEVELS and row.code in (self._bodies if level == Level.CITY else self._peopled)
        kind, committee, urban = _told_by(level, code[_OWN[level] :])
        if level == Level.COMMUNITY and above is not None:  # nineteen of twenty; by position, in half the time
            return Standing(position, level, code, row.name, parent, above.province, above.city, above.county,
                            above.street, kind, Status.IN_USE, False, committee, urban)  # fmt: skip  # noqa: FBT003
        return Standing(
            node=position,
            level=level,
            code=code,
            name=row.name,
            parent=parent,
            province=above.province if above else position,
            city=position if level == Level.CITY else above and above.city,
            county=position if is_body or level == Level.COUNTY else above and above.county,
            street=position if level == Level.STREET else above and above.street,
            kind=kind,
            status=Status.NOMINAL if level == Level.COUNTY and not is_body else Status.IN_USE,
            is_county_body=is_body,
            committee=committee,
            urban=urban,
        )


@lru_cache(maxsize=10_000)
def _told_by(level: Level, digits: str) -> tuple[Kind, Committee, bool | None]:
    """What a code says of its place by its own last digits: a thousand answers for 620,000 communities."""
    code = digits.rjust(CODE_LENGTH, "0")
    if level != Level.COMMUNITY:
        return kind_of(level, code), Committee.NONE, None
    return kind_of(level, code), committee_of(code), urban_of(code)


def _numbered_nought(level: Level, full: str) -> bool:
    return (level == Level.STREET and full.endswith("000000")) or (level == Level.COMMUNITY and full.endswith("000"))


def _stand_ins(rows: list[ListedRow]) -> set[str]:
    """Codes of county rows that are the only one of their city and bear its name: the city has no counties."""
    cities = {row.code: row.name for row in rows if row.level == Level.CITY}
    counties: dict[str, list[ListedRow]] = {}
    for row in rows:
        if row.level == Level.COUNTY:
            counties.setdefault(row.parent_code, []).append(row)
    return {of[0].code for city, of in counties.items() if len(of) == 1 and of[0].name == cities.get(city)}


def _peopled_counties(rows: list[ListedRow]) -> set[str]:
    """Codes of county rows that have a community below them; one that has none is only a name."""
    streets: set[str] = {
        row.parent_code
        for row in rows
        if row.level == Level.COMMUNITY and (full := padded(row.level, row.code)) and not full.endswith("000")
    }
    return {row.parent_code for row in rows if row.level == Level.STREET and row.code in streets}
