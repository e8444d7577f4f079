"""
The place that compares below one place only: what the list needs beside it to be read, and which changes touch the place.

A list that speaks of other places too is compared whole, so that what went over the border is seen to have moved; one of
this place alone says nothing of the others, and they are left out of the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tenants.divisions.rules.codes import SIGNIFICANT
from tenants.divisions.types import Level, ListedRow, Proposal, Standing, Tree


def completed(rows: Iterable[ListedRow], known: Iterable[Standing], place: Standing) -> list[ListedRow]:
    """The rows, and those above the place that the list of a county, say, does not have: as they stand."""
    found = list(rows)
    listed = {(row.level, row.code) for row in found}
    names = {(one.level, one.code[: SIGNIFICANT[one.level]]): one.name for one in known if _above(one, place)}
    # How a list fills a level that the tree does not have, so that it is read as none.
    left_out = {Level.CITY: "市辖区", Level.COUNTY: names.get((Level.CITY, place.code[:4])), Level.STREET: "直属"}
    upper = ""
    for level in Level:
        code = place.code[: SIGNIFICANT[level]]
        if level < place.level and (level, code) not in listed:
            found.append(ListedRow(level, code, names.get((level, code)) or left_out.get(level) or "", upper))
        upper = code
    return found


def within(known: Sequence[Standing], tree: Tree, place: Standing) -> list[Standing]:
    """What of the tree the list speaks of: all, or where it has no other place, this one with what is above and below."""
    at = next((at for at, one in enumerate(tree.places) if (one.level, one.code) == (place.level, place.code)), None)
    alone = at is not None and all(_lies_in(one, at) or _lies_in(tree.places[at], one.node) for one in tree.places)
    return [one for one in known if _lies_in(one, place.node) or _above(one, place)] if alone else list(known)


def touching(proposals: Sequence[Proposal], known: Iterable[Standing], place: Standing) -> list[Proposal]:
    """
    The changes of the place and of what lies or would lie in it; and those by which what leaves it has where to go.

    Those above come first, as ``detect`` has them.
    """
    was = {one.node: one for one in known}
    roots = {place.node}  # and what comes in, with all that lies in it
    fresh: set[tuple[int, str]] = set()  # new places, by level and code
    kept: set[int] = set()

    def inside(node: int | None) -> bool:
        return node is not None and any(_lies_in(was[node], root) for root in roots)

    for at, one in enumerate(proposals):
        comes = one.to is not None and (
            inside(one.to.parent) or (one.to.parent_level, one.to.parent_code) in fresh
        )  # fmt: skip
        if not comes and not inside(one.node):
            continue
        kept.add(at)
        if one.to is not None and one.node is None:
            fresh.add((one.to.level, one.to.code))
        elif comes and one.node is not None and not inside(one.node):
            roots.add(one.node)
    needed = {(to.parent_level, to.parent_code) for at in kept if (to := proposals[at].to) and to.parent_code}
    for at in reversed(range(len(proposals))):
        to = proposals[at].to
        if proposals[at].node is None and to is not None and (to.level, to.code) in needed:
            kept.add(at)
            needed.add((to.parent_level, to.parent_code))
    return [proposals[at] for at in sorted(kept)]


def _lies_in(one: Standing, node: int) -> bool:
    return node in {one.node, one.province, one.city, one.county, one.street}


def _above(one: Standing, place: Standing) -> bool:
    return one.node != place.node and _lies_in(place, one.node)
