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

__all__ = ["PAGE", "STATION_ORDERS", "count_stations", "get_station", "list_open_stations", "list_own_streets",
           "list_places", "list_stations"]  # fmt: skip
