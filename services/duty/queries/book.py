"""The county's book by months: what is closed, what changed, and the lines that are published."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, DateTimeField, DurationField, ExpressionWrapper, F, Sum
from django.db.models.functions import Cast, TruncMonth

from falin.kernel.clock import SHANGHAI, legal_day
from falin.kernel.periods import Month, months_between, split_by_month
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import ClosedMonth, DirtyMonth, Visit
from services.duty.queries.hours import part_of, whole_minutes, within
from services.duty.types import BookMonth, VisitKind, VisitLine
from tenants.identity.api import names_of

_STRETCH = ExpressionWrapper(F("ends_at") - F("begins_at"), output_field=DurationField())
# A visit that ends at midnight of the first still lies in the month before.
_LAST_MOMENT = ExpressionWrapper(F("ends_at") - timedelta(microseconds=1), output_field=DateTimeField())


def list_visit_lines(*, scope: Scope, month: Month) -> list[VisitLine]:
    """The part of each visit that lies in the month, by day; what a figure of hours is the sum of."""
    policies.check_may_read(scope)
    rows: Any = (
        Visit.objects.in_scope(scope)
        .filter(within(month))
        .annotate(stretch=part_of(month))
        .order_by("begins_at", "id")
        .values_list("id", "node_id", "adviser_id", "adviser_name", "firm_id", "kind", "begins_at", "stretch")
    )
    return [
        VisitLine(visit_id=row[0], node_id=row[1], adviser_id=row[2], adviser_name=row[3], firm_id=row[4],
                  kind=VisitKind(row[5]), on_day=legal_day(max(row[6], month.starts_at)), minutes=whole_minutes(row[7]))
        for row in rows
    ]  # fmt: skip


def closed_months(*, scope: Scope) -> list[Month]:
    """Months whose book was closed, earliest first. Everything before the last of them is closed with it."""
    return [Month.parse(text) for text in ClosedMonth.objects.order_by("month").values_list("month", flat=True)]


def is_closed(*, scope: Scope, month: Month) -> bool:
    """Whether visits of the month can no longer be added or changed."""
    return ClosedMonth.objects.filter(month__gte=str(month)).exists()


def dirty_months(*, scope: Scope) -> list[Month]:
    """Months something changed in since they were last published, earliest first."""
    return [Month.parse(text) for text in DirtyMonth.objects.order_by("month").values_list("month", flat=True)]


def list_book(*, scope: Scope, now: datetime) -> list[BookMonth]:
    """The months of the book from the first visit to this month, latest first."""
    policies.check_may_close(scope)
    this = Month.of(now)
    held = _held(scope)
    closed = {row.month: row for row in ClosedMonth.objects.all()}
    names = names_of({row.person_id for row in closed.values()})
    first = min([*held, *(Month.parse(text) for text in closed), this])
    return [
        BookMonth(
            month=month, visits=held.get(month, (0, 0))[0], minutes=held.get(month, (0, 0))[1],
            closed_at=row.closed_at if (row := closed.get(str(month))) else None,
            closed_by=names.get(row.person_id, "") if row else "", over=month < this,
        )
        for month in reversed(list(months_between(first, this)))
    ]  # fmt: skip


def _held(scope: Scope) -> dict[Month, tuple[int, int]]:
    """Visits and minutes of each month; a visit over a month's end is in both, with its part."""
    begun, ended = TruncMonth("begins_at", tzinfo=SHANGHAI), TruncMonth(_LAST_MOMENT, tzinfo=SHANGHAI)
    all_visits = Visit.objects.in_scope(scope).filter(voided_at__isnull=True)
    grouped: Any = (
        all_visits.annotate(begun=Cast(begun, DateField()))
        .values("begun")
        .order_by("begun")
        .annotate(visits=Count("id"), stretch=Sum(_STRETCH))
    )
    held = {Month.of(row["begun"]): (row["visits"], whole_minutes(row["stretch"])) for row in grouped}
    over: Any = all_visits.annotate(begun=begun, ended=ended).exclude(begun=F("ended")).order_by("id")
    for begins_at, ends_at in over.values_list("begins_at", "ends_at"):
        (first, _minutes), (second, spilled) = split_by_month(begins_at, ends_at)
        visits, minutes = held[first]
        held[first] = visits, minutes - spilled
        visits, minutes = held.get(second, (0, 0))
        held[second] = visits + 1, minutes + spilled
    return held
