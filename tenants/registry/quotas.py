"""The place of what one tenant may take of what all share; each limit is a setting of the place where it has its seat."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop

from falin.kernel import parameters, quotas
from falin.kernel.clock import legal_day
from falin.kernel.quotas import Use
from falin.kernel.scope import Scope
from tenants.registry import policies
from tenants.registry.models import Tenant
from tenants.registry.types import TenantInfo

JOBS_AT_ONCE = parameters.declare(parameters.Parameter(
    key="registry.jobs_at_once", label=gettext_noop("一个单位同时在做的任务"), unit=gettext_noop("项"), default=1, minimum=1,
    maximum=4, rule="decision 27", set_by=("province",), by_body=True,
))  # fmt: skip


def at_once(scope: Scope, *, now: datetime) -> int:
    """How many jobs of the scope's tenant may run at a time."""
    node_id = scope.roots[0] if scope.roots else None
    return parameters.value(JOBS_AT_ONCE, node_id=node_id, on=legal_day(now))


def seat_of(tenant_id: int) -> int | None:
    """The place at which a tenant has its seat, and its limits are set."""
    found: int | None = Tenant.objects.filter(id=tenant_id).values_list("node_id", flat=True).first()
    return found


def list_uses(*, scope: Scope, tenant: TenantInfo, now: datetime) -> list[Use]:
    """What a tenant has taken and may take, for its operator: sums, and nothing of what is in it."""
    policies.check_may_manage(scope)
    on = legal_day(now)
    taken = {**quotas.taken_by(tenant.schema, now=now), JOBS_AT_ONCE: None}
    return [
        Use(parameter=one, used=used, limit=parameters.value(one, node_id=tenant.node_id, on=on))
        for one, used in taken.items()
    ]
