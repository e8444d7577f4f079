"""The place where statistical areas follow the places that lie in them, when an update ends these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from falin.kernel import audit
from falin.kernel.scope import Scope
from tenants.divisions.hanging import Carried, HangsOn
from tenants.divisions.models import AreaMember, DivisionVersion, StatisticalArea
from tenants.divisions.queries.tree import list_divisions


def carry_members(*, scope: Scope, heirs: Mapping[int, int], why: str, now: datetime) -> Carried:
    """
    A place that ended and lay in areas lies in them as the one that took over, from the day on which it did.

    Not where that one lies outside the area's own place, nor where the place was drawn in only afterwards: those stay listed.

    :param heirs: places that ended, and where each went.
    """
    over = DivisionVersion.objects.filter(node__in=heirs).order_by("valid_from").values_list("node_id", "valid_to")
    ended, places = dict(over), {place.id: place for place in list_divisions(set(heirs.values()))}
    rows = AreaMember.objects.select_for_update(of=("self",)).filter(node_id__in=heirs, valid_to=None)
    carried: list[tuple[int, int | None]] = []
    for row in rows.select_related("area").order_by("id"):
        day, heir = ended[row.node_id], places[heirs[row.node_id]]
        near = row.area.node_id in {heir.province_id, heir.city_id, heir.county_id}
        if not near or day is None or row.valid_from >= day:
            continue
        row.valid_to = day
        row.save(update_fields=["valid_to"])
        held = AreaMember.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), area=row.area, node_id=heir.id)
        new = None if held.exists() else AreaMember.objects.create(
            area=row.area, node_id=heir.id, valid_from=day, source=row.source, person_id=scope.person_id, recorded_at=now
        )  # fmt: skip
        carried.append((row.pk, new.pk if new else None))
        audit.record(scope=scope, act="divisions.area.redrawn", subject=("area", row.area_id), node_id=row.area.node_id,
                     now=now, why=why, after={"node_id": row.node_id, "day": day.isoformat()})  # fmt: skip
    return carried


def bring_back(*, scope: Scope, carried: Carried, why: str, now: datetime) -> Sequence[Mapping[str, Any]]:
    """What ``carry_members`` did is taken back: the place lies in the area again, until whatever day somebody set since."""
    begun = AreaMember.objects.in_bulk([new for _old, new in carried if new is not None])
    rows = (
        AreaMember.objects.select_for_update(of=("self",)).select_related("area").in_bulk([old for old, _ in carried])
    )
    for old, new in carried:
        row = rows[old]
        row.valid_to = begun[new].valid_to if new is not None else None
        if new is not None:
            begun[new].delete()
        row.save(update_fields=["valid_to"])
        audit.record(scope=scope, act="divisions.area.redrawn", subject=("area", row.area_id), node_id=row.area.node_id,
                     now=now, why=why, after={"node_id": row.node_id})  # fmt: skip
    return ()


def _count(nodes: Collection[int]) -> dict[int, int]:
    """Areas in which a place lies, and those of its own in which something lies."""
    lying = AreaMember.objects.filter(valid_to=None)
    own = StatisticalArea.objects.filter(node_id__in=nodes, pk__in=lying.values("area"))
    return _added(lying.filter(node_id__in=nodes), own)


def _count_every(nodes: Collection[int]) -> dict[int, int]:
    """Those of the past as well, and the empty ones: an update that made the place is not taken back under them."""
    return _added(AreaMember.objects.filter(node_id__in=nodes), StatisticalArea.objects.filter(node_id__in=nodes))


def _added(lying: QuerySet[AreaMember], own: QuerySet[StatisticalArea]) -> dict[int, int]:
    return Counter([*lying.values_list("node_id", flat=True), *own.values_list("node_id", flat=True)])


AREAS_AT: Final = HangsOn(
    kind="areas", label=_("统计区域"), count=_count, carry=carry_members, bring_back=bring_back,
    stands=(_("统计区域"), _count_every),
    proposal=_("区域里的地方，只有一处接手的，应用时自动换成它；其余的到区域的页面上划出去。撤销的县（区）划的，由接手的重新划"),
)  # fmt: skip
