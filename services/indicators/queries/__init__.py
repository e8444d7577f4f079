"""The place of every way figures are read: the board as it was published, a past month in today's tree, areas."""

from services.indicators.queries.areas import AreaMonth, area_months
from services.indicators.queries.as_is import counties_as_is, place_as_is
from services.indicators.queries.board import (
    BELONGINGS,
    HANDS,
    LINE_ORDERS,
    MOST_RANKED,
    county_values,
    firm_lines,
    home_place,
    list_months,
    list_own_months,
    own_places,
    place_figures,
    rank,
    ranking,
    visit_lines,
)

__all__ = ["BELONGINGS", "HANDS", "LINE_ORDERS", "MOST_RANKED", "AreaMonth", "area_months", "counties_as_is", "county_values",
           "firm_lines", "home_place", "list_months", "list_own_months", "own_places", "place_as_is", "place_figures",
           "rank", "ranking", "visit_lines"]  # fmt: skip
