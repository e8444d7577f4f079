"""The place where figures of a statistical area are added up: the published rows of the communities that lay in it then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Max, Q, Sum

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies
from services.indicators.models import Figure
from services.indicators.types import COUNTS, Tally
from tenants.divisions.api import communities_in, get_area, last_path, members_on
from tenants.divisions.types import Level

MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMonth:
    """An area in one month; ``lying`` communities lay in it, of which ``tally.communities`` were published."""

    month: Month
    as_of: date
    lying: int
    tally: Tally


def area_months(*, scope: Scope, area_id: int) -> list[AreaMonth]:
    """
    The area's figures, newest month first, at most twelve; what was done at a community that ended within one is in them.

    :raises Missing: its place is not the scope's or below it.
    """
    area = get_area(area_id)
    policies.check_may_read(scope, last_path(area.home.id))
    near = Figure.objects.filter(province_id=area.home.province_id, level__lte=Level.COUNTY)
    months = list(near.values("month").annotate(last=Max("as_of")).order_by("-month")[:MONTHS])
    found = []
    for row in months:
        lying = communities_in(area_id, on=row["last"])
        drawn = members_on(area_id, on=row["last"])
        ended = Q(level=Level.COMMUNITY, communities=0) & (
            Q(node_id__in=drawn) | Q(street_id__in=drawn) | Q(county_id__in=drawn)
        )
        sums = Figure.objects.filter(Q(node_id__in=lying) | ended, month=row["month"]).aggregate(
            rows=Count("id"), **{f"sum_{name}": Sum(name) for name in COUNTS}
        )
        if sums["rows"]:
            tally = Tally(**{name: sums[f"sum_{name}"] for name in COUNTS})
            found.append(AreaMonth(month=Month.parse(row["month"]), as_of=row["last"], lying=len(lying), tally=tally))
    return found
