"""Where something is that is not here: from the parts of an address, from whose it is, or from who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from falin.kernel.refusals import Elsewhere
from falin.kernel.scope import Scope
from falin.kernel.transactions import shared
from tenants.divisions.api import list_divisions
from tenants.identity.queries import seats_of
from tenants.registry.directory import away, cell_holding, pointer_among
from tenants.registry.queries import find_tenant


def find(parts: Mapping[str, Any], scope: Scope | None) -> Elsewhere | None:
    """The other cell's name and address, or ``None``."""
    with shared(read_only=True):
        if scope is not None and scope.tenant_id:
            tenant = find_tenant(scope.tenant_id)
            if tenant is not None and (found := pointer_among([tenant.node_id])):
                return away(found)
        if parts.get("person"):
            return away(pointer_among(seats_of(int(parts["person"]))))
        code = str(parts.get("code", ""))
        if "node_id" in parts:
            for place in list_divisions([int(parts["node_id"])]):
                found = pointer_among([place.id, place.county_id, place.city_id]) or pointer_among([place.province_id])
                if found:
                    return away(found)
                code = place.code
        return away(cell_holding(code)) if code.isdecimal() else None
