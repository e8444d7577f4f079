"""What of the shared register of stations goes along with a tenant, and with places that change hands."""

from __future__ import annotations

from tenants.registry.belongings import Belonging
from tenants.registry.hands import Rewritten

BELONGINGS = (
    Belonging(table="stations_station", where="x.county_id = %(node)s", same=("node_id", "name"), alone=True),
)
# A centre of a county that merged stays at its own place, in the register of the body that took over.
_STATIONS = """
update stations_station set county_id = %(to_node)s
where county_id = %(from_node)s and (%(whole)s or node_id = any (%(nodes)s))
"""
_ABOVE = """
update stations_station s set city_id = v.city_id, street_id = v.street_id from divisions_divisionversion v
where s.county_id = %(to_node)s and v.node_id = s.node_id and v.valid_to is null
"""
HANDS = (Rewritten("stations_station", (_STATIONS, _ABOVE)),)
