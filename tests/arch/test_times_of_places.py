"""As it was and as it is: every query over places says of when it is asked, or stands here with the reason why not."""

from __future__ import annotations

import inspect

from services.indicators import queries as figures
from tenants.divisions import queries as places

# Days of the tree; ``at`` and ``since`` of what was known or happened; ``update_id``: an update has its own day.
TIMES = frozenset({"on", "of", "since", "until", "view", "update_id"})
WITHOUT = {
    "list_versions": "all there ever were", "list_lineage": "all there ever was",
    "list_codes": "all there ever were", "list_last": "as it is, or last was",
    "last_path": "as it is, or last was", "list_updates": "updates, each with its day", "changed_since": "takes the day itself",
    "get_area": "with every member it has or had, each with its days", "list_areas": "an area has no days; its members have",
    "home_place": "where somebody's figures begin today", "own_places": "what roles one has today",
    "rank": "puts in order what it is given", "visit_lines": "visits of one community by its identity: no tree is asked",
    "firm_lines": "one's own visits, wherever: no tree is asked", "list_own_months": "months of one's own visits",
}  # fmt: skip


def _queries() -> dict[str, set[str]]:
    """The public functions of both rooms, and what each is told."""
    return {
        name: set(inspect.signature(query).parameters)
        for room in (places, figures) for name in room.__all__
        if inspect.isfunction(query := getattr(room, name))
    }  # fmt: skip


def test_every_query_over_places_is_told_of_when() -> None:
    found = _queries()
    assert len(found) > 50
    assert {name for name, told in found.items() if not told & TIMES} == WITHOUT.keys()


def test_every_query_of_figures_of_places_is_told_in_which_tree() -> None:
    told = {name for name, parameters in _queries().items() if "view" in parameters}
    assert told == {"area_months", "carry_over", "county_values", "list_months", "place_figures", "ranking"}
