"""
The place where upper floors say what of theirs hangs on places: people, appointments, open work.

A place that ends leaves these behind; whoever reviews an update sees how many and what is proposed for them. Nobody
below calls up: each counter is wired in ``falin.config.wiring``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class HangsOn:
    """
    One kind of thing that hangs on places.

    :param count: nodes → how many hang on each; asked in any open transaction, reads shared tables only.
    :param proposal: what should become of it, in the reader's language.
    """

    kind: str
    label: Any
    count: Callable[[Collection[int]], Mapping[int, int]]
    proposal: Any


_declared: dict[str, HangsOn] = {}


def declare(*kinds: HangsOn) -> None:
    """Have these counted; called by the composition root."""
    for kind in kinds:
        _declared[kind.kind] = kind


def counted(nodes: Collection[int]) -> list[tuple[HangsOn, Mapping[int, int]]]:
    """What hangs on the places, kind by kind; kinds of which there is nothing are left out."""
    if not nodes:
        return []
    found = [(kind, kind.count(nodes)) for kind in _declared.values()]
    return [(kind, counts) for kind, counts in found if any(counts.values())]
