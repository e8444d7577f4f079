"""The place that knows which county and province a scope works in."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from falin.kernel.scope import Scope
from services.advisers import policies
from tenants.divisions.api import get_division
from tenants.registry.api import find_by_schema, find_tenant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A tenant's own place, its province, and the schema whose key encrypts the province's register."""

    node_id: int
    name: str
    province_id: int
    province_schema: str


_homes: dict[tuple[str, str], Home] = {}


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
