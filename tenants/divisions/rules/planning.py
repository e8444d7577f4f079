"""
The place that works out a decided update: the tree as it would be, and the lineage of what became of what.

Only accepted changes count. What is refused stays as it stands; where the rest cannot stand beside it (its parent ends,
its code goes to another) the plan says so instead of guessing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from tenants.divisions.rules.standing import NoSuchParent, doubled, stand
from tenants.divisions.types import Lineage, LineageKind, Placed, Share, Standing

_SHARE: Final = re.compile(r"[0-9]{1,7}/[1-9][0-9]{0,6}|[0-9]{1,2}(\.[0-9]{1,5})?%|0?\.[0-9]{1,7}", re.ASCII)
NOBODY: Final = "-"  # chosen in place of a successor or an origin: there is none
SAME: Final = "="  # before a code that was chosen: not a successor or an origin, but the same place


class Act(NamedTuple):
    """
    One accepted change: a place that begins (no ``was``), ends (no ``to``), or stays and changes (both).

    ``joined`` are the codes of what an ending place goes into, or a beginning one comes out of.
    """

    node: int
    was: Standing | None
    to: Placed | None
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    before: Mapping[int, Standing]
    after: Mapping[int, Standing]
    lineage: Sequence[Lineage]


def same_as(target: Sequence[str]) -> str:
    """The code of the place that a person says is the same as this one; empty where he says none."""
    return target[0].removeprefix(SAME) if target and target[0].startswith(SAME) else ""


class CannotStand(Exception):
    """The decisions do not fit together; names the places concerned."""

    def __init__(self, what: str, names: Sequence[str]) -> None:
        super().__init__(what, names)
        self.what, self.names = what, names


def plan(known: Iterable[Standing], acts: Sequence[Act], *, day: date) -> Plan:
    """:raises CannotStand:"""
    before = {place.node: place for place in known}
    placed = {node: placed_of(place) for node, place in before.items()}
    for act in acts:
        if act.to is None:
            del placed[act.node]
        else:
            placed[act.node] = act.to
    keys: dict[tuple[int, str], int] = {(place.level, place.code): node for node, place in placed.items()}
    for act in acts:
        if act.to is not None and act.to.parent_code:
            parent = keys.get((act.to.parent_level, act.to.parent_code))
            placed[act.node] = act.to._replace(parent=parent, parent_code="", parent_level=0)
    try:
        after = stand(placed)
    except NoSuchParent as error:
        raise CannotStand("no_parent", [error.placed.name]) from error
    if pairs := doubled(after.values()):
        raise CannotStand("same_code", [place.name for place in pairs[0]])
    return Plan(before, after, _lineage(before, after, acts, keys, day))


def placed_of(place: Standing) -> Placed:
    return Placed(
        level=place.level, code=place.code, name=place.name, parent=place.parent, parent_code="", parent_level=0,
        kind=place.kind, status=place.status, is_county_body=place.is_county_body, committee=place.committee,
        urban=place.urban,
    )  # fmt: skip


def _lineage(
    before: Mapping[int, Standing], after: Mapping[int, Standing], acts: Sequence[Act],
    keys: Mapping[tuple[int, str], int], day: date,
) -> list[Lineage]:  # fmt: skip
    found: list[Lineage] = []
    whole = Share(of=Fraction(1))
    goes_to: dict[int, set[int]] = defaultdict(set)
    known: dict[tuple[int, str], int] = {(place.level, place.code): node for node, place in before.items()}
    for act in acts:
        if act.was is not None and act.to is not None:
            found += [Lineage(day=day, kind=kind, from_id=act.node, to_id=act.node, share=whole)
                      for kind in aspects(act.was, after[act.node])]  # fmt: skip
            continue
        for code in act.joined:
            if code == NOBODY:
                continue
            level = act.was.level if act.was is not None else after[act.node].level
            other = (keys if act.to is None else known).get((level, code))
            if other is None:
                name = act.was.name if act.was is not None else after[act.node].name
                raise CannotStand("no_other", [name, code])
            source, target = (act.node, other) if act.to is None else (other, act.node)
            goes_to[source].add(target)
    below = _children(before)
    for source, targets in sorted(goes_to.items()):
        if source in after:
            targets.add(source)
        found += divide(source, sorted(targets), day, weight=lambda target, of=source: sum(  # type: ignore[misc]
            1 for child in below.get(of, ()) if child in after and after[child].parent == target
        ))  # fmt: skip
    return found


def aspects(was: Standing, became: Standing) -> list[LineageKind]:
    """What of a place that stays changed, as lineage tells it."""
    return [
        kind
        for kind, changed in (
            (LineageKind.MOVE, was.parent != became.parent),
            (LineageKind.RENAME, was.name != became.name),
            (LineageKind.RECODE, was.code != became.code),
        )
        if changed
    ]


def divide(source: int, targets: Sequence[int], day: date, *, weight: Callable[[int], int]) -> list[Lineage]:
    """
    One place among several, itself perhaps among them: by what lay in it, else in equal parts; the shares make one.

    Both are estimates: nobody counted. What goes into one place goes whole.
    """
    weights = {target: weight(target) for target in targets}
    if not all(weights.values()):
        weights = dict.fromkeys(targets, 1)
    total = sum(weights.values())
    kind = LineageKind.SPLIT if len(targets) > 1 else LineageKind.MERGE
    return [
        Lineage(day=day, kind=kind, from_id=source, to_id=target,
                share=Share(of=Fraction(weights[target], total), estimated=len(targets) > 1))
        for target in targets
    ]  # fmt: skip


def hand_part(source: int, target: int, share: Fraction, day: date) -> list[Lineage]:
    """A counted share of a place goes over to another one, and the rest stays: the shares make one."""
    return [
        Lineage(day=day, kind=LineageKind.BOUNDARY, from_id=source, to_id=to, share=Share(of=part))
        for to, part in ((target, share), (source, 1 - share))
    ]


def read_share(text: str) -> Fraction | None:
    """A part of a whole as people write it (120/860, 13.95%, 0.1395); ``None`` where it is none, or is nothing or all."""
    said = "".join(text.split()).replace("％", "%").replace("／", "/")
    if not _SHARE.fullmatch(said):
        return None
    share = Fraction(said[:-1]) / 100 if said.endswith("%") else Fraction(said)
    return share if 0 < share < 1 else None


def carry(
    values: Mapping[int, Fraction], lineage: Iterable[Lineage]
) -> tuple[dict[int, Fraction], frozenset[int]]:  # fmt: skip
    """
    What was counted at places of a past day, at the places they became; and which of these are estimates.

    ``lineage`` comes in the order of days, those of one day together. What ended without a successor keeps its figure:
    the sum stays the same.
    """
    carried, estimated = dict(values), set[int]()
    by_day: dict[date, list[Lineage]] = defaultdict(list)
    for row in lineage:
        if row.share is not None and _parts(row):
            by_day[row.day].append(row)
    for day in sorted(by_day):
        leaving = {row.from_id for row in by_day[day]}
        taken = {node: carried.pop(node) for node in leaving if node in carried}
        guessed = {node for node in leaving if node in estimated}
        estimated -= guessed
        for row in by_day[day]:
            if row.from_id in taken and row.share is not None:
                carried[row.to_id] = carried.get(row.to_id, Fraction(0)) + taken[row.from_id] * row.share.of
                if row.share.estimated or row.from_id in guessed:
                    estimated.add(row.to_id)
    return carried, frozenset(estimated)


def heirs(node: int, since: date, lineage: Mapping[int, Sequence[Lineage]]) -> tuple[dict[int, Fraction], bool]:
    """
    Where one place went after a day, with shares that make one, and whether one of them is an estimate.

    :param lineage: by the place that went: splits, merges and counted boundaries. The same as ``carry`` says, for one
        place at a time.
    """
    later = [row for row in lineage.get(node, ()) if row.day > since and row.share is not None and _parts(row)]
    if not later:
        return {node: Fraction(1)}, False
    day = min(row.day for row in later)
    found: dict[int, Fraction] = defaultdict(Fraction)
    guessed = False
    for row in later:
        if row.day == day and row.share is not None:
            further, estimated = heirs(row.to_id, day, lineage)
            guessed = guessed or estimated or row.share.estimated
            for heir, part in further.items():
                found[heir] += part * row.share.of
    return dict(found), guessed


def _parts(row: Lineage) -> bool:
    """Whether a place parted from itself on that day, rather than only changing."""
    return row.from_id != row.to_id or row.kind in {LineageKind.SPLIT, LineageKind.BOUNDARY}


def _children(places: Mapping[int, Standing]) -> dict[int | None, list[int]]:
    found: dict[int | None, list[int]] = defaultdict(list)
    for node, place in places.items():
        found[place.parent].append(node)
    return found
