"""A run goes on the notice board: the county's rows of that month are replaced, all at once, by newer ones only."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection

from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators import policies, rules
from services.indicators.commands.locking import lock_month
from services.indicators.commands.publishing import county_of
from services.indicators.models import Figure, Run, VisitLine
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
    run = Run.objects.get(id=run_id)
    month = Month.parse(run.month)
    lock_month(county_id=county.id, month=month, act="board")
    here = {"county_id": county.id, "month": run.month}
    standing = Figure.objects.filter(**here, node_id=county.id).values_list("run_id", "edition").first()
    if standing is not None and not _newer(run, standing[0]):
        return False
    whole_month = rules.finished(month, run.as_of, legal_day(run.computed_at))
    edition = (standing[1] if standing else 0) + 1 if whole_month else 0
    Figure.objects.filter(**here).delete()
    VisitLine.objects.filter(**here).delete()
    Figure.objects.bulk_create(_figures(run, county, edition, now))
    VisitLine.objects.bulk_create(_lines(run, county))
    _check_sums(county_id=county.id, month=run.month)
    run.published_at = now
    run.save(update_fields=["published_at"])
    return True


def _newer(run: Run, standing: uuid.UUID) -> bool:
    if standing == run.id:
        return False
    other = Run.objects.filter(id=standing).values_list("computed_at", flat=True).first()
    return other is None or run.computed_at > other


def _figures(run: Run, county: Division, edition: int, now: datetime) -> list[Figure]:
    common = {
        "month": run.month, "province_id": county.province_id, "city_id": county.city_id, "county_id": county.id,
        "run_id": run.id, "as_of": run.as_of, "edition": edition, "published_at": now,
    }  # fmt: skip
    made = []
    for kept in run.figures:
        level, node_id, street_id, *counts = kept
        made.append(Figure(level=level, node_id=node_id, street_id=street_id, **dict(zip(COUNTS, counts, strict=True)),
                           **common))  # fmt: skip
    return made


def _lines(run: Run, county: Division) -> list[VisitLine]:
    common = {
        "month": run.month, "province_id": county.province_id, "city_id": county.city_id, "county_id": county.id
    }  # fmt: skip
    return [
        VisitLine(visit_id=visit, node_id=node, street_id=street, adviser_id=adviser, firm_id=firm, adviser_name=name,
                  kind=kind, on_day=day, minutes=minutes, **common)
        for visit, node, street, adviser, firm, name, kind, day, minutes in run.lines
    ]  # fmt: skip


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
