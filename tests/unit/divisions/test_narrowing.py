"""Comparing below one place: the whole comparison's changes that touch it, from a list of everything or of it alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tenants.divisions.rules import collapse, completed, detect, touching, within
from tenants.divisions.types import Level, ListedRow, Proposal, Standing, Tree

LENGTHS = {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY, 9: Level.STREET, 12: Level.COMMUNITY}
STOOD = {
    "33": "浙江省", "3301": "杭州市", "330102": "上城区", "330102001": "清波街道", "330102001001": "清波门社区",
    "330102001002": "定安路社区", "330106": "西湖区", "330106002": "北山街道", "330106002001": "宝石社区",
    "330106002002": "栖霞社区", "330106109": "双浦镇", "330106109200": "湖埠村", "330106109201": "灵山村",
}  # fmt: skip
DONGGUAN = {"44": "广东省", "4419": "东莞市", "441900": "东莞市", "441900003": "东城街道", "441900003001": "余屋社区",
            "441900003002": "温塘社区"}  # fmt: skip
CHONGQING = {"50": "重庆市", "5001": "市辖区", "500101": "万州区", "500101001": "高笋塘街道", "500101001001": "白岩路社区",
             "500101001002": "王家坡社区"}  # fmt: skip
STREETLESS = {"62": "甘肃省", "6202": "嘉峪关市", "620201": "嘉峪关市", "620201000": "直属", "620201000001": "前进社区",
              "620201000002": "胜利社区"}  # fmt: skip


def rows(names: dict[str, str]) -> list[ListedRow]:
    upper = {4: 2, 6: 4, 9: 6, 12: 9}
    return [ListedRow(LENGTHS[len(code)], code, name, code[: upper.get(len(code), 0)]) for code, name in names.items()]


def standing(names: dict[str, str]) -> list[Standing]:
    places = collapse(rows(names)).places
    return [place.renumbered([at + 100 for at in range(len(places))]) for place in places]


def compared(stood: dict[str, str], listed: dict[str, str], code: str) -> list[Proposal]:
    known, place = standing(stood), None
    place = next(one for one in known if one.code == code.ljust(12, "0"))
    tree = collapse(completed(rows(listed), known, place))
    covered = within(known, tree, place)
    return touching(detect(covered, tree), covered, place)


def told(found: Iterable[Proposal], stood: dict[str, str] = STOOD) -> set[tuple[str, str, str]]:
    names = {place.node: place.name for place in standing(stood)}
    return {(one.kind.value, names.get(one.node or 0, ""), one.to.name if one.to else "") for one in found}


def changed(stood: dict[str, str], **names: str | None) -> dict[str, str]:
    new = {code.removeprefix("c"): name for code, name in names.items()}
    return {code: name for code, name in {**stood, **new}.items() if name is not None}


LATER = changed(
    STOOD, c330102001001="清波新社区", c330102001002=None, c330106002001="宝石山社区", c330106002002=None, c330106109201=None,
    c330106002009="晨光社区", c330102001009="朝晖社区",
)  # fmt: skip


@pytest.mark.parametrize("code", ["33", "3301", "330106", "330106002", "330106002001", "330102"])
def test_below_a_place_stands_what_the_whole_comparison_says_of_it(code: str) -> None:
    whole = detect(standing(STOOD), collapse(rows(LATER)))
    below = [
        one for one in whole
        if next((p.code for p in standing(STOOD) if p.node == one.node), one.to.code if one.to else "").startswith(code)
    ]  # fmt: skip
    assert told(compared(STOOD, LATER, code)) == told(below)
    assert told(below)


def test_a_list_of_one_county_alone_says_nothing_of_the_others() -> None:
    own = {code: name for code, name in LATER.items() if code.startswith("330106")}
    assert told(compared(STOOD, own, "330106")) == told(compared(STOOD, LATER, "330106")) != set()


@pytest.mark.parametrize(
    ("stood", "code", "changes"),
    [(DONGGUAN, "441900003", ("441900003002", "温塘新村")), (CHONGQING, "500101", ("500101001002", "王家坡新村")),
     (STREETLESS, "620201000001", ("620201000001", "前进新村"))],
    ids=["a city without counties", "a municipality", "without streets"],
)  # fmt: skip
def test_levels_that_the_tree_does_not_have_are_no_places_of_a_short_list_either(
    stood: dict[str, str], code: str, changes: tuple[str, str]
) -> None:
    own = {of: name for of, name in {**stood, changes[0]: changes[1]}.items() if of.startswith(code)}
    assert told(compared(stood, own, code), stood) == {("renamed", stood[changes[0]], changes[1])}


def test_what_went_over_the_border_has_moved_where_the_list_has_both_sides() -> None:
    """A village that goes to the street beside it is no village that is gone, nor a new one there."""
    moved = changed(STOOD, c330106109201=None, c330106002003="灵山村")
    for code in ("330106109", "330106002", "330106109201"):
        assert told(compared(STOOD, moved, code)) == {("moved", "灵山村", "灵山村")}
    assert told(compared(STOOD, moved, "330102")) == set()


def test_where_what_leaves_goes_to_a_new_place_that_one_is_among_the_changes() -> None:
    moved = changed(
        STOOD, c330106109201=None, c330106010="转塘街道", c330106010001="灵山村", c330106010002="青年路社区"
    )
    assert told(compared(STOOD, moved, "330106109")) == {("moved", "灵山村", "灵山村"), ("added", "", "转塘街道")}


def test_what_comes_in_with_a_town_comes_with_all_that_changes_in_it() -> None:
    """双浦镇 goes over to 上城区: its villages are named anew there, one ends and one begins."""
    stays = {code: name for code, name in STOOD.items() if not code.startswith("330106109")}
    moved = {**stays, "330102109": "双浦镇", "330102109200": "湖埠新村", "330102109300": "云上社区"}
    kinds = {(kind, was or became) for kind, was, became in told(compared(STOOD, moved, "330102"))}
    assert {("moved", "双浦镇"), ("added", "云上社区"), ("gone", "灵山村")} <= kinds


def test_a_list_without_the_place_ends_it() -> None:
    other = {code: name for code, name in STOOD.items() if not code.startswith("330106")}
    assert {kind for kind, _was, _became in told(compared(STOOD, other, "330106"))} <= {"gone", "merged"}


def test_of_a_short_list_the_rows_above_are_as_they_stand() -> None:
    known = standing(STOOD)
    place = next(one for one in known if one.code == "330106000000")
    own = [row for row in rows(LATER) if row.code.startswith("330106")]
    tree: Tree = collapse(completed(own, known, place))
    assert [(one.name, one.level) for one in tree.places[:3]] == [("浙江省", 1), ("杭州市", 2), ("西湖区", 3)]
    assert tree.refused == ()


def test_what_a_list_of_one_county_calls_like_a_place_elsewhere_is_not_taken_from_there() -> None:
    """Only one street of the province bears the name on either side; but of the other county the list says nothing."""
    own = {code: name for code, name in STOOD.items() if code.startswith("330106")}
    found = compared(STOOD, {**own, "330106010": "清波街道", "330106010001": "云上社区"}, "330106")
    assert told(found) == {("added", "", "清波街道"), ("added", "", "云上社区")}
