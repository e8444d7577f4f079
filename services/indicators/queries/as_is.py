"""
The place where a past month is read in today's tree (sheet indicators.md, "Divisions change").

The board keeps what was published in the tree of its time, and nothing here changes it. Communities' rows of the month are
counted where the communities lie today. One that was split or went into others is followed through lineage, its counts
divided into whole numbers by the shares: so the sums over either tree are equal. What ended without a successor counts
where it last was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Min, Q

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies, rules
from services.indicators.models import Figure
from services.indicators.queries.board import BODIES, bodies_in_use
from services.indicators.types import COUNTS, MonthTally, PlaceFigures, PlaceTally, Published, Tally
from tenants.divisions.api import (
    list_children,
    list_divisions,
    list_heirs,
    list_parted,
    list_path,
    list_versions,
)
from tenants.divisions.types import Division, Level, Status, View

_COLUMNS: Final = {Level.PROVINCE: "province_id", Level.CITY: "city_id", Level.COUNTY: "county_id",
                   Level.STREET: "street_id", Level.COMMUNITY: "node_id"}  # fmt: skip
Step = Callable[[Division], int]


def place_as_is(*, scope: Scope, node_id: int, month: Month | None = None) -> PlaceFigures:
    """
    A place of today with the figures of a month, whatever lay in it then.

    :raises Missing: when the place is not there today, or not the scope's or below it.
    """
    path = list_path(node_id)
    policies.check_may_read(scope, path)
    place = path[-1]
    months = _months(place)
    wanted = month or (months[-1] if months else None)
    own = _published(place, wanted) if wanted else None
    if wanted is None or own is None:
        return PlaceFigures(place=place, path=tuple(path), month=wanted, months=months, tally=None, published=None,
                            children=(), series=(), quarter_lectures=0, expected=1, reported=0, view=View.AS_IS)  # fmt: skip
    tallies, known, estimated = _tallies(place, wanted, step=None)
    whole = Tally()
    for tally in tallies.values():
        whole += tally
    children = tuple(
        PlaceTally(place=child, tally=tallies.get(child.id),
                   history=(MonthTally(month=wanted, tally=tallies[child.id]),) if child.id in tallies else ())
        for child in _children(place, tallies, known)
    )  # fmt: skip
    return PlaceFigures(
        place=place, path=tuple(path), month=wanted, months=months, tally=whole if tallies else None,
        published=own if tallies else None, children=children, series=(MonthTally(month=wanted, tally=whole),),
        quarter_lectures=whole.lectures, expected=1, reported=1, view=View.AS_IS, estimated=estimated,
    )  # fmt: skip


def counties_as_is(*, scope: Scope, node_id: int, month: Month) -> list[PlaceTally]:
    """Every county body of today below a place with the figures of a month."""
    path = list_path(node_id)
    policies.check_may_read(scope, path)
    place = path[-1]
    tallies, _known, _estimated = _tallies(place, month, step="county_id")
    return [PlaceTally(place=body, tally=tallies.get(body.id)) for body in bodies_in_use(place)]


def _months(place: Division) -> tuple[Month, ...]:
    """The months that anybody in reach published: a place made since has none of its own."""
    near = Figure.objects.filter(level__in=BODIES, province_id=place.province_id)
    own = Figure.objects.filter(node_id=place.id)
    found = set(near.values_list("month", flat=True).distinct()) | set(own.values_list("month", flat=True).distinct())
    return tuple(sorted(Month.parse(month) for month in found))


def _published(place: Division, month: Month) -> Published | None:
    rows = Figure.objects.filter(province_id=place.province_id, month=str(month), level=Level.COMMUNITY)
    row = rows.aggregate(last=Max("as_of"), first=Min("as_of"), at=Max("published_at"), highest=Max("edition"),
                         restated=Count("county_id", filter=Q(edition__gt=1), distinct=True))  # fmt: skip
    if row["last"] is None:
        return None
    return Published(as_of=row["last"], first_as_of=row["first"], published_at=row["at"], edition=row["highest"],
                     restated=row["restated"])  # fmt: skip


def _tallies(
    place: Division, month: Month, *, step: str | None
) -> tuple[dict[int, Tally], dict[int, Division], int]:  # fmt: skip
    """
    The month's counts by today's place one step below (or by ``step``), the ended places among these, and how many
    communities were divided by an estimate.
    """
    rows = Figure.objects.filter(province_id=place.province_id, month=str(month), level=Level.COMMUNITY)
    earliest = rows.aggregate(first=Min("as_of"))["first"]
    parted = sorted(list_parted(since=earliest)) if earliest else []
    found: dict[int, Tally] = defaultdict(Tally)
    for who, *counts in _standing(place, month, parted, step):
        found[who] += _tally(counts)
    moved, ended, estimated = _followed(place, month, rows, parted, step)
    for who, tally in moved:
        found[who] += tally
    return dict(found), ended, estimated


def _standing(place: Division, month: Month, parted: list[int], step: str | None) -> list[Any]:
    """Of communities that are there today and never parted, added up by PostgreSQL."""
    who = f"v.{step}" if step else _step_in_sql(place)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {who}, {', '.join(f'sum(f.{name})::bigint' for name in COUNTS)}"  # noqa: S608 - names of our own
            " from indicators_figure f join divisions_divisionversion v on v.node_id = f.node_id and v.valid_to is null"
            f" where f.province_id = %(province)s and f.month = %(month)s and f.level = 5"
            f" and v.{_COLUMNS[place.level]} = %(place)s and f.node_id <> all (%(parted)s) group by 1",
            {"province": place.province_id, "month": str(month), "place": place.id, "parted": parted},
        )
        return list(cursor.fetchall())


def _step_in_sql(place: Division) -> str:
    """The place one step below in which a community lies; collapsed levels are stepped over."""
    below = [
        f"nullif(v.{column}, %(place)s)" for level, column in _COLUMNS.items() if place.level < level < Level.COMMUNITY
    ]
    return f"coalesce({', '.join([*below, 'v.node_id'])})"


def _followed(
    place: Division, month: Month, rows: Any, parted: list[int], step: str | None
) -> tuple[list[tuple[int, Tally]], dict[int, Division], int]:
    """Of communities that parted, or are no more: where each went."""
    gone = _ended(place, month)
    found: list[tuple[int, Tally]] = []
    ended: dict[int, Division] = {}
    estimated = 0
    by_day: dict[Any, dict[int, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for node, as_of, *counts in rows.filter(node_id__in=[*parted, *gone]).values_list("node_id", "as_of", *COUNTS):
        by_day[as_of][node] += _tally(counts)  # of one place two bodies may hold something
    for as_of, tallies in by_day.items():
        heirs = list_heirs(tallies, of=as_of)
        lying = {one.id: one for one in list_divisions({heir for shares, _guess in heirs.values() for heir in shares})}
        for node, tally in tallies.items():
            shares, guessed = heirs[node]
            here = False
            for heir, part in _divided(tally, shares).items():
                at = lying.get(heir) or _last(heir)
                if at is None or getattr(at, _COLUMNS[place.level].replace("node_id", "id")) != place.id:
                    continue
                who = getattr(at, step) if step else _step(place, at)
                found.append((who, part))
                here = True
                if who not in lying and heir not in lying:
                    ended[who] = at
            estimated += guessed and here
    return found, ended, estimated


def _ended(place: Division, month: Month) -> list[int]:
    """Communities of the month that are not there today."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select f.node_id from indicators_figure f"
            " left join divisions_divisionversion v on v.node_id = f.node_id and v.valid_to is null"
            " where f.province_id = %s and f.month = %s and f.level = 5 and v.id is null",
            [place.province_id, str(month)],
        )
        return [row[0] for row in cursor.fetchall()]


def _last(node: int) -> Division | None:
    versions = list_versions(node)
    return versions[0].place if versions else None


def _step(place: Division, at: Division) -> int:
    above = {Level.CITY: at.city_id, Level.COUNTY: at.county_id, Level.STREET: at.street_id}
    for level, node in above.items():
        if level > place.level and node is not None and node != place.id:
            return node
    return at.id


def _divided(tally: Tally, shares: Any) -> dict[int, Tally]:
    parts: dict[int, dict[str, int]] = {heir: {} for heir in shares}
    for name in COUNTS:
        for heir, count in rules.apportioned(getattr(tally, name), shares).items():
            parts[heir][name] = count
    return {heir: Tally(**counts) for heir, counts in parts.items()}


def _tally(counts: Iterable[int]) -> Tally:
    return Tally(**dict(zip(COUNTS, counts, strict=True)))


def _children(place: Division, tallies: dict[int, Tally], ended: dict[int, Division]) -> list[Division]:
    """What lies below today; and what is no more and still has figures, as it last was."""
    if place.level == Level.COMMUNITY:
        return []
    known = {child.id: child for child in list_children(place.id) if child.status == Status.IN_USE}
    missing = set(tallies) - set(known)
    known |= {child.id: child for child in list_divisions(missing)}
    for node in set(tallies) - set(known):
        last = _last(node) or ended.get(node)
        if last is not None:
            known[node] = last
    return sorted(known.values(), key=lambda child: (child.level, child.code))
