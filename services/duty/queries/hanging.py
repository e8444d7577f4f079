"""What of duty hangs on places: visits of months whose book is still open."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from falin.kernel.periods import Month
from services.duty.models import ClosedMonth, Visit
from tenants.divisions.hanging import HangsOn


def _count(nodes: Collection[int]) -> dict[int, int]:
    """In the county's own tables, by its own system: whoever reviews an update learns the number."""
    closed = ClosedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    rows = Visit.objects.unscoped(reason="counted by the county itself").filter(
        node_id__in=nodes, voided_at__isnull=True
    )
    if closed is not None:
        rows = rows.filter(begins_at__gte=Month.parse(closed).ends_at)
    return dict(rows.order_by().values_list("node_id").annotate(Count("id")))


VISITS_AT = HangsOn(kind="visits", label=_("没有结账的到访"), count=_count, within=True,
                    proposal=_("先把这几个月结账；结账以后的数按份额归到接手的地方"))  # fmt: skip
