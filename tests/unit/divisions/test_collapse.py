"""Which rows of a list are places, and where what hangs on the others goes."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tenants.divisions.rules import collapse
from tenants.divisions.types import Level, ListedRow, RefusalReason, RefusedRow, Standing, Status, Tree

_LENGTHS = {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY, 9: Level.STREET, 12: Level.COMMUNITY}


def listed(*pairs: tuple[str, str]) -> list[ListedRow]:
    """Rows as the national list writes them: the parent's code is the beginning of one's own."""
    above = {4: 2, 6: 4, 9: 6, 12: 9}
    return [ListedRow(_LENGTHS[len(code)], code, name, code[: above.get(len(code), 0)]) for code, name in pairs]


def place_of(tree: Tree, name: str) -> Standing:
    return next(place for place in tree.places if place.name == name)


def path_of(tree: Tree, name: str) -> list[str]:
    place = place_of(tree, name)
    names = [place.name]
    while place.parent is not None:
        place = tree.places[place.parent]
        names.append(place.name)
    return names[::-1]


def reasons(tree: Tree) -> list[tuple[str, RefusalReason]]:
    return [(row.code, row.reason) for row in tree.refused]


ORDINARY = listed(
    ("33", "浙江省"), ("3301", "杭州市"), ("330106", "西湖区"), ("330106002", "北山街道"), ("330106002051", "上保社区")
)  # fmt: skip
MUNICIPALITY = listed(
    ("50", "重庆市"), ("5001", "市辖区"), ("5002", "县"), ("500101", "万州区"), ("500101001", "高笋塘街道"),
    ("500101001001", "白岩路社区居委会"), ("500229", "城口县"), ("500229001", "葛城街道"),
    ("500229001200", "坪上村委会"),
)  # fmt: skip
WITHOUT_COUNTIES = listed(
    ("44", "广东省"), ("4419", "东莞市"), ("441900", "东莞市"), ("441900003", "东城街道"), ("441900003001", "岗贝社区"),
    ("4401", "广州市"), ("440103", "荔湾区"), ("440103001", "沙面街道"), ("440103001001", "翠洲社区"),
)  # fmt: skip
UNDER_THE_PROVINCE = listed(
    ("42", "湖北省"), ("4290", "省直辖县级行政区划"), ("429004", "仙桃市"), ("429004001", "沙嘴街道"),
    ("429004001001", "沙嘴社区"),
)  # fmt: skip
NOMINAL = listed(
    ("35", "福建省"), ("3505", "泉州市"), ("350527", "金门县"), ("350527000", "金门县"), ("350527000000", "金门县"),
)  # fmt: skip


def test_an_ordinary_branch_keeps_five_levels() -> None:
    tree = collapse(ORDINARY)
    assert path_of(tree, "上保社区") == ["浙江省", "杭州市", "西湖区", "北山街道", "上保社区"]
    community = place_of(tree, "上保社区")
    assert (community.province, community.city, community.county, community.street) == (0, 1, 2, 3)
    assert [place.is_county_body for place in tree.places] == [False, False, True, False, False]
    assert tree.refused == ()


def test_a_municipality_has_no_cities() -> None:
    tree = collapse(MUNICIPALITY)
    assert path_of(tree, "白岩路社区居委会") == ["重庆市", "万州区", "高笋塘街道", "白岩路社区居委会"]
    assert path_of(tree, "城口县") == ["重庆市", "城口县"]
    assert place_of(tree, "坪上村委会").city is None
    assert reasons(tree) == [("5001", RefusalReason.PLACEHOLDER), ("5002", RefusalReason.PLACEHOLDER)]


def test_a_county_row_that_repeats_its_city_is_the_city() -> None:
    tree = collapse(WITHOUT_COUNTIES)
    assert path_of(tree, "岗贝社区") == ["广东省", "东莞市", "东城街道", "岗贝社区"]
    city = next(position for position, place in enumerate(tree.places) if place.name == "东莞市")
    assert place_of(tree, "岗贝社区").county == city
    assert (tree.places[city].is_county_body, tree.places[city].county) == (True, city)
    assert (place_of(tree, "广州市").is_county_body, place_of(tree, "广州市").county) == (False, None)
    assert reasons(tree) == [("441900", RefusalReason.STANDS_FOR_CITY)]


def test_a_county_under_the_province_hangs_on_the_province() -> None:
    tree = collapse(UNDER_THE_PROVINCE)
    assert path_of(tree, "沙嘴社区") == ["湖北省", "仙桃市", "沙嘴街道", "沙嘴社区"]
    assert place_of(tree, "仙桃市").level is Level.COUNTY
    assert place_of(tree, "仙桃市").is_county_body


def test_a_county_with_nothing_below_it_is_nominal_and_no_body() -> None:
    tree = collapse(NOMINAL)
    county = place_of(tree, "金门县")
    assert [place.name for place in tree.places] == ["福建省", "泉州市", "金门县"]
    assert (county.status, county.is_county_body, county.county) == (Status.NOMINAL, False, 2)
    assert reasons(tree) == [
        ("350527000", RefusalReason.STANDS_FOR_PARENT), ("350527000000", RefusalReason.STANDS_FOR_PARENT)
    ]  # fmt: skip


def test_rows_may_come_in_any_order() -> None:
    rows = [*ORDINARY, *MUNICIPALITY, *WITHOUT_COUNTIES, *UNDER_THE_PROVINCE, *NOMINAL]
    mixed = rows.copy()
    random.Random(3).shuffle(mixed)
    assert collapse(mixed) == collapse(rows)


def _with(*rows: ListedRow) -> Iterable[ListedRow]:
    return [*ORDINARY, *rows]


def test_each_bad_row_is_listed_with_its_reason() -> None:
    tree = collapse(
        _with(
            ListedRow(Level.COMMUNITY, "33010600205", "少一位社区", "330106002"),
            ListedRow(Level.COMMUNITY, "330106002052", "", "330106002"),
            ListedRow(Level.COMMUNITY, "330106002053", "换\t行社区", "330106002"),
            ListedRow(Level.COMMUNITY, "330199002051", "无主社区", "330199002"),
            ListedRow(Level.COMMUNITY, "330106002051", "上保社区", "330106002"),
        )
    )
    assert set(tree.refused) == {
        RefusedRow(Level.COMMUNITY, "33010600205", "少一位社区", RefusalReason.BAD_CODE),
        RefusedRow(Level.COMMUNITY, "330106002052", "", RefusalReason.BAD_NAME),
        RefusedRow(Level.COMMUNITY, "330106002053", "换\t行社区", RefusalReason.BAD_NAME),
        RefusedRow(Level.COMMUNITY, "330199002051", "无主社区", RefusalReason.ORPHAN),
        RefusedRow(Level.COMMUNITY, "330106002051", "上保社区", RefusalReason.DOUBLE),
    }
    assert tree.places == collapse(ORDINARY).places


def test_a_character_for_private_use_does_not_make_a_village_vanish() -> None:
    tree = collapse(_with(ListedRow(Level.COMMUNITY, "330106002201", "高\ue170村委会", "330106002")))
    assert tree.refused == ()
    assert place_of(tree, "高\ue170村委会").urban is False
