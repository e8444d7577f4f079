"""The names other floors may use."""

from services.indicators.commands import publish_month, put_on_board
from services.indicators.queries import (
    BELONGINGS,
    HANDS,
    AreaMonth,
    area_months,
    county_values,
    firm_lines,
    home_place,
    list_months,
    place_figures,
    ranking,
    visit_lines,
)
from services.indicators.types import PlaceFigures, PlaceTally, Ranking, RunInfo, Tally

__all__ = [
    "BELONGINGS",
    "HANDS",
    "AreaMonth",
    "PlaceFigures",
    "PlaceTally",
    "Ranking",
    "RunInfo",
    "Tally",
    "area_months",
    "county_values",
    "firm_lines",
    "home_place",
    "list_months",
    "place_figures",
    "publish_month",
    "put_on_board",
    "ranking",
    "visit_lines",
]
