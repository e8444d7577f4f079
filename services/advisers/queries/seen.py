"""What an adviser may know of who knows about him."""

from __future__ import annotations

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import ClearView
from services.advisers.types import SeenBy
from tenants.divisions.api import list_divisions
from tenants.identity.api import names_of

SHOWN = 100  # on a page; the copy of one's own data has them all


def list_seen_by(*, scope: Scope) -> list[SeenBy]:
    """Who saw the signed-in adviser's numbers in clear, in whatever county, the latest first."""
    policies.check_may_read_own(scope)
    rows = list(ClearView.objects.filter(adviser_id=scope.subject_id).order_by("-at", "-id"))
    people = names_of({row.person_id for row in rows})
    bodies = {place.id: place.name for place in list_divisions({row.node_id for row in rows})}
    return [
        SeenBy(at=row.at, person=people.get(row.person_id, ""), role=row.role, body=bodies.get(row.node_id, ""),
               reason=row.reason)
        for row in rows
    ]  # fmt: skip
