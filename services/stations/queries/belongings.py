"""What of the shared register of stations goes along with a tenant, and with places that change hands."""

from __future__ import annotations

from tenants.divisions import above
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
BOARD = "stations_station"
HANDS = (Rewritten(BOARD, (_STATIONS, above.read_anew(BOARD, county="%(to_node)s"))),)
