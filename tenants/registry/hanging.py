"""What of tenants hangs on places: the body that has its seat there, and the work it has begun."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.utils.translation import gettext_lazy as _

from falin.kernel.models import Job, JobState
from falin.kernel.scope import Scope
from tenants.divisions.hanging import HangsOn
from tenants.registry.models import Tenant


def _count(nodes: Collection[int]) -> dict[int, int]:
    return dict.fromkeys(Tenant.objects.filter(node_id__in=nodes).values_list("node_id", flat=True), 1)


def _count_jobs(nodes: Collection[int]) -> dict[int, int]:
    """A job is the body's, so it hangs on its seat; in the body's own tables, by its own system."""
    own: Scope = connection.scope  # type: ignore[attr-defined]
    seat = Tenant.objects.filter(node_id__in=nodes, schema_name=own.schema).values_list("node_id", flat=True)
    begun = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    return dict.fromkeys(seat, begun)


TENANTS_AT = HangsOn(kind="tenants", label=_("已开通的机构"), count=_count, proposal=_("先并入接手的县，再停用"))
JOBS_AT = HangsOn(kind="jobs", label=_("没有做完的任务"), count=_count_jobs, within=True,
                  proposal=_("等它们做完，或者在任务页取消"))  # fmt: skip
