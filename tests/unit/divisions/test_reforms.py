"""What becomes of streets and counties is found again, and of what lies in them: on lists with seeded reforms."""

from __future__ import annotations

from functools import cache

import pytest

from tenants.divisions.rules import detect
from tenants.divisions.types import ChangeKind, Level, Proposal, Reason
from tests.unit.divisions.reformed import counties_reformed, streets_reformed
from tests.unit.divisions.seeded import Seeded

REFORMS = {Level.STREET: (streets_reformed, 400), Level.COUNTY: (counties_reformed, 100)}
KINDS = ("gone", "added", "renamed", "recoded", "moved")
SEEDS = (1, 7)


@cache
def reformed(level: Level, seed: int) -> tuple[Seeded, list[Proposal], dict[int, Level]]:
    """The lists, what was found, and the level of each place by its number."""
    made = REFORMS[level][0](seed)
    levels = {one.number: one.level for places in (made.before, made.after) for one in places.values()}
    return made, detect(made.known(), made.listed()), levels


def _numbers(made: Seeded) -> dict[tuple[int, str], int]:
    return {(one.level, one.code.ljust(12, "0")): one.number for one in made.after.values()}


def _told(made: Seeded, found: list[Proposal]) -> dict[str, set[int]]:
    """Of each kind the numbers that were found; who was taken for another stands below zero: wrong, whatever it is."""
    numbers, told = _numbers(made), {kind: set[int]() for kind in KINDS}
    for change in found:
        if change.to is None:
            told["gone"].add(change.node or 0)
        elif change.node is None:
            told["added"].add(numbers[change.to.level, change.to.code])
        elif change.kind in {ChangeKind.RENAMED, ChangeKind.RECODED, ChangeKind.MOVED}:
            same = numbers[change.to.level, change.to.code] == change.node
            told[change.kind].add(change.node if same else -change.node)
    return told


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", REFORMS)
def test_what_became_of_them_is_found_and_nothing_else(level: Level, kind: str, seed: int) -> None:
    made, found, levels = reformed(level, seed)
    truth = {number for number in getattr(made, kind) if levels[number] == level}
    told = {number for number in _told(made, found)[kind] if levels[abs(number)] == level}
    assert len(truth) >= REFORMS[level][1]
    right = len(truth & told)
    assert right / len(truth) >= 0.98, sorted(truth - told)[:10]
    assert right / len(told) >= 0.98, sorted(told - truth)[:10]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", REFORMS)
def test_what_lies_in_them_goes_along(level: Level, seed: int) -> None:
    """Nothing happened to a community but that its street has another code, or that it lies in another street."""
    made, found, levels = reformed(level, seed)
    told = _told(made, found)
    for kind in ("recoded", "moved"):
        truth = {number for number in getattr(made, kind) if levels[number] == Level.COMMUNITY}
        those = {number for number in told[kind] if levels[abs(number)] == Level.COMMUNITY}
        if not truth:
            assert not those, kind
            continue
        right = len(truth & those)
        assert (right / len(truth) >= 0.98, right / len(those) >= 0.98) == (True, True), kind
    whole = sum(one.level == Level.COMMUNITY for one in made.before.values())
    for kind in ("gone", "added"):
        assert sum(levels[number] == Level.COMMUNITY for number in told[kind]) <= 0.002 * whole


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", REFORMS)
def test_where_they_came_from_or_went_to_is_among_the_first_three(level: Level, seed: int) -> None:
    made, found, levels = reformed(level, seed)
    numbers = _numbers(made)
    begun = {
        numbers[change.to.level, change.to.code]: [one.node for one in change.candidates]
        for change in found if change.to is not None and change.node is None
    }  # fmt: skip
    ended = {
        change.node: [numbers.get((levels[change.node], one.code)) for one in change.candidates]
        for change in found if change.to is None and change.node
    }  # fmt: skip
    assert min(len(made.split), len(made.merged)) >= REFORMS[level][1]
    assert sum(old in begun.get(new, ())[:3] for new, old in made.split.items()) / len(made.split) >= 0.9
    assert sum(new in ended.get(old, ())[:3] for old, new in made.merged.items()) / len(made.merged) >= 0.9


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", REFORMS)
def test_few_of_a_reform_are_left_to_decide_one_by_one(level: Level, seed: int) -> None:
    _made, found, _levels = reformed(level, seed)
    assert sum(not change.sure for change in found) / len(found) <= 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_what_several_became_is_none_of_them(seed: int) -> None:
    """Two streets that went into a new one of another name and code ended both, however much larger the one was."""
    made, found, levels = reformed(Level.STREET, seed)
    into = [new for new in made.added if list(made.merged.values()).count(new) == 2 and levels[new] == Level.STREET]
    numbers = _numbers(made)
    said = {
        numbers[change.to.level, change.to.code]: change for change in found
        if change.to is not None and change.node is None
    }  # fmt: skip
    plain = [said[new] for new in into if new in said and said[new].kind == ChangeKind.ADDED and said[new].sure]
    assert len(plain) >= 0.95 * len(into) > 100
    assert {one.reason for one in plain} == {Reason.SAME_PLACES_BELOW}
