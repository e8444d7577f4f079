"""The views of a list that somebody has: his own, and those of his role."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import SavedView
from services.desk.types import ViewInfo
from tenants.identity.api import still_alike


def list_views(*, scope: Scope, page: str, on: date) -> list[ViewInfo]:
    """One's own first, then what others of one's role share, by name."""
    policies.check_may_keep_views(scope)
    rows = SavedView.objects.filter(Q(person_id=scope.person_id) | Q(role=scope.role), page=page).order_by(
        "title", "id"
    )
    here = still_alike(scope=scope, person_ids={row.person_id for row in rows}, on=on)
    found = [
        ViewInfo(id=row.id, title=row.title, query=row.query, shared=bool(row.role), own=row.person_id == scope.person_id,
                 may_drop=policies.may_drop_view(scope, row, here))
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda view: not view.own)
