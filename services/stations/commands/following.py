"""The place where stations go on at the place that took over theirs, and come back when that is undone (decision 40)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from falin.kernel import audit, outbox
from falin.kernel.scope import Scope
from services.stations.commands.keeping import payload_of
from services.stations.models import Station
from services.stations.rules import tier_of
from tenants.divisions.api import list_divisions
from tenants.divisions.hanging import Handed

MOVED, SAME_NAME = "stations.station.moved", "stations.same_name"


def follow_places(*, scope: Scope, heirs: Mapping[int, int], day: date, why: str, now: datetime) -> Handed:
    """
    Open stations of a place that ended belong to the one that took over: the house stands where it stood.

    One whose name an open station there has already stays where it is and is told of.

    :param heirs: places that ended, and where each went.
    """
    went, stands, left = list[dict[str, Any]](), list[str](), defaultdict[int, Counter[str]](Counter)
    rows = Station.objects.select_for_update(of=("self",)).filter(node_id__in=heirs, closed_on__isnull=True)
    for row in rows.order_by("id"):
        gone = row.node_id
        if _moved(scope, row, heirs[gone], why, now):
            went.append({"station": str(row.id), "from": gone, "goes_on": heirs[gone]})
            stands.append(str(row.id))
        else:
            left[gone][SAME_NAME] += 1
    return Handed(went=went, stands=stands, left=left)


def come_back(*, scope: Scope, went: Sequence[Mapping[str, Any]], why: str, now: datetime) -> None:
    """What ``follow_places`` did is taken back; what was closed or moved elsewhere since stays."""
    for done in went:
        row = (
            Station.objects.select_for_update(of=("self",))
            .filter(id=done["station"], node_id=done["goes_on"], closed_on__isnull=True)
            .first()
        )
        if row is not None:
            _moved(scope, row, done["from"], why, now)


def _moved(scope: Scope, row: Station, node_id: int, why: str, now: datetime) -> bool:
    """Whether the station is another place's from now on: not where one of its name is open."""
    place = next(iter(list_divisions([node_id])), None)
    if place is None or place.county_id is None:
        return False
    if Station.objects.filter(node_id=node_id, name=row.name, closed_on__isnull=True).exists():
        return False
    was, row.node_id, row.street_id = row.node_id, place.id, place.street_id
    row.tier = tier_of(place.level, is_county_body=place.is_county_body) or row.tier
    row.save(update_fields=["node_id", "street_id", "tier"])
    audit.record(scope=scope, act=MOVED, subject=("station", row.id), node_id=row.node_id, now=now, why=why,
                 before={"node_id": was}, after={"node_id": row.node_id})  # fmt: skip
    outbox.put(scope=scope, event=MOVED, version=1, key=f"station:{row.id}", now=now, payload=payload_of(row))
    return True
