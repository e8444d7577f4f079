"""Hours per adviser, community and month: added up by PostgreSQL, set against what is due."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, Sum, Value
from django.db.models.functions import Greatest, Least

from falin.kernel import parameters, sorting
from falin.kernel.clock import legal_day
from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from falin.kernel.spelling import syllables_of
from services.advisers.api import list_appointments
from services.advisers.types import AppointmentInfo
from services.duty import policies
from services.duty.models import Reminder, Visit
from services.duty.queries.visits import place_names
from services.duty.rules import HOURS_A_MONTH, LECTURES_A_QUARTER, LONGEST, days_left, pace_minutes, required_minutes
from services.duty.rules.hours import Span
from services.duty.types import Behind, CommunityMonth, MonthHours, MyMonth, VisitKind
from tenants.divisions.rules import sound_of

Pair = tuple[int, uuid.UUID]  # community, adviser
# What the list of who is behind stands by; else furthest behind first.
BEHIND_ORDERS: Final[dict[str, Callable[[Behind], Any]]] = {
    "adviser": lambda row: (syllables_of(row.hours.adviser_name), row.hours.adviser_name),
    "community": lambda row: (sound_of(row.node_name).pinyin, row.node_name),
    "done": lambda row: row.hours.minutes,
    "due": lambda row: row.hours.required_minutes,
    "pace": lambda row: row.off_pace,
    "missing": lambda row: row.hours.missing,
    "last": lambda row: row.last_on or date.min,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booked:
    """What PostgreSQL added up for one pair in one month."""

    minutes: int = 0
    visits: int = 0
    lectures: int = 0
    last_at: datetime | None = None
    adviser_name: str = ""
    firm_id: uuid.UUID | None = None


def within(month: Month) -> Q:
    """Visits in force with a part in the month. The lower bound of ``begins_at`` keeps the index narrow."""
    return Q(voided_at__isnull=True, begins_at__gte=month.starts_at - LONGEST, begins_at__lt=month.ends_at,
             ends_at__gt=month.starts_at)  # fmt: skip


def part_of(month: Month) -> ExpressionWrapper[Any]:
    """The stretch of a visit that lies in the month (boundaries are midnights in Asia/Shanghai)."""
    end, begin = Least(F("ends_at"), Value(month.ends_at)), Greatest(F("begins_at"), Value(month.starts_at))
    return ExpressionWrapper(end - begin, output_field=DurationField())


def whole_minutes(stretch: timedelta | None) -> int:
    return int(stretch / timedelta(minutes=1)) if stretch else 0


def _booked(scope: Scope, month: Month, *, adviser_id: uuid.UUID | None, node_id: int | None) -> dict[Pair, _Booked]:
    rows: Any = Visit.objects.in_scope(scope).filter(within(month))
    if adviser_id is not None:
        rows = rows.filter(adviser_id=adviser_id)
    if node_id is not None:
        rows = rows.filter(node_id=node_id)
    grouped = rows.values("node_id", "adviser_id").order_by("node_id", "adviser_id").annotate(
        stretch=Sum(part_of(month)), visits=Count("id"), lectures=Count("id", filter=Q(kind=VisitKind.LECTURE)),
        last_at=Max("begins_at"), name=Max("adviser_name"),
    )  # fmt: skip
    return {
        (row["node_id"], row["adviser_id"]): _Booked(
            minutes=whole_minutes(row["stretch"]), visits=row["visits"], lectures=row["lectures"],
            last_at=row["last_at"], adviser_name=row["name"],
        )
        for row in grouped
    }  # fmt: skip


def _appointed(
    scope: Scope, month: Month, *, adviser_id: uuid.UUID | None, node_id: int | None
) -> dict[Pair, list[AppointmentInfo]]:
    pairs: dict[Pair, list[AppointmentInfo]] = defaultdict(list)
    for appointment in list_appointments(
        scope=scope, between=(month.first_day, month.last_day), adviser_id=adviser_id,
        node_ids=None if node_id is None else [node_id],
    ):  # fmt: skip
        pairs[appointment.node_id, appointment.adviser_id].append(appointment)
    return pairs


def _spans(appointments: Iterable[AppointmentInfo]) -> list[Span]:
    return [(appointment.begins_on, appointment.ends_on) for appointment in appointments]


def hours_a_month(node_id: int | None, month: Month) -> int:
    """What is due at a place: the figure in force on the first of the month holds for the whole of it."""
    return parameters.value(HOURS_A_MONTH, node_id=node_id, on=month.first_day)


@dataclass(frozen=True, slots=True)
class _Row:
    hours: MonthHours
    spans: Sequence[Span]
    last_at: datetime | None


def _rows(scope: Scope, month: Month, *, adviser_id: uuid.UUID | None = None, node_id: int | None = None) -> list[_Row]:
    """Every pair with an appointment or with hours in the month, by community and adviser."""
    booked = _booked(scope, month, adviser_id=adviser_id, node_id=node_id)
    appointed = _appointed(scope, month, adviser_id=adviser_id, node_id=node_id)
    rows = []
    for pair in sorted(booked.keys() | appointed.keys()):
        done, appointments = booked.get(pair, _Booked()), appointed.get(pair, [])
        latest = appointments[-1] if appointments else None
        spans = _spans(appointments)
        hours = MonthHours(
            month=month, node_id=pair[0], adviser_id=pair[1],
            adviser_name=latest.adviser_name if latest else done.adviser_name,
            firm_id=latest.firm_id if latest else uuid.UUID(int=0), firm_name=latest.firm_name if latest else "",
            minutes=done.minutes, visits=done.visits, lectures=done.lectures,
            required_minutes=required_minutes(month, spans, hours_a_month=hours_a_month(pair[0], month)),
            appointed=latest is not None,
        )  # fmt: skip
        rows.append(_Row(hours, spans, done.last_at))
    return rows


def month_hours(*, scope: Scope, month: Month) -> list[CommunityMonth]:
    """Communities of the scope with an adviser or with hours in the month, each with its pairs, by node."""
    policies.check_may_read(scope)
    by_node: dict[int, list[MonthHours]] = defaultdict(list)
    for row in _rows(scope, month):
        by_node[row.hours.node_id].append(row.hours)
    return [CommunityMonth(month=month, node_id=node, pairs=tuple(pairs)) for node, pairs in by_node.items()]


def find_pair_hours(*, scope: Scope, month: Month, node_id: int, adviser_id: uuid.UUID) -> MonthHours | None:
    """One pair's hours, or ``None`` where there is neither an appointment nor a visit in the month."""
    policies.check_may_read(scope)
    found = _rows(scope, month, adviser_id=adviser_id, node_id=node_id)
    return found[0].hours if found else None


def list_behind(*, scope: Scope, month: Month, now: datetime, sort: str = "") -> list[Behind]:
    """
    Who has not reached the hours of a community yet: furthest behind the pace first, then most missing.

    :param sort: one of ``BEHIND_ORDERS``, with - before it the other way round.
    """
    policies.check_may_read(scope)
    today = legal_day(now)
    rows = [row for row in _rows(scope, month) if row.hours.appointed and row.hours.missing]
    reminded = set(
        Reminder.objects.in_scope(scope).filter(month=str(month), on_day=today).values_list("node_id", "adviser_id")
    )
    names = place_names({row.hours.node_id for row in rows})
    found = [
        Behind(
            hours=row.hours, node_name=names.get(row.hours.node_id, ("", ""))[0],
            street_name=names.get(row.hours.node_id, ("", ""))[1], pace=_pace(row, today),
            last_on=legal_day(row.last_at) if row.last_at else None,
            reminded_today=(row.hours.node_id, row.hours.adviser_id) in reminded,
        )
        for row in rows
    ]  # fmt: skip
    found.sort(key=lambda row: (-row.off_pace, -row.hours.missing, row.hours.node_id, row.hours.adviser_id))
    return sorting.in_order(found, sort, BEHIND_ORDERS)


def _pace(row: _Row, today: date) -> int:
    month = row.hours.month
    return pace_minutes(month, row.spans, hours_a_month=hours_a_month(row.hours.node_id, month), today=today)


def my_months(*, scope: Scope, now: datetime) -> list[MyMonth]:
    """The adviser's own communities this month: hours, pace, lectures of the quarter, days left."""
    adviser_id = policies.check_may_read_own(scope)
    month, today = Month.of(now), legal_day(now)
    rows = [row for row in _rows(scope, month, adviser_id=adviser_id) if row.hours.appointed]
    names = place_names({row.hours.node_id for row in rows})
    lectures = _quarter_lectures(scope, month, adviser_id)
    return [
        MyMonth(
            hours=row.hours, node_name=names.get(row.hours.node_id, ("", ""))[0],
            street_name=names.get(row.hours.node_id, ("", ""))[1], pace=_pace(row, today),
            days_left=days_left(month, row.spans, today=today), quarter_lectures=lectures.get(row.hours.node_id, 0),
            quarter_lectures_required=parameters.value(
                LECTURES_A_QUARTER, node_id=row.hours.node_id, on=month.quarter[0].first_day
            ),
        )
        for row in rows
    ]  # fmt: skip


def _quarter_lectures(scope: Scope, month: Month, adviser_id: uuid.UUID) -> dict[int, int]:
    """Lectures that began in the month's quarter, by community."""
    first, _middle, last = month.quarter
    rows = (
        Visit.objects.in_scope(scope)
        .filter(adviser_id=adviser_id, kind=VisitKind.LECTURE, voided_at__isnull=True)
        .filter(begins_at__gte=first.starts_at, begins_at__lt=last.ends_at)
        .values("node_id")
        .order_by("node_id")
        .annotate(lectures=Count("id"))
    )
    return {row["node_id"]: row["lectures"] for row in rows}
