"""
The place where a list becomes rows of the tree.

An import fills in what is missing and never overwrites: a place that the list has otherwise, or no longer has, is
counted and left for a person's review. So bringing in the same list again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from tenants.divisions.models import DivisionImport, DivisionVersion
from tenants.divisions.rules import collapse, sound_of
from tenants.divisions.types import ImportResult, Level, ListedRow, Place, Tree

_LOCK: Final = 7_106_001  # one import at a time in a database
_NO_ROWS_YET: Final[dict[tuple[int, str], tuple[Any, ...]]] = {}

# What is compared with the list. Pinyin is not: it follows from the name.
_COMPARED: Final = ("name", "parent_id", "province_id", "city_id", "county_id", "street_id",
                    "kind", "status", "is_county_body", "committee", "urban")  # fmt: skip
_COPIED: Final = ("node_id", "valid_from", "level", "code", *_COMPARED, "urban_derived", "pinyin", "initials")


def import_divisions(
    *, rows: Iterable[ListedRow], province: str | None = None, as_of: date, source: str, now: datetime
) -> ImportResult:
    """
    Bring a list into the tree, as it was on ``as_of``.

    :param province: two digits if the rows are one province's: only its places are compared; ``None``: the country.
    :raises Invalid: there is not one province in the rows, or another one than ``province``.
    """
    tree = collapse(rows)
    _check_provinces(tree, province)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        known = _open_versions(province)
        nodes = _nodes_for(tree.places, known)
        new, differing = _compare(tree.places, nodes, known)
        _insert(tree.places, nodes, new, as_of)
        counts = dict.fromkeys(Level, 0) | Counter(place.level for place in tree.places)
        import_id = _record(tree, counts, province=province, as_of=as_of, source=source, now=now, changed=bool(new))
    return ImportResult(
        import_id=import_id,
        created=len(new),
        unchanged=len(tree.places) - len(new) - differing,
        differing=differing,
        gone=len(known) - (len(tree.places) - len(new)),
        counts=counts,
        refused=tree.refused,
    )


def _check_provinces(tree: Tree, province: str | None) -> None:
    codes = [place.code[:2] for place in tree.places if place.level == Level.PROVINCE]
    if not codes or (province is not None and codes != [province]):
        raise Invalid("divisions.no_such_province", _("名录中没有这个省份，请核对两位省级代码。"), field="province")


def _open_versions(province: str | None) -> dict[tuple[int, str], tuple[Any, ...]]:
    """(level, code) → node and the compared columns, of all open versions in the province or the country."""
    versions = DivisionVersion.objects.on_day(None)
    if province is not None:
        root = (
            versions.filter(level=Level.PROVINCE, code=province.ljust(12, "0"))
            .values_list("node_id", flat=True)
            .first()
        )
        if root is None:
            return _NO_ROWS_YET
        versions = versions.filter(province_id=root)
    return {
        (row[0], row[1]): row[2:] for row in versions.values_list("level", "code", "node_id", *_COMPARED).iterator()
    }


def _nodes_for(places: Sequence[Place], known: dict[tuple[int, str], tuple[Any, ...]]) -> list[int]:
    """The node of each place in turn: the one it has, or a fresh one."""
    missing = sum((place.level, place.code) not in known for place in places)
    fresh = iter(_reserve_nodes(missing))
    return [known[key][0] if (key := (place.level, place.code)) in known else next(fresh) for place in places]


def _reserve_nodes(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('divisions_node', 'id')) from generate_series(1, %s)", [count]
        )
        ids = [row[0] for row in cursor.fetchall()]
        with cursor.copy("copy divisions_node (id) from stdin") as copy:
            for node_id in ids:
                copy.write_row((node_id,))
    return ids


def _compare(
    places: Sequence[Place], nodes: Sequence[int], known: dict[tuple[int, str], tuple[Any, ...]]
) -> tuple[list[int], int]:
    """Positions of the places the tree has not, and how many it has otherwise."""
    if not known:
        return list(range(len(places))), 0
    new: list[int] = []
    differing = 0
    for position, place in enumerate(places):
        if (row := known.get((place.level, place.code))) is None:
            new.append(position)
        elif row[1:] != _compared(place, nodes):
            differing += 1
    return new, differing


def _compared(place: Place, nodes: Sequence[int]) -> tuple[Any, ...]:
    _level, _code, name, parent, province, city, county, street, *said = place
    return (
        name,
        None if parent is None else nodes[parent],
        nodes[province],
        None if city is None else nodes[city],
        None if county is None else nodes[county],
        None if street is None else nodes[street],
        *said,
    )


def _insert(places: Sequence[Place], nodes: Sequence[int], new: Sequence[int], as_of: date) -> None:
    """COPY into the table itself: nothing is rewritten afterwards, and 665,000 rows take seconds."""
    if not new:
        return
    day = as_of.isoformat()
    columns = ", ".join(_COPIED)
    with connection.cursor() as cursor:
        with cursor.copy(f"copy divisions_divisionversion ({columns}) from stdin") as copy:
            for position in new:
                place = places[position]
                compared = _compared(place, nodes)
                copy.write_row(
                    (nodes[position], day, int(place.level), place.code, *compared, place.urban is not None,
                     *sound_of(place.name))
                )  # fmt: skip
        cursor.execute("analyze divisions_divisionversion")  # the planner must not think the tree empty


def _record(
    tree: Tree,
    counts: dict[Level, int],
    *,
    province: str | None,
    as_of: date,
    source: str,
    now: datetime,
    changed: bool,
) -> int | None:
    recorded = DivisionImport.objects.filter(source=source, as_of=as_of, province=province or "").exists()
    if recorded and not changed:
        return None
    row = DivisionImport.objects.create(
        source=source,
        as_of=as_of,
        province=province or "",
        counts={level.name.lower(): counts[level] for level in Level},
        refused=[
            {"level": row.level.name.lower(), "code": row.code, "name": row.name, "reason": row.reason.value}
            for row in tree.refused
        ],
        created_at=now,
    )
    return int(row.pk)
