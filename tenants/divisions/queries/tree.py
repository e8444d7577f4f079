"""
The place of every way the tree of places is read. Places are no secret: these answer for the whole tree.

``on`` is the day as of which one asks; without it, the open versions. Lists come in the order of the official codes,
which is the order people know; sort by ``pinyin`` where names stand alone.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import date
from typing import Final, TextIO

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from falin.kernel.refusals import Missing
from tenants.divisions.models import DivisionVersion, DivisionVersions
from tenants.divisions.rules import padded
from tenants.divisions.types import Committee, Division, Kind, Level, Status

FIELDS: Final = (
    "node_id", "level", "code", "name", "parent_id", "province_id", "city_id", "county_id", "street_id", "kind",
    "status", "is_county_body", "committee", "urban", "urban_derived", "pinyin", "initials",
)  # fmt: skip
EXPORTED: Final = ("level", "code", "name", "node_id", "parent_id", "kind", "status", "is_county_body", "committee",
                   "urban", "valid_from")  # fmt: skip


class UnknownDivision(Missing):
    """There is no such place on that day."""

    def __init__(self) -> None:
        super().__init__("divisions.unknown", _("没有这个地方，或者它在那一天还不存在、已经撤销。"))


def get_division(node_id: int, *, on: date | None = None) -> Division:
    """:raises UnknownDivision:"""
    found = _in_order(versions_on(on).filter(node=node_id))
    if not found:
        raise UnknownDivision
    return found[0]


def find_by_code(level: Level, code: str, *, on: date | None = None) -> Division | None:
    """By official code, whole or as far as its level reaches: ``33``, ``330106``."""
    full = padded(level, code)
    found = _in_order(versions_on(on).filter(level=level, code=full)) if full else []
    return found[0] if found else None


def find_of_any_level(code: str, *, on: date | None = None) -> Division | None:
    """By official code of any level, whole or as far as its level reaches; the upper one where a code stands at two."""
    return next((place for level in Level if (place := find_by_code(level, code, on=on)) is not None), None)


def list_provinces(*, on: date | None = None) -> list[Division]:
    return _in_order(versions_on(on).filter(level=Level.PROVINCE))


def list_children(node_id: int, *, on: date | None = None) -> list[Division]:
    """What lies directly below; of mixed levels where one is collapsed."""
    return _in_order(versions_on(on).filter(parent_id=node_id))


def list_path(node_id: int, *, on: date | None = None) -> list[Division]:
    """
    From the province down to the place itself. Two statements.

    :raises UnknownDivision:
    """
    place = get_division(node_id, on=on)
    above = {place.province_id, place.city_id, place.county_id, place.street_id} - {None, place.id}
    return [*_in_order(versions_on(on).filter(node__in=above)), place]


def list_divisions(ids: Collection[int], *, on: date | None = None) -> list[Division]:
    """Those of the places that exist on that day."""
    return _in_order(versions_on(on).filter(node__in=ids)) if ids else []


def list_communities(root_id: int, *, on: date | None = None) -> list[Division]:
    return _in_order(versions_on(on).below(root_id).filter(level=Level.COMMUNITY))


def list_streets(root_id: int, *, on: date | None = None) -> list[Division]:
    return _in_order(versions_on(on).below(root_id).filter(level=Level.STREET))


def list_county_bodies(root_id: int, *, on: date | None = None) -> list[Division]:
    """Those that have a tenant: counties, districts, zones, and cities without counties."""
    bodies = versions_on(on).below(root_id).filter(level__in=[Level.CITY, Level.COUNTY], is_county_body=True)
    return _in_order(bodies)


def subtree_ids(node_id: int, *, on: date | None = None) -> tuple[int, ...]:
    """The place and everything below it, ascending; empty if there is no such place."""
    return tuple(versions_on(on).below(node_id).order_by("node_id").values_list("node_id", flat=True))


def nodes_below(roots: Collection[int], *, on: date | None = None) -> QuerySet[DivisionVersion, int]:
    """The places and everything below them, for use inside another statement: a province's 30,000 need not travel."""
    versions = versions_on(on)
    below = Q(province_id__in=roots) | Q(city_id__in=roots) | Q(county_id__in=roots) | Q(street_id__in=roots)
    return versions.filter(below | Q(node__in=roots)).values_list("node_id", flat=True)


def count_by_level(root_id: int, *, on: date | None = None) -> dict[Level, int]:
    """Places of each level from the root down, itself counted; a collapsed level counts 0."""
    counted = versions_on(on).below(root_id).order_by().values_list("level").annotate(Count("id"))
    return dict.fromkeys(Level, 0) | {Level(level): count for level, count in counted}


def write_tree_to(out: TextIO, *, province: str = "", on: date | None = None) -> int:
    """
    The tree as CSV, the same bytes for the same tree: one place a line in the order of level and code; how many.
    """
    versions = versions_on(on) if not province else versions_on(on).filter(code__startswith=province)
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(EXPORTED)
    count = 0
    for row in versions.in_code_order().values_list(*EXPORTED).iterator(chunk_size=20_000):
        lines.writerow(["" if one is None else one for one in row])
        count += 1
    return count


def versions_on(day: date | None) -> DivisionVersions:
    versions: DivisionVersions = DivisionVersion.objects.on_day(day)
    return versions


def _in_order(versions: DivisionVersions) -> list[Division]:
    return divisions_of(versions.in_code_order())


def divisions_of(versions: DivisionVersions) -> list[Division]:
    """Straight from the columns: a province's 25,000 communities are read at once, and instances would double it."""
    return [
        Division(
            id=node_id, level=Level(level), code=code, name=name, parent_id=parent_id, province_id=province_id,
            city_id=city_id, county_id=county_id, street_id=street_id, kind=Kind(kind), status=Status(status),
            is_county_body=is_county_body, committee=Committee(committee), urban=urban, urban_derived=urban_derived,
            pinyin=pinyin, initials=initials,
        )
        for node_id, level, code, name, parent_id, province_id, city_id, county_id, street_id, kind, status,
            is_county_body, committee, urban, urban_derived, pinyin, initials in versions.values_list(*FIELDS)
    ]  # fmt: skip
