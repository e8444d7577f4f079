"""Which rows of advisers' busy time go along with a tenant: those of its own visits."""

from __future__ import annotations

from tenants.registry.belongings import Belonging
from tenants.registry.hands import Goes, Way

BELONGINGS = (
    Belonging(table="duty_busytime", where="x.id in (select id from duty_visit)", same=("adviser_id",), alone=True),
)
HANDS = (
    Way("duty_closedmonth", Goes.COPIED, "what is closed stays closed, in the body the visits went to as well"),
    Way("duty_dirtymonth", Goes.STAYS, "the months the change falls in are published anew by both"),
)
