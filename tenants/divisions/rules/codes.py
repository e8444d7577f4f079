"""
The place that reads statistical codes: 2 + 2 + 2 digits down to the county, 3 for the street, 3 for the community.

Digits 5–6 of 71–80 are zones drawn for statistics (county-level cities begin at 81). Digits 7–9 of 400–599 are farms,
zones and parks that are run like a street. Digits 10–12 tell the committee: 001–199 residents, 200–399 villagers, and
like those two 400–499 and 500–599.
"""

from __future__ import annotations

from typing import Final

from tenants.divisions.types import Committee, Kind, Level

CODE_LENGTH: Final = 12
SIGNIFICANT: Final = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.STREET: 9, Level.COMMUNITY: 12}
_REST: Final = {level: "0" * (CODE_LENGTH - digits) for level, digits in SIGNIFICANT.items()}


def padded(level: Level, code: str) -> str | None:
    """The code in its twelve digits, or ``None`` if it cannot be a code of that level."""
    if not (code.isascii() and code.isdigit()) or len(code) not in (SIGNIFICANT[level], CODE_LENGTH):
        return None
    full = code.ljust(CODE_LENGTH, "0")
    return full if full.endswith(_REST[level]) and not full.startswith("00") else None


def committee_of(code: str) -> Committee:
    number = int(code[9:12])
    if 1 <= number <= 199:
        return Committee.RESIDENTS
    return Committee.VILLAGERS if 200 <= number <= 399 else Committee.NONE


def urban_of(code: str) -> bool | None:
    """Urban or rural as far as a community's code can tell (R1.7); ``None`` where it says nothing."""
    number = int(code[9:12])
    if 1 <= number <= 199 or 400 <= number <= 499:
        return True
    return False if 200 <= number <= 399 or 500 <= number <= 599 else None


def kind_of(level: Level, code: str) -> Kind:
    match level:
        case Level.COUNTY:
            drawn = 71 <= int(code[4:6]) <= 80
        case Level.STREET:
            drawn = int(code[6:9]) >= 400
        case Level.COMMUNITY:
            drawn = int(code[9:12]) >= 400
        case _:
            drawn = False
    return Kind.STATISTICAL if drawn else Kind.ADMINISTRATIVE
