"""A run goes on the notice board: the county's rows of that month are replaced, all at once, by newer ones only."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection

from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies, rules
from services.indicators.commands.locking import lock_month
from services.indicators.commands.publishing import county_of
from services.indicators.models import Figure, Run
from services.indicators.types import COUNTS
from tenants.divisions.types import Division


class SumsDiffer(Exception):
    """A parent's figures are not the sum of its children's; nothing is published."""


def put_on_board(*, scope: Scope, run_id: uuid.UUID, now: datetime) -> bool:
    """
    Publish a run; whether the board changed. A run that stands already, or is older than what stands, changes nothing.

    :raises SumsDiffer: when the rows do not add up; the caller's transaction must not be committed.
    """
    policies.check_may_publish(scope)
    county = county_of(scope)
    run = Run.objects.defer("figures", "lines").get(id=run_id)
    month = Month.parse(run.month)
    lock_month(county_id=county.id, month=month, act="board")
    standing = Figure.objects.filter(node_id=county.id, month=run.month).values_list("run_id", "edition").first()
    if standing is not None and not _newer(run, standing[0]):
        return False
    whole_month = rules.finished(month, run.as_of, legal_day(run.computed_at))
    edition = (standing[1] if standing else 0) + 1 if whole_month else 0
    _replace(run, county, edition=edition, now=now)
    _check_sums(county_id=county.id, month=run.month)
    run.published_at = now
    run.save(update_fields=["published_at"])
    return True


def _newer(run: Run, standing: uuid.UUID) -> bool:
    if standing == run.id:
        return False
    other = Run.objects.filter(id=standing).values_list("computed_at", flat=True).first()
    return other is None or run.computed_at > other


# Replaced inside PostgreSQL: through Python, rows and their deletion took ten times as long.
_COPY_FIGURES = f"""
insert into indicators_figure (month, province_id, city_id, county_id, run_id, as_of, edition, published_at,
                               level, node_id, street_id, {", ".join(COUNTS)})
select run.month, %(province)s, %(city)s, %(county)s, run.id, run.as_of, %(edition)s, %(now)s,
       (kept->>0)::smallint, (kept->>1)::bigint, (kept->>2)::bigint,
       {", ".join(f"(kept->>{place})::int" for place, _name in enumerate(COUNTS, start=3))}
  from indicators_run run, jsonb_array_elements(run.figures) kept where run.id = %(run)s
"""  # noqa: S608  column names of our own
_COPY_LINES = """
insert into indicators_visitline (month, province_id, city_id, county_id, visit_id, node_id, street_id, adviser_id, firm_id,
                                  adviser_name, kind, on_day, minutes)
select run.month, %(province)s, %(city)s, %(county)s, (kept->>0)::uuid, (kept->>1)::bigint, (kept->>2)::bigint,
       (kept->>3)::uuid, (kept->>4)::uuid, kept->>5, kept->>6, (kept->>7)::date, (kept->>8)::int
  from indicators_run run, jsonb_array_elements(run.lines) kept where run.id = %(run)s
"""


def _replace(run: Run, county: Division, *, edition: int, now: datetime) -> None:
    told: dict[str, Any] = {"run": run.id, "province": county.province_id, "city": county.city_id, "county": county.id,
            "month": run.month, "edition": edition, "now": now}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("delete from indicators_figure where county_id = %(county)s and month = %(month)s", told)
        cursor.execute("delete from indicators_visitline where county_id = %(county)s and month = %(month)s", told)
        cursor.execute(_COPY_FIGURES, told)
        cursor.execute(_COPY_LINES, told)


_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in COUNTS)
_OWN = ", ".join(f"{name}::bigint" for name in COUNTS)
_ADDS_UP = f"""
with here as (select * from indicators_figure where county_id = %(county)s and month = %(month)s),
by_street as (select street_id as parent, row({_SUMS}) as sums from here where level = 5 group by street_id),
nothing as (select row({", ".join(["0::bigint"] * len(COUNTS))}) as sums)
select street.node_id from here street left join by_street on parent = street.node_id cross join nothing
 where street.level = 4 and row({_OWN}) is distinct from coalesce(by_street.sums, nothing.sums)
union all
select county.node_id from here county
 where county.node_id = %(county)s
   and row({_OWN}) is distinct from (select row({_SUMS}) from here where level = 5)
"""  # noqa: S608  column names of our own


def _check_sums(*, county_id: int, month: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ADDS_UP, {"county": county_id, "month": month})
        wrong = [row[0] for row in cursor.fetchall()]
    if wrong:
        raise SumsDiffer(f"{month}: {wrong}")
