"""What of stations hangs on places: those that are open."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from services.stations.commands.following import SAME_NAME, come_back, follow_places
from services.stations.models import Station
from tenants.divisions.hanging import HangsOn


def _count(nodes: Collection[int], without: Collection[str] = ()) -> dict[int, int]:
    rows = Station.objects.filter(node_id__in=nodes, closed_on__isnull=True).exclude(id__in=without)
    return dict(rows.order_by().values_list("node_id").annotate(Count("id")))


STATIONS_AT = HangsOn(
    kind="stations", label=_("服务站点"), count=_count, hand_over=follow_places, take_back=come_back,
    proposal=_("同一单位里只有一处接手的，应用后自动转过去；其余的由县里关闭，或者另外登记到接手的地方"),
    reasons={SAME_NAME: _("接手的地方已经有同名的站点")},
)  # fmt: skip
