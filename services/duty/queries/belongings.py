"""What of duty's shared tables goes along with a tenant: busy time of its own visits, hours posted in its places."""

from __future__ import annotations

from tenants.divisions import above
from tenants.registry.belongings import Belonging
from tenants.registry.hands import Goes, Rewritten, Way

BELONGINGS = (
    Belonging(table="duty_busytime", where="x.id in (select id from duty_visit)", same=("adviser_id",), alone=True),
    Belonging(table="duty_postedhours", natural=("node_id",), where="x.county_id = %(node)s", alone=True),
)
_POSTED = """
update duty_postedhours set county_id = %(to_node)s
where county_id = %(from_node)s and (%(whole)s or node_id = any (%(nodes)s))
"""
BOARD = "duty_postedhours"
HANDS = (
    Way("duty_closedmonth", Goes.COPIED, "what is closed stays closed, in the body the visits went to as well"),
    Way("duty_dirtymonth", Goes.STAYS, "the months the change falls in are published anew by both"),
    Rewritten(BOARD, (_POSTED, above.read_anew(BOARD, county="%(to_node)s"))),
)
