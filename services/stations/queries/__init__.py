"""Every way stations are read."""

from services.stations.queries.register import (
    PAGE,
    STATION_ORDERS,
    count_stations,
    get_station,
    list_open_stations,
    list_own_streets,
    list_places,
    list_stations,
)
from services.stations.queries.sheets import get_sheet, list_sheets, rows_to_mend

__all__ = [
    "PAGE",
    "STATION_ORDERS",
    "count_stations",
    "get_sheet",
    "get_station",
    "list_open_stations",
    "list_own_streets",
    "list_places",
    "list_sheets",
    "list_stations",
    "rows_to_mend",
]  # fmt: skip
