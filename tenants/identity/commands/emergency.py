"""
Emergency access of the operator: asked with reason and incident, allowed by the tenant, an hour at most, ended by either.

While it lasts the operator may look at the tenant's rows, change nothing, and every door he passes is booked in the
tenant's own log (decision 18; the operator's row of docs/reference/roles.md). It gives no role and leaves none behind:
the row itself is what lets him in, and it is read at each of his requests.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from falin.kernel import audit, outbox
from falin.kernel.scope import Scope
from tenants.identity import policies
from tenants.identity.models import Emergency
from tenants.identity.queries.emergency import emergencies_of, info_of
from tenants.identity.rules import ANOTHER_SECOND
from tenants.identity.types import EmergencyInfo
from tenants.registry.models import Tenant

MOST_MINUTES = 60


def ask_for_emergency(
    *, scope: Scope, tenant_id: int, incident: str, reason: str, minutes: int, now: datetime
) -> EmergencyInfo:
    """
    Ask a tenant to be let in.

    :raises Invalid: :raises Refused: with the field; one request for a tenant waits or is in force already.
    """
    scope.require(policies.ASK_EMERGENCY)
    incident, reason = " ".join(incident.split()), " ".join(reason.split())
    if not incident:
        raise policies.no_incident()
    if len(reason) < 10:
        raise policies.reason_too_short()
    if not 1 <= minutes <= MOST_MINUTES:
        raise policies.too_many_minutes(MOST_MINUTES)
    tenant = Tenant.objects.select_for_update(of=("self",), no_key=True).filter(id=tenant_id).first()
    if tenant is None:
        raise policies.no_tenant()
    mine = Emergency.objects.filter(operator_id=scope.person_id, tenant=tenant, ended_at__isnull=True)
    if any(info_of(row, now).state in {"asked", "in_force"} for row in mine.select_related("operator", "tenant")):
        raise policies.emergency_waits()
    row = Emergency.objects.create(operator_id=scope.person_id, tenant=tenant, incident=incident, reason=reason,
                                   minutes=minutes, asked_at=now)  # fmt: skip
    _book(scope, row, "identity.emergency.asked", now, why=reason, after={"incident": incident, "minutes": minutes})
    return info_of(row, now)


def allow_emergency(*, scope: Scope, emergency_id: int, now: datetime) -> EmergencyInfo:
    """
    Let the operator in from now on, for the minutes he asked for.

    :raises Missing: :raises Refused: it was decided already, or one asked oneself.
    """
    row = _waiting(scope, emergency_id)
    row.decided_by_id, row.decided_at, row.ends_at = scope.person_id, now, now + timedelta(minutes=row.minutes)
    row.save(update_fields=["decided_by", "decided_at", "ends_at"])
    _book(scope, row, "identity.emergency.allowed", now, after={"minutes": row.minutes})
    return info_of(row, now)


def refuse_emergency(*, scope: Scope, emergency_id: int, why: str, now: datetime) -> EmergencyInfo:
    """
    Say no, with the reason.

    :raises Missing: :raises Refused: it was decided already, or one asked oneself.
    """
    row = _waiting(scope, emergency_id)
    row.decided_by_id, row.decided_at, row.refused_why = scope.person_id, now, why
    row.ended_at, row.ended_by = now, scope.person_id
    row.save(update_fields=["decided_by", "decided_at", "refused_why", "ended_at", "ended_by"])
    _book(scope, row, "identity.emergency.refused", now, why=why)
    return info_of(row, now)


def end_emergency(*, scope: Scope, emergency_id: int, now: datetime) -> EmergencyInfo:
    """
    End it now, as the tenant or as the operator: his next request, in whatever process, is a stranger's.

    :raises Missing: there is none of one's own that is open.
    """
    row = emergencies_of(scope).select_for_update(of=("self",)).filter(id=emergency_id, ended_at__isnull=True).first()
    if row is None:
        raise policies.no_emergency()
    row.ended_at, row.ended_by = now, scope.person_id
    row.save(update_fields=["ended_at", "ended_by"])
    _book(scope, row, "identity.emergency.ended", now)
    return info_of(row, now)


def _waiting(scope: Scope, emergency_id: int) -> Emergency:
    scope.require(policies.DECIDE_EMERGENCY)
    row = emergencies_of(scope).select_for_update(of=("self",)).filter(id=emergency_id).first()
    if row is None:
        raise policies.no_emergency()
    if row.operator_id == scope.person_id:
        raise policies.parted(ANOTHER_SECOND)
    if row.decided_at is not None or row.ended_at is not None:
        raise policies.emergency_decided()
    return row


def _book(scope: Scope, row: Emergency, act: str, now: datetime, *, why: str = "", after: Any = None) -> None:
    try:
        audit.record(scope=scope, act=act, subject=("emergency", row.pk), node_id=row.tenant.node_id, why=why, after=after,
                     now=now)  # fmt: skip
    except audit.PersonalDataInAudit:
        raise policies.personal_data() from None
    outbox.put(scope=scope, event=act, version=1, key=f"emergency:{row.pk}", now=now,
               payload={"emergency": row.pk, "tenant": row.tenant_id, "operator": row.operator_id})  # fmt: skip
