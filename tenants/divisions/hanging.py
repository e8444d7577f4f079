"""
The place where upper floors say what of theirs hangs on places: people, appointments, open work.

A place that ends leaves these behind; whoever reviews an update sees how many and what is proposed for them. Nobody
below calls up: each counter is wired in ``falin.config.wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from falin.kernel.scope import Scope

Carried = Sequence[tuple[int, int | None]]  # rows that ended, and what goes on in the place of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """
    What a county had go on at the places that took over.

    :param went: what was done, as taking it back reads it: kept as JSON, of no meaning to anybody else.
    :param stands: what stands at the places that took over by it alone, as the kind's own ``count`` leaves it out.
    :param left: ended place → code of the reason → how many could not go on by themselves.
    """

    went: Sequence[Mapping[str, Any]] = ()
    stands: Sequence[str] = ()
    left: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HangsOn:
    """
    One kind of thing that hangs on places.

    :param count: nodes → how many hang on each; asked in any open transaction, reads shared tables only. Where it is handed
        over, it takes what to leave out as well.
    :param proposal: what should become of it, in the reader's language.
    :param carry: has what hangs on an ended place go on at the one place that took over, in the transaction of the update,
        and says what it did; ``bring_back`` takes exactly that back, once the tree is again as it was, and says what it
        could not: facts kept as JSON, ``why`` among them as a code that ``reasons`` has the words for.
    :param hand_over: the same for what lies in a county's own tables: called there, after the update; ``take_back`` takes
        it back. ``reasons`` has the words for why something could not go on.
    :param within: it counts in a county's own tables instead: asked by the worker inside each county, which tells the
        reviewers the numbers and nothing else.
    :param stands: what it is called and how it is counted where it keeps a place that an update made from being taken back,
        if that is more than what is listed of it at a place that ends.
    """

    kind: str
    label: Any
    count: Callable[..., Mapping[int, int]]
    proposal: Any
    within: bool = False
    carry: Callable[..., Carried] | None = None
    bring_back: Callable[..., Sequence[Mapping[str, Any]]] | None = None
    hand_over: Callable[..., Handed] | None = None
    take_back: Callable[..., None] | None = None
    reasons: Mapping[str, Any] = field(default_factory=dict)
    stands: tuple[Any, Callable[[Collection[int]], Mapping[int, int]]] | None = None


Tell = Callable[..., bool]
_tell: list[Tell] = []
_declared: dict[str, HangsOn] = {}


def declare(*kinds: HangsOn) -> None:
    """Have these counted; called by the composition root."""
    for kind in kinds:
        _declared[kind.kind] = kind


def tell_with(tell: Tell) -> None:
    """Have the body of a county told by ``tell(node_id=, event=, …)``, which says whether there is one."""
    _tell[:] = [tell]


def told_body(**given: Any) -> bool:
    """Write an event for a county's body in the open transaction; whether there is such a body."""
    return _tell[0](**given)


def declared(kind: str) -> HangsOn | None:
    return _declared.get(kind)


def every() -> tuple[HangsOn, ...]:
    return tuple(_declared.values())


def counted(
    nodes: Collection[int], *, without: Mapping[str, Collection[str]] | None = None
) -> list[tuple[HangsOn, Mapping[int, int]]]:
    """
    What hangs on the places, kind by kind; kinds of which there is nothing are left out.

    :param without: what was handed over to them and does not count, by the names of the kinds.
    """
    if not nodes:
        return []
    found = [
        (kind, kind.count(nodes, (without or {}).get(kind.kind, ())) if kind.hand_over else kind.count(nodes))
        for kind in _declared.values() if not kind.within
    ]  # fmt: skip
    return [(kind, counts) for kind, counts in found if any(counts.values())]


def handed_over(*, scope: Scope, heirs: Mapping[int, int], day: date, why: str, now: datetime) -> dict[str, Handed]:
    """
    In the open transaction's county: what hangs on ended places goes on where each went.

    :param day: the first day of the new tree.
    """
    found = {
        kind.kind: kind.hand_over(scope=scope, heirs=heirs, day=day, why=why, now=now)
        for kind in _declared.values() if kind.hand_over
    }  # fmt: skip
    return {kind: handed for kind, handed in found.items() if handed.went or handed.left}


def taken_back(*, scope: Scope, done: Mapping[str, Sequence[Mapping[str, Any]]], why: str, now: datetime) -> None:
    """Take back what ``handed_over`` did."""
    for kind in _declared.values():
        if kind.take_back and kind.kind in done:
            kind.take_back(scope=scope, went=done[kind.kind], why=why, now=now)


def carried(*, scope: Scope, heirs: Mapping[int, int], why: str, now: datetime) -> dict[str, Carried]:
    """Have what hangs on ended places go on where each went; what was done, by the names of the kinds."""
    if not heirs:
        return {}
    return {
        kind.kind: kind.carry(scope=scope, heirs=heirs, why=why, now=now) for kind in _declared.values() if kind.carry
    }


def brought_back(
    *, scope: Scope, done: Mapping[str, Carried], why: str, now: datetime
) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Take back what ``carried`` did; what could not be, by the names of the kinds."""
    return {
        kind.kind: kind.bring_back(scope=scope, carried=done[kind.kind], why=why, now=now)
        for kind in _declared.values() if kind.bring_back and kind.kind in done
    }  # fmt: skip


def counted_within(nodes: Collection[int]) -> dict[str, dict[int, int]]:
    """What hangs on the places in the open transaction's tenant, by the names of the kinds."""
    found = {kind.kind: dict(kind.count(nodes)) for kind in _declared.values() if kind.within and nodes}
    return {kind: counts for kind, counts in found.items() if any(counts.values())}


def standing_within(nodes: Collection[int]) -> dict[str, int]:
    """How much stands on the places in the open transaction's tenant and keeps them, by the names of the kinds."""
    kinds = [(kind.kind, kind.stands[1] if kind.stands else kind.count) for kind in _declared.values() if kind.within]
    return {name: count for name, counted in kinds if (count := sum(counted(nodes).values()))}


def standing(
    nodes: Collection[int], *, without: Mapping[str, Collection[str]], within: Mapping[str, int]
) -> list[tuple[str, int]]:
    """
    What stands on places and keeps them, in words, and how much of each.

    :param without: as for ``counted``. :param within: what ``standing_within`` said in the counties, added up.
    """
    found = {kind.kind: sum(counts.values()) for kind, counts in counted(nodes, without=without)}
    for kind in _declared.values():
        if kind.stands and not kind.within:
            found[kind.kind] = sum(kind.stands[1](nodes).values())
    found |= within
    return [
        (str(kind.stands[0] if kind.stands else kind.label), count)
        for kind in _declared.values() if (count := found.get(kind.kind))
    ]  # fmt: skip


def told_within(kept: Mapping[str, Mapping[str, int]]) -> list[tuple[HangsOn, Mapping[int, int]]]:
    """What was counted in the counties, as it was kept with an update."""
    return [
        (_declared[kind], {int(node): count for node, count in counts.items()})
        for kind, counts in kept.items() if kind in _declared
    ]  # fmt: skip
