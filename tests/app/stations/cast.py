"""Stations for tests, made by the service's own commands."""

from __future__ import annotations

import uuid
from datetime import date, time
from typing import Any

from falin.kernel.models import AuditEntry, OutboxEvent
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.stations.commands import open_station
from services.stations.models import Station
from services.stations.types import Opening, Position, StationContent, StationInfo
from tenants.identity.api import public_of
from tenants.registry.api import find_by_schema
from tests.world import NOW, World

COUNTY, TOWN, VILLAGE, GEM, SPRING = "330106", "330106109", "330106109200", "330106002001", "330102001001"
MORNINGS = tuple(Opening(weekday=day, begins_at=time(9), ends_at=time(12)) for day in range(1, 6))
DOOR = Position(longitude=120.13026, latitude=30.25919)


def content(world: World, code: str = TOWN, **changes: Any) -> StationContent:
    said = {"name": "双浦镇公共法律服务工作站", "address": "湖埠街 8 号一楼", "opening": MORNINGS, "phone": "0571-87654321",
            "opened_on": date(2026, 1, 1), **changes}  # fmt: skip
    return StationContent(node_id=world.node(code), **said)


def opened(world: World, who: str = "county", code: str = TOWN, **changes: Any) -> StationInfo:
    scope = world.scope(who)
    with inside(scope, read_only=False):
        return open_station(scope=scope, content=content(world, code, **changes), now=NOW)


def public_scope(world: World, county: str = COUNTY) -> Scope:
    tenant = find_by_schema(world.schema(county))
    assert tenant is not None
    return public_of(tenant)


def written(world: World) -> tuple[int, int]:
    """How many rows of the log and events there are of stations, in the county."""
    with inside(world.scope("county"), read_only=True):
        return (AuditEntry.objects.filter(act__startswith="stations.").count(),
                OutboxEvent.objects.filter(event__startswith="stations.").count())  # fmt: skip


def rows(world: World, who: str = "county") -> dict[uuid.UUID, tuple[Any, ...]]:
    """What the register says, as it lies there."""
    with inside(world.scope(who), read_only=True):
        return {row[0]: row[1:] for row in Station.objects.order_by("id").values_list(
            "id", "node_id", "tier", "name", "address", "phone", "opening", "longitude", "closed_on", "closed_why",
        )}  # fmt: skip
