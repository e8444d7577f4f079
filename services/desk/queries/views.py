"""The views of a list that somebody has: his own, and those of his role."""

from __future__ import annotations

from django.db.models import Q

from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import SavedView
from services.desk.types import ViewInfo


def list_views(*, scope: Scope, page: str) -> list[ViewInfo]:
    """One's own first, then what others of one's role share, by name."""
    policies.check_may_keep_views(scope)
    rows = SavedView.objects.filter(Q(person_id=scope.person_id) | Q(role=scope.role), page=page).order_by(
        "title", "id"
    )
    found = [
        ViewInfo(
            id=row.id, title=row.title, query=row.query, shared=bool(row.role), own=row.person_id == scope.person_id
        )
        for row in rows
    ]
    return sorted(found, key=lambda view: not view.own)
