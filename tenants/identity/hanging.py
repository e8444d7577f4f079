"""What of people hangs on places: the roles somebody holds there."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from falin.kernel.clock import legal_day, now
from tenants.divisions.hanging import HangsOn
from tenants.identity.commands.following import STAYS_ENDED, bring_back, carry_roles
from tenants.identity.models import Binding
from tenants.identity.queries.register import open_on
from tenants.identity.types import Role


def _count(nodes: Collection[int]) -> dict[int, int]:
    """Without the advisers', who follow their appointments."""
    held = Binding.objects.filter(open_on(legal_day(now())), node_id__in=nodes).exclude(role=Role.ADVISER)
    return dict(held.order_by().values_list("node_id").annotate(Count("id")))


PEOPLE_AT = HangsOn(
    kind="people", label=_("人员身份"), count=_count, carry=carry_roles, bring_back=bring_back,
    reasons=STAYS_ENDED,
    proposal=_("同一单位里只有一处接手的，应用时自动转过去；其余的到接手的地方重新授予"),
)  # fmt: skip
