"""What of tenants hangs on places: the body that has its seat there."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from tenants.divisions.hanging import HangsOn
from tenants.registry.models import Tenant


def _count(nodes: Collection[int]) -> dict[int, int]:
    return dict.fromkeys(Tenant.objects.filter(node_id__in=nodes).values_list("node_id", flat=True), 1)


TENANTS_AT = HangsOn(kind="tenants", label=_("已开通的机构"), count=_count, proposal=_("先并入接手的县，再停用"))
