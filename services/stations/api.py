"""The names other services and the portal may use."""

from services.stations.commands import close_station, correct_station, open_many, open_station
from services.stations.commands.hanging import STATIONS_AT
from services.stations.commands.sheets import RETAINED
from services.stations.queries import get_station, list_open_stations, list_stations
from services.stations.queries.belongings import BELONGINGS, BOARD, HANDS
from services.stations.rules import metres_between, nearest_first, read_opening
from services.stations.rules.wording import TIER_LABELS, opening_words, times_words

__all__ = ["BELONGINGS", "BOARD", "HANDS", "RETAINED", "STATIONS_AT", "TIER_LABELS", "close_station", "correct_station",
           "get_station", "list_open_stations", "list_stations", "metres_between", "nearest_first", "open_many", "open_station",
           "opening_words", "read_opening", "times_words"]  # fmt: skip
