"""What a code says by itself."""

from __future__ import annotations

import pytest

from tenants.divisions.rules import committee_of, kind_of, padded, urban_of
from tenants.divisions.types import Committee, Kind, Level


@pytest.mark.parametrize(
    ("level", "code", "full"),
    [
        (Level.PROVINCE, "33", "330000000000"),
        (Level.CITY, "4419", "441900000000"),
        (Level.COUNTY, "330106", "330106000000"),
        (Level.STREET, "441900003", "441900003000"),
        (Level.COMMUNITY, "330106002051", "330106002051"),
        (Level.CITY, "330100000000", "330100000000"),
    ],
)
def test_a_code_is_padded_to_twelve_digits(level: Level, code: str, full: str) -> None:
    assert padded(level, code) == full


@pytest.mark.parametrize(
    ("level", "code"),
    [
        (Level.PROVINCE, ""),
        (Level.PROVINCE, "3"),
        (Level.PROVINCE, "00"),
        (Level.CITY, "33a1"),
        (Level.CITY, "３３０１"),
        (Level.CITY, "330106000000"),
        (Level.COMMUNITY, "330106002"),
        (Level.COMMUNITY, "3301060020511"),
    ],
)
def test_what_cannot_be_a_code_of_the_level_is_none(level: Level, code: str) -> None:
    assert padded(level, code) is None


@pytest.mark.parametrize(
    ("number", "committee", "urban"),
    [
        ("001", Committee.RESIDENTS, True),
        ("199", Committee.RESIDENTS, True),
        ("200", Committee.VILLAGERS, False),
        ("399", Committee.VILLAGERS, False),
        ("400", Committee.NONE, True),
        ("500", Committee.NONE, False),
        ("599", Committee.NONE, False),
        ("600", Committee.NONE, None),
    ],
)
def test_the_last_three_digits_tell_the_committee(number: str, committee: Committee, urban: bool | None) -> None:
    code = f"330106002{number}"
    assert (committee_of(code), urban_of(code)) == (committee, urban)


@pytest.mark.parametrize(
    ("level", "code", "kind"),
    [
        (Level.COUNTY, "320576000000", Kind.STATISTICAL),
        (Level.COUNTY, "320581000000", Kind.ADMINISTRATIVE),
        (Level.COUNTY, "330106000000", Kind.ADMINISTRATIVE),
        (Level.STREET, "110115403000", Kind.STATISTICAL),
        (Level.STREET, "410172360000", Kind.ADMINISTRATIVE),
        (Level.COMMUNITY, "110105020400", Kind.STATISTICAL),
        (Level.COMMUNITY, "110105020399", Kind.ADMINISTRATIVE),
        (Level.CITY, "417100000000", Kind.ADMINISTRATIVE),
    ],
)
def test_zones_and_farms_are_drawn_for_statistics(level: Level, code: str, kind: Kind) -> None:
    assert kind_of(level, code) is kind
