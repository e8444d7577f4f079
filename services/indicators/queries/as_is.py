"""
The place where past months are read in today's tree (decision 25).

The board keeps what was published in the tree of its time, and nothing here changes it. Communities' rows of a month are
counted where the communities lie today. One that was split or went into others is followed through lineage, its counts
divided into whole numbers by the shares: so the sums over either tree are equal. What ended without a successor counts
where it last was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Min, Q

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies, rules
from services.indicators.models import Figure
from services.indicators.queries.board import (
    BODIES,
    SERIES,
    bodies_in_use,
    check_ranked,
    is_sum,
    named,
    ranked,
)
from services.indicators.types import COUNTS, MonthTally, PlaceFigures, PlaceTally, Published, Ranking, Tally
from tenants.divisions.api import (
    known_day,
    list_applied,
    list_children,
    list_heirs,
    list_last,
    list_parted,
    list_path,
)
from tenants.divisions.types import Division, Level, Status, View

_COLUMNS: Final = {Level.PROVINCE: "province_id", Level.CITY: "city_id", Level.COUNTY: "county_id",
                   Level.STREET: "street_id", Level.COMMUNITY: "node_id"}  # fmt: skip


def place_as_is(*, scope: Scope, node_id: int, month: Month | None = None) -> PlaceFigures:
    """
    A place of today with the figures of a month and of the months before, whatever lay in it then.

    :raises Missing: when the place is not there today, or not the scope's or below it.
    """
    path = _path_to(scope, node_id)
    place = path[-1]
    months = _months(place)
    wanted = month or (months[-1] if months else None)
    own = _published(place, wanted) if wanted else None
    if wanted is None or own is None:
        return PlaceFigures(place=place, path=tuple(path), month=wanted, months=months, tally=None, published=None,
                            children=(), series=(), quarter_lectures=0, expected=1, reported=0, view=View.AS_IS)  # fmt: skip
    shown = [each for each in months if each <= wanted][-SERIES:]
    counted = counted_today(place, shown, by=Level.COUNTY if is_sum(place) else None)
    series = {each: rules.add(counted.tallies[each].values()) for each in shown if counted.tallies[each]}
    bodies = _bodies(place, counted.tallies[wanted]) if is_sum(place) else []
    return PlaceFigures(
        place=place, path=tuple(path), month=wanted, months=months, tally=series.get(wanted),
        published=own if wanted in series else None, children=_children(place, counted, bodies, wanted),
        series=tuple(MonthTally(month=each, tally=tally) for each, tally in series.items()),
        quarter_lectures=sum(series[each].lectures for each in rules.months_of_quarter_so_far(wanted) if each in series),
        expected=len(bodies) if bodies else 1, reported=sum(body.tally is not None for body in bodies) if bodies else 1,
        view=View.AS_IS, estimated=counted.estimated[wanted],
    )  # fmt: skip


def counties_as_is(*, scope: Scope, node_id: int, month: Month) -> list[PlaceTally]:
    """Every county body of today below a place with the figures of a month; and those that ended without a successor."""
    place = _path_to(scope, node_id)[-1]
    return _bodies(place, counted_today(place, [month], by=Level.COUNTY).tallies[month])


def ranking_as_is(*, scope: Scope, node_id: int, month: Month, level: Level) -> Ranking:
    """
    The places of one level below a place of today by coverage in a month, most behind first.

    :raises Invalid: for a level that is not below the place.
    """
    place = _path_to(scope, node_id)[-1]
    check_ranked(place, level)
    return ranked(counted_today(place, [month], by=level).tallies[month], on=None)


def months_as_is(*, scope: Scope, node_id: int) -> list[Month]:
    """The months that can be read at a place of today, oldest first."""
    return list(_months(_path_to(scope, node_id)[-1]))


def _path_to(scope: Scope, node_id: int) -> list[Division]:
    path = list_path(node_id)
    policies.check_may_read(scope, path)
    return path


def _months(place: Division) -> tuple[Month, ...]:
    """The months that anybody in reach published: a place made since has none of its own."""
    near = Figure.objects.filter(level__in=BODIES, province_id=place.province_id)
    own = Figure.objects.filter(node_id=place.id)
    found = set(near.values_list("month", flat=True).distinct()) | set(own.values_list("month", flat=True).distinct())
    return tuple(sorted(Month.parse(month) for month in found))


def _published(place: Division, month: Month) -> Published | None:
    rows = Figure.objects.filter(province_id=place.province_id, month=str(month), level=Level.COMMUNITY)
    row = rows.aggregate(last=Max("as_of"), first=Min("as_of"), at=Max("published_at"), first_at=Min("published_at"),
                         highest=Max("edition"),
                         restated=Count("county_id", filter=Q(edition__gt=1), distinct=True))  # fmt: skip
    if row["last"] is None:
        return None
    return Published(as_of=row["last"], first_as_of=row["first"], published_at=row["at"],
                     first_published_at=row["first_at"], edition=row["highest"], restated=row["restated"])  # fmt: skip


def _bodies(place: Division, tallies: dict[int, Tally]) -> list[PlaceTally]:
    """The county bodies of today; and what is no more and still has figures, as it last was."""
    bodies = {body.id: body for body in bodies_in_use(place)}
    bodies |= {body.id: body for body in named(tallies.keys() - bodies.keys(), on=None)}
    ordered = sorted(bodies.values(), key=lambda body: (body.level, body.code))
    return [PlaceTally(place=body, tally=tallies.get(body.id)) for body in ordered]


def _children(
    place: Division, counted: _Counted, bodies: Iterable[PlaceTally], month: Month
) -> tuple[PlaceTally, ...]:  # fmt: skip
    """What lies below today; and what is no more and still has figures, as it last was."""
    if place.level == Level.COMMUNITY:
        return ()
    at = (
        {body.place.id: body.place.city_id or body.place.id for body in bodies} if place.level == Level.PROVINCE else {}
    )
    history: dict[int, dict[Month, Tally]] = defaultdict(dict)
    for each, tallies in counted.tallies.items():
        for node, tally in tallies.items():
            child = at.get(node, node)
            history[child][each] = history[child].get(each, Tally()) + tally
    known = {child.id: child for child in list_children(place.id) if child.status == Status.IN_USE}
    with_figures = {node for node, months in history.items() if month in months}
    known |= {child.id: child for child in named(with_figures - known.keys(), on=None)}
    return tuple(
        PlaceTally(place=child, tally=history[child.id].get(month),
                   history=tuple(MonthTally(month=each, tally=tally) for each, tally in history[child.id].items()))
        for child in sorted(known.values(), key=lambda child: (child.level, child.code))
    )  # fmt: skip


# ---- where communities lie today -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counted:
    """Counts by month and by today's place; of each month, how many communities were divided by an estimate."""

    tallies: dict[Month, dict[int, Tally]] = field(default_factory=dict)
    estimated: dict[Month, int] = field(default_factory=dict)

    def add(self, month: Month, node: int, tally: Tally) -> None:
        here = self.tallies[month]
        here[node] = here.get(node, Tally()) + tally


def counted_today(place: Division, months: Sequence[Month], *, by: Level | None) -> _Counted:
    """The months' counts by today's place of a level, or one step below ``place``."""
    rows = Figure.objects.filter(
        province_id=place.province_id, month__in=[str(month) for month in months], level=Level.COMMUNITY
    )
    found = _Counted({month: {} for month in months}, dict.fromkeys(months, 0))
    when = rows.aggregate(as_of=Min("as_of"), at=Min("published_at"))
    if when["as_of"] is None:
        return found
    applied = list_applied(since=when["at"], province=place.code[:2])
    parted = sorted(list_parted(since=known_day(when["as_of"], at=when["at"], applied=applied)))
    for month, node, *counts in _standing(place, months, parted, by):
        if node is not None:
            found.add(Month.parse(month), node, _tally(counts))
    by_day: dict[date, list[tuple[Month, int, Tally]]] = defaultdict(list)
    followed = rows.filter(node_id__in=[*parted, *_ended(place, months)])
    for month, node, as_of, at, *counts in followed.values_list("month", "node_id", "as_of", "published_at", *COUNTS):
        by_day[known_day(as_of, at=at, applied=applied)].append((Month.parse(month), node, _tally(counts)))
    for day, several in by_day.items():
        _follow(place, day, several, by, found)
    return found


def _standing(place: Division, months: Sequence[Month], parted: list[int], by: Level | None) -> list[Any]:
    """Of communities that are there today and never parted, added up by PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select f.month, {_who(place, by)}, {', '.join(f'sum(f.{name})::bigint' for name in COUNTS)}"  # noqa: S608 - names of our own
            " from indicators_figure f join divisions_divisionversion v on v.node_id = f.node_id and v.valid_to is null"
            f" where f.province_id = %(province)s and f.month = any (%(months)s) and f.level = 5"
            f" and v.{_COLUMNS[place.level]} = %(place)s and f.node_id <> all (%(parted)s) group by 1, 2",
            {"province": place.province_id, "months": [str(month) for month in months], "place": place.id,
             "parted": parted},
        )  # fmt: skip
        return list(cursor.fetchall())


def _who(place: Division, by: Level | None) -> str:
    """The place of a level, or one step below, in which a community lies; collapsed levels are stepped over."""
    if by is not None:
        return "coalesce(v.city_id, v.county_id)" if by == Level.CITY else f"v.{_COLUMNS[by]}"
    below = [
        f"nullif(v.{column}, %(place)s)" for level, column in _COLUMNS.items() if place.level < level < Level.COMMUNITY
    ]
    return f"coalesce({', '.join([*below, 'v.node_id'])})"


def _follow(
    place: Division, day: date, rows: Iterable[tuple[Month, int, Tally]], by: Level | None, found: _Counted
) -> None:  # fmt: skip
    """Of communities that parted after a day, or are no more: where each went."""
    several = list(rows)
    heirs = list_heirs({node for _month, node, _tally in several}, of=day)
    lying = _lying({heir for shares, _guess in heirs.values() for heir in shares})
    for month, node, tally in several:
        shares, guessed = heirs[node]
        here = False
        for heir, part in _divided(tally, shares).items():
            at = lying.get(heir)
            if at is None or _above(at, place.level) != place.id:
                continue
            here = True
            if (who := _above(at, by) if by is not None else _step(place, at)) is not None:
                found.add(month, who, part)
        found.estimated[month] += guessed and here


def _ended(place: Division, months: Sequence[Month]) -> list[int]:
    """Communities of the months that are not there today."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct f.node_id from indicators_figure f"
            " left join divisions_divisionversion v on v.node_id = f.node_id and v.valid_to is null"
            " where f.province_id = %s and f.month = any (%s) and f.level = 5 and v.id is null",
            [place.province_id, [str(month) for month in months]],
        )
        return [row[0] for row in cursor.fetchall()]


def _lying(nodes: Collection[int]) -> dict[int, Division]:
    """Each of the places as it is, or as it last was."""
    return {one.id: one for one in list_last(nodes)}


def _above(at: Division, level: Level) -> int | None:
    """The place of a level in which one lies; a county without a city stands for its city."""
    if level == Level.COMMUNITY:
        return at.id
    found: int | None = getattr(at, _COLUMNS[level])
    return found or at.county_id if level == Level.CITY else found


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
