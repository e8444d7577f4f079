"""
What of the desk's tables goes along: news with their county, wherever it is kept. When counties merge or are split nothing
does: what a body said it said itself, and each keeps his own anew in the new one.
"""

from __future__ import annotations

from tenants.registry.belongings import Belonging
from tenants.registry.hands import Goes, Way

BELONGINGS = (
    Belonging(table="desk_news", natural=("county_id", "number"), where="x.county_id = %(node)s", alone=True),
)
BOARD = "desk_news"
HANDS = (
    Way("desk_comment", Goes.STAYS, "said among the people of that body, under its key"),
    Way("desk_notice", Goes.STAYS, "told of work in that body; what is still open there is told anew"),
    Way("desk_chosenway", Goes.STAYS, "of a person, who may have chosen otherwise in the other body"),
    Way("desk_firstday", Goes.STAYS, "the first day in that body"),
    Way("desk_savedview", Goes.STAYS, "of a list of that body, with its places and names"),
)
