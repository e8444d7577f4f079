"""What a new list changes: found again on lists with seeded changes, and on two real editions of one city."""

from __future__ import annotations

import csv
import gzip
import io
from functools import cache
from pathlib import Path

import pytest

from tenants.divisions.rules import collapse, detect
from tenants.divisions.rules.naming import is_numbered, likeness, stem
from tenants.divisions.types import ChangeKind, Level, ListedRow, Proposal, Reason, Standing, Tree
from tests.unit.divisions.seeded import CHANGES, Seeded, a_year_apart

LISTS = Path(__file__).parents[2] / "fixtures" / "divisions"
SEEDS = (1, 7)


@cache
def seeded(seed: int) -> tuple[Seeded, list[Proposal], dict[str, set[int]]]:
    """The lists, what was found, and the numbers of the places that were found gone, added and so on."""
    made = a_year_apart(seed)
    found = detect(made.known(), made.listed())
    numbers = {(one.level, one.code.ljust(12, "0")): one.number for one in made.after.values()}
    told: dict[str, set[int]] = {kind: set() for kind in ("gone", "added", "renamed", "recoded", "moved")}
    for change in found:
        if change.to is None:
            told["gone"].add(change.node or 0)
        elif change.node is None:
            told["added"].add(numbers[change.to.level, change.to.code])
        elif change.kind in {ChangeKind.RENAMED, ChangeKind.RECODED, ChangeKind.MOVED}:
            same = numbers[change.to.level, change.to.code] == change.node
            told[change.kind].add(change.node if same else -change.node)  # taken for another: wrong, whatever it is
    return made, found, told


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["gone", "added", "renamed", "recoded", "moved"])
def test_seeded_changes_are_found_and_nothing_else(kind: str, seed: int) -> None:
    made, _found, told = seeded(seed)
    truth: set[int] = getattr(made, kind)
    assert len(truth) >= CHANGES
    right = len(truth & told[kind])
    assert right / len(truth) >= 0.98, sorted(truth - told[kind])[:10]
    assert right / len(told[kind]) >= 0.98, sorted(told[kind] - truth)[:10]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_place_came_from_or_went_to_is_among_the_first_three(seed: int) -> None:
    made, found, _told = seeded(seed)
    numbers = {(one.level, one.code.ljust(12, "0")): one.number for one in made.after.values()}
    begun = {
        numbers[change.to.level, change.to.code]: [one.node for one in change.candidates]
        for change in found if change.to is not None and change.node is None
    }  # fmt: skip
    ended = {
        change.node or 0: [numbers[Level.COMMUNITY, one.code] for one in change.candidates]
        for change in found if change.to is None
    }  # fmt: skip
    assert min(len(made.split), len(made.merged)) >= CHANGES
    assert sum(old in begun.get(new, ()) for new, old in made.split.items()) / len(made.split) >= 0.9
    assert sum(new in ended.get(old, ()) for old, new in made.merged.items()) / len(made.merged) >= 0.9


@pytest.mark.parametrize("seed", [*SEEDS, 3, 42])
def test_who_is_named_for_sure_is_the_right_one(seed: int) -> None:
    """A group that is confirmed at a glance hands on what hangs on its places: not to a wrong heir."""
    made, found, _told = seeded(seed)
    numbers = {(one.level, one.code.ljust(12, "0")): one.number for one in made.after.values()}
    merged = [change for change in found if change.kind == ChangeKind.MERGED and change.sure]
    split = [change for change in found if change.kind == ChangeKind.SPLIT and change.sure]
    heirs = [numbers[Level.COMMUNITY, one.candidates[0].code] == made.merged.get(one.node or 0) for one in merged]
    origins = [
        one.candidates[0].node == made.split.get(numbers[one.to.level, one.to.code])
        for one in split
        if one.to is not None
    ]
    assert min(len(heirs), len(origins)) > 300, "the rules still tell most of what a list can tell"
    assert sum(heirs) / len(heirs) >= 0.98
    assert sum(origins) / len(origins) >= 0.98


@pytest.mark.parametrize("seed", [*SEEDS, 3, 42])
def test_a_place_with_a_likely_heir_or_origin_is_not_among_those_that_have_none(seed: int) -> None:
    made, found, _told = seeded(seed)
    numbers = {(one.level, one.code.ljust(12, "0")): one.number for one in made.after.values()}
    alone = [one for one in found if one.reason == Reason.ONLY_HERE]
    assert alone
    assert not [one for one in alone if one.candidates], "who is shown a candidate stands in a group of its own"
    went = [one for one in alone if one.node in made.merged]
    came = [one for one in alone if one.to is not None and numbers[one.to.level, one.to.code] in made.split]
    assert (len(went), len(came)) == (0, 0)


@pytest.mark.parametrize(
    ("gone", "sure"),
    [(["东湖村", "西山村"], True), (["东湖村", "西山村", "东岗村"], False), (["东湖村", "西山村", "南山村"], False)],
)
def test_a_name_is_of_parts_for_sure_where_it_can_be_of_no_others(gone: list[str], *, sure: bool) -> None:
    """东山村 may be 东湖 and 西山, or 东岗 and 西山, or 东湖 and 南山."""
    known = _small({"330106109200": "永福村"} | {f"33010610921{at}": name for at, name in enumerate(gone)})
    found = detect(known, _listed({"330106109200": "永福村", "330106109301": "东山村"}))
    merged = [change for change in found if change.kind == ChangeKind.MERGED]
    assert len(merged) == len(gone)
    assert {change.sure for change in merged} == {sure}
    assert {change.candidates[0].name for change in merged} == {"东山村"}


@pytest.mark.parametrize("seed", SEEDS)
def test_few_changes_are_left_to_decide_one_by_one(seed: int) -> None:
    _made, found, _told = seeded(seed)
    assert sum(not change.sure for change in found) / len(found) <= 0.05


def test_what_no_list_can_tell_is_left_to_a_person() -> None:
    """The same code under a name without one character in common: renamed, or given to another place."""
    known, tree = _small({"330106109200": "湖埠村委会"}), _listed({"330106109200": "灵山社区"})
    (change,) = detect(known, tree)
    assert (change.kind, change.reason, change.sure) == (ChangeKind.RENAMED, Reason.UNLIKE_NAME, False)


def test_codes_that_change_places_take_their_names_along() -> None:
    known = _small({"330106109200": "湖埠村委会", "330106109201": "灵山村委会"})
    found = detect(known, _listed({"330106109200": "灵山村委会", "330106109201": "湖埠村委会"}))
    assert {(change.kind, change.reason) for change in found} == {(ChangeKind.RECODED, Reason.SAME_NAME_HERE)}


def test_a_street_under_another_name_and_code_is_known_by_what_lies_in_it() -> None:
    below = {f"{number:03}": f"{name}村委会" for number, name in enumerate("甲乙丙丁戊", start=200)}
    known = _small({f"330106109{code}": name for code, name in below.items()}, street=("330106109", "双浦镇"))
    tree = _listed({f"330106013{code}": name for code, name in below.items()}, street=("330106013", "之江街道"))
    found = detect(known, tree)
    assert (found[0].kind, found[0].reason) == (ChangeKind.RECODED, Reason.SAME_PLACES_BELOW)
    assert {(change.kind, change.reason) for change in found[1:]} == {(ChangeKind.RECODED, Reason.ABOVE_CHANGED)}


def test_the_same_list_changes_nothing() -> None:
    known = _small({"330106109200": "湖埠村委会"})
    assert detect(known, _listed({"330106109200": "湖埠村委会"})) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [("湖埠村委会", "湖埠"), ("湖埠社区居民委员会", "湖埠"), ("瓯海县", "瓯海"), ("酉阳土家族苗族自治县", "酉阳"),
     ("社区", "社区"), ("东村", "东村")],
)  # fmt: skip
def test_a_stem_is_what_tells_a_place_from_others(name: str, kept: str) -> None:
    assert stem(name) == kept


def test_names_are_alike_by_what_tells_them_apart() -> None:
    assert likeness("湖埠村委会", "湖埠社区") == 1
    assert likeness("湖埠村委会", "灵山村委会") == 0
    assert is_numbered("上塘第二社区", "上塘社区")
    assert is_numbered("北上塘社区", "上塘村委会")
    assert not is_numbered("上塘花园社区", "上塘社区")


# ---- two real editions of one city -----------------------------------------------------------------------------------
def _edition(name: str) -> list[ListedRow]:
    text = gzip.decompress((LISTS / name).read_bytes()).decode()
    return [ListedRow(Level(int(row[0])), *row[1:]) for row in csv.reader(io.StringIO(text))]


def standing(tree: Tree) -> list[Standing]:
    return [place.renumbered(range(1, len(tree.places) + 1)) for place in tree.places]


def _small(places: dict[str, str], street: tuple[str, str] = ("330106109", "双浦镇")) -> list[Standing]:
    return standing(_listed(places, street))


def _listed(places: dict[str, str], street: tuple[str, str] = ("330106109", "双浦镇")) -> Tree:
    above = [("33", "浙江省"), ("3301", "杭州市"), ("330106", "西湖区"), street, *places.items()]
    levels = {2: Level.PROVINCE, 4: Level.CITY, 6: Level.COUNTY, 9: Level.STREET, 12: Level.COMMUNITY}
    lengths = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
    return collapse(ListedRow(levels[len(code)], code, name, code[: lengths[len(code)]]) for code, name in above)


def test_a_development_zone_keeps_its_identity_when_its_code_changes() -> None:
    known = standing(collapse(_edition("suzhou-2022.csv.gz")))
    found = detect(known, collapse(_edition("suzhou-2023.csv.gz")))
    park = next(place for place in known if place.name == "苏州工业园区")
    (change,) = [change for change in found if change.node == park.node]
    assert (park.code[:6], change.kind, change.sure) == ("320571", ChangeKind.RECODED, True)
    assert change.to is not None
    assert (change.to.code[:6], change.to.name) == ("320576", "苏州工业园区")
    below = {place.node for place in known if place.county == park.node} - {park.node}
    ended = {change.node for change in found if change.to is None}
    assert len(below) > 100
    assert not below & ended, "what lies in the zone goes with it"
    assert sum(not change.sure for change in found) / len(found) <= 0.05
