"""
Every way figures are read: from the notice board only, so that no query of an upper level opens a county's schema.

A city's and the province's figures are the sums of their county bodies' rows, made here. The number of statements never
depends on the number of places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from falin.kernel import sorting
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid
from falin.kernel.scope import Scope
from falin.kernel.sorting import Order
from services.indicators import policies, rules
from services.indicators.models import Figure, VisitLine
from services.indicators.types import (
    COUNTS,
    LinePage,
    MonthTally,
    PlaceFigures,
    PlaceTally,
    Published,
    PublishedLine,
    Rank,
    Ranking,
    Tally,
    Turn,
)
from tenants.divisions.api import (
    known_day,
    last_path,
    list_applied,
    list_children,
    list_county_bodies,
    list_divisions,
    list_last,
)
from tenants.divisions.types import Division, Level, Status
from tenants.identity.types import Role
from tenants.registry.belongings import Belonging
from tenants.registry.hands import Goes, Rewritten, Way

BODIES: Final = (Level.CITY, Level.COUNTY)  # a county body is a county, or a city without counties
SERIES: Final = 12
MOST_RANKED: Final = 500
FIRST: Final = Turn()

_SUMS: Final = {f"sum_{name}": Sum(name) for name in COUNTS}  # not under the columns' own names: they would shadow them

_WHEN: Final = {
    "last_as_of": Max("as_of"), "first_as_of": Min("as_of"), "last_published": Max("published_at"),
    "first_published": Min("published_at"), "last_edition": Max("edition"),
    "restated": Count("id", filter=Q(edition__gt=1)), "rows": Count("id", filter=Q(communities__gt=0)),
}  # fmt: skip


def home_place(scope: Scope) -> int | None:
    """The place a person's figures begin at; ``None`` for who has rows of his own and no place."""
    return scope.roots[0] if scope.roots else None


def own_places(scope: Scope) -> list[Division]:
    """The places the role was given for."""
    scope.require("figures.read")
    return list_divisions(scope.roots)


def months_as_was(*, scope: Scope, node_id: int) -> list[Month]:
    """The months published for a place, oldest first."""
    place = _path_to(scope, node_id)[-1]
    found = _own(place).order_by("month").values_list("month", flat=True).distinct()
    return [Month.parse(month) for month in found]


def place_as_was(*, scope: Scope, node_id: int, month: Month | None = None) -> PlaceFigures:
    """
    A place in one month (without one: the latest published), what lay one step below it, and the months before.

    :raises Missing: when the place is not the scope's or below it.
    """
    path = _path_to(scope, node_id)
    place = path[-1]
    by_month = _months_of(place)
    months = tuple(by_month)
    wanted = month or (months[-1] if months else None)
    own = by_month.get(wanted) if wanted else None
    series = tuple(MonthTally(month=each, tally=by_month[each][0]) for each in months if wanted and each <= wanted)
    day = _known_on(own[1], place) if own else None
    children = _children(place, wanted, day) if wanted else ()
    return PlaceFigures(
        place=place,
        path=tuple(path),
        month=wanted,
        months=months,
        tally=own[0] if own else None,
        published=own[1] if own else None,
        children=children,
        series=series[-SERIES:],
        quarter_lectures=_lectures(by_month, wanted) if wanted else 0,
        # a body that ended may still hold what was done there: it is a part of the sum, and nobody waits for it
        expected=sum(1 for one in _bodies(place, wanted, day) if one.tally is None or one.tally.communities)
        if is_sum(place)
        else 1,
        reported=own[2] if own and is_sum(place) else int(own is not None),
    )


def counties_as_was(*, scope: Scope, node_id: int, month: Month) -> list[PlaceTally]:
    """Every county body that lay below a place in the month, with its figures: what a map is coloured by."""
    place = _path_to(scope, node_id)[-1]
    return _bodies(place, month, _day_of(place, month))


def ranking_as_was(*, scope: Scope, node_id: int, month: Month, level: Level) -> Ranking:
    """
    The places of one level below a place by coverage, most behind first; the unpublished are left out.

    :raises Invalid: for a level that is not below the place.
    """
    place = _path_to(scope, node_id)[-1]
    check_ranked(place, level)
    tallies = {row["who"]: _tally(row, "sum_") for row in _by_level(place, month, level)}
    return ranked(tallies, on=_day_of(place, month))


def ranked(tallies: Mapping[int, Tally], *, on: date | None) -> Ranking:
    """The places as they were on a day; of very many those that are furthest behind, and how many there are."""
    whole = rank(PlaceTally(place=one, tally=tallies[one.id]) for one in named(tallies.keys(), on=on))
    return replace(whole, rows=whole.rows[:MOST_RANKED])


def check_ranked(place: Division, level: Level) -> None:
    if level <= place.level or (level == Level.COMMUNITY and place.level < Level.STREET):
        raise Invalid("indicators.no_such_ranking", _("没有这一级的排名。"), field="level")


def rank(children: Iterable[PlaceTally]) -> Ranking:
    """Places by coverage, most behind first."""
    rows = list(children)
    positions = rules.ranked([(row.tally or Tally()).coverage for row in rows])
    pairs = zip(positions, rows, strict=True)
    made = [Rank(rank=position, place=row.place, tally=row.tally) for position, row in pairs]
    made.sort(key=_most_behind_first)
    return Ranking(rows=tuple(made), total=len(made))


def visit_lines(*, scope: Scope, node_id: int, month: Month, turn: Turn = FIRST) -> LinePage:
    """
    The published visits behind a community's figure, by day.

    :raises Forbidden: without the grant.
    :raises Missing: when the community is not within the scope.
    """
    policies.check_may_read_lines(scope)
    place = _path_to(scope, node_id)[-1]
    rows = VisitLine.objects.filter(node_id=place.id, month=str(month))
    return _page(rows, turn, places={place.id: (place, "")})


def firm_lines(*, scope: Scope, month: Month, turn: Turn = FIRST) -> LinePage:
    """A firm's or an adviser's own published visits, in whatever county."""
    policies.check_may_read_own_lines(scope)
    rows = _own_lines(scope).filter(month=str(month))
    return _page(rows, turn, places=None)


def list_own_months(*, scope: Scope) -> list[Month]:
    """The months a firm or an adviser has published lines in, oldest first."""
    policies.check_may_read_own_lines(scope)
    found = _own_lines(scope).order_by("month").values_list("month", flat=True).distinct()
    return [Month.parse(month) for month in found]


# ---- the board ------------------------------------------------------------------------------------------------------


def _path_to(scope: Scope, node_id: int) -> list[Division]:
    """A place that is no more, or is another county's now, is where it last was: its figures of then stay to be read."""
    path = last_path(node_id, under=scope.roots)
    policies.check_may_read(scope, path)
    return path


def is_sum(place: Division) -> bool:
    """Whether a place's figures are summed when read."""
    return place.level <= Level.CITY and not place.is_county_body


def _bodies_of(place: Division) -> QuerySet[Figure]:
    above = {"province_id": place.id} if place.level == Level.PROVINCE else {"city_id": place.id}
    return Figure.objects.filter(level__in=BODIES, **above)


def _own(place: Division) -> QuerySet[Figure]:
    """The rows a place's own figures are the sum of; a single one from the county body down."""
    return _bodies_of(place) if is_sum(place) else Figure.objects.filter(node_id=place.id)


def _bodies_below(place: Division, month: Month) -> QuerySet[Figure]:
    return _own(place).filter(month=str(month), level__in=BODIES)


_Own = tuple[Tally, Published, int]


def _months_of(place: Division) -> dict[Month, _Own]:
    rows: Any = _own(place).order_by("month").values("month").annotate(**_SUMS, **_WHEN)
    return {Month.parse(row["month"]): (_tally(row, "sum_"), _published(row), row["rows"]) for row in rows}


def _published(row: dict[str, Any]) -> Published:
    return Published(
        as_of=row["last_as_of"],
        first_as_of=row["first_as_of"],
        published_at=row["last_published"],
        first_published_at=row["first_published"],
        edition=row["last_edition"],
        restated=row["restated"],
    )


def _tally(row: dict[str, Any], prefix: str = "") -> Tally:
    return Tally(**{name: row[prefix + name] for name in COUNTS})


def _lectures(by_month: dict[Month, _Own], month: Month) -> int:
    return sum(by_month[each][0].lectures for each in rules.months_of_quarter_so_far(month) if each in by_month)


def _known_on(published: Published, place: Division) -> date:
    """The day whose tree a month was counted on. What an update brought since, dated back, was not in it."""
    applied = list_applied(since=published.published_at, province=place.code[:2])
    return known_day(published.as_of, at=published.published_at, applied=applied)


def _day_of(place: Division, month: Month) -> date | None:
    """The day whose tree a month was counted on; ``None``, today's, where nothing was published."""
    row = _own(place).filter(month=str(month)).aggregate(**_WHEN)
    return _known_on(_published(row), place) if row["rows"] else None


def bodies_in_use(place: Division, *, on: date | None = None) -> list[Division]:
    """The county bodies below a place."""
    return [body for body in list_county_bodies(place.id, on=on) if body.status == Status.IN_USE]


def named(nodes: Collection[int], *, on: date | None) -> list[Division]:
    """The places as they were on a day; what was not there then as it last was: figures of a place that is no more stay."""
    there = list_divisions(nodes, on=on)
    return [*there, *list_last(set(nodes) - {place.id for place in there})]


def _bodies(place: Division, month: Month | None, day: date | None) -> list[PlaceTally]:
    """The county bodies of a month: those that stood on the day, and whoever else published it."""
    rows = _bodies_below(place, month).values("node_id", *COUNTS) if month else ()
    tallies = {row["node_id"]: _tally(row) for row in rows}
    standing = {body.id: body for body in bodies_in_use(place, on=day)}
    others = {body.id: body for body in named(tallies.keys() - standing.keys(), on=day)}
    bodies = sorted((standing | others).values(), key=lambda body: (body.level, body.code))
    return [PlaceTally(place=body, tally=tallies.get(body.id)) for body in bodies]


def _below(place: Division) -> QuerySet[Any]:
    """Rows one step down, each with the place it counts for as ``who``; collapsed levels are stepped over."""
    if place.level == Level.PROVINCE and not place.is_county_body:
        return _bodies_of(place).annotate(who=Coalesce("city_id", "node_id"))
    if is_sum(place):
        return _bodies_of(place).annotate(who=F("node_id"))
    if place.is_county_body:
        direct = Q(level=Level.STREET) | Q(level=Level.COMMUNITY, street_id__isnull=True)
        return Figure.objects.filter(direct, county_id=place.id).annotate(who=F("node_id"))
    return Figure.objects.filter(level=Level.COMMUNITY, street_id=place.id).annotate(who=F("node_id"))


def _children(place: Division, month: Month, day: date | None) -> tuple[PlaceTally, ...]:
    if place.level == Level.COMMUNITY:
        return ()
    rows: Any = (
        _below(place)
        .filter(month__gt=str(month.plus(-SERIES)), month__lte=str(month))
        .order_by("who", "month")
        .values("who", "month")
        .annotate(**_SUMS)
    )
    history: dict[int, list[MonthTally]] = defaultdict(list)
    for row in rows:
        history[row["who"]].append(MonthTally(month=Month.parse(row["month"]), tally=_tally(row, "sum_")))
    places = {child.id: child for child in list_children(place.id, on=day) if child.status == Status.IN_USE}
    counted = {who for who, months in history.items() if months[-1].month == month}
    places |= {child.id: child for child in named(counted - places.keys(), on=day)}
    return tuple(
        _child(child, month, tuple(history.get(child.id, ())))
        for child in sorted(places.values(), key=lambda child: (child.level, child.code))
    )


def _child(place: Division, month: Month, history: tuple[MonthTally, ...]) -> PlaceTally:
    now = history[-1].tally if history and history[-1].month == month else None
    return PlaceTally(place=place, tally=now, history=history)


def _by_level(place: Division, month: Month, level: Level) -> QuerySet[Any, Any]:
    if place.level == Level.PROVINCE:
        above = Q(province_id=place.id)
    elif is_sum(place):
        above = Q(city_id=place.id)
    elif place.is_county_body:
        above = Q(county_id=place.id)
    else:
        above = Q(street_id=place.id)
    rows = Figure.objects.filter(above, month=str(month))
    if level == Level.CITY:
        found = rows.filter(level__in=BODIES).annotate(who=Coalesce("city_id", "node_id"))
    elif level == Level.COUNTY:
        found = rows.filter(level__in=BODIES).annotate(who=F("node_id"))
    else:
        found = rows.filter(level=level).annotate(who=F("node_id"))
    return found.order_by("who").values("who").annotate(**_SUMS)


def _most_behind_first(one: Rank) -> tuple[bool, int, int, str]:
    """Where nothing was published comes first; of equal shares the one with more communities to go."""
    return one.rank is not None, -(one.rank or 0), -(one.tally.missing if one.tally else 0), one.place.code


# ---- lines ----------------------------------------------------------------------------------------------------------


def _own_lines(scope: Scope) -> QuerySet[VisitLine]:
    if scope.role == Role.FIRM_MANAGER:
        return VisitLine.objects.filter(firm_id=scope.subject_id)
    return VisitLine.objects.filter(adviser_id=scope.subject_id)


def _page(
    rows: QuerySet[VisitLine], turn: Turn, *, places: dict[int, tuple[Division, str]] | None
) -> LinePage:  # fmt: skip
    sums = rows.aggregate(
        total=Count("id"), minutes=Coalesce(Sum("minutes"), 0), lectures=Count("id", filter=Q(kind="lecture"))
    )
    turned, page = _turned(rows, turn, sums["total"])
    known = _named(turned.rows) if places is None else places
    lines = tuple(
        PublishedLine(place=known.get(line.node_id, (None, ""))[0], above=known.get(line.node_id, (None, ""))[1],
                      on_day=line.on_day, minutes=line.minutes, kind=line.kind, adviser_name=line.adviser_name,
                      visit_id=line.visit_id)
        for line in turned.rows
    )  # fmt: skip
    return LinePage(rows=lines, total=sums["total"], minutes=sums["minutes"], lectures=sums["lectures"], page=page,
                    size=turn.size, after=turned.after, before=turned.before)  # fmt: skip


# What published visits stand by; the first one where nothing is asked.
LINE_ORDERS: Final[dict[str, Order]] = {
    "day": ("on_day", "adviser_name", "id"), "adviser": ("adviser_name", "on_day", "id"),
    "time": ("minutes", "on_day", "id"),
}  # fmt: skip


def _turned(rows: QuerySet[VisitLine], turn: Turn, total: int) -> tuple[sorting.Turned[VisitLine], int]:
    """A page and its number: by cursor, or, where none is given, by its number."""
    size, order = turn.size, sorting.order_of(turn.sort, LINE_ORDERS)
    page = min(max(turn.page, 1), max(1, -(-total // size)))
    if page > 1 and not (turn.after or turn.before):
        shown = list(rows.order_by(*order)[(page - 1) * size : page * size])
        after = sorting.cursor_of(shown[-1], order) if page * size < total else ""
        return sorting.Turned(rows=shown, before=sorting.cursor_of(shown[0], order), after=after), page
    found = sorting.turn(rows, order, after=turn.after, before=turn.before, size=size)
    return found, sorting.ahead_of(rows, order, found.rows[0]).count() // size + 1 if found.before else 1


def _named(lines: list[VisitLine]) -> dict[int, tuple[Division, str]]:
    wanted = {node for line in lines for node in (line.node_id, line.street_id, line.county_id) if node is not None}
    places = {place.id: place for place in list_last(wanted)}
    return {
        line.node_id: (
            places[line.node_id],
            " ".join(places[up].name for up in (line.county_id, line.street_id) if up in places),
        )
        for line in lines
        if line.node_id in places
    }


# Published figures stay on the board when a county goes: they belong to the levels above as well.
BELONGINGS = (
    Belonging(table="indicators_figure", natural=("month", "node_id", "county_id"), where="x.county_id = %(node)s"),
    Belonging(table="indicators_visitline", natural=("month", "visit_id"), where="x.county_id = %(node)s"),
)
# From the month of the change on a body is counted with the places it has now; before, it stands as it was published.
HANDS = (
    Way("indicators_run", Goes.STAYS, "stands behind what was published under that body"),
    Rewritten("indicators_figure", (
        "delete from indicators_figure where county_id = %(from_node)s and month >= %(month)s",
    )),
    Rewritten("indicators_visitline", (
        "delete from indicators_visitline where county_id = %(from_node)s and month >= %(month)s",
    )),
)  # fmt: skip
