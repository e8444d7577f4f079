"""The place that knows which county and province a scope works in."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from django.db import connection

from falin.kernel.scope import Scope
from services.advisers import policies
from tenants.divisions.api import Division, get_division, list_communities
from tenants.registry.api import find_by_schema, find_tenant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A tenant's own place, its province, and the schema whose key encrypts the province's register."""

    node_id: int
    name: str
    province_id: int
    province_schema: str


_homes: dict[tuple[str, str], Home] = {}
_communities: OrderedDict[tuple[str, int], tuple[float, dict[int, Division]]] = OrderedDict()
_FRESH = 60.0  # seconds; a list of places changes a few times a year
_COUNTIES = 4  # a county has some 300 communities: a process keeps the last few it worked in


def home_of(scope: Scope) -> Home:
    """
    Where the scope's tenant sits. Kept in the process: a tenant never moves to another place or province.

    :raises Missing: in the shared schema, which belongs to no place.
    """
    key = (str(connection.settings_dict["NAME"]), scope.schema)
    if key not in _homes:
        tenant = find_by_schema(scope.schema)
        if tenant is None:
            raise policies.no_community()
        place = get_division(tenant.node_id)
        province = find_tenant_of(place.province_id)
        if province is None:
            raise policies.no_community()
        _homes[key] = Home(
            node_id=place.id, name=place.name, province_id=place.province_id, province_schema=province.schema
        )
    return _homes[key]


def communities_by_id(scope: Scope) -> dict[int, Division]:
    """
    The communities of the scope's county. Kept for a minute: a batch asks for each of them in turn.

    Places are no secret; whether the scope reaches one is for the caller to check.
    """
    key = (str(connection.settings_dict["NAME"]), home_of(scope).node_id)
    read_at, places = _communities.get(key, (0.0, {}))
    if not places or time.monotonic() - read_at > _FRESH:
        places = {place.id: place for place in list_communities(key[1])}
        _communities[key] = (time.monotonic(), places)
    _communities.move_to_end(key)
    while len(_communities) > _COUNTIES:
        _communities.popitem(last=False)
    return places
