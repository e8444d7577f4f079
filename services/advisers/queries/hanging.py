"""What of advisers hangs on places: appointments in force or to come."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from falin.kernel.clock import legal_day, now
from services.advisers.models import Seat
from tenants.divisions.hanging import HangsOn


def _count(nodes: Collection[int]) -> dict[int, int]:
    held = Seat.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=legal_day(now())), node_id__in=nodes)
    return dict(held.order_by().values_list("node_id").annotate(Count("id")))


HANGING = HangsOn(
    kind="appointments", label=_("顾问聘任"), count=_count, proposal=_("由县里改聘到接手的地方，或者结束")
)
