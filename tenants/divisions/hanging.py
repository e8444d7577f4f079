"""
The place where upper floors say what of theirs hangs on places: people, appointments, open work.

A place that ends leaves these behind; whoever reviews an update sees how many and what is proposed for them. Nobody
below calls up: each counter is wired in ``falin.config.wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from falin.kernel.scope import Scope

Carried = Sequence[tuple[int, int | None]]  # rows that ended, and what goes on in the place of each


@dataclass(frozen=True, slots=True, kw_only=True)
class HangsOn:
    """
    One kind of thing that hangs on places.

    :param count: nodes → how many hang on each; asked in any open transaction, reads shared tables only.
    :param proposal: what should become of it, in the reader's language.
    :param carry: has what hangs on an ended place go on at the one place that took over, in the transaction of the update,
        and says what it did; ``bring_back`` takes exactly that back.
    :param within: it counts in a county's own tables instead: asked by the worker inside each county, which tells the
        reviewers the numbers and nothing else.
    """

    kind: str
    label: Any
    count: Callable[[Collection[int]], Mapping[int, int]]
    proposal: Any
    within: bool = False
    carry: Callable[..., Carried] | None = None
    bring_back: Callable[..., None] | None = None


_declared: dict[str, HangsOn] = {}


def declare(*kinds: HangsOn) -> None:
    """Have these counted; called by the composition root."""
    for kind in kinds:
        _declared[kind.kind] = kind


def counted(nodes: Collection[int]) -> list[tuple[HangsOn, Mapping[int, int]]]:
    """What hangs on the places, kind by kind; kinds of which there is nothing are left out."""
    if not nodes:
        return []
    found = [(kind, kind.count(nodes)) for kind in _declared.values() if not kind.within]
    return [(kind, counts) for kind, counts in found if any(counts.values())]


def carried(*, scope: Scope, heirs: Mapping[int, int], why: str, now: datetime) -> dict[str, Carried]:
    """Have what hangs on ended places go on where each went; what was done, by the names of the kinds."""
    if not heirs:
        return {}
    return {
        kind.kind: kind.carry(scope=scope, heirs=heirs, why=why, now=now) for kind in _declared.values() if kind.carry
    }


def brought_back(*, scope: Scope, done: Mapping[str, Carried], why: str, now: datetime) -> None:
    """Take back what ``carried`` did."""
    for kind in _declared.values():
        if kind.bring_back and kind.kind in done:
            kind.bring_back(scope=scope, carried=done[kind.kind], why=why, now=now)


def counted_within(nodes: Collection[int]) -> dict[str, dict[int, int]]:
    """What hangs on the places in the open transaction's tenant, by the names of the kinds."""
    found = {kind.kind: dict(kind.count(nodes)) for kind in _declared.values() if kind.within and nodes}
    return {kind: counts for kind, counts in found.items() if any(counts.values())}


def told_within(kept: Mapping[str, Mapping[str, int]]) -> list[tuple[HangsOn, Mapping[int, int]]]:
    """What was counted in the counties, as it was kept with an update."""
    return [
        (_declared[kind], {int(node): count for node, count in counts.items()})
        for kind, counts in kept.items() if kind in _declared
    ]  # fmt: skip
