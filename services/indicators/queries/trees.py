"""
The place where one says in which tree the figures of places are wanted: as they were published, or in today's.

Every query over places takes it as ``view`` (decision 25).
"""

from __future__ import annotations

from falin.kernel.periods import Month
from falin.kernel.scope import Scope
from services.indicators.queries.as_is import counties_as_is, months_as_is, place_as_is, ranking_as_is
from services.indicators.queries.board import counties_as_was, months_as_was, place_as_was, ranking_as_was
from services.indicators.types import PlaceFigures, PlaceTally, Ranking
from tenants.divisions.types import Level, View


def list_months(*, scope: Scope, node_id: int, view: View = View.AS_WAS) -> list[Month]:
    """The months that can be read at a place, oldest first. :raises Missing: not the scope's or below it."""
    ask = months_as_is if view == View.AS_IS else months_as_was
    return ask(scope=scope, node_id=node_id)


def place_figures(
    *, scope: Scope, node_id: int, month: Month | None = None, view: View = View.AS_WAS
) -> PlaceFigures:  # fmt: skip
    """
    A place in one month (without one: the latest published), what lies one step below it, and the months before.

    :raises Missing: when the place is not the scope's or below it; as it is, also when it is no more.
    """
    ask = place_as_is if view == View.AS_IS else place_as_was
    return ask(scope=scope, node_id=node_id, month=month)


def county_values(*, scope: Scope, node_id: int, month: Month, view: View = View.AS_WAS) -> list[PlaceTally]:
    """Every county body below a place with its figures: what a map is coloured by. :raises Missing: as above."""
    ask = counties_as_is if view == View.AS_IS else counties_as_was
    return ask(scope=scope, node_id=node_id, month=month)


def ranking(*, scope: Scope, node_id: int, month: Month, level: Level, view: View = View.AS_WAS) -> Ranking:
    """
    The places of one level below a place by coverage, most behind first, at most ``MOST_RANKED`` of ``total``; the
    unpublished are left out.

    :raises Invalid: for a level that is not below the place.
    """
    ask = ranking_as_is if view == View.AS_IS else ranking_as_was
    return ask(scope=scope, node_id=node_id, month=month, level=level)
