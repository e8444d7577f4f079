"""The county's book of months: who writes in a month holds it open, who closes it waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from falin.kernel import audit, formats, outbox
from falin.kernel.periods import Month
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import ClosedMonth, DirtyMonth
from services.duty.queries import closed_months, list_book


def hold_open(scope: Scope) -> None:
    """Keep the county's book as open as it is until the open transaction ends; writers do not wait for each other."""
    _lock("pg_advisory_xact_lock_shared", scope)


def hold_still(scope: Scope) -> None:
    """Wait for whoever is writing in the county's book, and make new writers wait until the open transaction ends."""
    _lock("pg_advisory_xact_lock", scope)


def _lock(function: str, scope: Scope) -> None:
    # One key for the whole book and not one a month: closing a month closes everything before it.
    with connection.cursor() as cursor:
        cursor.execute(f"select {function}(hashtextextended(%s, 0))", [f"duty.book:{scope.schema}"])


def check_open(months: Iterable[Month], *, field: str | None = None) -> None:
    """:raises Refused: when one of the months, or a later one, is closed. Call with the book held open."""
    # Plain SQL here and in mark_dirty: every visit passes by, and Django's query building cost more than PostgreSQL.
    with connection.cursor() as cursor:
        cursor.execute("select max(month) from duty_closedmonth where month >= %s", [str(min(months))])
        (last,) = cursor.fetchone()
    if last is not None:
        text = _("%(month)s及以前的账已经结了，不能再记、再改。有出入请联系县（区）工作专班。")
        raise Refused("duty.month_closed", text % {"month": formats.month(Month.parse(last).first_day)}, field=field)


def mark_dirty(months: Iterable[Month], *, now: datetime) -> None:
    """Have the months' figures computed anew; a month that is marked already stays marked since the first change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into duty_dirtymonth (month, since) select month, %s from unnest(%s::text[]) as month"
            " on conflict do nothing",
            [now, [str(month) for month in sorted(set(months))]],
        )


def clear_dirty(*, scope: Scope, months: Iterable[Month]) -> None:
    """
    Take the marks away. Call it BEFORE computing, in the transaction that publishes.

    Waits for visits that are being written, and makes new ones wait: none can fall between the mark and the figures.
    """
    hold_still(scope)
    DirtyMonth.objects.filter(month__in=[str(month) for month in months]).delete()


def close_month(*, scope: Scope, month: Month, now: datetime) -> None:
    """
    Close a past month of the county's book: its visits can no longer be added, corrected or voided.

    :raises Refused: not over yet, closed already, or an earlier month with visits is still open.
    """
    policies.check_may_close(scope)
    if month >= Month.of(now):
        raise Invalid("duty.month_not_over", _("这个月还没有过完，下个月才能结。"), field="month")
    hold_still(scope)
    closed = closed_months(scope=scope)
    if closed and month <= closed[-1]:
        text = _("%(month)s的账已经结过了。")
        raise Refused("duty.month_closed", text % {"month": formats.month(month.first_day)}, field="month")
    in_month = 0
    for row in list_book(scope=scope, now=now):
        if row.month == month:
            in_month = row.visits
        if row.month < month and row.visits and (not closed or row.month > closed[-1]):
            text = _("请先结%(month)s的账。")
            words = {"month": formats.month(row.month.first_day)}
            raise Refused("duty.earlier_month_open", text % words, field="month")
    ClosedMonth.objects.create(month=str(month), closed_at=now, person_id=scope.person_id)
    audit.record(scope=scope, act="duty.month.closed", subject=("month", month), node_id=None, now=now,
                 after={"month": str(month), "visits": in_month})  # fmt: skip
    outbox.put(scope=scope, event="duty.month.closed", version=1, key=f"month:{month}", now=now,
               payload={"month": str(month)})  # fmt: skip
