"""The place where figures of a statistical area are added up: of the communities that lay in it then, or lie in it today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Max, Q, Sum

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies, rules
from services.indicators.models import Figure
from services.indicators.queries.as_is import counted_today
from services.indicators.types import COUNTS, Tally
from tenants.divisions.api import communities_in, get_area, last_path, list_applied, list_last, members_on
from tenants.divisions.types import Area, Level, View

MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMonth:
    """An area in one month; ``lying`` communities lay in it, of which ``tally.communities`` were published."""

    month: Month
    as_of: date
    lying: int
    tally: Tally


def area_months(*, scope: Scope, area_id: int, view: View = View.AS_WAS) -> list[AreaMonth]:
    """
    The area's figures, newest month first, at most twelve; what was done at a community that ended within one is in them.

    As it was: of what lay in it on the day each month was counted. As it is: of what lies in it today, in every month.

    :raises Missing: its place is not the scope's or below it.
    """
    area = get_area(area_id)
    policies.check_may_read(scope, last_path(area.home.id))
    near = Figure.objects.filter(province_id=area.home.province_id, level__lte=Level.COUNTY)
    months = near.values("month").annotate(last=Max("as_of"), at=Max("published_at")).order_by("-month")[:MONTHS]
    counted = [(Month.parse(row["month"]), row["last"], row["at"]) for row in months]
    return _as_is(area, counted) if view == View.AS_IS else _as_was(area, counted)


_Months = Sequence[tuple[Month, date, datetime]]


def _as_was(area: Area, months: _Months) -> list[AreaMonth]:
    since = min((at for _month, _last, at in months), default=None)
    applied = list_applied(since=since, province=area.home.code[:2]) if since else []
    found = []
    for month, last, at in months:
        unseen = [one for one in applied if one.at > at]
        lying = communities_in(area.id, on=last, unseen=unseen)
        drawn = members_on(area.id, on=last, unseen=unseen)
        ended = Q(level=Level.COMMUNITY, communities=0) & (
            Q(node_id__in=drawn) | Q(street_id__in=drawn) | Q(county_id__in=drawn)
        )
        sums = Figure.objects.filter(Q(node_id__in=lying) | ended, month=str(month)).aggregate(
            rows=Count("id"), **{f"sum_{name}": Sum(name) for name in COUNTS}
        )
        if sums["rows"]:
            tally = Tally(**{name: sums[f"sum_{name}"] for name in COUNTS})
            found.append(AreaMonth(month=month, as_of=last, lying=len(lying), tally=tally))
    return found


def _as_is(area: Area, months: _Months) -> list[AreaMonth]:
    drawn, lying = members_on(area.id, on=None), communities_in(area.id, on=None)
    tallies = counted_today(area.home, [month for month, _last, _at in months], by=Level.COMMUNITY).tallies
    places = list_last({node for each in tallies.values() for node in each})
    # What ended and nobody took over is counted where it last was.
    inside = {one.id for one in places if drawn & {one.id, one.street_id, one.county_id}}
    return [
        AreaMonth(month=month, as_of=last, lying=len(lying),
                  tally=rules.add(tally for node, tally in tallies[month].items() if node in inside))
        for month, last, _at in months if inside & tallies[month].keys()
    ]  # fmt: skip
