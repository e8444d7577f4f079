"""The place of every way figures are read: the board as it was published, past months in today's tree, areas."""

from services.indicators.queries.areas import AreaMonth, area_months
from services.indicators.queries.board import (
    BELONGINGS,
    HANDS,
    LINE_ORDERS,
    MOST_RANKED,
    firm_lines,
    home_place,
    list_own_months,
    own_places,
    rank,
    visit_lines,
)
from services.indicators.queries.trees import county_values, list_months, place_figures, ranking

__all__ = ["BELONGINGS", "HANDS", "LINE_ORDERS", "MOST_RANKED", "AreaMonth", "area_months", "county_values",
           "firm_lines", "home_place", "list_months", "list_own_months", "own_places", "place_figures", "rank",
           "ranking", "visit_lines"]  # fmt: skip
