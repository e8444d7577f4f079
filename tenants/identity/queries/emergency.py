"""Emergency access as the operator and the tenant read it; and which one lets the operator in at a moment."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from falin.kernel.clock import bounds_of
from falin.kernel.models import AuditEntry
from falin.kernel.scope import Scope
from falin.kernel.sorting import turn
from tenants.divisions.api import list_divisions
from tenants.identity import policies
from tenants.identity.models import Emergency
from tenants.identity.types import DoorPage, EmergencyInfo, EmergencyPage, Passed

PASSED = "kernel.door.passed"
PAGE = 20
DOORS_SHOWN = 100  # of each emergency, the newest, and on a page of its doors; how many there were is counted
NEWEST = ("-id",)


def emergencies_of(scope: Scope) -> QuerySet[Emergency]:
    """The operator's own; else those of the tenants one decides for: one's own, and as security administrator all below."""
    rows = Emergency.objects.select_related("operator", "tenant", "decided_by")
    if scope.may(policies.ASK_EMERGENCY):
        return rows.filter(operator_id=scope.person_id)
    scope.require(policies.DECIDE_EMERGENCY)
    tenants = dict(rows.order_by().values_list("tenant_id", "tenant__node_id").distinct())
    reached = {place.id for place in list_divisions(set(tenants.values())) if policies.reaches(scope, place, "")}
    return rows.filter(tenant_id__in=[tenant for tenant, node in tenants.items() if node in reached])


def count_waiting(*, scope: Scope) -> int:
    """How many requests wait for the scope's yes or no."""
    return len(list_asked(scope=scope))


def list_asked(*, scope: Scope) -> list[int]:
    """The requests, by number, that wait for the scope's yes or no."""
    waiting = Emergency.objects.filter(decided_at__isnull=True, ended_at__isnull=True)
    if not scope.may(policies.DECIDE_EMERGENCY) or not waiting.exists():  # one statement, as long as nobody asks
        return []
    rows = emergencies_of(scope).filter(id__in=waiting.values("id")).exclude(operator_id=scope.person_id)
    return list(rows.order_by("id").values_list("id", flat=True))


def list_emergencies(*, scope: Scope, now: datetime) -> list[EmergencyInfo]:
    """Newest first, with what was passed in each as far as it lies in the scope's own tenant's log."""
    return _with_doors(list(emergencies_of(scope).order_by(*NEWEST)), scope, AuditEntry.objects.all(), now)


def page_of_emergencies(*, scope: Scope, now: datetime, after: str = "", before: str = "") -> EmergencyPage:
    """The same by pages."""
    page = turn(emergencies_of(scope), NEWEST, after=after, before=before, size=PAGE)
    found = _with_doors(page.rows, scope, AuditEntry.objects.all(), now)
    return EmergencyPage(rows=tuple(found), after=page.after, before=page.before)


def get_emergency(*, scope: Scope, emergency_id: int, now: datetime) -> EmergencyInfo:
    """:raises Missing: no such request to the scope's holder."""
    row = emergencies_of(scope).filter(id=emergency_id).first()
    if row is None:
        raise policies.no_emergency()
    return _with_doors([row], scope, AuditEntry.objects.all(), now)[0]


def list_doors(
    *, scope: Scope, emergency_id: int, now: datetime, after: str = "", before: str = "", size: int = DOORS_SHOWN
) -> DoorPage:
    """
    Every door that was passed in one emergency, by pages; of another tenant's none, for they stand in its log.

    :raises Missing: no such request to the scope's holder.
    """
    one = get_emergency(scope=scope, emergency_id=emergency_id, now=now)
    booked = AuditEntry.objects.filter(act=PASSED, subject_kind="emergency", subject_id=str(one.id))
    page = turn(booked, NEWEST, after=after, before=before, size=size)
    rows = tuple(Passed(at=entry.at, address=entry.after["address"]) for entry in page.rows)
    return DoorPage(emergency=one, rows=rows, after=page.after, before=page.before)


def list_open_on(*, scope: Scope, on: date, now: datetime) -> list[EmergencyInfo]:
    """Those by which an operator could look into the scope's own tenant at some time of a day, and what he passed then."""
    begins, ends = bounds_of(on)
    rows = Emergency.objects.select_related("operator", "tenant", "decided_by").filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=begins), tenant_id=scope.tenant_id, decided_at__lt=ends,
        ends_at__gte=begins,
    )  # fmt: skip
    return _with_doors(list(rows.order_by("-id")), scope, AuditEntry.objects.filter(at__gte=begins, at__lt=ends), now)


def _with_doors(
    rows: list[Emergency], scope: Scope, entries: QuerySet[AuditEntry], now: datetime
) -> list[EmergencyInfo]:  # fmt: skip
    passed: dict[str, list[Passed]] = {}
    counted: dict[str, int] = {}
    here = {str(row.pk) for row in rows if row.tenant_id == scope.tenant_id}
    booked = entries.filter(act=PASSED, subject_kind="emergency", subject_id__in=here).annotate(
        nth=Window(RowNumber(), partition_by="subject_id", order_by=F("id").desc()),
        all=Window(Count("id"), partition_by="subject_id"),
    )
    for entry in booked.filter(nth__lte=DOORS_SHOWN).order_by("-id"):
        passed.setdefault(entry.subject_id, []).append(Passed(at=entry.at, address=entry.after["address"]))
        counted[entry.subject_id] = entry.all
    return [info_of(row, now, tuple(passed.get(str(row.pk), ())), counted.get(str(row.pk), 0)) for row in rows]


def info_of(row: Emergency, now: datetime, passed: tuple[Passed, ...] = (), count: int = 0) -> EmergencyInfo:
    if row.decided_at is None:
        state = "asked" if row.ended_at is None else "ended"
    elif row.ends_at is None:
        state = "refused"
    else:
        state = "in_force" if row.ended_at is None and now < row.ends_at else "ended"
    return EmergencyInfo(
        id=row.pk, operator=row.operator.name, tenant_id=row.tenant_id, tenant=row.tenant.name, incident=row.incident,
        reason=row.reason, minutes=row.minutes, asked_at=row.asked_at, state=state,
        decided_by=row.decided_by.name if row.decided_by else "", decided_at=row.decided_at, refused_why=row.refused_why,
        ends_at=row.ends_at, ended_at=row.ended_at, passed=passed, passed_count=count,
    )  # fmt: skip
