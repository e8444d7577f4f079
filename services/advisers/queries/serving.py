"""Who serves which community, for everybody: from the province's register, never from a county's own rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from falin.kernel.scope import Scope
from services.advisers import policies
from services.advisers.models import Seat
from services.advisers.queries.appointments import touching
from services.advisers.types import Serving


def served_on(nodes: Collection[int], *, on: date) -> frozenset[int]:
    """Which of these communities somebody serves on a day, whichever body appointed him."""
    return frozenset(Seat.objects.filter(touching(on, on), node_id__in=nodes).values_list("node_id", flat=True))


def list_serving(*, scope: Scope, on: date, node_id: int | None = None) -> dict[int, tuple[Serving, ...]]:
    """
    The advisers of the scope's county by community, or of one community, as they serve on a day; who is barred from
    serving is not named.
    """
    policies.check_may_read_serving(scope)
    seats = Seat.objects.filter(touching(on, on), county_id__in=scope.roots).exclude(adviser__banned_until__gte=on)
    if node_id is not None:
        seats = seats.filter(node_id=node_id)
    found: dict[int, list[Serving]] = defaultdict(list)
    for node, name, firm, phone, specialties, since in seats.order_by("begins_on", "id").values_list(
        "node_id", "adviser__name", "adviser__firm__name", "adviser__firm__phone", "adviser__specialties", "begins_on"
    ):
        found[node].append(Serving(node_id=node, name=name, firm_name=firm, firm_phone=phone,
                                   specialties=tuple(specialties), since=since))  # fmt: skip
    return {node: tuple(several) for node, several in found.items()}
