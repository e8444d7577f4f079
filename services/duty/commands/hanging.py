"""What of duty hangs on places: visits of months whose book is still open, and hours on the notice board."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from falin.kernel.periods import Month
from services.duty.commands.following import come_back, follow_places
from services.duty.models import ClosedMonth, PostedHours, Visit
from tenants.divisions.hanging import HangsOn


def _count_visits(nodes: Collection[int]) -> dict[int, int]:
    """In the county's own tables, by its own system: whoever reviews an update learns the number."""
    closed = ClosedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    rows = _at(nodes)
    if closed is not None:
        rows = rows.filter(begins_at__gte=Month.parse(closed).ends_at)
    return _by_place(rows)


def _count_every_visit(nodes: Collection[int]) -> dict[int, int]:
    """Closed months' too: an update that made the place is not taken back under them."""
    return _by_place(_at(nodes))


def _at(nodes: Collection[int]) -> QuerySet[Visit]:
    rows: QuerySet[Visit] = Visit.objects.unscoped(reason="counted by the county itself")
    return rows.filter(node_id__in=nodes, voided_at__isnull=True)


def _by_place(rows: QuerySet[Visit]) -> dict[int, int]:
    return dict(rows.order_by().values_list("node_id").annotate(Count("id")))


def _count_hours(nodes: Collection[int], without: Collection[str] = ()) -> dict[int, int]:
    posted = PostedHours.objects.filter(node_id__in=nodes).exclude(node_id__in=[int(node) for node in without])
    return dict.fromkeys(posted.values_list("node_id", flat=True), 1)


VISITS_AT = HangsOn(kind="visits", label=_("没有结账的到访"), count=_count_visits, within=True,
                    stands=(_("到访"), _count_every_visit),
                    proposal=_("记录留在原处；本月的数计到同县接手最多的地方，没有接手的仍计入乡镇和县"))  # fmt: skip
HOURS_AT = HangsOn(
    kind="hours", label=_("公布的值班时间"), count=_count_hours, hand_over=follow_places, take_back=come_back,
    proposal=_("同一单位里只有一处接手的，应用后自动转过去；其余的到接手的地方重新公布"),
)  # fmt: skip
