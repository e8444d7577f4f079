"""The place that says where each place of a tree stands: its ancestors, from its parent's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tenants.divisions.types import Level, Placed, Standing


class NoSuchParent(Exception):
    """A place would hang on nothing."""

    def __init__(self, placed: Placed) -> None:
        super().__init__(placed.code)
        self.placed = placed


def stand(places: Mapping[int, Placed]) -> dict[int, Standing]:
    """
    Each place with its ancestors. Parents are given by node.

    :raises NoSuchParent: a parent is not among the places, or not above its child.
    """
    done: dict[int, Standing] = {}
    for node, placed in sorted(places.items(), key=lambda item: item[1].level):
        above = done.get(placed.parent) if placed.parent is not None else None
        if (above is None and placed.level != Level.PROVINCE) or (above and above.level >= placed.level):
            raise NoSuchParent(placed)
        own = placed.level == Level.COUNTY or placed.is_county_body
        done[node] = Standing(
            node=node, level=placed.level, code=placed.code, name=placed.name, parent=placed.parent,
            province=above.province if above else node,
            city=node if placed.level == Level.CITY else above and above.city,
            county=node if own else above and above.county,
            street=node if placed.level == Level.STREET else above and above.street,
            kind=placed.kind, status=placed.status, is_county_body=placed.is_county_body, committee=placed.committee,
            urban=placed.urban,
        )  # fmt: skip
    return done


def doubled(places: Iterable[Standing]) -> list[tuple[Standing, Standing]]:
    """Pairs that would have the same code at the same level."""
    seen: dict[tuple[int, str], Standing] = {}
    found = []
    for place in places:
        other = seen.setdefault((place.level, place.code), place)
        if other is not place:
            found.append((other, place))
    return found
