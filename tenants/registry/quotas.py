"""The place of what one tenant may take of what all share; each limit is a setting of its place."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop

from falin.kernel import parameters
from falin.kernel.clock import legal_day
from falin.kernel.scope import Scope

JOBS_AT_ONCE = parameters.declare(parameters.Parameter(
    key="registry.jobs_at_once", label=gettext_noop("一个单位同时在做的任务"), unit=gettext_noop("项"), default=1, minimum=1,
    maximum=4, rule="sheet tenancy.md", set_by=("province_leader",),
))  # fmt: skip


def at_once(scope: Scope, *, now: datetime) -> int:
    """How many jobs of the scope's tenant may run at a time."""
    node_id = scope.roots[0] if scope.roots else None
    return parameters.value(JOBS_AT_ONCE, node_id=node_id, on=legal_day(now))
