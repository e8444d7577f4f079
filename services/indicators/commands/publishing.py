"""A county's month becomes a run: computed whole, kept as it was, and told to the board by the county's outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from falin.kernel import audit, outbox
from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from services.duty.api import clear_dirty, is_closed
from services.indicators import policies, rules
from services.indicators.commands.gathering import gather
from services.indicators.commands.locking import lock_month
from services.indicators.models import Run
from services.indicators.types import RunInfo
from tenants.divisions.api import gave_away, list_last
from tenants.divisions.types import Division
from tenants.registry.api import find_by_schema
from tenants.registry.types import Kind


def publish_month(*, scope: Scope, month: Month, now: datetime) -> RunInfo:
    """
    Roll up one month of the scope's county and have it published.

    When nothing has changed since the last run, nothing is written and that run is given back (``fresh`` is false). So it is
    with a closed month some of whose places another county has by now: it stands as it was published (decision 23).

    :raises Forbidden: without the grant, or outside a scope of the whole county.
    :raises Refused: in a tenant that is not a county's.
    :raises Invalid: for a month that has not begun.
    """
    policies.check_may_publish(scope)
    county = county_of(scope)
    today = legal_day(now)
    if month.first_day > today:
        raise Invalid("indicators.month_not_begun", _("这个月还没有开始，没有可以汇总的记录。"), field="month")
    lock_month(county_id=county.id, month=month, act="run")
    last = Run.objects.filter(month=str(month)).defer("figures", "lines").order_by("-computed_at").first()
    if last is not None and _stands(last, scope=scope, county=county):
        return info(last, fresh=False)
    clear_dirty(scope=scope, months=[month])  # before counting: a visit written meanwhile marks the month again
    as_of = rules.counted_on(month, today)
    facts = gather(scope=scope, county=county, month=month, as_of=as_of)
    figures = [rules.row_as_json(row) for row in rules.cascade(facts)]
    streets = {one.node_id: one.street_id for one in facts.communities}
    lines = [rules.line_as_json(line, streets[line.node_id]) for line in facts.lines if line.node_id in streets]
    digest = rules.digest(month=month, facts=facts, figures=figures, lines=lines)
    if last is not None and last.digest == digest:
        return info(last, fresh=False)
    # The lock says who counted later, not the clock its request brought: one that waited for the lock brings an earlier one,
    # and the board takes only what was computed after what stands there.
    computed_at = max(now, last.computed_at + timedelta(microseconds=1)) if last else now
    run = Run.objects.create(
        month=str(month), as_of=as_of, computed_at=computed_at, person_id=scope.person_id, digest=digest,
        figures=figures, lines=lines,
    )  # fmt: skip
    audit.record(
        scope=scope, act="indicators.month.rolled_up", subject=("run", run.id), node_id=county.id,
        before={"run": str(last.id)} if last else {},
        after={"month": run.month, "as_of": as_of.isoformat()}, now=now,
    )  # fmt: skip
    outbox.put(
        scope=scope, event="indicators.month.rolled_up", version=1, key=run.month,
        payload={"run_id": str(run.id), "month": run.month}, now=now,
    )  # fmt: skip
    return info(run, fresh=True)


def _stands(last: Run, *, scope: Scope, county: Division) -> bool:
    """Whether a month was published whole and closed, and places of it lie in other hands since: what is left is not it."""
    month = Month.parse(last.month)
    whole = rules.finished(month, last.as_of, legal_day(last.computed_at))
    return whole and is_closed(scope=scope, month=month) and gave_away(county.id, since=last.as_of)


def publish_again(*, scope: Scope, month: Month, now: datetime) -> None:
    """Roll up a month anew where it has been before: places lie otherwise now."""
    if Run.objects.filter(month=str(month)).exists():
        publish_month(scope=scope, month=month, now=now)


def county_of(scope: Scope) -> Division:
    """
    The scope's county, as it last was: one that ended has a book until its rows are handed over.

    :raises Refused: when the scope's tenant is not a county's.
    """
    tenant = find_by_schema(scope.schema)
    if tenant is None or tenant.kind != Kind.COUNTY:
        raise Refused("indicators.not_a_county", _("指标由各县（区）汇总，市和省的数是各县（区）之和，不单独发布。"))
    (county,) = list_last([tenant.node_id])
    return county


def info(run: Run, *, fresh: bool) -> RunInfo:
    return RunInfo(
        id=run.id, month=Month.parse(run.month), as_of=run.as_of, computed_at=run.computed_at,
        published_at=run.published_at, fresh=fresh,
    )  # fmt: skip
