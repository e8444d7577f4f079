"""What of advisers hangs on places: appointments in force or to come."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from falin.kernel.clock import legal_day, now
from services.advisers.commands.following import come_back, follow_places
from services.advisers.models import Seat
from tenants.divisions.hanging import HangsOn


def _count(nodes: Collection[int], without: Collection[str] = ()) -> dict[int, int]:
    held = Seat.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=legal_day(now())), node_id__in=nodes)
    counted = held.exclude(appointment_id__in=without).order_by().values_list("node_id").annotate(Count("id"))
    return dict(counted)


HANGING = HangsOn(
    kind="appointments", label=_("顾问聘任"), count=_count, hand_over=follow_places, take_back=come_back,
    proposal=_("同一单位里只有一处接手的，应用后自动转过去；其余的由县里改聘到接手的地方，或者结束"),
    reasons={
        "advisers.full": _("顾问已到服务社区数的上限"),
        "advisers.banned": _("顾问在禁止聘任期内"),
        "advisers.not_examined": _("顾问还没有通过统一考试"),
        "advisers.examined_later": _("顾问还没有通过统一考试"),
        "advisers.held_already": _("顾问在接手的地方已有聘任，日期重叠"),
        "advisers.no_adviser": _("顾问已不在登记册上"),
    },
)  # fmt: skip
